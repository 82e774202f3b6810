"""Credits: money received and decisions in an account's favour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import Account, Party
from core import wakeups
from core.db import require_transaction
from core.models import User
from ledger import chart
from ledger.models import Credit, JournalEntry
from ledger.posting import Line, Side
from ledger.services.allocations import allocate
from ledger.services.drafts import CreditDraft, EntryDraft, write
from ledger.services.entries import EntryKeyReused, find_by_key
from ledger.services.locks import lock_accounts


@dataclass(frozen=True, slots=True)
class CreditPart:
    """One account's part of what came in; ``kind`` is one of `Credit.Kind`."""

    account: Account
    amount: Decimal
    kind: str = "PAYMENT"
    payer: Party | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """The entry of what came in and its credits, in the order of the parts."""

    entry: JournalEntry
    credits: list[Credit]


def receive(
    *,
    parts: Sequence[CreditPart],
    debits: Sequence[Line],
    effective_date: date,
    posting_date: date,
    by: User,
    document_number: str,
    other_credits: Sequence[Line] = (),
    reason: str = "PAYMENT",
    idempotency_key: str | None = None,
) -> Received:
    """Take money (or a decision) in: one entry of debits against each account's unapplied credit, then allocate.

    ``debits`` say where it went (cash, an expense), ``other_credits`` what is for no account (a copy sold); together
    with the parts they balance. All of each part first becomes unapplied credit; entries of their own then apply
    it to open charges by policy. The same ``idempotency_key`` with the same figures gives the first answer.
    Raises EntryKeyReused, PeriodNotOpen, CodeUnknown, AccountsToLockMissing, TransactionRequired and the refusals of
    `posting.balance_by_fund`.
    """
    require_transaction()
    account_ids = {part.account.pk for part in parts}
    lock_accounts(account_ids)
    first = find_by_key(idempotency_key)
    if first is not None:
        return _first_answer(first, parts, effective_date)
    lines = [
        *debits,
        *(
            Line(chart.UNAPPLIED, chart.POOL, Side.CREDIT, part.amount, account_id=part.account.pk)
            for part in parts
        ),
        *other_credits,
    ]
    draft = EntryDraft(
        reason=reason,
        effective_date=effective_date,
        posting_date=posting_date,
        lines=lines,
        document_number=document_number,
        idempotency_key=idempotency_key,
        credits=[
            CreditDraft(part.account.pk, part.kind, part.amount, part.payer.pk if part.payer else None)
            for part in parts
        ],
    )
    [written] = write(drafts=[draft], by=by)
    if account_ids:
        allocate(account_ids=account_ids, effective_date=effective_date, posting_date=posting_date, by=by)
        wakeups.wake("credit_posted")
    return _received(JournalEntry.objects.get(pk=written.entry_id))


def _received(entry: JournalEntry) -> Received:
    return Received(entry=entry, credits=list(entry.credits.select_related("account").order_by("pk")))


def _first_answer(first: JournalEntry, parts: Sequence[CreditPart], effective_date: date) -> Received:
    received = _received(first)
    was = Counter((credit.account_id, credit.amount, credit.kind) for credit in received.credits)
    now = Counter((part.account.pk, part.amount, part.kind) for part in parts)
    if was != now or first.effective_date != effective_date:
        raise EntryKeyReused(
            f"An entry under the key {first.idempotency_key} was posted with other figures. Nothing was posted now."
        )
    return received
