"""Use between neighbouring readings, and what an average may stand on."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from metering.history import highest_use, past_uses, per_day_last_year, use_periods


@dataclass(frozen=True)
class Read:
    read_date: dt.date
    value: Decimal
    kind: str = "ACTUAL"


def reads(*values: int | tuple[int, str]) -> list[Read]:
    """Readings thirty days apart."""
    found = []
    for index, value in enumerate(values):
        number, kind = value if isinstance(value, tuple) else (value, "ACTUAL")
        found.append(Read(dt.date(2025, 1, 1) + dt.timedelta(days=30 * index), Decimal(number), kind))
    return found


def quantities(*values: int | tuple[int, str]) -> list[Decimal | None]:
    periods = use_periods(reads(*values), dials=4, multiplier=Decimal(1), most=Decimal(5000))
    return [period.quantity for period in periods]


class TestUsePeriods:
    def test_is_what_the_dials_moved(self):
        assert quantities(100, 110, 125) == [10, 15]

    def test_goes_past_the_highest_number(self):
        assert quantities(9990, 12) == [22]

    def test_cannot_explain_a_fall_that_is_no_rollover(self):
        assert quantities(1234, 1134) == [None]

    def test_starts_anew_where_the_meter_was_set_again(self):
        assert quantities(500, (510, "REMOVE"), (700, "SET"), 705) == [10, 5]

    def test_marks_both_sides_of_an_estimate(self):
        periods = use_periods(
            reads(100, (110, "ESTIMATE"), 118), dials=4, multiplier=Decimal(10), most=Decimal(50000)
        )
        assert [(period.quantity, period.is_estimated) for period in periods] == [(100, True), (80, True)]

    @given(st.lists(st.integers(0, 4000), min_size=1, max_size=20), st.integers(0, 9999))
    def test_adds_up_to_all_that_went_through(self, uses: list[int], start: int):
        values, total = [start], start
        for use in uses:
            total += use
            values.append(total % 10_000)
        assert sum(quantities(*values)) == sum(uses)


class TestPastUses:
    def test_leaves_out_estimates_the_unexplained_and_the_old(self):
        periods = use_periods(
            reads(100, 110, (120, "ESTIMATE"), 130, 2000, 900, 950),
            dials=4,
            multiplier=Decimal(1),
            most=Decimal(5000),
        )
        past = past_uses(periods, since=dt.date(2025, 2, 15))
        assert [use.quantity for use in past] == [1870, 50]


class TestLastYear:
    def test_takes_the_period_with_most_days_in_common(self):
        periods = use_periods(reads(0, 30, 90, 120), dials=4, multiplier=Decimal(1), most=Decimal(5000))
        found = per_day_last_year(periods, from_date=dt.date(2026, 2, 5), to_date=dt.date(2026, 3, 5))
        assert found == Decimal(60) / 30

    def test_is_unknown_without_a_year_of_readings(self):
        periods = use_periods(reads(0, 30), dials=4, multiplier=Decimal(1), most=Decimal(5000))
        assert per_day_last_year(periods, from_date=dt.date(2025, 2, 1), to_date=dt.date(2025, 3, 1)) is None


class TestHighestUse:
    def test_is_half_of_the_dials_unless_the_city_decided(self):
        assert highest_use(dials=4, multiplier=Decimal(10), decided=Decimal(0)) == 50_000
        assert highest_use(dials=4, multiplier=Decimal(10), decided=Decimal(600)) == 600
