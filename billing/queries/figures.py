"""The figures of a run: counts by state, sums by class and service, reasons for what is held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from billing.models import Bill, BillRun, BillRunItem
from core.money import ZERO


@dataclass(frozen=True)
class Progress:
    """How far a run is, by the states of its items."""

    total: int
    waiting: int
    calculated: int
    posted: int
    held: int
    errors: int
    not_due: int

    @property
    def bills(self) -> int:
        """Bills drafted or posted."""
        return self.calculated + self.posted

    @property
    def looked_at(self) -> int:
        """Accounts that calculation is through with."""
        return self.total - self.waiting


@dataclass(frozen=True)
class Figure:
    """What a class of customers is billed for a service."""

    customer_class: str
    service: str
    unit: str
    bills: int
    units: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Compared:
    """A figure beside that of an earlier run; either may be missing."""

    customer_class: str
    service: str
    unit: str
    now: Figure | None
    before: Figure | None

    @property
    def amount_now(self) -> Decimal | None:
        """The amount now, None where nobody is billed for it."""
        return self.now.amount if self.now else None

    @property
    def amount_before(self) -> Decimal | None:
        """The amount before, None where nobody was billed for it."""
        return self.before.amount if self.before else None

    @property
    def change(self) -> Decimal:
        """The amount now less the amount before."""
        return (self.now.amount if self.now else ZERO) - (self.before.amount if self.before else ZERO)


def progress_of(*, run_id: int) -> Progress:
    """Count a run's items by state."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM billing_billrunitem WHERE run_id = %s GROUP BY state", [run_id]
        )
        counts = dict(cursor.fetchall())
    state = BillRunItem.State
    return Progress(
        total=sum(counts.values()),
        waiting=counts.get(state.PENDING, 0),
        calculated=counts.get(state.CALCULATED, 0),
        posted=counts.get(state.POSTED, 0),
        held=counts.get(state.HELD, 0),
        errors=counts.get(state.ERROR, 0),
        not_due=counts.get(state.NOT_DUE, 0),
    )


def figures(*, run_id: int) -> list[Figure]:
    """Bills, units and amounts by class and service, in that order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT segment.customer_class, segment.service, max(segment.unit), count(DISTINCT segment.bill_id),"
            " coalesce(sum(segment.quantity), 0), coalesce(sum(segment.amount), 0)"
            " FROM billing_billsegment segment JOIN billing_bill bill ON bill.id = segment.bill_id"
            " WHERE bill.run_id = %s GROUP BY segment.customer_class, segment.service"
            " ORDER BY segment.customer_class, segment.service",
            [run_id],
        )
        return [Figure(*row) for row in cursor.fetchall()]


def total_of(*, run_id: int) -> Decimal:
    """The sum of a run's bills."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(total_amount), 0) FROM billing_bill WHERE run_id = %s", [run_id])
        row = cursor.fetchone()
    return Decimal(row[0]) + ZERO


def held_reasons(*, run_id: int) -> dict[str, int]:
    """How many accounts are held for each reason, the commonest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reason ->> 'text', count(DISTINCT item.id) FROM billing_billrunitem item,"
            " jsonb_array_elements(item.reasons) AS reason"
            " WHERE item.run_id = %s AND item.state = 'HELD' GROUP BY 1 ORDER BY 2 DESC, 1",
            [run_id],
        )
        return dict(cursor.fetchall())


def run_before(run: BillRun) -> BillRun | None:
    """The posted run of the same cycle before this one, or None."""
    posted = (BillRun.State.POSTED, BillRun.State.PRINTING, BillRun.State.DONE)
    earlier = BillRun.objects.filter(cycle=run.cycle_id, period_start__lt=run.period_start, state__in=posted)
    return earlier.order_by("-period_start", "-pk").first()


def compared(*, now: list[Figure], before: list[Figure]) -> list[Compared]:
    """Two runs' figures side by side."""
    mine: Mapping[tuple[str, str], Figure] = {(row.customer_class, row.service): row for row in now}
    theirs: Mapping[tuple[str, str], Figure] = {(row.customer_class, row.service): row for row in before}
    rows = []
    for key in sorted({*mine, *theirs}):
        either = mine.get(key) or theirs[key]
        rows.append(Compared(*key, either.unit, mine.get(key), theirs.get(key)))
    return rows


def bills_of(*, run_id: int) -> int:
    """How many bills a run has made."""
    return Bill.objects.filter(run=run_id).count()
