"""Form parts that every app shares: amounts as people type them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core import money


class AmountInput(forms.TextInput):
    """A box for an amount: right-aligned, decimal keypad on a tablet, never kept as a draft."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        defaults = {
            "inputmode": "decimal",
            "autocomplete": "off",
            "data-amount": "",
            "data-private": "",
            "class": "amount-input",
        }
        super().__init__({**defaults, **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        """Show a Decimal with two places and no separators, and a text as it was typed."""
        if isinstance(value, Decimal):
            return f"{value:.2f}"
        return None if value in (None, "") else str(value)


class AmountFormField(forms.Field):
    """An amount in dollars and cents, typed plainly or as a sum ("52.37+84.10"); cleans to a Decimal or None.

    `smallest` and `largest` bound the amount, both inclusive; by default nothing below 0.01 is taken.
    """

    widget = AmountInput
    default_error_messages = {
        "required": "Type an amount.",
        "too_small": "The amount is %(amount)s; it must be at least %(bound)s.",
        "too_large": "The amount is %(amount)s; it can be at most %(bound)s.",
    }

    def __init__(
        self,
        *,
        smallest: Decimal | None = money.CENT,
        largest: Decimal | None = money.LARGEST_AMOUNT,
        **kwargs: Any,
    ) -> None:
        self.smallest, self.largest = smallest, largest
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        """Read the typed text. Raises ValidationError in the words of core.money where it is no amount."""
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal):
            return value
        try:
            return money.parse_amount(str(value))
        except money.AmountNotUnderstood as error:
            raise ValidationError(str(error), code="not_an_amount") from error

    def validate(self, value: Decimal | None) -> None:
        """Refuse a missing amount and one out of bounds."""
        super().validate(value)
        if value is None:
            return
        if self.smallest is not None and value < self.smallest:
            self._refuse("too_small", value, self.smallest)
        if self.largest is not None and value > self.largest:
            self._refuse("too_large", value, self.largest)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as amounts, so that "5" typed over 5.00 is no change."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True

    def _refuse(self, code: str, value: Decimal, bound: Decimal) -> None:
        raise ValidationError(
            self.error_messages[code],
            code=code,
            params={"amount": money.format_amount(value), "bound": money.format_amount(bound)},
        )
