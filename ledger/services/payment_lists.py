"""Many payments at once, each on its own dates: what a lockbox or a bank file brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core import audit, wakeups
from core.db import require_transaction
from core.models import User
from ledger import chart
from ledger.models import Credit
from ledger.posting import Line, Side
from ledger.services.allocations import allocate
from ledger.services.drafts import CreditDraft, EntryDraft, write
from ledger.services.locks import lock_accounts


@dataclass(frozen=True, slots=True)
class ListedPayment:
    """One payment of a list; ``document_number`` is its number there and, with the list's name, makes it unique."""

    account_id: int
    amount: Decimal
    effective_date: date
    posting_date: date
    document_number: str


def receive_list(*, name: str, payments: Sequence[ListedPayment], debit_code: str, by: User) -> int:
    """Post a list of payments: one entry each, debit ``debit_code`` in the pool, then apply them to open charges.

    The number of statements does not grow with the list. The same list posted again is refused whole, because each
    entry's key is the list's name and its document number. Gives the number of payments.
    Raises EntryKeyTaken, PeriodNotOpen, CodeUnknown, AccountsToLockMissing, TransactionRequired.
    """
    require_transaction()
    if not payments:
        return 0
    account_ids = {payment.account_id for payment in payments}
    lock_accounts(account_ids)
    write(
        drafts=[
            EntryDraft(
                reason="PAYMENT",
                effective_date=payment.effective_date,
                posting_date=payment.posting_date,
                lines=[
                    Line(debit_code, chart.POOL, Side.DEBIT, payment.amount),
                    Line(
                        chart.UNAPPLIED,
                        chart.POOL,
                        Side.CREDIT,
                        payment.amount,
                        account_id=payment.account_id,
                    ),
                ],
                document_number=payment.document_number,
                idempotency_key=f"{name}:{payment.document_number}",
                credits=[CreditDraft(payment.account_id, Credit.Kind.PAYMENT, payment.amount)],
            )
            for payment in payments
        ],
        by=by,
    )
    # An allocation is never dated before its credit or its charge, so the earliest day leaves each its own.
    allocate(
        account_ids=account_ids,
        effective_date=min(payment.effective_date for payment in payments),
        posting_date=min(payment.posting_date for payment in payments),
        by=by,
    )
    total = sum((payment.amount for payment in payments), Decimal("0.00"))
    audit.record(
        code="ledger.payments.listed",
        by=by,
        kind="payment list",
        key=name,
        summary=f"{len(payments)} payments of {name}, {total} in all",
    )
    wakeups.wake("credit_posted")
    return len(payments)
