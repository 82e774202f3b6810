"""Business days and due dates, reckoned from a given set of holidays.

A business day is a weekday that is no holiday. Which days are holidays is the city's decision and is
passed in; nothing here knows today's date.
"""

from collections.abc import Collection
from datetime import date, timedelta

from core.periods import add_months

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)
# Longer than any run of closed days; a set of holidays that closes more is a mistake in the set.
_LONGEST_CLOSING = 60


class NoBusinessDayFound(ValueError):
    """The holidays given leave no business day within two months."""


def is_business_day(day: date, holidays: Collection[date]) -> bool:
    """Tell whether the office and the banks work on the day."""
    return day.weekday() < _SATURDAY and day not in holidays


def same_or_next_business_day(day: date, holidays: Collection[date]) -> date:
    """Give the day itself if it is a business day, else the first one after it."""
    return _step_to_business_day(day, holidays, _ONE_DAY)


def same_or_previous_business_day(day: date, holidays: Collection[date]) -> date:
    """Give the day itself if it is a business day, else the last one before it."""
    return _step_to_business_day(day, holidays, -_ONE_DAY)


def next_business_day(day: date, holidays: Collection[date]) -> date:
    """Give the first business day after the day, never the day itself."""
    return _step_to_business_day(day + _ONE_DAY, holidays, _ONE_DAY)


def add_business_days(day: date, count: int, holidays: Collection[date]) -> date:
    """Count business days from the day, which itself is not counted; backwards if `count` is negative.

    Adding none gives the day itself, or the next business day if it is none.
    """
    if count == 0:
        return same_or_next_business_day(day, holidays)
    step = _ONE_DAY if count > 0 else -_ONE_DAY
    for _ in range(abs(count)):
        day = _step_to_business_day(day + step, holidays, step)
    return day


def due_date(bill_date: date, days: int, holidays: Collection[date]) -> date:
    """Give the day a bill is due: so many calendar days after it, moved on to a business day.

    Moved on and never back, so that nobody has fewer days than the rule promises.
    """
    return same_or_next_business_day(bill_date + timedelta(days=days), holidays)


def day_of_month(year: int, month: int, day: int) -> date:
    """Give that day of the month, or the month's last day where it is shorter (31 in April: the 30th)."""
    first = date(year, month, 1)
    return min(first + timedelta(days=day - 1), add_months(first, 1) - _ONE_DAY)


def anniversary(day: date, years: int) -> date:
    """Give the same day so many years on; 29 February falls on the 28th in a common year."""
    return add_months(day, 12 * years)


def _step_to_business_day(day: date, holidays: Collection[date], step: timedelta) -> date:
    for _ in range(_LONGEST_CLOSING):
        if is_business_day(day, holidays):
            return day
        day += step
    raise NoBusinessDayFound(f"There is no business day near {day}: check the holidays.")
