"""What was used in the months gone by, for the bars beside an account and on a bill."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import ServicePoint
from core.charts import UsageMonth
from metering.history import highest_use, use_periods
from metering.models import Reading, Register, UsageSource

DAYS_A_MONTH = 31


@dataclass(frozen=True)
class HistoryRow:
    """A live reading with the use since the one before it (None: the first, or not to be explained)."""

    reading: Reading
    register: Register
    previous: Reading | None
    quantity: Decimal | None
    days: int
    sign: int
    share: Decimal

    @property
    def is_estimated(self) -> bool:
        """Whether the use stands on an estimate."""
        kinds = {self.reading.kind, self.previous.kind if self.previous else ""}
        return Reading.Kind.ESTIMATE in kinds


def readings_history(service_point: ServicePoint, months: int = 13) -> list[HistoryRow]:
    """The live readings of the registers that feed a service point, newest first, with the use of each.

    Goes back ``months`` from the newest reading. ``quantity`` is in billing units before sign and share. Two queries.
    """
    sources = UsageSource.objects.filter(service_point=service_point).select_related("register__meter")
    by_register = {source.register_id: source for source in sources.order_by("from_date", "pk")}
    live = Reading.objects.filter(register__in=by_register, superseded_by__isnull=True)
    readings: dict[int, list[Reading]] = defaultdict(list)
    # One reading more than a month's worth each, and room for finals and rereads.
    newest_first = list(live.order_by("-read_at", "-pk")[: len(by_register) * (months * 2 + 4)])
    for reading in reversed(newest_first):
        readings[reading.register_id].append(reading)
    rows: list[HistoryRow] = []
    for register_id, found in readings.items():
        rows.extend(_rows(by_register[register_id], found))
    if not rows:
        return []
    newest = max(row.reading.read_date for row in rows)
    oldest = newest - dt.timedelta(days=DAYS_A_MONTH * months)
    kept = [row for row in rows if row.reading.read_date > oldest]
    return sorted(kept, key=lambda row: (row.reading.read_at, row.reading.pk), reverse=True)


def usage_months(service_point: ServicePoint, *, as_of: dt.date, months: int = 13) -> list[UsageMonth]:
    """Use by calendar month up to ``as_of``, oldest first, with the same month a year before as ``prior``.

    A period between two readings belongs to the month that holds its middle. Sign and share are applied.
    """
    totals: dict[dt.date, Decimal] = defaultdict(Decimal)
    estimated: set[dt.date] = set()
    for row in readings_history(service_point, months=months + 13):
        if row.quantity is None or row.previous is None or row.reading.read_date > as_of:
            continue
        middle = row.previous.read_date + (row.reading.read_date - row.previous.read_date) / 2
        month = middle.replace(day=1)
        totals[month] += row.quantity * row.sign * row.share
        if row.is_estimated:
            estimated.add(month)
    wanted = [_months_before(as_of.replace(day=1), back) for back in range(months - 1, -1, -1)]
    return [
        UsageMonth(
            month=month,
            quantity=totals.get(month),
            prior=totals.get(_months_before(month, 12)),
            estimated=month in estimated,
        )
        for month in wanted
    ]


def _rows(source: UsageSource, readings: list[Reading]) -> list[HistoryRow]:
    register = source.register
    most = highest_use(dials=register.dial_count, multiplier=register.multiplier, decided=Decimal(0))
    rows = []
    for index, reading in enumerate(readings):
        previous = readings[index - 1] if index and reading.kind != Reading.Kind.SET else None
        quantity = None
        if previous is not None:
            (period,) = use_periods(
                [previous, reading], dials=register.dial_count, multiplier=register.multiplier, most=most
            )
            quantity = period.quantity
        days = (reading.read_date - previous.read_date).days if previous else 0
        rows.append(HistoryRow(reading, register, previous, quantity, days, source.sign, source.share))
    return rows


def _months_before(month: dt.date, count: int) -> dt.date:
    whole = month.year * 12 + month.month - 1 - count
    return dt.date(whole // 12, whole % 12 + 1, 1)
