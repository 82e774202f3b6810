"""Reversing a posted run: a contra entry a bill, the customers' payments free again, the periods open to a new run."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from billing.models import Bill, BillRun, BillSegment
from billing.services import runs
from core import audit, permissions
from core.db import lock_rows
from core.models import User
from ledger import services as ledger

CHUNK_SIZE = 200
REASON = "BILL_REVERSAL"


class RunNotReversible(ValueError):
    """Only a posted run is reversed."""


def check_can_reverse(*, run: BillRun, by: User) -> None:
    """Pass if this person may reverse this run. Raises PermissionRefused, RunNotReversible, LaterBillStands."""
    permissions.check(by, "reverse_runs")
    if run.state not in (BillRun.State.POSTED, BillRun.State.DONE):
        raise RunNotReversible(
            f"Run {run.number} is {run.get_state_display().lower()}; only a posted run is reversed."
        )
    runs.check_nothing_later(run)


def can_reverse(*, run: BillRun, by: User) -> bool:
    """Whether `check_can_reverse` would pass."""
    try:
        check_can_reverse(run=run, by=by)
    except (permissions.PermissionRefused, RunNotReversible, runs.LaterBillStands):
        return False
    return True


def reverse_run(
    *, run: BillRun, reason: str, effective_date: dt.date, posting_date: dt.date, by: User
) -> int:
    """Reverse every bill of a run and give their number.

    A chunk of bills a transaction: a reversal that was interrupted is called again and goes on. Raises what
    `check_can_reverse` raises, and the ledger's refusals (a closed period).
    """
    check_can_reverse(run=run, by=by)
    done = 0
    while count := _reverse_chunk(run, reason, effective_date, posting_date, by):
        done += count
    with transaction.atomic(durable=True):
        locked = runs.lock_run(run.pk)
        words = f"Run {run.number} reversed, {done} bills: {reason}"
        runs.move(locked, BillRun.State.REVERSED, code="reversed", by=by, summary=words)
    return done


def _reverse_chunk(
    run: BillRun, reason: str, effective_date: dt.date, posting_date: dt.date, by: User
) -> int:
    with transaction.atomic(durable=True):
        waiting = Bill.objects.filter(run=run, status=Bill.Status.POSTED).order_by("number", "pk")
        chunk = list(waiting[:CHUNK_SIZE])
        if not chunk:
            return 0
        # Asked for each chunk: the next period may have been calculated while the first ones were taken back.
        runs.check_nothing_later(run, bill_ids=[bill.pk for bill in chunk])
        ledger.lock_accounts(sorted({bill.account_id for bill in chunk}))
        bills = [
            bill
            for bill in lock_rows(Bill.objects.select_related("entry"), [bill.pk for bill in chunk])
            if bill.status == Bill.Status.POSTED
        ]
        for bill in bills:
            if bill.entry is not None:
                ledger.reverse_entry(
                    entry=bill.entry,
                    reason=REASON,
                    effective_date=effective_date,
                    posting_date=posting_date,
                    by=by,
                    document_number=bill.number,
                    note=reason[:200],
                )
        keys = [bill.pk for bill in bills]
        BillSegment.objects.filter(bill__in=keys).update(status=BillSegment.Status.REVERSED)
        Bill.objects.filter(pk__in=keys).update(status=Bill.Status.REVERSED)
        audit.record(
            code="billing.run.chunk_reversed",
            by=by,
            kind="bill_run",
            key=str(run.number),
            summary=f"{len(bills)} bills reversed",
            data={"first": chunk[0].number, "last": chunk[-1].number},
        )
    return len(chunk)
