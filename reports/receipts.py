"""The receipts of a day, drawer by drawer, in the order of their numbers; void ones stay in the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Sum
from django.urls import reverse

from core.money import ZERO, format_amount
from payments import queries as payments
from payments.models import Receipt, Tender
from reports.forms import ReceiptsForm
from reports.registry import Column, Report, Result, Row


def run(params: dict[str, Any]) -> Result:
    """The receipts of the posting day, with what each drawer took by tender; void receipts count for nothing."""
    receipts = Receipt.objects.filter(posting_date=params["as_of"])
    drawer = params.get("drawer")
    if drawer is not None:
        receipts = receipts.filter(drawer=drawer)
    live = receipts.filter(void__isnull=True)
    total = live.aggregate(total=Sum("total_amount"))["total"] or ZERO
    tenders = (
        Tender.objects.filter(receipt__in=live.values("pk"))
        .values("receipt__drawer__code", "kind")
        .annotate(total=Sum("amount"))
        .order_by("receipt__drawer__code", "kind")
    )
    parts = [
        f"{row['receipt__drawer__code']} {Tender.Kind(row['kind']).label.lower()} {format_amount(row['total'])}"
        for row in tenders
    ]
    words = f"By posting date, {params['as_of']:%b %-d, %Y}. Void receipts are listed and not counted."
    return Result(
        keys=list(receipts.order_by("drawer__code", "number", "pk").values_list("pk", flat=True)),
        words=f"{words} {'; '.join(parts)}." if parts else words,
        totals=("All that stand", "", "", "", "", "", total),
    )


def rows(keys: Sequence[int], params: dict[str, Any]) -> list[Row]:
    """Receipts with payor, accounts and tenders; a void one counts 0.00 and says so."""
    found = {receipt.pk: receipt for receipt in payments.receipts().filter(pk__in=list(keys))}
    return [_row(found[pk]) for pk in keys]


def _row(receipt: Receipt) -> Row:
    is_void = hasattr(receipt, "void")
    accounts = [line.account.number if line.account else line.description for line in receipt.lines.all()]
    tenders = [
        f"{tender.get_kind_display()} {tender.check_number}".strip() + f" {tender.amount:.2f}"
        for tender in receipt.tenders.all()
    ]
    return Row(
        cells=(
            receipt.label,
            receipt.received_at,
            str(receipt.received_by),
            receipt.payor,
            ", ".join(accounts),
            ", ".join(tenders) + (" (void)" if is_void else ""),
            ZERO if is_void else receipt.total_amount,
        ),
        url=reverse("payments:receipt", args=[receipt.label]),
    )


REPORT = Report(
    code="receipts",
    title="Receipts of a day",
    words="What each drawer took on a day, receipt by receipt, with its tenders.",
    icon="receipt",
    verb="view_receipts",
    form=ReceiptsForm,
    columns=(
        Column("receipt", "Receipt"),
        Column("received_at", "When", "date"),
        Column("received_by", "By"),
        Column("payor", "Payor"),
        Column("accounts", "For"),
        Column("tenders", "Tenders"),
        Column("amount", "Amount", "money"),
    ),
    run=run,
    rows=rows,
)
