"""Calculating a run, a chunk of accounts at a time: facts read, bills drafted by pure rules, rows written with COPY."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from billing.assembly import DraftBill, DraftSegment, Held, MissingRead, NotDue, Outcome, Reason, assemble
from billing.models import BillRun, BillRunItem
from billing.queries import facts
from billing.queries.prices import PricesOfChunk, charge_type_ids
from billing.rates import RateRefused
from billing.services import missing_reads, review, runs
from core import audit
from core.db import copy_rows, require_transaction
from core.models import User

CHUNK_SIZE = 1000

# What a mistake in the data or in a rate can raise on the way of one account. It stops that account and no other; a
# database that is gone is not among them and stops the worker.
UNEXPECTED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    DatabaseError,
    LookupError,
    ObjectDoesNotExist,
    RateRefused,
    RecursionError,
    TypeError,
    ValueError,
)


class ChargeTypeUnknown(LookupError):
    """A rate names a type of charge that the ledger does not have."""


@dataclass(frozen=True)
class ChunkResult:
    """What became of a chunk: items by state."""

    items: int
    calculated: int = 0
    held: int = 0
    errors: int = 0
    not_due: int = 0


@dataclass
class _Draft:
    """What a chunk will write."""

    item: facts.ClaimedItem
    outcome: Outcome | None = None
    error: str = ""


@dataclass
class _Rows:
    """Rows for COPY, with the keys they were given beforehand."""

    bills: list[tuple[Any, ...]] = field(default_factory=list)
    segments: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    bill_of_item: dict[int, int] = field(default_factory=dict)


BILL_COLUMNS = ("id", "number", "run_id", "account_id", "bill_date", "due_date", "total_amount", "status")
SEGMENT_COLUMNS = (
    "id", "bill_id", "agreement_id", "service", "rate_version_id", "rate_code", "customer_class", "from_date",
    "to_date", "quantity", "unit", "previous_reading_id", "current_reading_id", "usage", "is_estimated", "amount",
    "status",
)  # fmt: skip
LINE_COLUMNS = (
    "id", "segment_id", "position", "component", "charge_type_id", "description", "quantity", "unit", "amount",
    "working",
)  # fmt: skip


def calculate_chunk(*, terms: runs.RunTerms, by: User, size: int = CHUNK_SIZE) -> ChunkResult | None:
    """Calculate the next accounts of a run in one transaction; None when there are none to take.

    A worker that is killed leaves nothing behind: the locks on its items end with its connection. An account that
    fails in a way nobody foresaw is put in error with the message, and the others go on.
    """
    with transaction.atomic(durable=True):
        items = facts.claim_items(run_id=terms.run_id, state=BillRunItem.State.PENDING, size=size)
        # Looked at after the claim: a cancellation that came first has let go of the items by now.
        if not items or not runs.may_work(run_id=terms.run_id, state=BillRun.State.CALCULATING):
            return None
        drafts = _drafts(items, terms)
        try:
            with transaction.atomic():
                _write(drafts, terms, by)
        except UNEXPECTED as problem:
            _reraise_if_gone(problem)
            drafts = [each for draft in drafts for each in _write_alone(draft, terms, by)]
        result = _result(drafts)
        audit.record(
            code="billing.run.chunk_calculated",
            by=by,
            kind="bill_run",
            key=str(terms.number),
            summary=f"{result.items} accounts calculated: {result.calculated} bills, {result.held} held",
            data={**vars(result), "first": items[0].ordinal, "last": items[-1].ordinal},
        )
    return result


def finish_if_done(*, run_id: int, by: User) -> bool:
    """Send a calculating run without waiting items to review; the last worker to come by does it."""
    with transaction.atomic(durable=True):
        run = runs.lock_run(run_id)
        waiting = run.items.filter(state=BillRunItem.State.PENDING).exists()
        if run.state != BillRun.State.CALCULATING or run.is_paused or waiting:
            return False
        total, figures_hash = review.fingerprint(run_id=run_id)
        words = f"Run {run.number} is calculated and waits for review: {total} in all"
        runs.move(
            run,
            BillRun.State.REVIEW,
            code="calculated",
            by=by,
            summary=words,
            total_amount=total,
            figures_hash=figures_hash,
        )
    return True


def _drafts(items: Sequence[facts.ClaimedItem], terms: runs.RunTerms) -> list[_Draft]:
    found = facts.account_facts([item.account_id for item in items], period=terms.period)
    codes = {agreement.rate_code for account in found.values() for agreement in account.agreements}
    prices = PricesOfChunk(codes)
    drafts = []
    for item in items:
        draft = _Draft(item)
        try:
            draft.outcome = assemble(found[item.account_id], period=terms.period, rates=prices)
        except UNEXPECTED as problem:
            _reraise_if_gone(problem)
            draft.error = _in_words(problem)
        drafts.append(draft)
    return drafts


def _write(drafts: Sequence[_Draft], terms: runs.RunTerms, by: User) -> None:
    """Write the chunk: bills, segments and lines by COPY, then what became of the items."""
    require_transaction()
    rows = _rows(drafts, terms)
    copy_rows("billing_bill", BILL_COLUMNS, rows.bills)
    copy_rows("billing_billsegment", SEGMENT_COLUMNS, rows.segments)
    copy_rows("billing_billline", LINE_COLUMNS, rows.lines)
    _write_items(drafts, rows.bill_of_item)
    missing: list[MissingRead] = []
    for draft in drafts:
        if isinstance(draft.outcome, Held):
            missing.extend(draft.outcome.missing)
    missing_reads.raise_all(missing=missing, on_date=terms.period.end, by=by)


def _write_alone(draft: _Draft, terms: runs.RunTerms, by: User) -> Iterator[_Draft]:
    """Write one account by itself, after its chunk failed; if it is the one, it is in error."""
    try:
        with transaction.atomic():
            _write([draft], terms, by)
    except UNEXPECTED as problem:
        _reraise_if_gone(problem)
        draft = _Draft(draft.item, error=_in_words(problem))
        _write_items([draft], {})
    yield draft


def _rows(drafts: Sequence[_Draft], terms: runs.RunTerms) -> _Rows:
    bills = [(draft.item, draft.outcome) for draft in drafts if isinstance(draft.outcome, DraftBill)]
    segment_count = sum(len(bill.segments) for _, bill in bills)
    line_count = sum(len(segment.lines) for _, bill in bills for segment in bill.segments)
    bill_ids, segment_ids, line_ids = _take_keys(len(bills), segment_count, line_count)
    types = charge_type_ids()
    rows = _Rows()
    for item, bill in bills:
        bill_id = next(bill_ids)
        rows.bill_of_item[item.id] = bill_id
        number = f"{terms.number}-{item.ordinal:06d}"
        rows.bills.append(
            (
                bill_id,
                number,
                terms.run_id,
                bill.account_id,
                terms.bill_date,
                terms.due_date,
                bill.total,
                "DRAFT",
            )
        )
        for segment in bill.segments:
            segment_id = next(segment_ids)
            rows.segments.append(_segment_row(segment_id, bill_id, segment))
            rows.lines.extend(_line_rows(segment, segment_id, line_ids, types))
    return rows


def _segment_row(segment_id: int, bill_id: int, segment: DraftSegment) -> tuple[Any, ...]:
    main = segment.uses[0] if segment.uses else None
    return (
        segment_id,
        bill_id,
        segment.agreement_id,
        segment.service,
        segment.version_id,
        segment.rate_code,
        segment.customer_class,
        segment.from_date,
        segment.to_date,
        segment.quantity,
        segment.unit,
        main.start.id if main else None,
        main.end.id if main else None,
        json.dumps([use.as_data() for use in segment.uses]),
        segment.is_estimated,
        segment.amount,
        "LIVE",
    )


def _line_rows(
    segment: DraftSegment, segment_id: int, line_ids: Iterator[int], types: dict[str, int]
) -> Iterator[tuple[Any, ...]]:
    for position, line in enumerate(segment.lines, start=1):
        rated = line.rated
        if line.charge_type not in types:
            raise ChargeTypeUnknown(
                f"Rate {segment.rate_code} charges {line.charge_type}, which is no type of charge in the ledger."
            )
        yield (
            next(line_ids),
            segment_id,
            position,
            rated.component,
            types[line.charge_type],
            rated.description[:160],
            rated.quantity,
            rated.unit[:40],
            rated.amount,
            json.dumps(rated.working, default=_as_text),
        )


def _write_items(drafts: Sequence[_Draft], bill_of_item: dict[int, int]) -> None:
    states, bills, reasons = [], [], []
    for draft in drafts:
        state, why = _state_of(draft)
        states.append(state)
        bills.append(bill_of_item.get(draft.item.id) if state == BillRunItem.State.CALCULATED else None)
        reasons.append(json.dumps([reason.as_data() for reason in why]))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_billrunitem item SET state = made.state, bill_id = made.bill,"
            " reasons = made.reasons::jsonb, attempts = least(item.attempts + 1, 32767)"
            " FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[]) AS made (id, state, bill, reasons)"
            " WHERE item.id = made.id",
            [[draft.item.id for draft in drafts], states, bills, reasons],
        )


def _state_of(draft: _Draft) -> tuple[str, tuple[Reason, ...]]:
    outcome = draft.outcome
    if outcome is None:
        return str(BillRunItem.State.ERROR), (Reason("ERROR", draft.error),)
    if isinstance(outcome, Held):
        return str(BillRunItem.State.HELD), outcome.reasons
    if isinstance(outcome, NotDue):
        return str(BillRunItem.State.NOT_DUE), outcome.reasons
    return str(BillRunItem.State.CALCULATED), ()


def _take_keys(bills: int, segments: int, lines: int) -> tuple[Iterator[int], Iterator[int], Iterator[int]]:
    """Keys for rows that COPY will write, from the tables' own sequences, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT array_agg(nextval(pg_get_serial_sequence('billing_bill', 'id')))"
            " FROM generate_series(1, %s)),"
            " (SELECT array_agg(nextval(pg_get_serial_sequence('billing_billsegment', 'id')))"
            " FROM generate_series(1, %s)),"
            " (SELECT array_agg(nextval(pg_get_serial_sequence('billing_billline', 'id')))"
            " FROM generate_series(1, %s))",
            [bills, segments, lines],
        )
        found: Iterable[list[int] | None] = cursor.fetchone()
    first, second, third = (iter(sorted(keys or ())) for keys in found)
    return first, second, third


def _result(drafts: Sequence[_Draft]) -> ChunkResult:
    states = [_state_of(draft)[0] for draft in drafts]
    return ChunkResult(
        items=len(drafts),
        calculated=states.count(BillRunItem.State.CALCULATED),
        held=states.count(BillRunItem.State.HELD),
        errors=states.count(BillRunItem.State.ERROR),
        not_due=states.count(BillRunItem.State.NOT_DUE),
    )


def _reraise_if_gone(problem: BaseException) -> None:
    """A lost connection, a deadlock or a cancelled statement is no fault of an account: let it stop the worker."""
    if isinstance(problem, OperationalError | InterfaceError):
        raise problem


def _in_words(problem: BaseException) -> str:
    text = " ".join(str(problem).split())[:400]
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


def _as_text(value: object) -> str:
    """What JSON does not know, as text: exact numbers and dates."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{value!r} is no part of a working")
