"""The receipt's paper: its words, kept for ever, and how often it was printed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from accounts.models import Account
from core import audit, permissions, policy
from core.db import lock_rows
from core.models import User
from core.money import ZERO
from ledger import queries as ledger_queries
from payments import queries
from payments.models import DrawerSession, Receipt
from payments.receipt_text import PaidItem, ReceiptFacts, receipt_lines
from payments.tendering import SettledTender


@dataclass(frozen=True, slots=True)
class Line:
    """A line to print: an account's, or else an item's by its name."""

    amount: Decimal
    account: Account | None
    item_name: str = ""


def printed_lines(
    *,
    lines: Sequence[Line],
    tenders: Sequence[SettledTender],
    payor: str,
    note: str,
    label: str,
    received_at: dt.datetime,
    business_date: dt.date,
    by: User,
) -> list[str]:
    """The words of a receipt, with what is left on each account after it; call it once the payment is posted.

    The number of queries does not grow with the lines.
    """
    ids = [line.account.pk for line in lines if line.account is not None]
    faces = queries.faces(ids, on_date=business_date)
    left = ledger_queries.balances_for(ids, as_of=business_date) if ids else {}
    due = queries.next_due_dates(ids)
    paid = []
    for line in lines:
        if line.account is None:
            paid.append(PaidItem(name=line.item_name, amount=line.amount))
            continue
        face = faces[line.account.pk]
        paid.append(
            PaidItem(
                name=face.name,
                place=face.place,
                amount=line.amount,
                account_number=line.account.number,
                balance_left=left[line.account.pk].ledger,
                next_due=due.get(line.account.pk),
            )
        )
    return receipt_lines(
        ReceiptFacts(
            office=settings.OFFICE_NAME or "Utility Billing",
            label=label,
            received_at=received_at,
            business_date=business_date,
            clerk=str(by),
            payor=payor,
            items=paid,
            tenders=tenders,
            total=sum((line.amount for line in lines), ZERO),
            note=note,
            footer=str(policy.value("payments.receipt_footer", on_date=business_date)),
        )
    )


def record_print(*, receipt: Receipt, by: User) -> int:
    """Note that the receipt goes to the printer and give which copy it is: 1 is the original, more are reprints.

    Raises ``PermissionRefused``.
    """
    permissions.check(by, "view_receipts")
    with transaction.atomic(durable=True):
        # One at a time, so that two people never both print "the original".
        lock_rows(DrawerSession, [receipt.session_id])
        copy = queries.print_count(receipt) + 1
        audit.record(
            code="payments.receipt.printed",
            by=by,
            kind="receipt",
            key=receipt.label,
            summary="Printed" if copy == 1 else f"Printed again, copy {copy}",
            data={"copy": copy},
        )
    return copy
