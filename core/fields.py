"""The two kinds of decimal column: amounts of money and rates.

Both refuse a float, and both refuse a value with more places than the column holds. Django would
round it on the way to the database, where nobody sees it; here rounding happens in `core.money`
alone, by name.
"""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

SetType_contra = TypeVar("SetType_contra", contravariant=True)
GetType_co = TypeVar("GetType_co", covariant=True)

if TYPE_CHECKING:
    _Decimal = models.DecimalField
else:

    class _Decimal(models.DecimalField):
        """Django's field, to which the type checker's parameters may be given."""

        def __class_getitem__(cls, parameters):  # noqa: ANN001, ANN204 - the checker reads the other branch
            return cls


class DecimalNotExact(TypeError):
    """A float, or a value with more places than the column holds, was on its way to the database."""


class _ExactDecimalField(_Decimal[SetType_contra, GetType_co]):
    digits: int
    places: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"] = self.digits
        kwargs["decimal_places"] = self.places
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Any:
        """Read a value as Decimal. Raises ValidationError for a float, a part too small, or no number."""
        if value is None:
            return None
        reason = self._refusal(value)
        if reason:
            raise ValidationError(reason, code="inexact")
        return Decimal(value)

    def get_prep_value(self, value: Any) -> Any:
        """Hand the value to the database as it is. Raises DecimalNotExact rather than round it."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        reason = self._refusal(value)
        if reason:
            raise DecimalNotExact(f"{self.name}: {reason}")
        return Decimal(value)

    def _refusal(self, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
            return f"{value!r} is a {type(value).__name__}, and only exact decimals are kept."
        try:
            exact = Decimal(value)
        except InvalidOperation:
            return f'"{value}" is not a number.'
        if not exact.is_finite():
            return f"{value} is not a number."
        _, digits, exponent = exact.as_tuple()
        if isinstance(exponent, int) and -exponent > self.places:
            surplus = -exponent - self.places
            if any(digits[-surplus:]):
                return f"{value} has more than {self.places} decimals; round it first, by name."
        if exact and exact.adjusted() >= self.digits - self.places:
            return f"{value} has more than {self.digits - self.places} digits before the point."
        return ""


class AmountField(_ExactDecimalField[SetType_contra, GetType_co]):
    """An amount of money in whole cents, up to 999,999,999,999.99."""

    digits = 14
    places = 2


class RateField(_ExactDecimalField[SetType_contra, GetType_co]):
    """A price per unit, a share or a quantity, with up to sixteen decimals."""

    digits = 28
    places = 16
