"""An account's history as the customer reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import Account
from ledger.sql import fetch

_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One charge or credit, or its reversal, with the balance after it; positive is owed by the customer."""

    entry_id: int
    effective_date: date
    posting_date: date
    reason: str
    reason_name: str
    document_number: str
    description: str
    service: str
    charge_id: int | None
    amount: Decimal
    balance: Decimal
    is_reversal: bool


# Applying credit to charges moves money between two accounts of the ledger and none for the customer: left out.
_ROWS = """
SELECT e.id, e.effective_date, e.posting_date, r.code, r.name, e.document_number,
       CASE WHEN p.charge_id IS NOT NULL THEN t.name ELSE r.name END, p.service, p.charge_id,
       CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END, e.reverses_id IS NOT NULL
FROM ledger_posting p
JOIN ledger_journalentry e ON e.id = p.entry_id
JOIN ledger_reasoncode r ON r.id = e.reason_id
LEFT JOIN ledger_charge c ON c.id = p.charge_id
LEFT JOIN ledger_chargetype t ON t.id = c.charge_type_id
WHERE p.account_id = %(account)s AND p.control IN ('RECEIVABLE', 'UNAPPLIED')
  AND r.code NOT IN ('ALLOCATE', 'UNALLOCATE')
  AND (%(to_date)s::date IS NULL OR e.effective_date <= %(to_date)s::date)
ORDER BY e.effective_date, e.id, p.id
"""


def statement(
    account: Account, *, from_date: date | None = None, to_date: date | None = None
) -> list[StatementRow]:
    """Charges and credits by effective date, each with the running balance, both days included.

    The balance before ``from_date`` is the first row's balance less its amount. The last row's balance is the ledger
    balance as of ``to_date``.
    """
    rows = []
    balance = _ZERO
    for (
        entry_id,
        effective,
        posted,
        reason,
        reason_name,
        document,
        text,
        service,
        charge_id,
        amount,
        undone,
    ) in fetch(_ROWS, {"account": account.pk, "to_date": to_date}):
        balance += amount
        if from_date is not None and effective < from_date:
            continue
        rows.append(
            StatementRow(
                entry_id=entry_id,
                effective_date=effective,
                posting_date=posted,
                reason=reason,
                reason_name=reason_name,
                document_number=document,
                description=text,
                service=service,
                charge_id=charge_id,
                amount=amount,
                balance=balance,
                is_reversal=undone,
            )
        )
    return rows
