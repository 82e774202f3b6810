"""Change, and what is refused: pure."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import tendering
from payments.tendering import CASH, CHECK, MONEY_ORDER, TenderInput, settle

CENTS = st.integers(min_value=1, max_value=10_000_000).map(lambda cents: Decimal(cents).scaleb(-2))


def cash(amount: str) -> TenderInput:
    return TenderInput(CASH, Decimal(amount))


def check(amount: str, number: str = "77") -> TenderInput:
    return TenderInput(CHECK, Decimal(amount), number)


class TestSettle:
    def test_gives_change_from_cash(self) -> None:
        [settled] = settle(Decimal("136.47"), [cash("140.00")])

        assert (settled.amount, settled.change_amount) == (Decimal("136.47"), Decimal("3.53"))

    def test_puts_all_cash_on_one_pile(self) -> None:
        [settled] = settle(Decimal("25.00"), [cash("20.00"), cash("10.00")])

        assert (settled.tendered_amount, settled.change_amount) == (Decimal("30.00"), Decimal("5.00"))

    def test_takes_a_check_and_the_rest_in_cash(self) -> None:
        paper, notes = settle(Decimal("100.00"), [cash("50.00"), check("60.00")])

        assert (paper.kind, paper.amount) == (CHECK, Decimal("60.00"))
        assert (notes.amount, notes.change_amount) == (Decimal("40.00"), Decimal("10.00"))

    def test_takes_a_money_order_without_a_number(self) -> None:
        [settled] = settle(Decimal("10.00"), [TenderInput(MONEY_ORDER, Decimal("10.00"))])

        assert settled.kind == MONEY_ORDER

    @pytest.mark.parametrize(
        ("tenders", "refusal", "words"),
        [
            ([], tendering.TenderMissing, "Nothing was handed over"),
            ([TenderInput("CARD", Decimal("10"))], tendering.TenderKindUnknown, "CARD"),
            ([cash("0.00")], tendering.TenderAmountNotPositive, "0.00"),
            ([cash("-5.00")], tendering.TenderAmountNotPositive, "-5.00"),
            ([cash("1.005")], tendering.TenderAmountNotPositive, "1.005"),
            ([check("10.00", "  ")], tendering.CheckNumberMissing, "number"),
            ([check("10.00", "1" * 21)], tendering.CheckNumberTooLong, "20 signs"),
            ([cash("999999999999.99"), cash("0.01")], tendering.TenderTooLarge, "more than one receipt"),
            ([cash("9.99")], tendering.TenderTooSmall, "0.01 is missing"),
            ([check("10.01")], tendering.ChangeWithoutCash, "0.01 more"),
            ([check("10.00"), cash("5.00")], tendering.ChangeWithoutCash, "5.00 in cash is not needed"),
            ([check("12.00"), cash("1.00")], tendering.ChangeWithoutCash, "not needed"),
        ],
    )
    def test_refuses_by_rule_and_says_why(
        self, tenders: list[TenderInput], refusal: type[Exception], words: str
    ) -> None:
        with pytest.raises(refusal) as error:
            settle(Decimal("10.00"), tenders)
        assert words in str(error.value)

    @given(total=CENTS, papers=st.lists(CENTS, max_size=3), notes=st.lists(CENTS, max_size=3))
    def test_sums_are_kept_for_any_mix(
        self, total: Decimal, papers: list[Decimal], notes: list[Decimal]
    ) -> None:
        tenders = [check(str(each), str(at)) for at, each in enumerate(papers)] + [
            cash(str(each)) for each in notes
        ]
        try:
            settled = settle(total, tenders)
        except tendering.TenderRefused:
            tendered = sum(papers, Decimal(0)) + sum(notes, Decimal(0))
            assert tendered < total or tendered - total >= sum(notes, Decimal(0))
            return
        assert sum(each.amount for each in settled) == total
        assert all(each.tendered_amount == each.amount + each.change_amount for each in settled)
        assert all(each.amount > 0 for each in settled)
        assert all(each.kind == CASH or not each.change_amount for each in settled)
