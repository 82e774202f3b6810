"""One customer class of a file into a rate definition.

A class is a set of parts: numbers, formulas over other parts, maps and tier lists. What its bill needs
becomes components (the lines of the bill) and named parts; the rest of the class is left alone.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from billing.formulas import Binary, Formula, FormulaRefused, Name, Node, Number, parse_formula, rename
from billing.rates import FORMAT, NotANumber, compile_rate
from billing.rates.numbers import NUMBER, plain, read_number

# What a formula of these files may name besides the parts of its class. A name that is not here and is no
# part is a spelling mistake in the file, and the class is refused.
KNOWN_INPUTS = frozenset(
    [
        "usage_ccf",
        "days_in_period",
        "hhsize",
        "et_amount",
        "irr_area",
        "land_area",
        "lot_area",
        "floor_area",
        "usage_month",
        "number_dwelling_units",
        "dwelling_units",
        "multi_family_residential_units",
        "number_of_meters",
        "eru",
        "edu",
        "commercial_budget",
        "comm_budget",
        "usage_indoor_budget_ccf",
        "three_year_avg",
        "outdoor_allocation",
    ]
)
# The inputs that tables of these files are read by and that an office can be expected to know of its
# accounts.
KNOWN_KEYS = frozenset(
    [
        "meter_size",
        "meter_type",
        "water_type",
        "city_limits",
        "pressure_zone",
        "elevation_zone",
        "usage_zone",
        "temperature_zone",
        "season",
        "usage_month",
        "lot_size_group",
        "rate_class",
        "domestic_type",
        "connection",
        "connection_size",
        "lateral_size",
        "hhsize",
    ]
)
KEYWORDS = ("Tiered", "Budget")
USE = "usage_ccf"
REPORTED = ("service_charge", "commodity_charge")
_PERCENT = re.compile(r"\d+(?:\.\d+)?\s*%", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_LABELS = {"service_charge": "Water service charge", "commodity_charge": "Water use charge"}


class ClassRefused(Exception):
    """One class of a file cannot be billed; says why."""


def define_class(parts: Any, unit: str, inputs: frozenset[str]) -> dict[str, Any]:
    """The definition of one class. Raises ClassRefused and RateRefused."""
    if not isinstance(parts, dict) or not parts:
        raise ClassRefused("the class has no parts")
    bill = parts.get("bill")
    if not isinstance(bill, str) or not bill.strip():
        raise ClassRefused("no bill formula")
    translator = _ClassReader(parts, inputs)
    components = translator.bill(bill)
    billed = {component["code"] for component in components}
    definition = {
        "format": FORMAT,
        "unit": unit,
        "inputs": sorted(translator.used),
        "parts": {name: spec for name, spec in translator.done.items() if name not in billed},
        "components": components,
    }
    compile_rate(definition)
    return definition


class _ClassReader:
    """Turns the parts of one class that its bill needs into parts and components of a definition."""

    def __init__(self, parts: Mapping[str, Any], inputs: frozenset[str]) -> None:
        self.parts = parts
        self.inputs = inputs
        self.used: set[str] = set()
        self.done: dict[str, dict[str, Any] | str] = {}
        self.path: list[str] = []
        self.billed: frozenset[str] = frozenset()

    def bill(self, text: str) -> list[dict[str, Any]]:
        """The components of the bill: a line a summand, and one for what a factor over the sum adds."""
        formula = self.read(text, "bill")
        own = self.formula_text(formula)
        factor, tree = _split_factor(parse_formula(own).tree)
        names = _summands(tree)
        if names is None or len(set(names)) < len(names):
            return self.bill_with_rest(own)
        # A bill reads service first, whatever the order in the formula.
        names = sorted(names, key=lambda name: REPORTED.index(name) if name in REPORTED else len(REPORTED))
        self.billed = frozenset(names)
        components = [self.component(name) for name in names]
        if factor is not None:
            components.append(
                {
                    "code": "multiplier",
                    "kind": "percent",
                    "of": names,
                    "rate": plain(factor - 1),
                    "on": "exact",
                    "label": "Surcharge on the bill",
                    "charge_type": "WATER",
                }
            )
        return components

    def bill_with_rest(self, own: str) -> list[dict[str, Any]]:
        """Service and use charges as lines where the bill names them, and the rest of the formula as one
        line.
        """
        names = [name for name in REPORTED if name in parse_formula(own).names]
        self.billed = frozenset(names)
        components = [self.component(name) for name in names]
        rest = f"({own}) - ({' + '.join(names)})" if names else own
        code = "other_charges" if names else "charges"
        label = "Other charges" if names else "Charges"
        formula_part = {
            "code": code,
            "kind": "formula",
            "formula": rest,
            "label": label,
            "charge_type": "WATER",
        }
        return [*components, formula_part]

    def component(self, name: str) -> dict[str, Any]:
        """A part of the class as a component of the bill."""
        label = _LABELS.get(name, name.replace("_", " ").capitalize())
        charge_type = "SEWER" if re.search("sewer|wastewater|sanitation", name) else "WATER"
        head = {"code": name, "label": label, "charge_type": charge_type}
        spec = self.done.get(name)
        if spec is None:
            return {**head, "kind": "formula", "formula": name}
        if isinstance(spec, str):
            return {**head, "kind": "fixed", "amount": spec}
        if "kind" in spec:
            return {**head, **spec}
        if "formula" in spec:
            fixed = self.is_fixed(spec["formula"])
            return {**head, "kind": "fixed", "amount": spec} if fixed else {**head, "kind": "formula", **spec}
        return {**head, "kind": "fixed", **spec}

    def is_fixed(self, text: str) -> bool:
        """Whether a formula is an amount a period, which is shared when the period is.

        Use is that period's use already, and so is a charge that is a line of the bill.
        """
        for name in parse_formula(text).names:
            spec = self.done.get(name)
            if name == "usage" or name in self.billed or (isinstance(spec, dict) and "kind" in spec):
                return False
            if isinstance(spec, dict) and "formula" in spec and not self.is_fixed(spec["formula"]):
                return False
        return True

    def need(self, name: str, wanted_by: str) -> str:
        """Make the part or input of this name part of the definition; gives the name it has there."""
        if name == USE:
            return "usage"
        found = (
            name if name in self.parts else f"{name}_commodity" if f"{name}_commodity" in self.parts else None
        )
        if found is None:
            if name not in self.inputs:
                cause = f"formula names '{name}', which is neither a part of the class nor a known input"
                raise ClassRefused(f"{wanted_by}: {cause}")
            self.used.add(name)
            return name
        if found in self.path:
            raise ClassRefused(f"the parts need each other in a circle: {' > '.join([*self.path, found])}")
        if found not in self.done:
            self.path.append(found)
            self.done[found] = self.translate(found, self.parts[found])
            self.path.pop()
        return found

    def translate(self, name: str, part: Any) -> dict[str, Any] | str:
        """One part as the specification of a part in a definition."""
        if isinstance(part, dict):
            return self.table(name, part, lambda row: self.map_number(name, row))
        if isinstance(part, list) and len(part) == 1:
            part = part[0]
        if not isinstance(part, str):
            raise ClassRefused(f"{name}: a list stands where a number or a formula belongs")
        text = part.strip()
        if text in KEYWORDS:
            return self.tiers(name, on_budget=text == "Budget")
        if NUMBER.fullmatch(text):
            return text
        own = self.formula_text(self.read(text, name))
        if name.split("_", maxsplit=1)[0] == "budget":
            # The files' own reckoning counts what a budget is made of in whole units.
            own = rename(own, {term: f"whole({term})" for term in parse_formula(own).names})
        return {"formula": own}

    def map_number(self, name: str, row: Any) -> str:
        if isinstance(row, list) and len(row) == 1:
            row = row[0]
        try:
            return plain(read_number(row, place=name))
        except NotANumber:
            raise ClassRefused(f"map value is not a number: {name}={row!r}") from None

    def table(self, name: str, part: Mapping[str, Any], read_row: Any) -> dict[str, Any]:
        by, values = part.get("depends_on"), part.get("values")
        if (
            set(part) != {"depends_on", "values"}
            or not isinstance(values, dict)
            or not isinstance(by, str | list)
        ):
            raise ClassRefused(f"bad map in {name}: it has {', '.join(part)}, not depends_on with values")
        names = [by] if isinstance(by, str) else by
        self.used.update(str(key) for key in names)
        return {"by": names, "values": {key: read_row(row) for key, row in values.items()}}

    def read(self, text: str, name: str) -> Formula:
        try:
            return parse_formula(text)
        except FormulaRefused as refusal:
            raise ClassRefused(f"{name}: {refusal}") from refusal

    def formula_text(self, formula: Formula) -> str:
        """The formula in the names of the definition."""
        wanted_by = self.path[-1] if self.path else "bill"
        return rename(formula.text, {name: self.need(name, wanted_by) for name in formula.names})

    def tiers(self, name: str, *, on_budget: bool) -> dict[str, Any]:
        """A Tiered or Budget part as blocks with upper limits."""
        starts, prices = self.list_for("tier_starts", name), self.list_for("tier_prices", name)
        if starts is None or prices is None:
            raise ClassRefused(f"tier lists missing for {name}")
        starts = self.finished(starts)
        spec: dict[str, Any] = {
            "kind": "budget" if on_budget else "tiered",
            "limits": self.rows(name, starts, lambda row: self.limits(name, row, on_budget)),
            "prices": self.rows(name, prices, lambda row: self.prices(name, row)),
        }
        if any(len(set(row)) < len(row) for row in _rows_of(spec["limits"])):
            spec["empty_blocks"] = True
        if on_budget and self.needs_budget(spec["limits"]):
            spec["budget"] = self.budget(name)
        return spec

    def finished(self, starts: Any) -> Any:
        """The tier starts without the unfinished ones: a single tier is no Tiered charge.

        A row with a single tier is left out of a table, so that its accounts have no price and are held.
        Where the table is read by something no office knows, nothing keeps an account off that row, and the
        class is refused.
        """
        if isinstance(starts, list) and len(starts) == 1:
            raise ClassRefused("only one tier")
        values = starts.get("values") if isinstance(starts, dict) else None
        if not isinstance(values, dict):
            return starts
        single = [key for key, row in values.items() if isinstance(row, list) and len(row) == 1]
        by = (
            starts["depends_on"] if isinstance(starts.get("depends_on"), list) else [starts.get("depends_on")]
        )
        if single and (len(single) == len(values) or not KNOWN_KEYS.issuperset(by)):
            raise ClassRefused(f"only one tier for {', '.join(single)}")
        return (
            {**starts, "values": {key: row for key, row in values.items() if key not in single}}
            if single
            else starts
        )

    def rows(self, name: str, part: Any, read_row: Any) -> Any:
        return self.table(name, part, read_row) if isinstance(part, dict) else read_row(part)

    def list_for(self, wanted: str, name: str) -> Any:
        """The tier list that belongs to a part: its own suffix or prefix first, then the plain one, then
        commodity's.
        """
        words = name.split("_")
        candidates = [f"{wanted}_{word}" for word in words] + [f"{word}_{wanted}" for word in words]
        candidates += [wanted, f"{wanted}_commodity"]
        return next((self.parts[candidate] for candidate in candidates if candidate in self.parts), None)

    def limits(self, name: str, row: Any, on_budget: bool) -> list[str]:
        """Upper limits from the starts of the tiers. The first start says nothing: all use has a first
        tier.
        """
        if not isinstance(row, list) or not row:
            raise ClassRefused(f"tier lists missing for {name}")
        if on_budget:
            return [self.budget_limit(name, start) for start in row[1:]]
        if any(isinstance(start, str) and _PERCENT.fullmatch(start.strip()) for start in row):
            raise ClassRefused(f"% tier in a 'Tiered' charge ({name})")
        starts = [self.start(start) for start in row]
        if any(later < earlier for earlier, later in pairwise(starts)):
            shown = ", ".join(plain(start) for start in starts)
            raise ClassRefused(f"tier starts not increasing in {name}: {shown}")
        # A file may start its first two tiers with the same unit or one apart; the first is then empty.
        return [plain(max(start - 1, Decimal(0))) for start in starts[1:]]

    def start(self, start: Any) -> Decimal:
        if isinstance(start, str) and NUMBER.fullmatch(start.strip()):
            return Decimal(start.strip())
        raise ClassRefused(f"not a number: {start!r}")

    def budget_limit(self, name: str, start: Any) -> str:
        text = start.strip() if isinstance(start, str) else ""
        if NUMBER.fullmatch(text) or _PERCENT.fullmatch(text):
            return text
        if not _NAME.fullmatch(text):
            raise ClassRefused(f"not a number: {start!r}")
        return self.need(self.own(text, name), name)

    def own(self, wanted: str, name: str) -> str:
        """The part that belongs to the same charge by its suffix, such as indoor_drought, if there is one."""
        return next(
            (f"{wanted}_{word}" for word in name.split("_") if f"{wanted}_{word}" in self.parts), wanted
        )

    def needs_budget(self, limits: Any) -> bool:
        return any(_PERCENT.fullmatch(limit) for row in _rows_of(limits) for limit in row)

    def budget(self, name: str) -> list[str]:
        """The allotments that make the budget; each is rounded to whole units before they are added."""
        budget = self.own("budget", name)
        budget = budget if budget in self.parts else "budget_commodity"
        text = self.parts.get(budget)
        if not isinstance(text, str):
            raise ClassRefused(
                f"{name}: a tier is a share of the budget, but the class has no budget formula"
            )
        names = _summands(self.read(text, budget).tree)
        if names is not None and all(names):
            return [self.need(each, budget) for each in names]
        return [self.need(budget, name)]

    def prices(self, name: str, row: Any) -> list[str]:
        if not isinstance(row, list) or not row:
            raise ClassRefused(f"tier lists missing for {name}")
        return [self.map_number(name, price) for price in row]


def _rows_of(limits: Any) -> list[list[str]]:
    return list(limits["values"].values()) if isinstance(limits, dict) else [limits]


def _split_factor(tree: Node) -> tuple[Decimal | None, Node]:
    """A constant factor over the whole bill, and what it multiplies."""
    if isinstance(tree, Binary) and tree.operator == "*":
        if isinstance(tree.left, Number):
            return tree.left.value, tree.right
        if isinstance(tree.right, Number):
            return tree.right.value, tree.left
    return None, tree


def _summands(tree: Node) -> list[str] | None:
    """The names of a plain sum of names; None if the tree is anything else."""
    if isinstance(tree, Name):
        return [tree.name]
    if isinstance(tree, Binary) and tree.operator == "+":
        left, right = _summands(tree.left), _summands(tree.right)
        return None if left is None or right is None else left + right
    return None
