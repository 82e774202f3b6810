"""Shares of a period."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.proration import (
    PeriodEmpty,
    PeriodRule,
    PeriodRuleInconsistent,
    Share,
    ShareImpossible,
    Span,
    catch_up_share,
    period_shares,
    share_amount,
    share_quantity,
    shares_of,
    split_period,
)
from billing.rates import compile_rate

MONTH = PeriodRule(normal_days=30, shortest_days=26, longest_days=35)


def days_from(first: date, *counts: int) -> list[Span]:
    spans, start = [], first
    for count in counts:
        spans.append(Span(start, start + timedelta(days=count)))
        start = spans[-1].end
    return spans


class TestSplitPeriod:
    def test_cuts_at_each_change_inside(self) -> None:
        spans = split_period(
            start=date(2024, 6, 20),
            end=date(2024, 7, 20),
            changes=[date(2024, 7, 1), date(2024, 6, 20), date(2024, 7, 20), date(2025, 1, 1)],
        )
        assert spans == (Span(date(2024, 6, 20), date(2024, 7, 1)), Span(date(2024, 7, 1), date(2024, 7, 20)))
        assert [span.days for span in spans] == [11, 19]

    def test_counts_a_leap_day(self) -> None:
        spans = split_period(start=date(2024, 2, 15), end=date(2024, 3, 15), changes=[date(2024, 3, 1)])
        assert [span.days for span in spans] == [15, 14]

    def test_refuses_a_period_without_days(self) -> None:
        with pytest.raises(PeriodEmpty, match="has no days"):
            split_period(start=date(2024, 7, 1), end=date(2024, 7, 1), changes=[])


class TestPeriodShares:
    @pytest.mark.parametrize("days", [26, 30, 35])
    def test_leaves_a_normal_period_whole(self, days: int) -> None:
        assert period_shares(spans=days_from(date(2024, 1, 1), days), rule=MONTH) == (None,)

    def test_splits_a_normal_period_by_its_own_days(self) -> None:
        assert period_shares(spans=days_from(date(2024, 1, 1), 11, 21), rule=MONTH) == (
            Share(0, 11, 32),
            Share(11, 21, 32),
        )

    def test_gives_a_short_period_its_days_of_the_normal_ones(self) -> None:
        assert period_shares(spans=days_from(date(2024, 1, 1), 10), rule=MONTH) == (Share(0, 10, 30),)

    def test_lets_a_long_period_grow(self) -> None:
        assert period_shares(spans=days_from(date(2024, 1, 1), 45), rule=MONTH) == (Share(0, 45, 30),)

    def test_refuses_a_rule_whose_days_do_not_rise(self) -> None:
        with pytest.raises(PeriodRuleInconsistent):
            PeriodRule(normal_days=30, shortest_days=31, longest_days=35)


class TestShare:
    @pytest.mark.parametrize(("before", "days", "of_days"), [(-1, 5, 30), (0, 0, 30), (0, 5, 0)])
    def test_refuses_what_is_no_share(self, before: int, days: int, of_days: int) -> None:
        with pytest.raises(ShareImpossible):
            Share(before, days, of_days)


class TestShareQuantity:
    def test_shares_a_block_in_thousandths(self) -> None:
        assert [share_quantity(Decimal(8), share) for share in shares_of(days=[10, 10, 10])] == [
            Decimal("2.667"),
            Decimal("2.666"),
            Decimal("2.667"),
        ]

    @given(
        st.decimals(0, 1_000_000, places=3),
        st.lists(st.integers(1, 400), min_size=1, max_size=12),
    )
    def test_shares_sum_to_the_whole(self, quantity: Decimal, days: list[int]) -> None:
        parts = [share_quantity(quantity, share) for share in shares_of(days=days)]
        assert sum(parts) == quantity
        assert all(part >= 0 for part in parts)


class TestCatchUpShare:
    def test_gives_the_blocks_of_each_missed_period(self) -> None:
        tiers = {"code": "use", "kind": "tiered", "blocks": [{"to": "10", "price": "1"}, {"price": "3"}]}
        base = {"code": "base", "kind": "flat", "amount": "7"}
        engine = compile_rate({"format": 1, "unit": "ccf", "components": [base, tiers]})
        three = engine.price({"usage": "36"}, share=catch_up_share(periods=3))
        assert [line.amount for line in three.lines] == [Decimal("21.00"), Decimal("48.00")]


class TestProrationOfABill:
    @given(
        st.integers(0, 500),
        st.lists(st.integers(1, 60), min_size=2, max_size=4),
    )
    def test_sums_to_the_bill_of_the_whole_period(self, use_a_day: int, days: list[int]) -> None:
        """With the same price on each side of a change and an even use, the parts are the whole."""
        tiers = {"code": "use", "kind": "tiered", "limits": ["10", "25"], "prices": ["1.10", "2.35", "4"]}
        base = {"code": "base", "kind": "flat", "amount": "17.35"}
        engine = compile_rate({"format": 1, "unit": "ccf", "components": [base, tiers]})
        use = Decimal(use_a_day) * sum(days)
        whole = engine.price({"usage": use})
        shares = shares_of(days=days)
        parts = [engine.price({"usage": share_quantity(use, share)}, share=share) for share in shares]
        assert abs(sum(part.exact_total for part in parts) - whole.exact_total) < Decimal("0.02")
        fixed = sum(part.lines[0].exact for part in parts)
        assert abs(fixed - Decimal("17.35")) < Decimal("1e-20")

    def test_prices_each_side_of_a_change_at_its_own_rate(self) -> None:
        shares = shares_of(days=[12, 18])
        assert [
            share_amount(Decimal(amount), share) for amount, share in zip(("10", "20"), shares, strict=True)
        ] == [
            Decimal(4),
            Decimal(12),
        ]
