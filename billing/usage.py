"""Use between two readings, and one unit of use in another. Pure and exact until the use is priced."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

THOUSANDTH = Decimal("0.001")

# In cubic metres, exact by definition: a US gallon is 231 cubic inches, an inch is 0.0254 m.
_CUBIC_METRES = {
    "ccf": Decimal("2.8316846592"),
    "cf": Decimal("0.028316846592"),
    "kgal": Decimal("3.785411784"),
    "gal": Decimal("0.003785411784"),
    "m3": Decimal(1),
    "kilolitre": Decimal(1),
}


class UnitsDoNotConvert(ValueError):
    """A use in one unit was asked for in another that measures something else."""


@dataclass(frozen=True, slots=True)
class ReadingFact:
    """A reading as billing sees it: what the dials showed on a day."""

    id: int
    date: date
    value: Decimal
    kind: str


@dataclass(frozen=True, slots=True)
class RegisterUse:
    """What one register adds to a segment's use, with all that is needed to show how."""

    register_id: int
    serial_number: str
    start: ReadingFact
    end: ReadingFact
    dial_count: int
    multiplier: Decimal
    sign: int
    share: Decimal
    unit: str

    @property
    def rolled_over(self) -> bool:
        """Whether the dials passed their highest number between the two readings."""
        return self.end.value < self.start.value

    @property
    def fell_too_far(self) -> bool:
        """Whether the dials fell, and a rollover would mean more than half of all that they can show.

        Metering holds each reading against the one before it. A bill begins at the reading that was billed, which may
        have been corrected since, or at one that was entered late: nobody has compared these two.
        """
        return self.rolled_over and 2 * (self.start.value - self.end.value) < 10**self.dial_count

    @property
    def fall_in_words(self) -> str:
        """What a person reads who must say which of the two readings is right."""
        return (
            f"meter {self.serial_number} reads {plain(self.end.value)} on {self.end.date}, below the"
            f" {plain(self.start.value)} of {self.start.date} where this bill begins"
        )

    @property
    def quantity(self) -> Decimal:
        """The use, signed and shared, in the register's unit and unrounded; dials that fell have rolled over."""
        moved = self.end.value - self.start.value
        if self.rolled_over:
            moved += 10**self.dial_count
        return self.sign * self.share * moved * self.multiplier

    def as_data(self) -> dict[str, object]:
        """The use as data for the segment: the bill, the letter and the counter print the same from it."""
        return {
            "register": self.register_id,
            "meter": self.serial_number,
            "from_reading": self.start.id,
            "from_date": self.start.date.isoformat(),
            "from_value": plain(self.start.value),
            "from_kind": self.start.kind,
            "to_reading": self.end.id,
            "to_date": self.end.date.isoformat(),
            "to_value": plain(self.end.value),
            "to_kind": self.end.kind,
            "multiplier": plain(self.multiplier),
            "sign": self.sign,
            "share": plain(self.share),
            "rolled_over": self.rolled_over,
            "quantity": plain(self.quantity),
            "unit": self.unit,
        }


def total_use(uses: Iterable[RegisterUse], *, unit: str) -> Decimal:
    """The use of all registers together in ``unit``, in thousandths, half up: the quantity that is priced.

    Raises UnitsDoNotConvert.
    """
    by_unit: dict[str, Decimal] = {}
    for use in uses:
        by_unit[use.unit] = by_unit.get(use.unit, Decimal(0)) + use.quantity
    if set(by_unit) <= {unit}:
        return by_unit.get(unit, Decimal(0)).quantize(THOUSANDTH, rounding=ROUND_HALF_UP)
    whole = sum((_converted(quantity, of, unit) for of, quantity in by_unit.items()), Fraction(0))
    return _in_thousandths(whole)


def convert(quantity: Decimal, *, of: str, to: str) -> Decimal:
    """A use in another unit of the same kind, in thousandths, half up. Raises UnitsDoNotConvert."""
    if of == to:
        return quantity
    return _in_thousandths(_converted(quantity, of, to))


def converts(of: str, to: str) -> bool:
    """Whether the two units measure the same kind of thing."""
    return of == to or (of in _CUBIC_METRES and to in _CUBIC_METRES)


def plain(number: Decimal) -> str:
    """A number as digits, without an exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _converted(quantity: Decimal, of: str, to: str) -> Fraction:
    if not converts(of, to):
        raise UnitsDoNotConvert(f"a use in {of} cannot be priced in {to}")
    if of == to:
        return Fraction(quantity)
    return Fraction(quantity) * Fraction(_CUBIC_METRES[of]) / Fraction(_CUBIC_METRES[to])


def _in_thousandths(exact: Fraction) -> Decimal:
    """The one rounding of a use: to the thousandth of a unit, half away from zero."""
    thousandths = abs(exact) * 1000
    rounded = (2 * thousandths.numerator + thousandths.denominator) // (2 * thousandths.denominator)
    return Decimal(rounded if exact >= 0 else -rounded).scaleb(-3)
