"""Quoting: bills for given uses straight from rate files, compared with what they are expected to be.

Nothing here touches the database. A case is a row of a CSV: its inputs are the JSON of the column
`inputs_json`, or its named columns. Where a column `exact_X` holds a value, X is compared unrounded, to a
millionth; an expected amount without an exact twin is compared to the cent, rounded once.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from billing import owrs
from billing.rate_files import read_rates
from billing.rates import CompiledRate, NotPriceable, RatedResult, compile_rate, explain_line
from billing.rates.numbers import plain
from core.money import to_cents

TOLERANCE = Decimal("0.000001")
FILE_COLUMNS = ("file", "rate_file")
CLASS_COLUMN = "customer_class"
OUTPUT_COLUMNS = ("our_service_charge", "our_commodity_charge", "our_total", "agrees", "working")
ZERO = Decimal(0)
_TOTALS = ("total", "bill")
_PARTS = ("service_charge", "commodity_charge")


class RatesNotFound(Exception):
    """There is no rate file, or no folder of rate files, of this name."""


class CaseNotUnderstood(Exception):
    """A row of the cases does not say what to price, or its values cannot be read."""


class NoRate(Exception):
    """The rate file has no usable rate for the case."""


@dataclass(frozen=True, slots=True)
class Quote:
    """One case with its bill. `refused` says why there is no bill; `differences` where it is not as
    expected.
    """

    number: int
    row: Mapping[str, str]
    result: RatedResult | None
    refused: str
    differences: tuple[str, ...]
    compared: bool

    @property
    def agrees(self) -> bool:
        """Whether there is a bill and all that was compared is as expected."""
        return not self.refused and not self.differences

    def part(self, name: str) -> str:
        """The exact value of a part of the bill as text, 0 where the bill has no such part."""
        return plain(self.result.parts.get(name, ZERO)) if self.result else ""

    def output(self) -> dict[str, str]:
        """The row with our columns behind its own."""
        total = plain(self.result.exact_total) if self.result else ""
        lines = self.result.lines if self.result else ()
        working = [f"{line.description}: {', '.join(explain_line(line))}" for line in lines]
        ours = (
            self.part("service_charge"),
            self.part("commodity_charge"),
            total,
            "yes" if self.agrees else "no",
            "; ".join(working) or self.refused,
        )
        return {**self.row, **dict(zip(OUTPUT_COLUMNS, ours, strict=True))}


@dataclass(slots=True)
class RateFiles:
    """One rate file, or a folder of them by relative path; each is read once and each class compiled once."""

    path: Path
    _files: dict[str, owrs.RateFile | str] = field(default_factory=dict)
    _rates: dict[tuple[str, str], CompiledRate] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.exists():
            raise RatesNotFound(f"There is no rate file or folder {self.path}.")

    def rate(self, *, file_name: str, customer_class: str) -> CompiledRate:
        """The rate of a class. Raises NoRate, naming file, class and cause."""
        key = (file_name, customer_class)
        if key not in self._rates:
            rate_file = self._file(file_name)
            name = customer_class
            if not name and len(rate_file.classes) == 1 and not rate_file.refused:
                name = next(iter(rate_file.classes))
            if name not in rate_file.classes:
                raise NoRate(rate_file.why_not(name))
            self._rates[key] = compile_rate(rate_file.classes[name])
        return self._rates[key]

    def _file(self, file_name: str) -> owrs.RateFile:
        if file_name not in self._files:
            self._files[file_name] = self._read(file_name)
        found = self._files[file_name]
        if isinstance(found, str):
            raise NoRate(found)
        return found

    def _read(self, file_name: str) -> owrs.RateFile | str:
        path = self.path
        if path.is_dir():
            if not file_name:
                return "the row names no rate file"
            path = (path / file_name).resolve()
            if not path.is_relative_to(self.path.resolve()):
                return f"{file_name}: the file lies outside the folder of rates"
        try:
            return read_rates(path.read_bytes(), file_name=file_name or path.name)
        except OSError as error:
            return f"{file_name}: the rate file cannot be read: {error.strerror}"
        except owrs.RateFileRefused as refusal:
            return str(refusal)


def quote(rows: Iterable[Mapping[str, str]], *, rates: RateFiles) -> Iterator[Quote]:
    """A quote for each row, in order. A row that cannot be priced is a quote with its reason, never an
    error.
    """
    for number, row in enumerate(rows, 1):
        try:
            yield _quote_row(number, row, rates)
        except (NoRate, NotPriceable, CaseNotUnderstood) as refusal:
            yield Quote(number, row, None, str(refusal), (), compared=True)


def _quote_row(number: int, row: Mapping[str, str], rates: RateFiles) -> Quote:
    file_name = next((row[column] for column in FILE_COLUMNS if row.get(column)), "")
    rate = rates.rate(file_name=file_name, customer_class=row.get(CLASS_COLUMN) or "")
    result = rate.price(case_inputs(row))
    compared, differences = compare(row, result)
    return Quote(number, row, result, "", tuple(differences), compared)


def case_inputs(row: Mapping[str, str]) -> dict[str, str]:
    """The inputs of a case, the use under the engine's name for it. Raises CaseNotUnderstood."""
    text = row.get("inputs_json")
    if text:
        try:
            found = json.loads(text, parse_float=str, parse_int=str)
        except json.JSONDecodeError as error:
            raise CaseNotUnderstood(f"inputs_json is not JSON: {error}") from error
        if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
            raise CaseNotUnderstood("inputs_json is not a set of named numbers and texts")
    else:
        found = {
            name: value for name, value in row.items() if name and isinstance(value, str) and value != ""
        }
    inputs: dict[str, str] = dict(found)
    if owrs.USE in inputs:
        inputs["usage"] = inputs.pop(owrs.USE)
    return inputs


def compare(row: Mapping[str, str], result: RatedResult) -> tuple[bool, list[str]]:
    """Whether the row expects anything, and each difference. Raises CaseNotUnderstood for an amount that is
    none.
    """
    compared, differences = False, []
    exact = {
        name.removeprefix("exact_") for name, value in row.items() if name.startswith("exact_") and value
    }
    for name in exact_order(exact):
        compared = True
        ours, theirs = _value(result, name), _amount(row[f"exact_{name}"], f"exact_{name}")
        if abs(ours - theirs) > TOLERANCE:
            differences.append(f"{name} is {plain(ours)}, expected {plain(theirs)}")
    for name in (*_TOTALS, *_PARTS):
        has_twin = name in exact or (name in _TOTALS and exact.intersection(_TOTALS))
        if has_twin or not row.get(f"expected_{name}"):
            continue
        compared = True
        ours, theirs = to_cents(_value(result, name)), _amount(row[f"expected_{name}"], f"expected_{name}")
        if ours != theirs:
            differences.append(f"{name} is {plain(ours)}, expected {plain(theirs)}")
    return compared, differences


def exact_order(names: Iterable[str]) -> list[str]:
    """The names to compare, the charges before the totals."""
    return sorted(names, key=lambda name: (name in _TOTALS, name))


def _value(result: RatedResult, name: str) -> Decimal:
    return result.exact_total if name in _TOTALS else result.parts.get(name, ZERO)


def _amount(text: Any, column: str) -> Decimal:
    try:
        value = Decimal(text)
    except ArithmeticError:
        raise CaseNotUnderstood(f"{column} is not an amount: {text!r}") from None
    if not value.is_finite():
        raise CaseNotUnderstood(f"{column} is not an amount: {text!r}")
    return value
