"""Prices that depend on something: a number, a table by one or more inputs, or a formula."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from billing.formulas import Formula, FormulaRefused, parse_formula
from billing.rates.errors import NotPriceable, RateRefused
from billing.rates.numbers import read_number, split_key, words

Environment: TypeAlias = dict[str, Any]


class TableRefused(RateRefused):
    """A table has no keys or no values, or they do not fit each other."""


class KeyTwice(RateRefused):
    """Two keys of a table are the same key in two spellings."""


class FormulaUnreadable(RateRefused):
    """A formula of the rate cannot be read."""


class NoPrice(NotPriceable):
    """The table has no entry for these inputs, such as a meter size that the rate does not price."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table by one or more inputs. `rows` maps a key (or a tuple of keys) to what stands there."""

    by: tuple[str, ...]
    rows: Mapping[Any, Any]
    place: str

    def finder(self) -> Callable[[Environment], Any]:
        """A function from the inputs of a bill to the row. It raises NoPrice."""
        rows = self.rows
        slots = tuple(key_slot(name) for name in self.by)

        if len(slots) == 1:
            slot = slots[0]

            def find_by_one(env: Environment) -> Any:
                try:
                    return rows[env[slot]]
                except KeyError:
                    raise self.no_price(env) from None

            return find_by_one

        def find_by_many(env: Environment) -> Any:
            try:
                return rows[tuple([env[slot] for slot in slots])]
            except KeyError:
                raise self.no_price(env) from None

        return find_by_many

    def no_price(self, env: Environment) -> NoPrice:
        """The refusal that names the inputs for which nothing stands in the table."""
        asked = " and ".join(f"{words(name)} {env[key_slot(name)]}" for name in self.by)
        return NoPrice(f"no price for {asked} in {self.place}")

    def keys_shown(self, env: Environment) -> dict[str, str]:
        """The inputs that chose the row, for the working."""
        return {name: env[key_slot(name)] for name in self.by}


def key_slot(name: str) -> str:
    """Where the text of an input stands in the environment, apart from its value as a number."""
    return "@" + name


def read_table(spec: Mapping[str, Any], *, place: str, read_row: Callable[[Any, str], Any]) -> Table:
    """A table from `{"by": name or [names], "values": {key: row}}`. Raises TableRefused, KeyTwice, and
    read_row's.
    """
    unknown = sorted(set(spec) - {"by", "values"})
    if unknown:
        raise TableRefused(place=place, cause=f"a table has only 'by' and 'values', not {', '.join(unknown)}")
    by = spec.get("by")
    names = (by,) if isinstance(by, str) else tuple(by) if isinstance(by, list | tuple) else ()
    if (
        not names
        or not all(isinstance(name, str) and name for name in names)
        or len(set(names)) != len(names)
    ):
        raise TableRefused(place=place, cause="the table does not say by which inputs ('by') it is read")
    values = spec.get("values")
    if not isinstance(values, Mapping) or not values:
        raise TableRefused(place=place, cause="the table has no values")
    rows: dict[Any, Any] = {}
    for key, row in values.items():
        parts = split_key(str(key), len(names))
        if parts is None:
            raise TableRefused(
                place=place, cause=f"key '{key}' does not combine {' and '.join(map(words, names))}"
            )
        slot = parts[0] if len(parts) == 1 else parts
        if slot in rows:
            raise KeyTwice(place=place, cause=f"duplicate key '{key}'")
        rows[slot] = read_row(row, f"{place}, key '{key}'")
    return Table(by=names, rows=rows, place=place)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number, a table of numbers, or a formula, as read from a definition."""

    number: Decimal | None = None
    table: Table | None = None
    formula: Formula | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names a formula reckons with."""
        return self.formula.names if self.formula else ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The inputs a table is read by."""
        return self.table.by if self.table else ()


def read_amount(spec: Any, *, place: str) -> Amount:
    """A number, `{"by", "values"}` or `{"formula"}`. Raises NotANumber, TableRefused, KeyTwice,
    FormulaUnreadable.
    """
    if isinstance(spec, Mapping):
        if "formula" in spec:
            return Amount(formula=read_formula(spec["formula"], place=place))
        return Amount(
            table=read_table(spec, place=place, read_row=lambda row, at: read_number(row, place=at))
        )
    return Amount(number=read_number(spec, place=place))


def read_formula(text: Any, *, place: str) -> Formula:
    """A formula from its text. Raises FormulaUnreadable."""
    if not isinstance(text, str):
        raise FormulaUnreadable(place=place, cause=f"a formula is text, not {text!r}")
    try:
        return parse_formula(text)
    except FormulaRefused as refusal:
        raise FormulaUnreadable(place=place, cause=str(refusal)) from refusal
