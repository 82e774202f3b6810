"""Rounding, splitting, typing and showing money."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import money

amounts = st.decimals(min_value=-(10**10), max_value=10**10, places=2, allow_nan=False)
weights = st.lists(
    st.one_of(st.integers(0, 10**6), st.decimals(0, 10**6, places=6, allow_nan=False)),
    min_size=1,
    max_size=12,
).filter(any)


class TestToCents:
    @pytest.mark.parametrize(
        ("exact", "rounded"),
        [
            ("2.675", "2.68"),
            ("2.6749999999999999999999999999999", "2.67"),
            ("-2.675", "-2.68"),
            ("0.005", "0.01"),
            ("0.0049", "0.00"),
            ("-0.004", "0.00"),
            ("1E+3", "1000.00"),
            ("99999999999999999999999999999999.995", "100000000000000000000000000000000.00"),
        ],
    )
    def test_rounds_half_a_cent_away_from_zero(self, exact, rounded):
        assert str(money.to_cents(Decimal(exact))) == rounded

    def test_takes_a_whole_number(self):
        assert str(money.to_cents(7)) == "7.00"

    @pytest.mark.parametrize("inexact", [1.1, 2.0, "1.10", True, None, Fraction(1, 2)])
    def test_refuses_what_is_not_an_exact_decimal(self, inexact):
        with pytest.raises(money.MoneyNotExact, match="Decimal only"):
            money.to_cents(inexact)

    @pytest.mark.parametrize("endless", ["NaN", "sNaN", "Infinity", "-Infinity"])
    def test_refuses_what_is_not_finite(self, endless):
        with pytest.raises(money.MoneyNotFinite):
            money.to_cents(Decimal(endless))

    @given(st.decimals(-(10**12), 10**12, places=7, allow_nan=False))
    def test_is_never_more_than_half_a_cent_off_and_settles_at_once(self, exact):
        rounded = money.to_cents(exact)
        assert abs(rounded - exact) <= Decimal("0.005")
        assert money.to_cents(rounded) == rounded
        assert rounded.as_tuple().exponent == -2
        assert money.to_cents(-exact) == -rounded


class TestSplit:
    @pytest.mark.parametrize(
        ("total", "given_weights", "parts"),
        [
            ("10.00", [1, 1, 1], ["3.34", "3.33", "3.33"]),
            ("-10.00", [1, 1, 1], ["-3.34", "-3.33", "-3.33"]),
            ("0.01", [1, 1, 1], ["0.01", "0.00", "0.00"]),
            ("0.05", [Decimal("0.3"), 0, Decimal("0.7")], ["0.02", "0.00", "0.03"]),
            ("100.00", [Decimal("0.125"), Decimal("0.875")], ["12.50", "87.50"]),
            ("0.00", [1, 2], ["0.00", "0.00"]),
            ("1.00", [1, 2, 4], ["0.14", "0.29", "0.57"]),
        ],
    )
    def test_gives_the_left_over_cents_to_the_largest_remainders(self, total, given_weights, parts):
        assert [str(part) for part in money.split(Decimal(total), given_weights)] == parts

    @given(amounts, weights)
    def test_keeps_the_sum_and_stays_within_a_cent_of_each_exact_share(self, total, given_weights):
        parts = money.split(total, given_weights)
        assert sum(parts) == total
        whole = sum(Fraction(weight) for weight in given_weights)
        for part, weight in zip(parts, given_weights, strict=True):
            assert abs(Fraction(part) - Fraction(total) * Fraction(weight) / whole) < Fraction(1, 100)
            assert weight or part == 0

    @given(amounts, weights)
    def test_turns_every_part_over_with_the_amount(self, total, given_weights):
        assert money.split(-total, given_weights) == [-part for part in money.split(total, given_weights)]

    @given(amounts, weights, st.integers(1, 1000))
    def test_knows_only_the_proportion_of_the_weights(self, total, given_weights, scale):
        scaled = [weight * scale for weight in given_weights]
        assert money.split(total, scaled) == money.split(total, given_weights)

    @pytest.mark.parametrize("nothing", [[], [0], [0, Decimal("0.00")]])
    def test_refuses_to_split_by_nothing(self, nothing):
        with pytest.raises(money.SplitWithoutWeight):
            money.split(Decimal("5.00"), nothing)

    def test_refuses_a_weight_below_zero_and_says_which(self):
        with pytest.raises(money.SplitWeightNegative, match="Share 2"):
            money.split(Decimal("5.00"), [2, -1])

    def test_refuses_a_part_of_a_cent(self):
        with pytest.raises(money.MoneyNotInCents):
            money.split(Decimal("5.005"), [1, 1])

    def test_refuses_a_float(self):
        with pytest.raises(money.MoneyNotExact):
            money.split(5.0, [1])
        with pytest.raises(money.MoneyNotExact):
            money.split(Decimal("5.00"), [0.5, 0.5])


class TestFormatAmount:
    @pytest.mark.parametrize(
        ("amount", "shown"),
        [
            ("1234.5", "1,234.50"),
            ("0", "0.00"),
            ("-0.00", "0.00"),
            ("-12", "12.00 CR"),
            ("-1234567.89", "1,234,567.89 CR"),
        ],
    )
    def test_shows_what_the_customer_owes_and_marks_what_is_ours(self, amount, shown):
        assert money.format_amount(Decimal(amount)) == shown

    def test_refuses_to_show_a_rounded_figure(self):
        with pytest.raises(money.MoneyNotInCents):
            money.format_amount(Decimal("0.001"))

    @given(amounts)
    def test_is_read_back_as_the_same_amount(self, amount):
        assert money.parse_amount(money.format_amount(amount)) == amount


class TestParseAmount:
    @pytest.mark.parametrize(
        ("typed", "amount"),
        [
            ("1,234.50", "1234.50"),
            ("  $12 ", "12.00"),
            (".50", "0.50"),
            ("5.", "5.00"),
            ("12.5", "12.50"),
            ("007", "7.00"),
            ("-5.00", "-5.00"),
            ("12.00 CR", "-12.00"),
            ("12cr", "-12.00"),
            ("52.37+84.10", "136.47"),
            ("52.37 + 84.10 - 1", "135.47"),
            ("3@18.50", "55.50"),
            ("2*3@1.10+4", "10.60"),
            ("4+2*3@1.10", "10.60"),
            ("1/2", "0.50"),
            ("10/3*3", "10.00"),
            ("0", "0.00"),
            ("999,999,999,999.99", "999999999999.99"),
        ],
    )
    def test_reads_amounts_and_sums_of_them(self, typed, amount):
        assert str(money.parse_amount(typed)) == amount

    @pytest.mark.parametrize(
        ("typed", "complaint"),
        [
            ("12,3O", r'"12,3O" .*the letter "O" at character 5.*Was 0 meant'),
            ("l2.00", r'the letter "l" at character 1.*Was 1 meant'),
            ("", "No amount was typed"),
            ("   ", "No amount was typed"),
            ("12.345", "3 decimals"),
            ("1+2.345", 'decimals in "2.345" at character 3'),
            ("1,23", "comma in the wrong place"),
            ("1234,567", "comma in the wrong place"),
            ("1,234,56.00", "comma in the wrong place"),
            ("12 34", '"3" at character 4'),
            ("1.2.3", r'"\." at character 4'),
            ("5+", "stops where a number is expected"),
            ("CR", "stops where a number is expected"),
            ("--5", '"-" at character 2'),
            ("5/0", "divides by zero at character 2"),
            ("1/3", "does not come to whole cents .nearest 0.33"),
            ("0.01/2", "whole cents"),
            ("(3)", r'"\(" at character 1'),
            ("1e5", 'letter "e" at character 2'),
            ("NaN", 'letter "N" at character 1'),
            ("\uff11\uff12", "at character 1"),
            ("$", r'"\$" at character 1'),
            ("1\n2", "at character 2"),
            ("1,000,000,000,000.00", "more than the largest amount"),
            ("9" * 201, "201 characters"),
        ],
    )
    def test_refuses_anything_else_and_says_what_and_where(self, typed, complaint):
        with pytest.raises(money.AmountNotUnderstood, match=complaint):
            money.parse_amount(typed)

    @given(st.text(max_size=30))
    def test_gives_whole_cents_or_a_refusal_for_any_text(self, typed):
        try:
            amount = money.parse_amount(typed)
        except money.AmountNotUnderstood:
            return
        assert money.is_in_cents(amount)

    @given(st.text(alphabet="0123456789.,+-*/@$ CR", max_size=14))
    def test_gives_whole_cents_or_a_refusal_for_anything_near_an_amount(self, typed):
        try:
            amount = money.parse_amount(typed)
        except money.AmountNotUnderstood:
            return
        assert amount.as_tuple().exponent == -2

    @given(st.lists(amounts.filter(lambda amount: amount >= 0), min_size=1, max_size=8))
    def test_adds_like_an_adding_machine(self, typed):
        assert money.parse_amount("+".join(f"{amount:,.2f}" for amount in typed)) == sum(typed)
