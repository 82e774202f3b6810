"""Entries before they are written, and the one place that writes them.

Every entry of the ledger but those of a charge batch goes through `write`: keys are taken first, then each table gets
its rows by one COPY, whether the act is one payment or a file of ten thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from core.db import copy_rows, raising, require_transaction
from core.models import User
from ledger import chart
from ledger.models import Allocation, Charge, Credit, HeldMovement, JournalEntry, Posting
from ledger.posting import Line, balance_by_fund
from ledger.services.codes import Codes, load_codes
from ledger.sql import fetch


class PeriodNotOpen(Exception):
    """No open period takes the posting date."""


class EntryKeyTaken(Exception):
    """Another entry was made under the same key."""


class ChargeOverpaid(Exception):
    """More would be applied to a charge than is open on it, or it would be reversed while money is applied to it."""


class CreditOverspent(Exception):
    """More of a credit would be applied than it has."""


class AllocationRefused(Exception):
    """A credit cannot settle the charge, or an allocation cannot be taken back so."""


class EntryNotReversible(Exception):
    """The entry cannot be reversed, or not so."""


class HeldMoneyShort(Exception):
    """More held money would be used than is held."""


@dataclass(frozen=True, slots=True)
class ChargeDraft:
    """A charge to be; ``key`` is how the entry's lines name it before it has a number."""

    key: str
    account_id: int
    charge_type_id: int
    service: str
    fund: str
    amount: Decimal
    due_date: date
    agreement_id: int | None = None
    agency_id: int | None = None
    liable_party_id: int | None = None
    parent_id: int | None = None
    service_from: date | None = None
    service_to: date | None = None


@dataclass(frozen=True, slots=True)
class CreditDraft:
    """A credit to be."""

    account_id: int
    kind: str
    amount: Decimal
    payer_id: int | None = None


@dataclass(frozen=True, slots=True)
class AllocationDraft:
    """An allocation to be, or the taking back of one."""

    credit_id: int
    charge_id: int
    amount: Decimal
    undoes_id: int | None = None


@dataclass(frozen=True, slots=True)
class MovementDraft:
    """A movement of held money to be."""

    held_money_id: int
    kind: str
    amount: Decimal


@dataclass(slots=True)
class EntryDraft:
    """An entry to be, with everything that it makes. The lines are balanced by fund when it is written."""

    reason: str
    effective_date: date
    posting_date: date
    lines: Sequence[Line]
    document_number: str = ""
    note: str = ""
    idempotency_key: str | None = None
    reverses_id: int | None = None
    is_adjusting: bool = False
    charges: Sequence[ChargeDraft] = ()
    credits: Sequence[CreditDraft] = ()
    allocations: Sequence[AllocationDraft] = ()
    movements: Sequence[MovementDraft] = ()


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """The keys of what was written for one draft, each list in the draft's order."""

    entry_id: int
    charge_ids: list[int] = field(default_factory=list)
    credit_ids: list[int] = field(default_factory=list)


def balanced(lines: Sequence[Line]) -> list[Line]:
    """The lines with due-to and due-from lines of the office's chart. Raises as `posting.balance_by_fund`."""
    return balance_by_fund(
        lines, pool_fund=chart.POOL, due_to_code=chart.DUE_TO, due_from_code=chart.DUE_FROM
    )


@contextmanager
def refusals_named(drafts: Sequence[EntryDraft]) -> Iterator[None]:
    """Turn what the ledger's guards refuse at once into exceptions of the ledger."""
    days = ", ".join(sorted({f"{draft.posting_date:%Y-%m-%d}" for draft in drafts}))
    keys = ", ".join(sorted({draft.idempotency_key or "" for draft in drafts} - {""}))
    with raising(
        {
            "ledger_entry_period": lambda: PeriodNotOpen(
                f"Nothing was posted: no open period takes the posting date {days}."
                " Post it into an open period, or have the period opened."
            ),
            "ledger_entry_key_once": lambda: EntryKeyTaken(
                f"Nothing was posted: an entry under the key {keys} is there already."
            ),
            "ledger_openitem_not_negative": lambda: ChargeOverpaid(
                "Nothing was posted: a charge would be settled beyond what is open on it,"
                " or reversed while money is applied to it."
            ),
            "ledger_credit_spent": lambda: CreditOverspent(
                "Nothing was posted: a credit would be applied beyond its amount."
            ),
            "ledger_allocation_possible": lambda: AllocationRefused(
                "Nothing was posted: the credit was reversed, or is not there yet on that date."
            ),
            "ledger_allocation_one_account": lambda: AllocationRefused(
                "Nothing was posted: a credit settles charges of its own account only."
            ),
            "ledger_allocation_undo": lambda: AllocationRefused(
                "Nothing was posted: an allocation is taken back whole, once, and not before its own date."
            ),
            "ledger_entry_reversible": lambda: EntryNotReversible(
                "Nothing was posted: a reversal or an allocation is not reversed, and no entry before its own date."
            ),
            "ledger_credit_applied": lambda: EntryNotReversible(
                "Nothing was posted: the credit is applied to charges; take its allocations back first."
            ),
            "ledger_held_not_negative": lambda: HeldMoneyShort(
                "Nothing was posted: more held money would be used than is held."
            ),
        }
    ):
        yield


