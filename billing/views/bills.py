"""A bill on the screen, its lines with their arithmetic."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from billing.queries import console
from core.models import User
from core.permissions import requires


@requires("view_accounts")
@require_GET
def bill(request: HttpRequest, number: str) -> HttpResponse:
    """One bill with every line and how it was reckoned."""
    found = console.get_bill_for(cast(User, request.user), number)
    return render(request, "billing/bill.html", {"bill": found, "segments": console.shown_segments(found)})
