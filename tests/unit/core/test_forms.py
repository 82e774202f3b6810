"""Amounts as people type them into a form."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from core.forms import AmountFormField, AmountInput


class TestAmountFormField:
    @pytest.mark.parametrize(
        ("typed", "amount"),
        [
            ("136.47", "136.47"),
            ("1,234.50", "1234.50"),
            ("$12", "12.00"),
            ("52.37+84.10", "136.47"),
            ("3@18.50", "55.50"),
        ],
    )
    def test_reads_amounts_and_sums(self, typed: str, amount: str) -> None:
        assert AmountFormField().clean(typed) == Decimal(amount)

    def test_says_which_sign_does_not_belong(self) -> None:
        with pytest.raises(ValidationError) as refusal:
            AmountFormField().clean("12,3O")
        assert "12,3O" in refusal.value.messages[0]

    @pytest.mark.parametrize("typed", ["0", "0.00", "-5.00"])
    def test_refuses_nothing_and_less_than_nothing(self, typed: str) -> None:
        with pytest.raises(ValidationError, match=r"must be at least 0\.01"):
            AmountFormField().clean(typed)

    def test_takes_a_bound_of_its_own(self) -> None:
        field = AmountFormField(smallest=Decimal("0.00"), largest=Decimal("100.00"))
        assert field.clean("0") == Decimal("0.00")
        with pytest.raises(ValidationError, match=r"can be at most 100\.00"):
            field.clean("100.01")

    def test_asks_for_an_amount_that_is_missing(self) -> None:
        with pytest.raises(ValidationError, match="Type an amount"):
            AmountFormField().clean("")
        assert AmountFormField(required=False).clean("") is None

    def test_sees_no_change_in_the_same_amount_written_otherwise(self) -> None:
        field = AmountFormField()
        assert not field.has_changed(Decimal("5.00"), "5")
        assert field.has_changed(Decimal("5.00"), "5.01")
        assert field.has_changed(Decimal("5.00"), "five")


class TestAmountInput:
    def test_shows_two_places_without_separators(self) -> None:
        assert 'value="1234.50"' in AmountInput().render("amount", Decimal("1234.5"))

    def test_shows_what_was_typed_again(self) -> None:
        assert 'value="12,3O"' in AmountInput().render("amount", "12,3O")

    def test_is_marked_so_that_no_draft_keeps_it(self) -> None:
        page = AmountInput().render("amount", None)
        assert "data-amount" in page
        assert "data-private" in page
