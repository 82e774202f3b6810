"""The life of a bill run: opened, started, paused, cancelled, and what its workers ask of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import Cycle
from billing.assembly import PeriodFact
from billing.models import BillRun, BillRunItem, BillSegment, RunWorker
from billing.proration import PeriodRule
from billing.queries import drafts
from core import audit, calendar, permissions, policy, sequences
from core.db import raising, require_transaction
from core.models import Holiday, User
from core.states import check_transition

SERIES = "bill_run"
AT_WORK = (BillRun.State.CALCULATING, BillRun.State.POSTING)
STALE_SECONDS = 60


class PeriodAlreadyRun(ValueError):
    """The cycle has a live run for that period."""


class CycleHasNoAccounts(ValueError):
    """Nobody in the cycle takes a service in that period."""


class RunAlreadyStarted(ValueError):
    """The run is being worked on, or is past it."""


class RunNotAtWork(ValueError):
    """Only a run that is calculating or posting can be paused or resumed."""


class LaterBillStands(ValueError):
    """A service of the run is billed beyond it; the later bills must go first, or nobody would bill the time between."""


class RunNotCancellable(ValueError):
    """A run that posts or has posted is not cancelled; it is reversed."""


@dataclass(frozen=True)
class RunTerms:
    """What a worker must know of a run for every chunk: its period, dates and people."""

    run_id: int
    number: int
    period: PeriodFact
    bill_date: dt.date
    due_date: dt.date
    made_by_id: int


def open_run(
    *,
    cycle: Cycle,
    period_start: dt.date,
    period_end: dt.date,
    bill_date: dt.date,
    due_date: dt.date,
    by: User,
) -> BillRun:
    """Open the run of a cycle for a period, with an item for each account that takes a service in it.

    Items are in the order of account numbers, and their ordinals make the bill numbers, so that a held account
    leaves a gap that is explained. Raises PermissionRefused, PeriodAlreadyRun (naming the run), CycleHasNoAccounts.
    """
    permissions.check(by, "make_runs")

    def already() -> PeriodAlreadyRun:
        return _already_run(cycle, period_start)

    with raising({"billing_billrun_one_live": already}), transaction.atomic(durable=True):
        if live_run(cycle=cycle, period_start=period_start) is not None:
            raise _already_run(cycle, period_start)
        run = BillRun.objects.create(
            number=sequences.take(series=SERIES),
            cycle=cycle,
            period_start=period_start,
            period_end=period_end,
            bill_date=bill_date,
            due_date=due_date,
            made_by=by,
        )
        run.item_count = _make_items(run)
        if run.item_count == 0:
            raise CycleHasNoAccounts(
                f"Nobody in cycle {cycle.code} takes a service between {period_start} and {period_end}: "
                "there is nothing to run."
            )
        run.save(update_fields=["item_count"])
        record_act(run, "opened", by, f"Run {run.number} opened with {run.item_count} accounts")
    return run


def due_date_of(*, bill_date: dt.date) -> dt.date:
    """When bills of that date are due by the city's policy: so many days on, moved on to a business day."""
    days = policy.value("billing.due_days", on_date=bill_date)
    holidays = set(
        Holiday.objects.filter(calendar=Holiday.Calendar.OFFICE, date__gte=bill_date)
        .order_by("date", "pk")
        .values_list("date", flat=True)[:200]
    )
    return calendar.due_date(bill_date, int(str(days)), holidays)


def live_run(*, cycle: Cycle, period_start: dt.date) -> BillRun | None:
    """The regular run of the cycle for that period that is neither cancelled nor reversed, or None."""
    ended = (BillRun.State.CANCELLED, BillRun.State.REVERSED)
    runs = BillRun.objects.filter(cycle=cycle, period_start=period_start, kind=BillRun.Kind.REGULAR)
    return runs.exclude(state__in=ended).order_by("pk").first()


def start_calculation(*, run: BillRun, by: User) -> BillRun:
    """Let the workers calculate: an open run for the first time, one in review again what is held, failed or outdated.

    Raises PermissionRefused, RunAlreadyStarted, LaterBillStands.
    """
    permissions.check(by, "make_runs")
    with transaction.atomic(durable=True):
        locked = lock_run(run.pk)
        if locked.state not in (BillRun.State.OPEN, BillRun.State.REVIEW):
            raise RunAlreadyStarted(
                f"Run {locked.number} is {locked.get_state_display().lower()}: it cannot be started again."
            )
        if locked.state == BillRun.State.REVIEW:
            again = (BillRunItem.State.HELD, BillRunItem.State.ERROR, BillRunItem.State.NOT_DUE)
            locked.items.filter(state__in=again).update(state=BillRunItem.State.PENDING, reasons=[])
            outdated = drafts.outdated_items(run_id=locked.pk)
            if outdated:
                bills = locked.items.filter(pk__in=outdated).values_list("bill_id", flat=True)
                check_nothing_later(locked, bill_ids=list(bills))
                remove_drafts(locked, item_ids=outdated)
        words = f"Calculation of run {locked.number} started"
        move(locked, BillRun.State.CALCULATING, code="started", by=by, summary=words, started_at=Now())
    return locked


