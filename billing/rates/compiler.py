"""From a stored definition to a compiled rate: read, check and order once a version, then price any number
of bills.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from billing.formulas import to_decimal
from billing.proration import Share
from billing.rates.blocks import SHARE
from billing.rates.charges import BILLED, USE, Charge, Price, read_component, read_part
from billing.rates.errors import NotPriceable, RateRefused
from billing.rates.numbers import check_unit, read_input, tidy_key, words
from billing.rates.results import RatedLine, RatedResult
from billing.rates.tables import key_slot
from core.money import to_cents

FORMAT = 1
MOST_CHARGES = 300
ZERO = Decimal(0)

# What the office knows of an account, a service point and a period without being told by the rate.
STANDARD_INPUTS = frozenset(
    [
        "usage",
        "days_in_period",
        "season",
        "usage_month",
        "bill_frequency",
        "customer_class",
        "meter_size",
        "meter_type",
        "water_type",
        "city_limits",
        "zone",
        "pressure_zone",
        "elevation_zone",
        "usage_zone",
        "temperature_zone",
        "lot_size_group",
        "dwelling_units",
        "number_dwelling_units",
        "household_size",
        "hhsize",
        "lot_area",
        "land_area",
        "floor_area",
        "irr_area",
        "et_amount",
        "eru",
        "edu",
        "carts",
        "connection_size",
        "lateral_size",
    ]
)


class DefinitionRefused(RateRefused):
    """The definition as a whole is not of a form that is known."""


class CodeTwice(RateRefused):
    """Two components or parts have the same name."""


class NameUnknown(RateRefused):
    """A formula, a percentage or a table names what does not exist."""


class DefinitionLoops(RateRefused):
    """Parts need each other in a circle."""


class InputMissing(NotPriceable):
    """An input that the rate needs was not given."""


class UseNegative(NotPriceable):
    """The use is below zero."""


class DividedByZero(NotPriceable):
    """A formula divides by an input that is zero."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """One charge in the order of reckoning."""

    charge: Charge
    price: Price


@dataclass(frozen=True, slots=True)
class CompiledRate:
    """A rate version ready to price bills.

    `number_inputs` and `key_inputs` are the inputs each bill must bring: the first as numbers, the second
    as the texts that tables are read by. `assumed` stands in for those a bill does not bring.
    """

    unit: str
    number_inputs: tuple[str, ...]
    key_inputs: tuple[str, ...]
    assumed: Mapping[str, str]
    _stages: tuple[_Stage, ...] = field(repr=False)
    _billed: tuple[str, ...] = field(repr=False)
    _behind: Mapping[str, tuple[str, ...]] = field(repr=False)

    def price(self, inputs: Mapping[str, Decimal | str | int], *, share: Share | None = None) -> RatedResult:
        """Price one service for one period under this version.

        `inputs` are the values of `number_inputs` and `key_inputs` (more do no harm); `usage` is in the
        rate's unit. `share` is the part of the period this version covers, None for all of it; the use
        given is that part's use. Raises NotPriceable: InputMissing, InputNotANumber, UseNegative, NoPrice,
        BlocksDoNotPair, DividedByZero.
        """
        env = self._environment(inputs)
        if share is not None:
            env[SHARE] = share
        lines: dict[str, RatedLine] = {}
        for stage in self._stages:
            charge = stage.charge
            code = charge.code
            try:
                value, quantity, unit, steps = stage.price(env)
            except ZeroDivisionError:
                raise DividedByZero(f"{charge.place} divides by zero") from None
            env[code] = value
            if charge.billed:
                exact = to_decimal(value)
                amount = to_cents(exact)
                env[BILLED + code] = amount
                lines[code] = RatedLine(
                    code, charge.label, charge.charge_type, quantity, unit, exact, amount, tuple(steps)
                )
            else:
                env[BILLED + code] = value
                if steps:
                    env.setdefault("#steps", {})[code] = steps
        return self._result(env, lines)

    def _environment(self, inputs: Mapping[str, Decimal | str | int]) -> dict[str, Any]:
        env: dict[str, Any] = {}
        if self.assumed:
            inputs = {**self.assumed, **inputs}
        try:
            for name in self.number_inputs:
                env[name] = read_input(name, inputs[name])
            for name in self.key_inputs:
                env[key_slot(name)] = tidy_key(str(inputs[name]))
        except KeyError:
            missing = [words(name) for name in (*self.number_inputs, *self.key_inputs) if name not in inputs]
            raise InputMissing(f"missing {', '.join(dict.fromkeys(missing))}") from None
        if USE in env and env[USE] < 0:
            raise UseNegative(f"the use is negative: {env[USE]} {self.unit}")
        return env

    def _result(self, env: dict[str, Any], lines: dict[str, RatedLine]) -> RatedResult:
        found = env.get("#steps")
        ordered = [lines[code] for code in self._billed]
        if found is not None:
            ordered = [_with_parts(line, self._behind[line.component], found) for line in ordered]
        parts = {stage.charge.code: to_decimal(env[stage.charge.code]) for stage in self._stages}
        return RatedResult(tuple(ordered), sum([line.exact for line in ordered], ZERO), parts)


def compile_rate(definition: Mapping[str, Any]) -> CompiledRate:
    """Check a definition and make it ready to price bills; call it once a version.

    Raises RateRefused, always with the place: DefinitionRefused, UnitUnknown, ComponentRefused, CodeTwice,
    NameUnknown, DefinitionLoops, PercentOfItself, BlocksRefused, BlocksNotRising, TableRefused, KeyTwice,
    NotANumber, FormulaUnreadable.
    """
    unit, inputs, charges = _read(definition)
    _check_names(charges, inputs)
    order = _ordered(charges)
    stages: list[_Stage] = []
    fractions: set[str] = set()
    for code in order:
        charge = charges[code]
        in_fractions = charge.divides or any(name in fractions for name in charge.names)
        if in_fractions:
            fractions.add(code)
        stages.append(_Stage(charge, charge.make(in_fractions)))
    numbers = dict.fromkeys(name for code in order for name in charges[code].names if name not in charges)
    keys = dict.fromkeys(name for code in order for name in charges[code].keys)
    return CompiledRate(
        unit=unit,
        number_inputs=tuple(numbers),
        key_inputs=tuple(keys),
        assumed=_read_assumed(definition.get("assumed", {})),
        _stages=tuple(stages),
        _billed=tuple(code for code, charge in charges.items() if charge.billed),
        _behind={code: _parts_behind(code, charges) for code, charge in charges.items() if charge.billed},
    )


def _read(definition: Mapping[str, Any]) -> tuple[str, frozenset[str], dict[str, Charge]]:
    if not isinstance(definition, Mapping) or definition.get("format") != FORMAT:
        raise DefinitionRefused(place="", cause=f"the definition is not of format {FORMAT}")
    unknown = sorted(set(definition) - {"format", "unit", "inputs", "assumed", "parts", "components"})
    if unknown:
        raise DefinitionRefused(
            place="", cause=f"the definition does not know {', '.join(map(repr, unknown))}"
        )
    unit = check_unit(definition.get("unit"), place="unit")
    declared = definition.get("inputs", [])
    if not isinstance(declared, list | tuple) or not all(isinstance(name, str) for name in declared):
        raise DefinitionRefused(place="inputs", cause="'inputs' is a list of names")
    parts, components = definition.get("parts", {}), definition.get("components")
    if not isinstance(parts, Mapping):
        raise DefinitionRefused(place="parts", cause="'parts' is a set of named values")
    if not isinstance(components, list | tuple) or not components:
        raise DefinitionRefused(place="components", cause="there are no components")
    if len(parts) + len(components) > MOST_CHARGES:
        raise DefinitionRefused(place="", cause=f"there are more than {MOST_CHARGES} parts and components")
    charges: dict[str, Charge] = {}
    for name, spec in parts.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise DefinitionRefused(place="parts", cause=f"{name!r} is not one word of letters, digits and _")
        charges[name] = read_part(name, spec, place=name, unit=unit)
    for number, spec in enumerate(components, 1):
        place = (
            str(spec.get("code")) if isinstance(spec, Mapping) and spec.get("code") else f"component {number}"
        )
        charge = replace(read_component(spec, place=place, unit=unit), billed=True)
        if charge.code in charges:
            raise CodeTwice(place=place, cause=f"the name '{charge.code}' stands twice")
        charges[charge.code] = charge
    return unit, frozenset(declared), charges


def _read_assumed(assumed: Any) -> dict[str, str]:
    if not isinstance(assumed, Mapping) or not all(isinstance(value, str) for value in assumed.values()):
        raise DefinitionRefused(place="assumed", cause="'assumed' is a set of inputs with a text each")
    return dict(assumed)


def _check_names(charges: Mapping[str, Charge], declared: Iterable[str]) -> None:
    inputs = STANDARD_INPUTS.union(declared)
    for charge in charges.values():
        for name in charge.names:
            if name not in charges and name not in inputs:
                raise NameUnknown(
                    place=charge.place, cause=f"'{name}' is neither a part of the rate nor a known input"
                )
        for name in charge.keys:
            if name not in inputs:
                raise NameUnknown(
                    place=charge.place, cause=f"the table is read by '{name}', which is no known input"
                )


def _ordered(charges: Mapping[str, Charge]) -> list[str]:
    """The charges that a billed one needs, each after what it needs itself. Raises DefinitionLoops."""
    order: list[str] = []
    done: set[str] = set()

    def visit(code: str, path: tuple[str, ...]) -> None:
        if code in path:
            circle = " > ".join([*path[path.index(code) :], code])
            raise DefinitionLoops(
                place=charges[code].place, cause=f"the parts need each other in a circle: {circle}"
            )
        if code in done:
            return
        for name in charges[code].names:
            if name in charges:
                visit(name, (*path, code))
        done.add(code)
        order.append(code)

    for code in charges:
        visit(code, ())
    needed: set[str] = set()
    for code in reversed(order):
        if charges[code].billed or code in needed:
            needed.add(code)
            needed.update(name for name in charges[code].names if name in charges)
    return [code for code in order if code in needed]


def _parts_behind(code: str, charges: Mapping[str, Charge]) -> tuple[str, ...]:
    """The named parts, not billed themselves, that a line stands on, each after what it needs itself."""
    found: dict[str, None] = {}

    def visit(name: str) -> None:
        for needed in charges[name].names:
            charge = charges.get(needed)
            if charge is not None and not charge.billed and needed not in found:
                visit(needed)
                found[needed] = None

    visit(code)
    return tuple(found)


def _with_parts(line: RatedLine, names: tuple[str, ...], steps: Mapping[str, Any]) -> RatedLine:
    before = [step for name in names for step in steps.get(name, ())]
    return replace(line, working=(*before, *line.working)) if before else line
