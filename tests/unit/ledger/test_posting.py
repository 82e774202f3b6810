"""Lines that balance within each fund."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import posting
from ledger.posting import Line, Side

POOL = {"pool_fund": "POOL", "due_to_code": "2070", "due_from_code": "1310"}
amounts = st.decimals(Decimal("0.01"), Decimal("9999.99"), places=2, allow_nan=False)
sides = st.sampled_from(list(Side))
funds = st.sampled_from(["POOL", "WATER", "SEWER", "REFUSE"])


@st.composite
def balanced_lines(draw):
    lines = [
        Line("1200", draw(funds), draw(sides), draw(amounts), account_id=number)
        for number in range(draw(st.integers(1, 8)))
    ]
    surplus = sum(posting.debits_less_credits_by_fund(lines).values())
    if surplus:
        side, amount = posting.side_and_amount(-surplus)
        lines.append(Line("1010", draw(funds), side, amount))
    return lines


def debit(gl_code, fund, amount, **more):
    return Line(gl_code, fund, "D", Decimal(amount), **more)


def credit(gl_code, fund, amount, **more):
    return Line(gl_code, fund, "C", Decimal(amount), **more)


class TestBalanceByFund:
    def test_lends_the_pools_cash_to_the_fund_that_was_paid(self):
        lines = [
            debit("1010", "POOL", "100.00"),
            credit("1200", "WATER", "60.00", account_id=1),
            credit("1200", "SEWER", "40.00", account_id=1),
        ]
        assert posting.balance_by_fund(lines, **POOL) == [
            *lines,
            debit("1310", "SEWER", "40.00"),
            credit("2070", "POOL", "40.00"),
            debit("1310", "WATER", "60.00"),
            credit("2070", "POOL", "60.00"),
        ]

    def test_takes_it_back_when_the_payment_is_returned(self):
        lines = [credit("1010", "POOL", "60.00"), debit("1200", "WATER", "60.00")]
        assert posting.balance_by_fund(lines, **POOL)[2:] == [
            credit("2070", "WATER", "60.00"),
            debit("1310", "POOL", "60.00"),
        ]

    def test_adds_nothing_where_each_fund_balances(self):
        lines = [debit("1200", "WATER", "60.00"), credit("4000", "WATER", "60.00")]
        assert posting.balance_by_fund(lines, **POOL) == lines

    def test_carries_a_transfer_between_funds_through_the_pool(self):
        lines = [debit("1200", "WATER", "5.00"), credit("1200", "SEWER", "5.00")]
        balanced = posting.balance_by_fund(lines, **POOL)
        assert len(balanced) == 6
        assert not any(posting.debits_less_credits_by_fund(balanced).values())

    @given(balanced_lines())
    def test_balances_every_fund_and_keeps_the_lines_first(self, lines):
        balanced = posting.balance_by_fund(lines, **POOL)
        assert balanced[: len(lines)] == lines
        assert not any(posting.debits_less_credits_by_fund(balanced).values())
        assert all(line.amount > 0 for line in balanced)
        assert posting.balance_by_fund(balanced, **POOL) == balanced

    def test_refuses_an_entry_that_does_not_balance_and_says_by_what(self):
        lines = [debit("1010", "POOL", "1100.00"), credit("1200", "WATER", "60.00")]
        with pytest.raises(posting.UnbalancedEntry, match=r"debits 1,100\.00, credits 60\.00"):
            posting.balance_by_fund(lines, **POOL)

    def test_refuses_an_empty_entry(self):
        with pytest.raises(posting.EntryEmpty):
            posting.balance_by_fund([], **POOL)

    @pytest.mark.parametrize("amount", ["0.00", "-5.00", "5.001"])
    def test_refuses_an_amount_that_is_not_above_zero_in_cents(self, amount):
        lines = [debit("1010", "POOL", amount), credit("1200", "POOL", amount)]
        with pytest.raises(posting.LineAmountNotPositive, match=r"Line 1 \(1010, fund POOL\)"):
            posting.balance_by_fund(lines, **POOL)

    def test_refuses_a_side_that_is_none(self):
        lines = [debit("1010", "POOL", "5.00"), replace(credit("1200", "POOL", "5.00"), side="X")]
        with pytest.raises(posting.LineSideUnknown, match="Line 2"):
            posting.balance_by_fund(lines, **POOL)


class TestReverse:
    @given(balanced_lines())
    def test_undoes_every_line_and_itself(self, lines):
        undone = posting.reverse(lines)
        assert not any(posting.debits_less_credits_by_fund([*lines, *undone]).values())
        assert posting.reverse(undone) == lines
        assert [line.account_id for line in undone] == [line.account_id for line in lines]


class TestCustomersSign:
    @given(sides, amounts)
    def test_goes_there_and_back(self, side, amount):
        assert posting.side_and_amount(posting.customer_amount(side, amount)) == (side, amount)

    def test_is_positive_for_what_the_customer_owes(self):
        assert posting.customer_amount("D", Decimal("5.00")) == Decimal("5.00")
        assert posting.customer_amount("C", Decimal("5.00")) == Decimal("-5.00")

    def test_refuses_zero_and_a_side_that_is_none(self):
        with pytest.raises(posting.LineAmountNotPositive):
            posting.side_and_amount(Decimal("0.00"))
        with pytest.raises(posting.LineSideUnknown):
            posting.customer_amount("X", Decimal("1.00"))