def pause_run(*, run: BillRun, by: User) -> BillRun:
    """Let every worker stop after the chunk it is at. Raises PermissionRefused, RunNotAtWork."""
    return _set_paused(run, is_paused=True, by=by)


def resume_run(*, run: BillRun, by: User) -> BillRun:
    """Let a paused run go on. Raises PermissionRefused, RunNotAtWork."""
    return _set_paused(run, is_paused=False, by=by)


def cancel_run(*, run: BillRun, by: User) -> BillRun:
    """Cancel a run that has posted nothing and remove its drafts.

    Raises PermissionRefused, RunNotCancellable, LaterBillStands (a later run, drafts too, goes on from these).
    """
    permissions.check(by, "make_runs")
    with transaction.atomic(durable=True):
        locked = lock_run(run.pk)
        if locked.state not in (BillRun.State.OPEN, BillRun.State.CALCULATING, BillRun.State.REVIEW):
            raise RunNotCancellable(
                f"Run {locked.number} is {locked.get_state_display().lower()} and cannot be cancelled. "
                "A posted run can be reversed."
            )
        _lock_items(locked)
        check_nothing_later(locked)
        remove_drafts(locked)
        words = f"Run {locked.number} cancelled, its drafts removed"
        move(locked, BillRun.State.CANCELLED, code="cancelled", by=by, summary=words, is_paused=False)
    return locked


def remove_drafts(run: BillRun, *, item_ids: Sequence[int] | None = None) -> None:
    """Remove the drafts of a run (those of ``item_ids`` alone, if given); their items wait again.

    Waits for workers that are at a chunk.
    """
    require_transaction()
    _lock_items(run)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, bill_id FROM billing_billrunitem WHERE run_id = %(run)s AND state = 'CALCULATED'"
            " AND (%(items)s::bigint[] IS NULL OR id = ANY (%(items)s))",
            {"run": run.pk, "items": None if item_ids is None else list(item_ids)},
        )
        rows = cursor.fetchall()
        item_keys, bills = [row[0] for row in rows], [row[1] for row in rows]
        cursor.execute(
            "UPDATE billing_billrunitem SET state = 'PENDING', bill_id = NULL, reasons = '[]' WHERE id = ANY (%s)",
            [item_keys],
        )
        cursor.execute(
            "DELETE FROM billing_billline WHERE segment_id IN"
            " (SELECT id FROM billing_billsegment WHERE bill_id = ANY (%s))",
            [bills],
        )
        cursor.execute("DELETE FROM billing_billsegment WHERE bill_id = ANY (%s)", [bills])
        cursor.execute("DELETE FROM billing_bill WHERE id = ANY (%s) AND status = 'DRAFT'", [bills])


def check_nothing_later(run: BillRun, *, bill_ids: Sequence[int] | None = None) -> None:
    """Pass if no bill or draft of another run goes on where this run's (those of ``bill_ids``) end.

    Without the earlier bill the later one would leave days that no run bills. Raises LaterBillStands.
    """
    mine = BillSegment.objects.filter(bill__run=run, status=BillSegment.Status.LIVE)
    if bill_ids is not None:
        mine = mine.filter(bill__in=bill_ids)
    later = (
        BillSegment.objects.filter(status=BillSegment.Status.LIVE, agreement__in=mine.values("agreement"))
        .exclude(bill__run=run)
        .filter(from_date__gte=run.period_start)
        .select_related("bill__run")
        .order_by("from_date", "pk")
        .first()
    )
    if later is not None:
        raise LaterBillStands(
            f"Bill {later.bill.number} bills the time after run {run.number}."
            f" Cancel or reverse run {later.bill.run.number} first."
        )


def _lock_items(run: BillRun) -> None:
    """Lock the items as workers do, so that no draft is written between."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM billing_billrunitem WHERE run_id = %s ORDER BY id FOR UPDATE", [run.pk]
        )


def terms_of(*, run_id: int) -> RunTerms:
    """What a worker keeps in mind while it works on a run; a handful of queries, once a worker."""
    run = BillRun.objects.select_related("cycle").get(pk=run_id)
    months = run.cycle.months_per_period
    days = {
        name: int(str(policy.value(f"billing.{name}_days_a_month", on_date=run.bill_date))) * months
        for name in ("normal", "shortest", "longest")
    }
    summer = policy.value("billing.summer_months", on_date=run.bill_date)
    period = PeriodFact(
        start=run.period_start,
        end=run.period_end,
        bills_when_read=run.cycle.bills_when_read,
        rule=PeriodRule(days["normal"], days["shortest"], days["longest"]),
        summer_months=frozenset(int(month) for month in summer) if isinstance(summer, list) else frozenset(),
    )
    return RunTerms(run.pk, run.number, period, run.bill_date, run.due_date, run.made_by_id)


def lock_run(run_id: int) -> BillRun:
    """Lock the run's row until the transaction ends.

    Not its key: a worker's new bills point at the run, and must not wait for an act that waits for the worker.
    """
    require_transaction()
    return BillRun.objects.select_for_update(no_key=True).get(pk=run_id)


def move(run: BillRun, state: str, *, code: str, by: User, summary: str, **fields: Any) -> None:
    """Take a locked run to its next state, with what changes along, and write who did it."""
    require_transaction()
    check_transition(BillRun.TRANSITIONS, run.state, state, what=f"Run {run.number}")
    before = run.state
    run.state = state
    for name, value in fields.items():
        setattr(run, name, value)
    run.save(update_fields=["state", *fields])
    if any(hasattr(value, "resolve_expression") for value in fields.values()):
        run.refresh_from_db()
    record_act(run, code, by, summary, {"from": before, "to": str(state)})


def record_act(run: BillRun, code: str, by: User, summary: str, data: dict[str, Any] | None = None) -> None:
    """Write an event of the run's diary."""
    audit.record(
        code=f"billing.run.{code}",
        by=by,
        kind="bill_run",
        key=str(run.number),
        summary=summary,
        data=data or {},
    )


