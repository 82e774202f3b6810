"""Business days and due dates."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import calendar

INDEPENDENCE_DAY_OBSERVED = date(2015, 7, 3)
HOLIDAYS = frozenset({INDEPENDENCE_DAY_OBSERVED, date(2015, 12, 25), date(2016, 1, 1)})
days = st.dates(date(2014, 1, 1), date(2017, 12, 31))


class TestBusinessDays:
    def test_moves_over_a_holiday_and_the_weekend_behind_it(self):
        assert calendar.same_or_next_business_day(INDEPENDENCE_DAY_OBSERVED, HOLIDAYS) == date(2015, 7, 6)
        assert calendar.same_or_previous_business_day(date(2015, 7, 5), HOLIDAYS) == date(2015, 7, 2)

    def test_tells_the_next_from_the_same(self):
        thursday = date(2015, 7, 2)
        assert calendar.same_or_next_business_day(thursday, HOLIDAYS) == thursday
        assert calendar.next_business_day(thursday, HOLIDAYS) == date(2015, 7, 6)

    @pytest.mark.parametrize(
        ("start", "count", "reached"),
        [
            (date(2015, 7, 1), 2, date(2015, 7, 6)),
            (date(2015, 7, 6), -2, date(2015, 7, 1)),
            (date(2015, 7, 4), 1, date(2015, 7, 6)),
            (date(2015, 7, 4), 0, date(2015, 7, 6)),
            (date(2015, 7, 1), 0, date(2015, 7, 1)),
            (date(2015, 12, 24), 5, date(2016, 1, 4)),
        ],
    )
    def test_counts_business_days_without_the_first(self, start, count, reached):
        assert calendar.add_business_days(start, count, HOLIDAYS) == reached

    @given(days, st.integers(1, 40))
    def test_counts_the_days_that_are_there(self, start, count):
        reached = calendar.add_business_days(start, count, HOLIDAYS)
        between = [start + timedelta(days=offset) for offset in range(1, (reached - start).days + 1)]
        assert sum(calendar.is_business_day(day, HOLIDAYS) for day in between) == count
        assert calendar.is_business_day(reached, HOLIDAYS)

    def test_refuses_holidays_that_never_end(self):
        closed = {date(2015, 1, 1) + timedelta(days=offset) for offset in range(400)}
        with pytest.raises(calendar.NoBusinessDayFound, match="check the holidays"):
            calendar.next_business_day(date(2015, 2, 1), closed)


class TestDueDate:
    def test_moves_on_from_a_holiday_and_never_back(self):
        assert calendar.due_date(date(2015, 6, 12), 21, HOLIDAYS) == date(2015, 7, 6)
        assert calendar.due_date(date(2015, 6, 10), 21, HOLIDAYS) == date(2015, 7, 1)

    @given(days, st.integers(0, 60))
    def test_never_gives_fewer_days_than_promised(self, bill_date, promised):
        due = calendar.due_date(bill_date, promised, HOLIDAYS)
        assert promised <= (due - bill_date).days <= promised + 5
        assert calendar.is_business_day(due, HOLIDAYS)


class TestShortMonths:
    @pytest.mark.parametrize(
        ("year", "month", "day", "found"),
        [
            (2015, 2, 31, date(2015, 2, 28)),
            (2016, 2, 31, date(2016, 2, 29)),
            (2016, 2, 29, date(2016, 2, 29)),
            (2015, 2, 29, date(2015, 2, 28)),
            (1900, 2, 29, date(1900, 2, 28)),
            (2000, 2, 29, date(2000, 2, 29)),
            (2015, 4, 31, date(2015, 4, 30)),
            (2015, 12, 31, date(2015, 12, 31)),
        ],
    )
    def test_gives_the_last_day_where_the_month_is_shorter(self, year, month, day, found):
        assert calendar.day_of_month(year, month, day) == found

    def test_keeps_the_anniversary_of_a_leap_day_in_february(self):
        assert calendar.anniversary(date(2016, 2, 29), 1) == date(2017, 2, 28)
        assert calendar.anniversary(date(2016, 2, 29), 4) == date(2020, 2, 29)