def write(*, drafts: Sequence[EntryDraft], by: User) -> list[WrittenEntry]:
    """Write the drafts, each as one entry, in a fixed number of statements.

    Raises TransactionRequired, CodeUnknown, what `posting.balance_by_fund` raises for lines that do not balance, and
    PeriodNotOpen, EntryKeyTaken, ChargeOverpaid, CreditOverspent, AllocationRefused, EntryNotReversible,
    HeldMoneyShort where a guard of the database refuses.
    """
    require_transaction()
    if not drafts:
        return []
    codes = load_codes()
    lines = [balanced(draft.lines) for draft in drafts]
    keys = _take_keys(drafts)
    written = [
        WrittenEntry(
            entry_id=next(keys["entry"]),
            charge_ids=[next(keys["charge"]) for _ in draft.charges],
            credit_ids=[next(keys["credit"]) for _ in draft.credits],
        )
        for draft in drafts
    ]
    pairs = list(zip(drafts, written, strict=True))
    with refusals_named(drafts):
        _copy_entries(pairs, codes, by)
        _copy_parts(pairs, codes)
        _copy_postings(pairs, lines, codes)
    return written


def _take_keys(drafts: Sequence[EntryDraft]) -> dict[str, Iterator[int]]:
    counts = {
        "entry": len(drafts),
        "charge": sum(len(draft.charges) for draft in drafts),
        "credit": sum(len(draft.credits) for draft in drafts),
    }
    rows = fetch(
        "SELECT 'entry', nextval('ledger_journalentry_id_seq') FROM generate_series(1, %(entry)s)"
        " UNION ALL SELECT 'charge', nextval('ledger_charge_id_seq') FROM generate_series(1, %(charge)s)"
        " UNION ALL SELECT 'credit', nextval('ledger_credit_id_seq') FROM generate_series(1, %(credit)s)",
        counts,
    )
    return {table: iter([pk for name, pk in rows if name == table]) for table in counts}


_Pairs = list[tuple[EntryDraft, WrittenEntry]]


def _copy_entries(pairs: _Pairs, codes: Codes, by: User) -> None:
    copy_rows(
        JournalEntry,
        [
            "id",
            "reason_id",
            "effective_date",
            "posting_date",
            "actor_id",
            "document_number",
            "note",
            "is_adjusting",
            "reverses_id",
            "idempotency_key",
        ],
        (
            (
                written.entry_id,
                codes.reason(draft.reason),
                draft.effective_date,
                draft.posting_date,
                by.pk,
                draft.document_number,
                draft.note,
                draft.is_adjusting,
                draft.reverses_id,
                draft.idempotency_key,
            )
            for draft, written in pairs
        ),
    )


def _copy_parts(pairs: _Pairs, codes: Codes) -> None:
    charges = [
        (
            pk,
            written.entry_id,
            charge.account_id,
            charge.agreement_id,
            charge.charge_type_id,
            charge.service,
            codes.fund(charge.fund),
            charge.agency_id,
            charge.liable_party_id,
            charge.parent_id,
            charge.amount,
            charge.service_from,
            charge.service_to,
            charge.due_date,
        )
        for draft, written in pairs
        for pk, charge in zip(written.charge_ids, draft.charges, strict=True)
    ]
    new_credits = [
        (pk, written.entry_id, credit.account_id, credit.kind, credit.amount, credit.payer_id)
        for draft, written in pairs
        for pk, credit in zip(written.credit_ids, draft.credits, strict=True)
    ]
    movements = [
        (written.entry_id, movement.held_money_id, movement.kind, movement.amount)
        for draft, written in pairs
        for movement in draft.movements
    ]
    allocations = [
        (
            written.entry_id,
            allocation.credit_id,
            allocation.charge_id,
            "APPLY" if allocation.undoes_id is None else "UNDO",
            allocation.amount,
            allocation.undoes_id,
        )
        for draft, written in pairs
        for allocation in draft.allocations
    ]
    if charges:
        copy_rows(Charge, _CHARGE_COLUMNS, charges)
    if new_credits:
        copy_rows(Credit, ["id", "entry_id", "account_id", "kind", "amount", "payer_id"], new_credits)
    if movements:
        copy_rows(HeldMovement, ["entry_id", "held_money_id", "kind", "amount"], movements)
    if allocations:
        columns = ["entry_id", "credit_id", "charge_id", "act", "amount", "undoes_id"]
        copy_rows(Allocation, columns, allocations)


_CHARGE_COLUMNS = [
    "id",
    "entry_id",
    "account_id",
    "agreement_id",
    "charge_type_id",
    "service",
    "fund_id",
    "agency_id",
    "liable_party_id",
    "parent_id",
    "amount",
    "service_from",
    "service_to",
    "due_date",
]


def _copy_postings(pairs: _Pairs, lines: list[list[Line]], codes: Codes) -> None:
    rows = []
    for (draft, written), entry_lines in zip(pairs, lines, strict=True):
        made = {charge.key: pk for charge, pk in zip(draft.charges, written.charge_ids, strict=True)}
        for line in entry_lines:
            gl_account_id, control = codes.gl_account(line.gl_code)
            charge_id = made.get(line.charge_key) if isinstance(line.charge_key, str) else line.charge_key
            rows.append(
                (
                    written.entry_id,
                    gl_account_id,
                    control,
                    codes.fund(line.fund),
                    str(line.side),
                    line.amount,
                    line.account_id,
                    charge_id,
                    line.service,
                    line.party_id,
                    codes.agency(line.agency),
                )
            )
    copy_rows(
        Posting,
        [
            "entry_id",
            "gl_account_id",
            "control",
            "fund_id",
            "side",
            "amount",
            "account_id",
            "charge_id",
            "service",
            "liable_party_id",
            "agency_id",
        ],
        rows,
    )
