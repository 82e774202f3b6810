"""Readings that are believed, and those that are not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering import validation
from metering.validation import Finding, FindingCode, PastUse, ReadingLimits, Severity, check_reading, usage

LIMITS = ReadingLimits(
    most=Decimal(500), high_factor=Decimal(3), low_factor=Decimal("0.25"), ignore_up_to=Decimal(4)
)


def check(previous, current, **changes):
    facts = {
        "previous": previous,
        "current": current,
        "dials": 4,
        "multiplier": Decimal(1),
        "limits": LIMITS,
        "days": 30,
        "average_per_day": Decimal("0.5"),
    }
    return [(finding.code, finding.severity) for finding in check_reading(**(facts | changes))]


class TestParseDials:
    @pytest.mark.parametrize(("text", "value"), [("1204", 1204), ("0007", 7), (" 0 ", 0)])
    def test_reads_the_digits_with_leading_zeros(self, text, value):
        assert validation.parse_dials(text, dials=4) == value

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ("12O4", '"12O4" has the letter "O" at place 3'),
            ("12.4", r'the character "\." at place 3'),
            ("-12", 'the character "-" at place 1'),
            ("\uff11\uff12", "at place 1"),
            ("", "No reading"),
            ("  ", "No reading"),
        ],
    )
    def test_refuses_a_reading_with_letters_and_says_which_and_where(self, text, complaint):
        with pytest.raises(validation.DialsNotUnderstood, match=complaint):
            validation.parse_dials(text)

    def test_refuses_more_digits_than_there_are_dials(self):
        with pytest.raises(validation.ReadingBeyondDials, match="4 dials"):
            validation.parse_dials("12345", dials=4)


class TestUsage:
    @pytest.mark.parametrize(
        ("previous", "current", "multiplier", "quantity", "rolled_over"),
        [
            (100, 125, "1", "25", False),
            (100, 100, "1", "0", False),
            (9990, 15, "1", "25", True),
            (9999, 0, "1", "1", True),
            (9990, 15, "10", "250", True),
            (100, 125, "0.1", "2.5", False),
        ],
    )
    def test_counts_over_the_highest_number(self, previous, current, multiplier, quantity, rolled_over):
        used = usage(previous, current, 4, Decimal(multiplier), Decimal(500))
        assert (used.quantity, used.rolled_over) == (Decimal(quantity), rolled_over)

    def test_gives_the_share_of_a_meter_that_several_use(self):
        used = usage(100, 220, 4, Decimal(1), Decimal(500), share=Decimal("0.25"))
        assert used.quantity == Decimal(30)

    def test_holds_the_limit_against_the_whole_meter_and_not_the_share(self):
        with pytest.raises(validation.UsageBelowZero):
            usage(9000, 15, 4, Decimal(1), Decimal(500), share=Decimal("0.01"))

    def test_refuses_a_fall_of_the_dials_that_no_rollover_explains(self):
        with pytest.raises(validation.UsageBelowZero, match=r"1200 is below the last one, 1240.* 9960"):
            usage(1240, 1200, 4, Decimal(1), Decimal(500))

    @pytest.mark.parametrize(("previous", "current"), [(10000, 5), (5, 10000), (-1, 5)])
    def test_refuses_a_reading_that_does_not_fit_the_dials(self, previous, current):
        with pytest.raises(validation.ReadingBeyondDials):
            usage(previous, current, 4, Decimal(1), Decimal(500))

    @given(st.integers(0, 9999), st.integers(0, 500), st.integers(4, 4))
    def test_finds_the_use_that_moved_the_dials(self, previous, moved, dials):
        used = usage(previous, (previous + moved) % 10**dials, dials, Decimal(1), Decimal(500))
        assert used.quantity == moved
        assert used.rolled_over == (previous + moved >= 10**dials)


class TestCheckReading:
    def test_finds_nothing_in_an_ordinary_reading(self):
        assert check(100, 116) == []
        assert check(100, 116, last_year_per_day=Decimal("0.6")) == []

    def test_finds_nothing_in_the_reading_that_opens_a_register(self):
        assert check(None, 4711) == []

    @pytest.mark.parametrize(
        ("previous", "current", "changes", "found"),
        [
            (100, None, {}, (FindingCode.MISSING, Severity.SEVERE)),
            (100, 10000, {}, (FindingCode.BEYOND_DIALS, Severity.SEVERE)),
            (None, 10000, {}, (FindingCode.BEYOND_DIALS, Severity.SEVERE)),
            (1240, 1200, {}, (FindingCode.NEGATIVE, Severity.SEVERE)),
            (9995, 10, {}, (FindingCode.ROLLED_OVER, Severity.WARNING)),
            (100, 100, {}, (FindingCode.ZERO_ON_ACTIVE, Severity.SEVERE)),
            (100, 100, {"average_per_day": None}, (FindingCode.ZERO_ON_ACTIVE, Severity.SEVERE)),
            (100, 100, {"average_per_day": Decimal(0)}, (FindingCode.ZERO_ON_ACTIVE, Severity.WARNING)),
            (100, 101, {"active": False}, (FindingCode.USE_ON_INACTIVE, Severity.SEVERE)),
            (100, 146, {}, (FindingCode.HIGH, Severity.SEVERE)),
            (100, 103, {}, (FindingCode.LOW, Severity.SEVERE)),
            (100, 601, {"average_per_day": None}, (FindingCode.HIGH, Severity.SEVERE)),
        ],
    )
    def test_finds_what_is_wrong(self, previous, current, changes, found):
        assert check(previous, current, **changes) == [found]

    def test_finds_nothing_in_a_meter_at_rest_where_service_is_off(self):
        assert check(100, 100, active=False) == []

    def test_takes_the_limits_themselves_for_ordinary(self):
        assert check(100, 145) == []
        assert check(1000, 1008, average_per_day=Decimal(1), days=32) == []

    def test_only_warns_of_a_summer_like_the_last(self):
        high_now = {"average_per_day": Decimal("0.5"), "last_year_per_day": Decimal("1.5")}
        assert check(100, 150, **high_now) == [(FindingCode.HIGH, Severity.WARNING)]
        assert check(100, 250, **high_now) == [(FindingCode.HIGH, Severity.SEVERE)]

    def test_ignores_large_factors_of_small_uses(self):
        assert check(100, 104, average_per_day=Decimal("0.01")) == []
        assert check(100, 105, average_per_day=Decimal("0.01")) == [(FindingCode.HIGH, Severity.SEVERE)]
        assert check(100, 101, average_per_day=Decimal("0.13")) == []

    def test_finds_a_high_use_behind_a_rollover(self):
        assert check(9990, 190) == [
            (FindingCode.ROLLED_OVER, Severity.WARNING),
            (FindingCode.HIGH, Severity.SEVERE),
        ]

    def test_says_the_figures_in_the_offices_words(self):
        (finding,) = check_reading(
            previous=100,
            current=190,
            dials=4,
            multiplier=Decimal(1),
            limits=LIMITS,
            days=30,
            average_per_day=Decimal("0.5"),
        )
        assert finding == Finding(
            FindingCode.HIGH, Severity.SEVERE, "The use of 90 is above 3 times the average (15)."
        )

    @given(st.integers(0, 9999), st.integers(0, 9999), st.booleans())
    def test_never_lets_a_use_above_the_most_through_without_holding_it(self, previous, current, active):
        found = check(previous, current, active=active, average_per_day=None)
        if (current - previous) % 10000 > 500:
            assert any(severity == Severity.SEVERE for _, severity in found)


class TestEstimate:
    def test_weighs_periods_by_their_days(self):
        past = [PastUse(Decimal(10), 20), PastUse(Decimal(50), 40)]
        assert validation.daily_average(past) == Decimal(1)
        assert validation.estimate(past, 31) == Decimal(31)

    def test_rounds_a_half_up_even_where_the_average_does_not_end(self):
        assert validation.estimate([PastUse(Decimal(1), 6)], 3) == Decimal(1)
        assert validation.estimate([PastUse(Decimal(10), 30)], 40) == Decimal(13)

    def test_refuses_without_a_past(self):
        assert validation.daily_average([]) is None
        with pytest.raises(validation.EstimateWithoutHistory):
            validation.estimate([], 30)
