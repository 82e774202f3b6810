"""Receipts: the list, the paper, printing again, and voids."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from core import audit
from core.models import User
from core.permissions import requires
from core.views import OfficeListView
from payments import barcode, queries
from payments.filters import ReceiptFilter
from payments.forms import CounterVoidForm, VoidForm
from payments.models import DrawerSession, Receipt
from payments.services import paper, voids
from payments.views.refusals import VOID_REFUSALS


class ReceiptList(OfficeListView):
    """Receipts, newest first, by day, drawer, payor, account or check number."""

    model = Receipt
    required_verb = "view_receipts"
    filterset_class = ReceiptFilter
    template_name = "payments/receipt_list.html"
    results_template_name = "payments/_receipt_results.html"
    ordering = ("-received_at", "-pk")
    context_object_name = "receipts"

    def get_queryset(self) -> Any:
        """The receipts with what a row shows, loaded at once."""
        return (
            super()
            .get_queryset()
            .select_related("drawer", "received_by", "void")
            .prefetch_related("lines__account", "lines__misc_item", "tenders")
        )


@requires("view_receipts")
@require_GET
def receipt(request: HttpRequest, label: str) -> HttpResponse:
    """One receipt as it was printed, its marks, its history, and its void."""
    found = queries.get_receipt_for(cast(User, request.user), label)
    return _page(request, found)


@requires("view_receipts")
@require_POST
def print_receipt(request: HttpRequest, label: str) -> HttpResponse:
    """Note the printing and show the paper, marked unless it is the first."""
    found = queries.get_receipt_for(cast(User, request.user), label)
    copy = paper.record_print(receipt=found, by=cast(User, request.user))
    return redirect(f"{reverse('payments:receipt', args=[found.label])}?copy={copy}")


@requires("request_void")
@require_POST
def request_void(request: HttpRequest, label: str) -> HttpResponse:
    """Ask for the void; the supervisor finds it in the approvals queue."""
    found = queries.get_receipt_for(cast(User, request.user), label)
    form = VoidForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    try:
        voids.request_void(receipt=found, reason=form.words(), by=cast(User, request.user))
    except VOID_REFUSALS as refusal:
        return _page(request, found, form=form, refusal=str(refusal), status=422)
    messages.info(request, f"Void of {found.label} asked for. It waits for a second person.")
    return redirect("payments:receipt", label=found.label)


@requires("request_void")
@require_POST
def void_now(request: HttpRequest, label: str) -> HttpResponse:
    """Void at once, the second person having typed name and password."""
    found = queries.get_receipt_for(cast(User, request.user), label)
    form = CounterVoidForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    try:
        voids.void_at_counter(
            receipt=found,
            reason=form.words(),
            by=cast(User, request.user),
            approver_username=form.cleaned_data["approver_username"],
            approver_password=form.cleaned_data["approver_password"],
        )
    except VOID_REFUSALS as refusal:
        return _page(request, found, form=form, refusal=str(refusal), status=422)
    messages.success(
        request, f"Receipt {found.label} voided: {found.total_amount:,.2f}. Give the tender back."
    )
    return redirect("payments:receipt", label=found.label)


def _page(
    request: HttpRequest,
    found: Receipt,
    *,
    form: VoidForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    printed = queries.print_count(found)
    is_original = printed == 1 and request.GET.get("copy") == "1"
    session_open = found.session.state == DrawerSession.State.OPEN
    voided = getattr(found, "void", None)
    context = {
        "receipt": found,
        "barcode": barcode.code_128(found.label),
        "void": voided,
        "void_request": queries.open_void_request(found),
        "can_void": session_open and voided is None,
        "session_open": session_open,
        "printed": printed,
        "copy": printed if not is_original else 0,
        "is_original": is_original,
        "form": form or CounterVoidForm(),
        "refusal": refusal,
        "events": audit.events_of(kind="receipt", key=found.label),
    }
    return render(request, "payments/receipt.html", context, status=status)