# --- the workers' side ------------------------------------------------------------------------------------------------


def may_work(*, run_id: int, state: str) -> bool:
    """Whether the run is in that state and not paused."""
    return BillRun.objects.filter(pk=run_id, state=state, is_paused=False).exists()


def beat(*, run_id: int, worker: str) -> None:
    """Say that the worker is alive. In a transaction of its own: others must see it while a chunk is under way."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_runworker (run_id, name, heartbeat_at) VALUES (%s, %s, now())"
            " ON CONFLICT (run_id, name) DO UPDATE SET heartbeat_at = now()",
            [run_id, worker],
        )


def leave(*, run_id: int, worker: str) -> None:
    """Say that the worker is done with the run."""
    RunWorker.objects.filter(run_id=run_id, name=worker).delete()


def stalled_runs() -> list[BillRun]:
    """Runs that should be worked on and have no living worker; the database's clock judges."""
    return list(
        BillRun.objects.raw(
            "SELECT run.* FROM billing_billrun run"
            " WHERE run.state IN ('CALCULATING', 'POSTING', 'PRINTING') AND NOT run.is_paused"
            " AND NOT EXISTS (SELECT FROM billing_runworker worker WHERE worker.run_id = run.id"
            "   AND worker.heartbeat_at > now() - make_interval(secs => %s)) ORDER BY run.id",
            [STALE_SECONDS],
        )
    )


def record_resumption(*, run: BillRun, by: User) -> None:
    """Write that help was sent to a run whose workers are gone, and forget those."""
    with transaction.atomic(durable=True):
        RunWorker.objects.filter(run=run).delete()
        record_act(run, "resumed", by, f"No worker was left at run {run.number}; it goes on with another")


def _make_items(run: BillRun) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO billing_billrunitem (run_id, account_id, ordinal, state, reasons, attempts)
            SELECT %(run)s, due.id, row_number() OVER (ORDER BY due.number), 'PENDING', '[]', 0
            FROM (
                SELECT account.id, account.number FROM accounts_account account
                WHERE account.cycle_id = %(cycle)s AND EXISTS (
                    SELECT FROM accounts_serviceagreement agreement
                    WHERE agreement.account_id = account.id AND agreement.status IN ('ACTIVE', 'STOPPED')
                      AND agreement.from_date < %(end)s
                      AND (agreement.to_date IS NULL OR agreement.to_date > %(start)s OR NOT EXISTS (
                          SELECT FROM billing_billsegment segment
                          WHERE segment.agreement_id = agreement.id AND segment.status = 'LIVE'
                            AND segment.to_date >= agreement.to_date))
                )
            ) due
            """,
            {"run": run.pk, "cycle": run.cycle_id, "start": run.period_start, "end": run.period_end},
        )
        return int(cursor.rowcount)


def _already_run(cycle: Cycle, period_start: dt.date) -> PeriodAlreadyRun:
    run = live_run(cycle=cycle, period_start=period_start)
    named = f"run {run.number} ({run.get_state_display().lower()})" if run else "another run"
    return PeriodAlreadyRun(
        f"Cycle {cycle.code} already has {named} for the period from {period_start}. "
        "Go on with that run, or cancel or reverse it first."
    )


def _set_paused(run: BillRun, *, is_paused: bool, by: User) -> BillRun:
    permissions.check(by, "make_runs")
    word = "paused" if is_paused else "resumed"
    with transaction.atomic(durable=True):
        locked = lock_run(run.pk)
        if locked.state not in AT_WORK or locked.is_paused == is_paused:
            raise RunNotAtWork(
                f"Run {locked.number} is {locked.get_state_display().lower()}"
                f"{' and paused' if locked.is_paused else ''}: it cannot be {word}."
            )
        locked.is_paused = is_paused
        locked.save(update_fields=["is_paused"])
        record_act(locked, word, by, f"Run {locked.number} {word}")
    return locked
