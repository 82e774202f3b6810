"""Numbers, keys and units as they stand in a rate definition."""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from billing.rates.errors import NotPriceable, RateRefused

LARGEST = Decimal(10) ** 12
NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_BROKEN_SIZE = re.compile(r'^(\d+)[|_\- ]+(\d+/\d+)(?=["\s]|$)')

UNITS: Mapping[str, str] = {
    "ccf": "hundred cubic feet",
    "cf": "cubic feet",
    "kgal": "thousand gallons",
    "gal": "gallons",
    "kilolitre": "kilolitres",
    "m3": "cubic metres",
    "kwh": "kilowatt-hours",
    "therm": "therms",
    "mcf": "thousand cubic feet of gas",
    "each": "pieces",
}


class NotANumber(RateRefused):
    """Something other than an exact number stands where a number belongs."""


class UnitUnknown(RateRefused):
    """The unit of use is not one the office measures in."""


class InputNotANumber(NotPriceable):
    """An input that is reckoned with is not a number."""


def read_number(value: Any, *, place: str) -> Decimal:
    """An exact number from text, a whole number or a Decimal; a float is refused. Raises NotANumber."""
    if isinstance(value, bool | float):
        raise NotANumber(
            place=place, cause=f'{value!r} is not exact: write the number as text, such as "2.10"'
        )
    number = _number(value)
    if number is None:
        raise NotANumber(place=place, cause=f"not a number: {value!r}")
    if not _in_reach(number):
        raise NotANumber(place=place, cause=f"the number {value} has more digits than are reckoned exactly")
    return number


def read_input(name: str, value: Any) -> Decimal:
    """An input of one bill as a number. Raises InputNotANumber."""
    number = value if isinstance(value, Decimal) else _number(value)
    if number is None or not _in_reach(number):
        raise InputNotANumber(f"{words(name)} is not a number that can be reckoned with: {value!r}")
    return number


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value.strip()) if NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    return value if isinstance(value, Decimal) else None


def _in_reach(number: Decimal) -> bool:
    """Whether products of such numbers stay exact to far below a cent."""
    return number.is_finite() and -LARGEST < number < LARGEST


def check_unit(unit: Any, *, place: str) -> str:
    """The unit if it is known. Raises UnitUnknown."""
    if not isinstance(unit, str) or unit not in UNITS:
        raise UnitUnknown(place=place, cause=f"unknown unit {unit!r}; known units are {', '.join(UNITS)}")
    return unit


def plain(value: Decimal) -> str:
    """The number as plain digits without an exponent."""
    return f"{value:f}"


def words(name: str) -> str:
    """A name as a clerk reads it: `meter_size` is "meter size"."""
    return name.replace("_", " ")


@lru_cache(maxsize=4096)
def tidy_key(text: str) -> str:
    """One key of a table in one spelling: 1|1/2", 1_1/2" and 1 1/2" are the same meter size."""
    return _BROKEN_SIZE.sub(r"\1 \2", " ".join(text.split()))


def split_key(text: str, count: int) -> tuple[str, ...] | None:
    """The parts of a table's key `a|b`, or None where it has not `count` parts.

    A bar inside a meter size parts nothing: 1|1/2" is one part where only so the count is right.
    """
    pieces = [piece.strip() for piece in text.split("|")]
    while len(pieces) > count:
        joined = next(
            (at for at in range(len(pieces) - 1) if _is_broken_size(pieces[at], pieces[at + 1])), None
        )
        if joined is None:
            return None
        pieces[joined : joined + 2] = [f"{pieces[joined]} {pieces[joined + 1]}"]
    return tuple(tidy_key(piece) for piece in pieces) if len(pieces) == count else None


def _is_broken_size(whole: str, fraction: str) -> bool:
    return whole.isdigit() and re.match(r"\d+/\d+", fraction) is not None
