"""The kinds of component: how each is read from a definition and how it prices one bill.

A charge is read first (its names and keys are then known), and made into a function once all charges of the
rate are known and in order. The function gives the exact value, the quantity priced, its unit, and the
working.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, TypeAlias

from billing.formulas import Value, compile_formula, to_decimal
from billing.proration import share_amount
from billing.rates.blocks import SHARE, find_blocks, read_schedule
from billing.rates.errors import RateRefused
from billing.rates.numbers import plain
from billing.rates.results import Step
from billing.rates.tables import Amount, Environment, read_amount, read_formula

ZERO = Decimal(0)
USE = "usage"
BILLED = "$"

Priced: TypeAlias = tuple[Value, Decimal | None, str, list[Step]]
Price: TypeAlias = Callable[[Environment], Priced]


class ComponentRefused(RateRefused):
    """A component lacks something its kind needs, or says something its kind does not know."""


class PercentOfItself(RateRefused):
    """A percentage names itself among what it is taken of."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One component or named part as read. `make` builds its function; `in_fractions` tells whether a name it
    reckons with may hold a fraction."""

    code: str
    place: str
    names: tuple[str, ...]
    keys: tuple[str, ...]
    make: Callable[[bool], Price]
    divides: bool = False
    billed: bool = False
    label: str = ""
    charge_type: str = ""


def read_component(spec: Any, *, place: str, unit: str, code: str | None = None) -> Charge:
    """A component or a part with a `kind`. Raises ComponentRefused and what its pieces raise."""
    if not isinstance(spec, Mapping):
        raise ComponentRefused(place=place, cause="a component is a set of named values")
    kind = str(spec.get("kind", ""))
    reader = _READERS.get(kind)
    if reader is None:
        raise ComponentRefused(
            place=place, cause=f"unknown kind {kind!r}; known kinds are {', '.join(_READERS)}"
        )
    code = spec.get("code") if code is None else code
    if not isinstance(code, str) or not code.isidentifier():
        raise ComponentRefused(
            place=place, cause=f"the code {code!r} is not one word of letters, digits and _"
        )
    unknown = sorted(set(spec) - _COMMON - _FIELDS[kind])
    if unknown:
        raise ComponentRefused(
            place=place, cause=f"kind '{kind}' does not know {', '.join(map(repr, unknown))}"
        )
    charge = reader(code, spec, place, unit)
    return replace(
        charge,
        label=str(spec.get("label") or code.replace("_", " ").capitalize()),
        charge_type=str(spec.get("charge_type", "")),
    )


def read_part(name: str, spec: Any, *, place: str, unit: str) -> Charge:
    """A named part: a number, a table, a formula, or a component that is reckoned with and not billed
    itself.
    """
    if isinstance(spec, Mapping) and "kind" in spec:
        return read_component(spec, place=place, unit=unit, code=name)
    amount = read_amount(spec, place=place)
    return Charge(
        code=name,
        place=place,
        names=amount.names,
        keys=amount.keys,
        make=lambda in_fractions: _make_part(name, amount, in_fractions),
        divides=amount.formula is not None and amount.formula.divides,
    )


def _make_part(name: str, amount: Amount, in_fractions: bool) -> Price:
    find = _finder(amount, in_fractions)

    def price(env: Environment) -> Priced:
        value, found = find(env)
        # A plain number needs no working of its own: it is shown where it is used.
        return (
            value,
            None,
            "",
            [{"kind": "part", "name": name, **found, "value": _shown(value)}] if found else [],
        )

    return price


def _finder(amount: Amount, in_fractions: bool = False) -> Callable[[Environment], tuple[Value, Step]]:
    """A function to the value, and to what chose it: the keys of a table, or the formula with its numbers."""
    if amount.table is not None:
        table = amount.table
        find = table.finder()
        return lambda env: (find(env), {"by": table.keys_shown(env)})
    if amount.formula is not None:
        formula = amount.formula
        evaluate = compile_formula(formula, in_fractions=in_fractions)
        names, text = formula.names, formula.text

        def by_formula(env: Environment) -> tuple[Value, Step]:
            return evaluate(env), {"formula": text, "with": {name: _shown(env[name]) for name in names}}

        return by_formula
    number = amount.number if amount.number is not None else ZERO
    nothing: Step = {}
    return lambda _env: (number, nothing)


def _shown(value: Value) -> str:
    return plain(to_decimal(value))


def _read_price(spec: Mapping[str, Any], field: str, place: str) -> Amount:
    """The price of a component: under its own field, or `by` and `values` directly."""
    if "by" in spec or "values" in spec:
        if field in spec:
            raise ComponentRefused(
                place=place, cause=f"there is '{field}' and a table: one of them is enough"
            )
        return read_amount({name: spec[name] for name in ("by", "values") if name in spec}, place=place)
    if field not in spec:
        raise ComponentRefused(place=place, cause=f"'{field}' is missing")
    return read_amount(spec[field], place=f"{place}, {field}")


def _read_name(spec: Mapping[str, Any], field: str, place: str, otherwise: str | None) -> str | None:
    name = spec.get(field, otherwise)
    if name is not None and not (isinstance(name, str) and name.isidentifier()):
        raise ComponentRefused(place=place, cause=f"'{field}' is not the name of an input: {name!r}")
    return name


def _read_fixed(code: str, spec: Mapping[str, Any], place: str, _unit: str) -> Charge:
    amount = _read_price(spec, "amount", place)
    per = _read_name(spec, "per", place, None)
    prorated = spec.get("prorate", True)
    if not isinstance(prorated, bool):
        raise ComponentRefused(place=place, cause=f"'prorate' is true or false, not {prorated!r}")
    names = amount.names if per is None else (*amount.names, per)

    def make(in_fractions: bool) -> Price:
        find = _finder(amount, in_fractions)

        def price(env: Environment) -> Priced:
            found, how = find(env)
            value = to_decimal(found)
            step: Step = {"kind": "fixed", **how, "price": plain(value)}
            count = None
            if per is not None:
                count = to_decimal(env[per])
                value *= count
                step["quantity"], step["unit"] = plain(count), per
            share = env.get(SHARE)
            if prorated and share is not None:
                value = share_amount(value, share)
                step["days"], step["of_days"] = share.days, share.of_days
            step["amount"] = plain(value)
            return value, count, per or "", [step]

        return price

    return Charge(code, place, names, amount.keys, make)


def _read_uniform(code: str, spec: Mapping[str, Any], place: str, unit: str) -> Charge:
    amount = _read_price(spec, "price", place)
    quantity = _read_name(spec, "quantity", place, USE) or USE
    shown_unit = unit if quantity == USE else quantity

    def make(in_fractions: bool) -> Price:
        find = _finder(amount, in_fractions)

        def price(env: Environment) -> Priced:
            found, how = find(env)
            rate, use = to_decimal(found), to_decimal(env[quantity])
            value = use * rate
            step = {"kind": "use", **how, "quantity": plain(use), "unit": shown_unit}
            return value, use, shown_unit, [{**step, "price": plain(rate), "amount": plain(value)}]

        return price

    return Charge(code, place, (*amount.names, quantity), amount.keys, make)


def _read_tiered(code: str, spec: Mapping[str, Any], place: str, unit: str) -> Charge:
    budget: tuple[str, ...] | None = None
    if spec["kind"] == "budget":
        named = spec.get("budget", ())
        if not isinstance(named, list | tuple) or not all(isinstance(name, str) for name in named):
            raise ComponentRefused(
                place=place, cause="'budget' is the list of the allotments that make the budget"
            )
        budget = tuple(named)
    schedule = read_schedule(spec, place=place, budget=budget)
    quantity = _read_name(spec, "quantity", place, USE) or USE
    shown_unit = unit if quantity == USE else quantity

    def make(in_fractions: bool) -> Price:
        # What a block holds is decimal whatever the names are.
        del in_fractions
        blocks_for = find_blocks(schedule)

        def price(env: Environment) -> Priced:
            use = to_decimal(env[quantity])
            blocks, steps = blocks_for(env)
            total = ZERO
            for number, block in enumerate(blocks, 1):
                low, high = block.low, block.high
                if use <= low and number > 1:
                    break
                part = (use if high is None or use < high else high) - low
                if part == 0 and use > low:
                    continue
                amount = part * block.price
                total += amount
                steps.append(
                    {
                        "kind": "block",
                        "block": number,
                        "from": block.low_text,
                        "to": block.high_text,
                        "quantity": plain(part),
                        "unit": shown_unit,
                        "price": block.price_text,
                        "amount": plain(amount),
                    }
                )
            return total, use, shown_unit, steps

        return price

    return Charge(code, place, (*schedule.names, quantity), schedule.keys, make)


def _read_percent(code: str, spec: Mapping[str, Any], place: str, _unit: str) -> Charge:
    bases = spec.get("of")
    if not isinstance(bases, list | tuple) or not bases or not all(isinstance(base, str) for base in bases):
        raise ComponentRefused(
            place=place, cause="'of' is the list of the components the percentage is taken of"
        )
    if len(set(bases)) != len(bases):
        raise ComponentRefused(place=place, cause="'of' names a component twice")
    if code in bases:
        raise PercentOfItself(place=place, cause=f"'{code}' is a percentage of itself")
    on = spec.get("on", "billed")
    if on not in ("billed", "exact"):
        raise ComponentRefused(place=place, cause=f"'on' is billed or exact, not {on!r}")
    rate_amount = _read_price(spec, "rate", place)
    named = tuple(bases)
    slots = tuple(BILLED + base for base in named) if on == "billed" else named

    def make(in_fractions: bool) -> Price:
        find = _finder(rate_amount, in_fractions)

        def price(env: Environment) -> Priced:
            found, how = find(env)
            rate = to_decimal(found)
            base = sum([to_decimal(env[slot]) for slot in slots], ZERO)
            value = base * rate
            step = {"kind": "percent", **how, "of": list(named), "base": plain(base), "rate": plain(rate)}
            return value, None, "", [{**step, "amount": plain(value)}]

        return price

    return Charge(code, place, (*named, *rate_amount.names), rate_amount.keys, make)


def _read_formula(code: str, spec: Mapping[str, Any], place: str, _unit: str) -> Charge:
    formula = read_formula(spec.get("formula"), place=place)
    amount = Amount(formula=formula)

    def make(in_fractions: bool) -> Price:
        find = _finder(amount, in_fractions)

        def price(env: Environment) -> Priced:
            value, how = find(env)
            return value, None, "", [{"kind": "formula", **how, "amount": _shown(value)}]

        return price

    return Charge(code, place, formula.names, (), make, divides=formula.divides)


_COMMON = {"kind", "code", "label", "charge_type"}
_FIELDS = {
    "fixed": {"amount", "by", "values", "per", "prorate"},
    "flat": {"amount", "by", "values", "per", "prorate"},
    "uniform": {"price", "by", "values", "quantity"},
    "tiered": {"blocks", "limits", "prices", "quantity", "empty_blocks"},
    "budget": {"blocks", "limits", "prices", "quantity", "empty_blocks", "budget"},
    "percent": {"of", "rate", "by", "values", "on"},
    "formula": {"formula"},
}
_READERS: dict[str, Callable[[str, Mapping[str, Any], str, str], Charge]] = {
    "fixed": _read_fixed,
    "flat": _read_fixed,
    "uniform": _read_uniform,
    "tiered": _read_tiered,
    "budget": _read_tiered,
    "percent": _read_percent,
    "formula": _read_formula,
}
