"""Undoing an entry with another one."""

from __future__ import annotations

from datetime import date

from core import audit, wakeups
from core.db import require_transaction
from core.models import User
from ledger.models import JournalEntry, Side
from ledger.posting import Line, reverse
from ledger.services.allocations import allocate, undo_allocations
from ledger.services.drafts import EntryDraft, EntryNotReversible, write
from ledger.services.locks import lock_accounts
from ledger.sql import fetch


class EntryAlreadyReversed(Exception):
    """Another entry reverses this one already."""


def reverse_entry(
    *,
    entry: JournalEntry,
    reason: str,
    effective_date: date,
    posting_date: date,
    by: User,
    document_number: str = "",
    note: str = "",
) -> JournalEntry:
    """Post the mirror of an entry, on the dates given and never before the entry's own.

    What its credits had settled is open again, and credits that had settled its charges are free; then the accounts'
    open credits are applied anew by policy. A returned payment is reversed with the effective date of the payment, so
    that its charges age as if it had never come, and with the posting date on which the bank took it back.
    Raises EntryAlreadyReversed, EntryNotReversible (a reversal, an allocation, a date before the entry's),
    PeriodNotOpen, TransactionRequired.
    """
    require_transaction()
    account_ids = _accounts_of(entry)
    lock_accounts(account_ids)
    _check_reversible(entry, effective_date, posting_date)
    undo_allocations(
        allocation_ids=_live_allocations(entry),
        effective_date=effective_date,
        posting_date=posting_date,
        by=by,
    )
    [written] = write(
        drafts=[
            EntryDraft(
                reason=reason,
                effective_date=effective_date,
                posting_date=posting_date,
                lines=reverse(_lines_of(entry)),
                document_number=document_number,
                note=note,
                reverses_id=entry.pk,
                is_adjusting=entry.is_adjusting,
            )
        ],
        by=by,
    )
    if account_ids:
        allocate(account_ids=account_ids, effective_date=effective_date, posting_date=posting_date, by=by)
    audit.record(
        code="ledger.entry.reversed",
        by=by,
        kind="entry",
        key=str(entry.pk),
        summary=f"Reversed {entry.reason.code} {entry.document_number or entry.pk}: {note or reason}",
        data={"by_entry": written.entry_id, "effective_date": effective_date, "posting_date": posting_date},
    )
    wakeups.wake("entry_reversed")
    return JournalEntry.objects.get(pk=written.entry_id)


def check_can_reverse(entry: JournalEntry) -> None:
    """Pass if the entry can be reversed on a day not before its own. Raises as `reverse_entry` does."""
    _check_reversible(entry, entry.effective_date, entry.posting_date)


def _accounts_of(entry: JournalEntry) -> set[int]:
    rows = fetch(
        "SELECT DISTINCT account_id FROM ledger_posting WHERE entry_id = %(entry)s AND account_id IS NOT NULL",
        {"entry": entry.pk},
    )
    return {row[0] for row in rows}


def _check_reversible(entry: JournalEntry, effective_date: date, posting_date: date) -> None:
    name = f"Entry {entry.pk} ({entry.reason.name.lower()} {entry.document_number})".replace(" )", ")")
    by_entry = JournalEntry.objects.filter(reverses=entry).first()
    if by_entry is not None:
        raise EntryAlreadyReversed(
            f"{name} was reversed on {by_entry.posting_date:%Y-%m-%d} by entry {by_entry.pk}."
        )
    if entry.reverses_id is not None:
        raise EntryNotReversible(f"{name} is a reversal itself. Post the original facts anew instead.")
    if entry.allocations.exists():
        raise EntryNotReversible(f"{name} applies credit to charges. Take the allocation back instead.")
    if effective_date < entry.effective_date or posting_date < entry.posting_date:
        raise EntryNotReversible(
            f"{name} is of {entry.effective_date:%Y-%m-%d}, posted {entry.posting_date:%Y-%m-%d};"
            " it cannot be reversed before that."
        )


def _live_allocations(entry: JournalEntry) -> list[int]:
    """Allocations of the entry's credits and onto its charges that still stand."""
    return [
        row[0]
        for row in fetch(
            "SELECT a.id FROM ledger_allocation a"
            " JOIN ledger_credit c ON c.id = a.credit_id JOIN ledger_charge h ON h.id = a.charge_id"
            " WHERE (c.id IN (SELECT id FROM ledger_credit WHERE entry_id = %(entry)s)"
            "    OR h.id IN (SELECT id FROM ledger_charge WHERE entry_id = %(entry)s))"
            " AND a.act = 'APPLY' AND NOT EXISTS (SELECT FROM ledger_allocation u WHERE u.undoes_id = a.id)"
            " ORDER BY a.id",
            {"entry": entry.pk},
        )
    ]


def _lines_of(entry: JournalEntry) -> list[Line]:
    postings = entry.postings.select_related("gl_account", "fund", "agency").order_by("pk")
    return [
        Line(
            posting.gl_account.code,
            posting.fund.code,
            Side(posting.side).value,
            posting.amount,
            account_id=posting.account_id,
            charge_key=posting.charge_id,
            service=posting.service,
            party_id=posting.liable_party_id,
            agency=posting.agency.code if posting.agency else "",
        )
        for posting in postings
    ]
