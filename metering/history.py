"""Use between one register's readings, taken in order. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Protocol

from metering.validation import PastUse, ReadingBeyondDials, UsageBelowZero, usage

YEAR = dt.timedelta(days=365)


class ReadingLike(Protocol):
    """What of a reading matters here."""

    @property
    def read_date(self) -> dt.date: ...
    @property
    def value(self) -> Decimal: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class UsePeriod:
    """Use between two neighbouring readings, in billing units; None where the dials cannot be explained."""

    from_date: dt.date
    to_date: dt.date
    quantity: Decimal | None
    is_estimated: bool
    rolled_over: bool = False

    @property
    def days(self) -> int:
        return (self.to_date - self.from_date).days


def highest_use(*, dials: int, multiplier: Decimal, decided: Decimal) -> Decimal:
    """The highest use that can be true: what the city decided, or half of what the dials can show."""
    return decided if decided > 0 else multiplier * 10**dials / 2


def use_periods(
    readings: Sequence[ReadingLike], *, dials: int, multiplier: Decimal, most: Decimal
) -> list[UsePeriod]:
    """The periods between a register's live readings, oldest first.

    A SET reading opens the register anew: what the dials did in the stock room is nobody's use.
    """
    periods = []
    for before, after in pairwise(readings):
        if after.kind == "SET":
            continue
        quantity, rolled_over = None, False
        try:
            used = usage(int(before.value), int(after.value), dials, multiplier, most)
            quantity, rolled_over = used.quantity, used.rolled_over
        except (UsageBelowZero, ReadingBeyondDials):
            pass
        is_estimated = "ESTIMATE" in (before.kind, after.kind)
        periods.append(UsePeriod(before.read_date, after.read_date, quantity, is_estimated, rolled_over))
    return periods


def past_uses(periods: Sequence[UsePeriod], *, since: dt.date) -> list[PastUse]:
    """What an average may stand on: explained, not estimated, at least a day long, ended after ``since``."""
    return [
        PastUse(period.quantity, period.days)
        for period in periods
        if period.quantity is not None
        and not period.is_estimated
        and period.days > 0
        and period.to_date > since
    ]


def per_day_last_year(
    periods: Sequence[UsePeriod], *, from_date: dt.date, to_date: dt.date
) -> Decimal | None:
    """The use a day in the period that overlaps the same days of last year the most; None without one."""
    start, end = from_date - YEAR, to_date - YEAR
    best: tuple[int, Decimal] | None = None
    for period in periods:
        shared = (min(period.to_date, end) - max(period.from_date, start)).days
        if period.quantity is None or period.is_estimated or period.days <= 0 or shared <= 0:
            continue
        if best is None or shared > best[0]:
            best = (shared, period.quantity / period.days)
    return best[1] if best else None
