"""The age of what is owed: current, 1-30, 31-60, 61-90 and over 90 days past due.

One definition for screen, report and SQL: `due_ranges` gives the same buckets as ranges of due dates.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum


class Bucket(StrEnum):
    """How long past due; an item is current on its due date and one day past due the day after."""

    CURRENT = "CURRENT"
    DAYS_1_30 = "DAYS_1_30"
    DAYS_31_60 = "DAYS_31_60"
    DAYS_61_90 = "DAYS_61_90"
    OVER_90 = "OVER_90"


# The most days past due that each bucket holds.
_LAST_DAY = ((Bucket.CURRENT, 0), (Bucket.DAYS_1_30, 30), (Bucket.DAYS_31_60, 60), (Bucket.DAYS_61_90, 90))


@dataclass(frozen=True, slots=True)
class Aging:
    """Open amounts by bucket; `total` is their sum, `past_due` the sum without the current."""

    current: Decimal
    days_1_30: Decimal
    days_31_60: Decimal
    days_61_90: Decimal
    over_90: Decimal

    @property
    def past_due(self) -> Decimal:
        """What is owed and past its due date."""
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.over_90

    @property
    def total(self) -> Decimal:
        """All that is owed."""
        return self.current + self.past_due


def bucket_of(due_date: date, as_of: date) -> Bucket:
    """Give the bucket of something due on the one date, seen from the other."""
    days_past_due = (as_of - due_date).days
    for bucket, last_day in _LAST_DAY:
        if days_past_due <= last_day:
            return bucket
    return Bucket.OVER_90


def due_ranges(as_of: date) -> dict[Bucket, tuple[date | None, date | None]]:
    """Give each bucket's due dates as (first, end), the end not included, None where there is no bound."""
    ranges: dict[Bucket, tuple[date | None, date | None]] = {}
    end: date | None = None
    for bucket, last_day in _LAST_DAY:
        first = as_of - timedelta(days=last_day)
        ranges[bucket] = (first, end)
        end = first
    ranges[Bucket.OVER_90] = (None, end)
    return ranges


def age(items: Iterable[tuple[date, Decimal]], as_of: date) -> Aging:
    """Sum (due date, open amount) pairs by bucket as of a date.

    Open amounts are what the customer still owes on a charge; unapplied credit is no part of an aging.
    """
    sums = {bucket: Decimal("0.00") for bucket in Bucket}
    for due_date, open_amount in items:
        sums[bucket_of(due_date, as_of)] += open_amount
    return Aging(*(sums[bucket] for bucket in Bucket))
