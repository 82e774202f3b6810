"""Stretches of days, from a first day up to but not including an end day, and calendar months.

Half-open, because then services, rates and readings meet without a gap and without a day counted
twice: the day a reading is taken belongs to the period that it opens.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class RangeBackwards(ValueError):
    """A range would end on or before the day it starts."""


class RangeOpenEnded(ValueError):
    """A range without an end was asked for something that needs one."""


class DateOutsideRange(ValueError):
    """A range can be cut only at a day inside it, after its first."""


class MonthNotUnderstood(ValueError):
    """A month is not written as 2015-03."""


class MonthsBackwards(ValueError):
    """The last month asked for is before the first."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """The days from `start` up to, not including, `end`; without an end where `end` is None.

    Raises RangeBackwards if it would hold no day.
    """

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise RangeBackwards(f"A range from {self.start} to {self.end} holds no day.")

    def __contains__(self, day: date) -> bool:
        return self.contains(day)

    def __str__(self) -> str:
        return f"{self.start} to {self.last_day}" if self.end else f"{self.start} onwards"

    def contains(self, day: date) -> bool:
        """Tell whether the day is in the range; the end day is not."""
        return self.start <= day and (self.end is None or day < self.end)

    def covers(self, other: "DateRange") -> bool:
        """Tell whether every day of the other range is in this one."""
        if self.end is not None and (other.end is None or other.end > self.end):
            return False
        return self.start <= other.start

    def overlaps(self, other: "DateRange") -> bool:
        """Tell whether the two ranges share a day. Ranges that only meet do not."""
        return (self.end is None or other.start < self.end) and (other.end is None or self.start < other.end)

    def intersect(self, other: "DateRange") -> "DateRange | None":
        """Give the days that both ranges hold, or None."""
        if not self.overlaps(other):
            return None
        ends = [end for end in (self.end, other.end) if end is not None]
        return DateRange(max(self.start, other.start), min(ends) if ends else None)

    def split_at(self, day: date) -> tuple["DateRange", "DateRange"]:
        """Cut in two; the day is the first of the second part. Raises DateOutsideRange."""
        if day == self.start or not self.contains(day):
            raise DateOutsideRange(f"{self} cannot be cut at {day}.")
        return DateRange(self.start, day), DateRange(day, self.end)

    @property
    def days(self) -> int:
        """The number of days. Raises RangeOpenEnded."""
        return (self._end_or_refuse() - self.start).days

    @property
    def last_day(self) -> date:
        """The last day in the range, as people write it on a bill. Raises RangeOpenEnded."""
        return self._end_or_refuse() - timedelta(days=1)

    def each_day(self) -> Iterator[date]:
        """Give every day in order. Raises RangeOpenEnded."""
        return (self.start + timedelta(days=offset) for offset in range(self.days))

    def _end_or_refuse(self) -> date:
        if self.end is None:
            raise RangeOpenEnded(f"{self} has no end.")
        return self.end


def month_of(text: str) -> DateRange:
    """Give the calendar month written as "2015-03". Raises MonthNotUnderstood."""
    found = _MONTH.fullmatch(text)
    if not found or found[1] == "0000":
        raise MonthNotUnderstood(f'"{text}" is not a month; write it as 2015-03.')
    return month_holding(date(int(found[1]), int(found[2]), 1))


def month_holding(day: date) -> DateRange:
    """Give the calendar month that holds the day."""
    first = day.replace(day=1)
    return DateRange(first, add_months(first, 1))


def month_text(day: date) -> str:
    """Write the month that holds the day, as "2015-03"."""
    return f"{day.year:04d}-{day.month:02d}"


def month_end(day: date) -> date:
    """Give the last day of the month that holds the day."""
    return month_holding(day).last_day


def months_between(first: str, last: str) -> list[DateRange]:
    """Give the calendar months from "2014-01" to "2015-12", both included.

    Raises MonthNotUnderstood, MonthsBackwards.
    """
    start, end = month_of(first).start, month_of(last).start
    if end < start:
        raise MonthsBackwards(f"There is no month from {first} to {last}: the last is before the first.")
    count = (end.year - start.year) * 12 + end.month - start.month + 1
    return [month_holding(add_months(start, offset)) for offset in range(count)]


def add_months(day: date, months: int) -> date:
    """Move a day by calendar months; where the month is too short, to its last day (31 Jan + 1: 28 Feb)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (following - timedelta(days=1)).day))


def service_periods(start: date, end: date, *, months: int = 1, anchor_day: int = 1) -> list[DateRange]:
    """Cut service from `start` up to `end` into billing periods of so many months.

    Periods turn over on `anchor_day` of a month (on its last day where the month is shorter), so the
    first and the last may be short. Turn-overs are counted from the anchor in the month of `start`, so
    that the 31st comes back after a short February.
    Raises RangeBackwards if end is not after start, ValueError if months is below 1 or the day is not 1-31.
    """
    if months < 1 or not 1 <= anchor_day <= 31:
        raise ValueError(f"Periods of {months} months turning over on day {anchor_day} do not exist.")
    whole = DateRange(start, end)
    first_of_month = start.replace(day=1)
    cuts, step = [start], 0
    while True:
        month = month_holding(add_months(first_of_month, step * months))
        turn_over = month.start.replace(day=min(anchor_day, month.last_day.day))
        if turn_over >= end:
            break
        if turn_over > start:
            cuts.append(turn_over)
        step += 1
    cuts.append(end)
    periods = [DateRange(a, b) for a, b in pairwise(cuts)]
    if sum(period.days for period in periods) != whole.days:
        raise AssertionError(f"the periods of {whole} do not add up to it")
    return periods


def gaps(ranges: Iterable[DateRange], within: DateRange) -> list[DateRange]:
    """Give the stretches of `within` that none of the ranges covers, in order."""
    found: list[DateRange] = []
    at: date | None = within.start
    for item in sorted(ranges, key=lambda each: each.start):
        part = item.intersect(within)
        if part is None or at is None:
            continue
        if part.start > at:
            found.append(DateRange(at, part.start))
        at = None if part.end is None else max(at, part.end)
    if at is not None and (within.end is None or at < within.end):
        found.append(DateRange(at, within.end))
    return found


def overlapping(ranges: Iterable[DateRange]) -> list[tuple[DateRange, DateRange]]:
    """Give each pair of ranges, neighbours by start, that share a day. Empty means none overlap."""
    found = []
    widest: DateRange | None = None
    for item in sorted(ranges, key=lambda each: each.start):
        if widest is not None and widest.overlaps(item):
            found.append((widest, item))
        if widest is None or (widest.end is not None and (item.end is None or item.end > widest.end)):
            widest = item
    return found
