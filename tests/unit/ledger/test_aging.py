"""Aging buckets."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import aging
from ledger.aging import Bucket

AS_OF = date(2016, 3, 31)
items = st.lists(
    st.tuples(
        st.dates(date(2015, 1, 1), date(2017, 1, 1)),
        st.decimals(-1000, 100000, places=2, allow_nan=False),
    ),
    max_size=40,
)


class TestBucketOf:
    @pytest.mark.parametrize(
        ("days_past_due", "bucket"),
        [
            (-400, Bucket.CURRENT),
            (0, Bucket.CURRENT),
            (1, Bucket.DAYS_1_30),
            (30, Bucket.DAYS_1_30),
            (31, Bucket.DAYS_31_60),
            (60, Bucket.DAYS_31_60),
            (61, Bucket.DAYS_61_90),
            (90, Bucket.DAYS_61_90),
            (91, Bucket.OVER_90),
            (4000, Bucket.OVER_90),
        ],
    )
    def test_turns_over_the_day_after_the_last_day(self, days_past_due, bucket):
        assert aging.bucket_of(AS_OF - timedelta(days=days_past_due), AS_OF) == bucket

    @given(st.dates(date(2014, 1, 1), date(2018, 1, 1)))
    def test_agrees_with_the_ranges_of_due_dates_that_queries_use(self, due_date):
        holding = [
            bucket
            for bucket, (first, end) in aging.due_ranges(AS_OF).items()
            if (first is None or first <= due_date) and (end is None or due_date < end)
        ]
        assert holding == [aging.bucket_of(due_date, AS_OF)]


class TestAge:
    def test_sums_by_bucket(self):
        found = aging.age(
            [
                (AS_OF, Decimal("10.00")),
                (AS_OF - timedelta(days=1), Decimal("20.00")),
                (AS_OF - timedelta(days=30), Decimal("0.50")),
                (AS_OF - timedelta(days=45), Decimal("30.00")),
                (AS_OF - timedelta(days=90), Decimal("40.00")),
                (AS_OF - timedelta(days=91), Decimal("50.00")),
            ],
            AS_OF,
        )
        assert found == aging.Aging(
            Decimal("10.00"), Decimal("20.50"), Decimal("30.00"), Decimal("40.00"), Decimal("50.00")
        )
        assert found.past_due == Decimal("140.50")
        assert found.total == Decimal("150.50")

    @given(items, st.dates(date(2015, 1, 1), date(2017, 1, 1)))
    def test_keeps_the_total_whatever_the_date(self, owed, as_of):
        assert aging.age(owed, as_of).total == sum((amount for _, amount in owed), Decimal("0.00"))

    @given(items)
    def test_makes_nothing_younger_as_time_passes(self, owed):
        positive = [(due, abs(amount)) for due, amount in owed]
        sooner, later = (aging.age(positive, AS_OF + timedelta(days=days)) for days in (0, 17))
        assert later.current <= sooner.current
        assert later.over_90 >= sooner.over_90

    def test_is_all_zero_without_items(self):
        assert aging.age([], AS_OF).total == Decimal("0.00")
