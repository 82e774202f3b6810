"""Use of one service point between two days, from the readings of the registers that feed it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from accounts.models import ServicePoint
from metering.history import highest_use
from metering.models import Reading, UsageSource
from metering.queries.meters import registers_of
from metering.validation import usage


class BoundaryReadingMissing(LookupError):
    """A register has no live reading at or before the start, or none at its end."""


class UnitsDiffer(ValueError):
    """Registers in different units feed one service point; their use cannot be added."""


@dataclass(frozen=True)
class ConsumptionPart:
    """What one register gave: its readings, oldest first, and its use in billing units before sign and share."""

    source: UsageSource
    readings: tuple[Reading, ...]
    moved: Decimal
    quantity: Decimal
    rolled_over: bool

    @property
    def is_estimated(self) -> bool:
        """Whether it ends in an estimate."""
        return self.readings[-1].kind == Reading.Kind.ESTIMATE


@dataclass(frozen=True)
class Consumption:
    """The use of a service point in a period, unrounded, in ``unit``; "" where no register feeds it."""

    quantity: Decimal
    unit: str
    parts: tuple[ConsumptionPart, ...]

    @property
    def is_estimated(self) -> bool:
        """Whether any register's last reading is an estimate."""
        return any(part.is_estimated for part in self.parts)


def consumption(
    service_point: ServicePoint, *, from_date: dt.date, to_date: dt.date, highest: Decimal = Decimal(0)
) -> Consumption:
    """Add up the use of ``[from_date, to_date)``: dials moved, over rollovers, times multiplier, sign and share.

    A register counts between its last live reading on or before the start (of the period, or of its own time here) and
    its last one on or before the end; a meter exchanged within the period gives one part for each meter. ``highest`` is
    the highest use that can be true (0: half of what the dials show). Two queries, whatever the number of registers.
    Raises ``BoundaryReadingMissing``, ``UnitsDiffer``, ``UsageBelowZero``, ``ReadingBeyondDials``.
    """
    sources = registers_of(service_point, from_date=from_date, to_date=to_date)
    units = {source.register.unit for source in sources}
    if len(units) > 1:
        raise UnitsDiffer(f"Registers in {' and '.join(sorted(units))} feed this service point.")
    by_register: dict[int, list[Reading]] = {source.register_id: [] for source in sources}
    live = Reading.objects.filter(
        register__in=by_register, superseded_by__isnull=True, read_date__lte=to_date
    )
    for reading in live.order_by("read_at", "pk"):
        by_register[reading.register_id].append(reading)
    parts = [
        _part(source, by_register[source.register_id], from_date, to_date, highest) for source in sources
    ]
    total = sum((part.quantity * part.source.sign * part.source.share for part in parts), Decimal(0))
    return Consumption(total, units.pop() if units else "", tuple(parts))


def _part(
    source: UsageSource, readings: list[Reading], from_date: dt.date, to_date: dt.date, highest: Decimal
) -> ConsumptionPart:
    start = max(from_date, source.from_date)
    end = min(to_date, source.to_date) if source.to_date else to_date
    meter = source.register.meter.serial_number
    used = [reading for reading in readings if reading.read_date <= end]
    opening = [index for index, reading in enumerate(used) if reading.read_date <= start]
    if not opening:
        raise BoundaryReadingMissing(f"Meter {meter} has no reading on or before {start}.")
    used = used[opening[-1] :]
    if len(used) < 2:
        raise BoundaryReadingMissing(f"Meter {meter} has no reading between {start} and {end}.")
    register = source.register
    most = highest_use(dials=register.dial_count, multiplier=register.multiplier, decided=highest)
    quantity, rolled_over = Decimal(0), False
    for before, after in pairwise(used):
        # A meter that was out and came back starts anew.
        if after.kind == Reading.Kind.SET:
            continue
        step = usage(int(before.value), int(after.value), register.dial_count, register.multiplier, most)
        quantity += step.quantity
        rolled_over = rolled_over or step.rolled_over
    return ConsumptionPart(source, tuple(used), quantity / register.multiplier, quantity, rolled_over)
