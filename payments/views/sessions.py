"""A drawer session: what was done in it, and closing it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from core import audit
from core.models import User
from core.permissions import requires
from payments import queries
from payments.models import DrawerSession
from payments.services import drawers
from payments.views.refusals import DRAWER_REFUSALS


@requires("view_receipts")
@require_GET
def session(request: HttpRequest, pk: int) -> HttpResponse:
    """One session, with its receipts and without any cash figure: the count is blind."""
    return _page(request, queries.get_session_for(cast(User, request.user), pk))


@requires("open_drawer")
@require_POST
def start_balancing(request: HttpRequest, pk: int) -> HttpResponse:
    """Close the drawer for payments, so that it can be counted."""
    found = queries.get_session_for(cast(User, request.user), pk)
    try:
        drawers.start_balancing(session=found, by=cast(User, request.user))
    except DRAWER_REFUSALS as refusal:
        return _page(request, found, refusal=str(refusal), status=422)
    messages.info(request, f"{found.drawer.name} takes no more payments. Count it, then close it.")
    return redirect("payments:session", pk=found.pk)


@requires("view_receipts")
@require_POST
def finish_balancing(request: HttpRequest, pk: int) -> HttpResponse:
    """End the session; the drawer is free."""
    found = queries.get_session_for(cast(User, request.user), pk)
    try:
        drawers.finish_balancing(session=found, by=cast(User, request.user))
    except DRAWER_REFUSALS as refusal:
        return _page(request, found, refusal=str(refusal), status=422)
    messages.info(request, f"{found.drawer.name} is closed.")
    return redirect("payments:session", pk=found.pk)


def _page(
    request: HttpRequest, found: DrawerSession, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    receipts = queries.receipts().filter(session=found).order_by("-number", "-pk")
    context = {
        "session": found,
        "totals": queries.session_totals(found),
        "receipts": receipts[:50],
        "events": audit.events_of(kind="drawer_session", key=str(found.pk)),
        "refusal": refusal,
    }
    return render(request, "payments/session.html", context, status=status)
