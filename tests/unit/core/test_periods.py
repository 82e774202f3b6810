"""Half-open ranges of days, months and service periods."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import periods
from core.periods import DateRange

days = st.dates(date(1999, 1, 1), date(2040, 12, 31))


@st.composite
def ranges(draw, open_ended=True):
    start = draw(days)
    length = draw(st.integers(1, 900))
    return DateRange(start, None if open_ended and draw(st.booleans()) else start + timedelta(days=length))


class TestDateRange:
    def test_holds_its_first_day_and_not_its_end(self):
        march = DateRange(date(2015, 3, 1), date(2015, 4, 1))
        assert march.contains(date(2015, 3, 1))
        assert date(2015, 3, 31) in march
        assert date(2015, 4, 1) not in march
        assert date(2015, 2, 28) not in march
        assert march.days == 31
        assert march.last_day == date(2015, 3, 31)

    def test_goes_on_where_it_has_no_end(self):
        onwards = DateRange(date(2015, 3, 1))
        assert date(2999, 1, 1) in onwards
        with pytest.raises(periods.RangeOpenEnded):
            _ = onwards.days

    @pytest.mark.parametrize("end", [date(2015, 3, 1), date(2015, 2, 28)])
    def test_refuses_to_hold_no_day(self, end):
        with pytest.raises(periods.RangeBackwards, match="holds no day"):
            DateRange(date(2015, 3, 1), end)

    def test_does_not_overlap_the_range_it_meets(self):
        march, april = periods.months_between("2015-03", "2015-04")
        assert not march.overlaps(april)
        assert march.intersect(april) is None

    def test_covers_what_lies_within_it_to_the_day(self):
        march, onwards = periods.month_of("2015-03"), DateRange(date(2015, 3, 1))
        assert march.covers(march)
        assert march.covers(DateRange(date(2015, 3, 31), date(2015, 4, 1)))
        assert not march.covers(DateRange(date(2015, 3, 31), date(2015, 4, 2)))
        assert not march.covers(DateRange(date(2015, 2, 28), date(2015, 4, 1)))
        assert onwards.covers(march)
        assert onwards.covers(onwards)
        assert not march.covers(onwards)

    def test_is_cut_into_two_that_meet(self):
        march = periods.month_of("2015-03")
        before, after = march.split_at(date(2015, 3, 10))
        assert (before.end, after.start) == (date(2015, 3, 10), date(2015, 3, 10))
        assert before.days + after.days == 31

    @pytest.mark.parametrize("day", [date(2015, 3, 1), date(2015, 4, 1), date(2015, 2, 1)])
    def test_refuses_to_be_cut_where_a_part_would_be_empty(self, day):
        with pytest.raises(periods.DateOutsideRange):
            periods.month_of("2015-03").split_at(day)

    def test_says_its_last_day_to_people(self):
        assert str(periods.month_of("2016-02")) == "2016-02-01 to 2016-02-29"

    @given(ranges(), ranges(), days)
    def test_overlaps_as_its_days_do(self, one, other, day):
        both = one.intersect(other)
        assert (both is not None) == one.overlaps(other) == other.overlaps(one)
        assert (day in one and day in other) == (both is not None and day in both)
        assert both == other.intersect(one)
        if both:
            assert one.covers(both)
            assert other.covers(both)

    @given(ranges(open_ended=False))
    def test_counts_as_many_days_as_it_gives(self, one):
        every = list(one.each_day())
        assert (len(every), every[0], every[-1]) == (one.days, one.start, one.last_day)


class TestMonths:
    def test_reads_a_month(self):
        assert periods.month_of("2016-02") == DateRange(date(2016, 2, 1), date(2016, 3, 1))
        assert periods.month_of("2015-12").end == date(2016, 1, 1)

    @pytest.mark.parametrize(
        "text", ["2015-13", "2015-00", "2015-3", "15-03", "2015/03", "", "2015-03-01", "0000-01"]
    )
    def test_refuses_what_is_no_month(self, text):
        with pytest.raises(periods.MonthNotUnderstood, match="2015-03"):
            periods.month_of(text)

    def test_gives_both_ends_of_a_stretch(self):
        found = periods.months_between("2014-11", "2015-02")
        assert [periods.month_text(month.start) for month in found] == [
            "2014-11",
            "2014-12",
            "2015-01",
            "2015-02",
        ]

    def test_refuses_a_stretch_that_runs_backwards(self):
        with pytest.raises(periods.MonthsBackwards):
            periods.months_between("2015-02", "2015-01")

    @pytest.mark.parametrize(
        ("day", "months", "moved"),
        [
            (date(2015, 1, 31), 1, date(2015, 2, 28)),
            (date(2016, 1, 31), 1, date(2016, 2, 29)),
            (date(2016, 2, 29), 12, date(2017, 2, 28)),
            (date(2016, 2, 29), 48, date(2020, 2, 29)),
            (date(2015, 3, 31), -1, date(2015, 2, 28)),
            (date(2015, 11, 30), 3, date(2016, 2, 29)),
            (date(2015, 12, 15), 1, date(2016, 1, 15)),
            (date(2015, 5, 31), 1, date(2015, 6, 30)),
        ],
    )
    def test_moves_by_months_to_the_last_day_of_a_shorter_one(self, day, months, moved):
        assert periods.add_months(day, months) == moved

    @given(days)
    def test_ends_the_day_before_the_next_first(self, day):
        assert (periods.month_end(day) + timedelta(days=1)).day == 1
        assert periods.month_end(day).month == day.month


class TestServicePeriods:
    def test_comes_back_to_the_31st_after_february(self):
        found = periods.service_periods(date(2015, 1, 31), date(2015, 5, 31), anchor_day=31)
        assert [period.start for period in found] == [
            date(2015, 1, 31),
            date(2015, 2, 28),
            date(2015, 3, 31),
            date(2015, 4, 30),
        ]

    def test_makes_short_first_and_last_periods(self):
        found = periods.service_periods(date(2015, 1, 20), date(2015, 3, 10))
        assert [period.days for period in found] == [12, 28, 9]

    @given(days, st.integers(1, 1500), st.integers(1, 12), st.integers(1, 31))
    def test_tiles_the_whole_without_gap_or_overlap(self, start, length, months, anchor_day):
        whole = DateRange(start, start + timedelta(days=length))
        found = periods.service_periods(whole.start, whole.end, months=months, anchor_day=anchor_day)
        assert periods.gaps(found, whole) == []
        assert periods.overlapping(found) == []
        assert sum(period.days for period in found) == whole.days

    @pytest.mark.parametrize(("months", "anchor_day"), [(0, 1), (1, 0), (1, 32)])
    def test_refuses_periods_that_do_not_exist(self, months, anchor_day):
        with pytest.raises(ValueError, match="do not exist"):
            periods.service_periods(date(2015, 1, 1), date(2015, 2, 1), months=months, anchor_day=anchor_day)


class TestGapsAndOverlaps:
    @given(st.lists(ranges(), max_size=6), ranges(open_ended=False))
    def test_finds_exactly_the_days_that_nothing_covers(self, given_ranges, within):
        bare = {day for gap in periods.gaps(given_ranges, within) for day in gap.each_day()}
        assert bare == {day for day in within.each_day() if not any(day in each for each in given_ranges)}

    @given(st.lists(ranges(), max_size=6))
    def test_finds_an_overlap_where_there_is_one(self, given_ranges):
        pairs = [
            one.overlaps(other)
            for place, one in enumerate(given_ranges)
            for other in given_ranges[place + 1 :]
        ]
        assert bool(periods.overlapping(given_ranges)) == any(pairs)

    def test_finds_an_overlap_with_a_long_range_behind_a_short_one(self):
        year = DateRange(date(2015, 1, 1), date(2016, 1, 1))
        february, june = periods.month_of("2015-02"), periods.month_of("2015-06")
        assert periods.overlapping([june, year, february]) == [(year, february), (year, june)]
        onwards = DateRange(date(2015, 2, 1))
        assert periods.overlapping([february, onwards, june]) == [(february, onwards), (onwards, june)]

    def test_gives_an_open_gap_behind_the_last_range(self):
        onwards = DateRange(date(2015, 1, 1))
        assert periods.gaps([periods.month_of("2015-01")], onwards) == [DateRange(date(2015, 2, 1))]
