"""Accounting periods: opened ahead, soft-closed for adjusting entries, then closed for good."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction

from core import audit
from core.db import lock_rows
from core.models import User
from core.periods import add_months, months_between
from core.permissions import check
from core.states import check_transition
from ledger.models import Period
from ledger.services.drafts import PeriodNotOpen
from ledger.sql import fetch


class PeriodDatesTaken(ValueError):
    """Another period covers some of the days, or has the number."""


class PeriodNotOver(Exception):
    """The period still runs, so it cannot be closed."""


class EarlierPeriodOpen(Exception):
    """Periods close in their order."""


class PeriodOutOfBalance(Exception):
    """The books of the period do not tie out."""


def open_period(*, start_date: date, end_date: date, fiscal_year: int, number: int, by: User) -> Period:
    """Open a period from ``start_date`` to the day before ``end_date``; number 13 takes adjusting entries only.

    The next may be opened before the last is closed. Raises PeriodDatesTaken, PermissionRefused.
    """
    check(by, "close_periods")
    with transaction.atomic():
        overlapping = Period.objects.filter(start_date__lt=end_date, end_date__gt=start_date, number__lt=13)
        if number < 13 and overlapping.exists():
            raise PeriodDatesTaken(
                f"Some days from {start_date} to {end_date} are in another period already."
            )
        if Period.objects.filter(fiscal_year=fiscal_year, number=number).exists():
            raise PeriodDatesTaken(f"Period {number} of {fiscal_year} is there already.")
        period = Period.objects.create(
            start_date=start_date, end_date=end_date, fiscal_year=fiscal_year, number=number
        )
        _record(period, "opened", by)
    return period


def ensure_periods(*, from_date: date, to_date: date, by: User) -> list[Period]:
    """Have a monthly period for every month that the days touch, of calendar years, and give those that were made.

    Months that some period touches are left as they are.
    """
    made = []
    with transaction.atomic():
        for month in months_between(f"{from_date:%Y-%m}", f"{to_date:%Y-%m}"):
            first = month.start
            end = add_months(first, 1)
            taken = Period.objects.filter(start_date__lt=end, end_date__gt=first, number__lt=13)
            numbered = Period.objects.filter(fiscal_year=first.year, number=first.month)
            if taken.exists() or numbered.exists():
                continue
            period = Period.objects.create(
                start_date=first, end_date=end, fiscal_year=first.year, number=first.month
            )
            _record(period, "opened", by)
            made.append(period)
    return made


def check_takes(*, posting_date: date) -> None:
    """Pass if an open period takes ordinary entries of that day. Raises PeriodNotOpen."""
    taking = Period.objects.filter(
        start_date__lte=posting_date, end_date__gt=posting_date, number__lt=13, state=Period.State.OPEN
    )
    if not taking.exists():
        raise PeriodNotOpen(
            f"Nothing was posted: no open period takes the posting date {posting_date:%Y-%m-%d}."
            " Post it into an open period, or have the period opened."
        )


def soft_close(*, period: Period, on_date: date, by: User) -> Period:
    """Leave the period open for adjusting entries alone.

    Raises PeriodNotOver, TransitionRefused, PermissionRefused.
    """
    return _move(period, Period.State.SOFT_CLOSED, "soft-closed", on_date, by)


def reopen(*, period: Period, on_date: date, by: User) -> Period:
    """Open a soft-closed period again. Raises TransitionRefused, PermissionRefused."""
    return _move(period, Period.State.OPEN, "opened again", on_date, by)


def close(*, period: Period, on_date: date, by: User) -> Period:
    """Close a soft-closed period for good, once its books tie out.

    Asks under the lock that keeps writers out: earlier periods are closed, the period's debits equal its credits in
    every fund, and its daily totals equal its postings. Raises EarlierPeriodOpen, PeriodOutOfBalance, PeriodNotOver,
    TransitionRefused, PermissionRefused.
    """
    return _move(period, Period.State.CLOSED, "closed", on_date, by)


def _move(period: Period, state: Period.State, word: str, on_date: date, by: User) -> Period:
    check(by, "close_periods")
    with transaction.atomic(durable=True):
        # Waits for every transaction that is posting into the period, and keeps new ones out.
        [locked] = lock_rows(Period, [period.pk])
        name = f"Period {locked.number} of {locked.fiscal_year}"
        check_transition(Period.TRANSITIONS, locked.state, state, what=name)
        if state != Period.State.OPEN and on_date < locked.end_date:
            raise PeriodNotOver(
                f"{name} runs to {locked.end_date - timedelta(days=1)}. Close it after that day."
            )
        if state == Period.State.CLOSED:
            _check_closable(locked, name)
        locked.state = state
        locked.save(update_fields=["state"])
        _record(locked, word, by)
    return locked


def _check_closable(period: Period, name: str) -> None:
    earlier = (
        Period.objects.filter(end_date__lte=period.start_date)
        .exclude(state=Period.State.CLOSED)
        .order_by("start_date", "pk")
        .first()
    )
    if earlier is not None:
        raise EarlierPeriodOpen(
            f"{name} cannot be closed before period {earlier.number} of {earlier.fiscal_year} is."
        )
    days = {"start": period.start_date, "end": period.end_date}
    for fund, posted, totalled in fetch(_TIE_OUT, days):
        if posted != Decimal(0) or totalled != Decimal(0):
            raise PeriodOutOfBalance(
                f"{name} cannot be closed: fund {fund} is out by {posted} in its postings"
                f" and by {totalled} against its daily totals. Run the proof of the books."
            )


_TIE_OUT = """
WITH posted AS (
    SELECT p.fund_id, p.gl_account_id, e.posting_date AS day,
           sum(CASE p.side WHEN 'D' THEN p.amount ELSE -p.amount END) AS net
    FROM ledger_journalentry e JOIN ledger_posting p ON p.entry_id = e.id
    WHERE e.posting_date >= %(start)s AND e.posting_date < %(end)s GROUP BY 1, 2, 3
), totalled AS (
    SELECT fund_id, gl_account_id, day, sum(debit_amount - credit_amount) AS net
    FROM ledger_dailytotal WHERE day >= %(start)s AND day < %(end)s GROUP BY 1, 2, 3
)
SELECT f.code, sum(coalesce(p.net, 0)), sum(abs(coalesce(p.net, 0) - coalesce(t.net, 0)))
FROM posted p FULL JOIN totalled t USING (fund_id, gl_account_id, day) JOIN ledger_fund f ON f.id = fund_id
GROUP BY f.code ORDER BY f.code
"""


def _record(period: Period, word: str, by: User) -> None:
    audit.record(
        code=f"ledger.period.{word.replace(' ', '_').replace('-', '_')}",
        by=by,
        kind="period",
        key=f"{period.fiscal_year}-{period.number:02d}",
        summary=f"Period {period.number} of {period.fiscal_year} {word}",
        data={"start_date": period.start_date, "end_date": period.end_date},
    )
