"""Entries posted as such, by hand or by another part of the office."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from core import audit
from core.db import require_transaction
from core.models import User
from ledger.models import Control, JournalEntry
from ledger.posting import Line, check_lines
from ledger.services.codes import load_codes
from ledger.services.drafts import EntryDraft, balanced, write
from ledger.services.locks import lock_accounts


class ControlAccountPostedByHand(ValueError):
    """A line posts to an account that charges, credits and held money keep."""


class EntryKeyReused(Exception):
    """The key came before with other figures."""


def post_entry(
    *,
    reason: str,
    effective_date: date,
    posting_date: date,
    lines: Sequence[Line],
    by: User,
    document_number: str = "",
    note: str = "",
    idempotency_key: str | None = None,
    reverses: JournalEntry | None = None,
    is_adjusting: bool = False,
) -> JournalEntry:
    """Post an entry that touches no customer's account: cash over and short, a transfer between banks, revenue.

    ``lines`` balance in total; due-to and due-from lines between funds are added. The same ``idempotency_key`` with
    the same figures gives the first entry again. An entry with ``reverses`` must mirror that entry to the cent.
    Raises ControlAccountPostedByHand for a line on a receivable, unapplied credit or held money (make a charge, a
    credit or a movement instead), EntryKeyReused, PeriodNotOpen, CodeUnknown, TransactionRequired and the
    refusals of `posting.balance_by_fund`.
    """
    require_transaction()
    check_lines(lines)
    if reverses is None:
        _refuse_control_lines(lines)
    else:
        lock_accounts({line.account_id for line in lines if line.account_id is not None})
    first = find_by_key(idempotency_key)
    if first is not None:
        _check_same(first, reason, effective_date, lines)
        return first
    [written] = write(
        drafts=[
            EntryDraft(
                reason=reason,
                effective_date=effective_date,
                posting_date=posting_date,
                lines=lines,
                document_number=document_number,
                note=note,
                idempotency_key=idempotency_key,
                reverses_id=None if reverses is None else reverses.pk,
                is_adjusting=is_adjusting,
            )
        ],
        by=by,
    )
    debits = sum(line.amount for line in lines if line.side == "D")
    audit.record(
        code="ledger.entry.posted",
        by=by,
        kind="entry",
        key=str(written.entry_id),
        summary=f"Posted {reason} {document_number or written.entry_id} of {debits}",
        data={"posting_date": posting_date, "effective_date": effective_date, "note": note},
    )
    return JournalEntry.objects.get(pk=written.entry_id)


def find_by_key(idempotency_key: str | None) -> JournalEntry | None:
    """The entry made under the key, if there is one."""
    if idempotency_key is None:
        return None
    return JournalEntry.objects.filter(idempotency_key=idempotency_key).first()


def _refuse_control_lines(lines: Sequence[Line]) -> None:
    codes = load_codes()
    for number, line in enumerate(lines, start=1):
        _, control = codes.gl_account(line.gl_code)
        if control != Control.NONE:
            raise ControlAccountPostedByHand(
                f"Line {number} posts to {line.gl_code} ({Control(control).label.lower()}), which is kept"
                " by charges, credits and deposits. Make one of these instead."
            )


def _check_same(first: JournalEntry, reason: str, effective_date: date, lines: Sequence[Line]) -> None:
    """Raise EntryKeyReused unless the first entry says the same."""
    posted = Counter(
        first.postings.values_list(
            "gl_account__code", "fund__code", "side", "amount", "account_id", "service"
        )
    )
    wanted = Counter(
        (line.gl_code, line.fund, str(line.side), line.amount, line.account_id, line.service)
        for line in balanced(lines)
    )
    if (first.reason.code, first.effective_date, posted) != (reason, effective_date, wanted):
        raise EntryKeyReused(
            f"An entry under the key {first.idempotency_key} was posted with other figures. Nothing was posted now."
        )
