"""Exact decimal columns."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from core.fields import AmountField, DecimalNotExact, RateField


class TestExactFields:
    @pytest.mark.parametrize("field", [AmountField(), RateField()])
    @pytest.mark.parametrize("value", [1.5, True, Decimal("NaN"), Decimal("Infinity"), "abc", "1e30"])
    def test_refuses_what_is_not_exact_on_both_ways(self, field, value):
        with pytest.raises(ValidationError):
            field.to_python(value)
        with pytest.raises(DecimalNotExact):
            field.get_prep_value(value)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            (AmountField(), "1.005"),
            (AmountField(), "1000000000000.00"),
            (RateField(), "0.12345678901234567"),
        ],
    )
    def test_refuses_what_the_column_would_round(self, field, value):
        with pytest.raises(DecimalNotExact):
            field.get_prep_value(Decimal(value))
        with pytest.raises(ValidationError):
            field.clean(Decimal(value), None)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            (AmountField(), "1.500"),
            (AmountField(), "-999999999999.99"),
            (AmountField(), "0E-10"),
            (RateField(), "999999999999.1234567890123456"),
        ],
    )
    def test_keeps_an_exact_value_as_it_is(self, field, value):
        assert field.get_prep_value(Decimal(value)) == Decimal(value)
        assert field.to_python(value) == Decimal(value)

    @pytest.mark.parametrize("field", [AmountField(default=0, null=True), RateField(null=True, default=0)])
    def test_is_written_into_migrations_as_itself_without_its_digits(self, field):
        _, path, args, kwargs = field.deconstruct()
        assert path == f"core.fields.{type(field).__name__}"
        assert (args, kwargs) == ([], {"default": 0, "null": True})
        assert type(field)(**kwargs).max_digits == field.max_digits

    def test_lets_nothing_through_as_nothing(self):
        assert AmountField(null=True).get_prep_value(None) is None
        assert AmountField(null=True).to_python(None) is None
