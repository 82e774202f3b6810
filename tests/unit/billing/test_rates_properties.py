"""What holds for every rate: parts sum to the whole, more use never costs less, order is nothing, no float anywhere."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing.rates import RatedResult, Share, compile_rate
from core.money import to_cents

USES = st.decimals(0, 100_000, places=3)
PRICES = st.decimals(0, 50, places=4)


@st.composite
def rising_tiers(draw: st.DrawFn) -> dict[str, Any]:
    limits = sorted(draw(st.sets(st.decimals(1, 10_000, places=1), max_size=5)))
    prices = sorted(draw(st.lists(PRICES, min_size=len(limits) + 1, max_size=len(limits) + 1)))
    return {
        "code": "use",
        "kind": "tiered",
        "limits": [str(n) for n in limits],
        "prices": [str(p) for p in prices],
    }


@st.composite
def rates(draw: st.DrawFn) -> list[dict[str, Any]]:
    base = {"code": "base", "kind": "flat", "amount": str(draw(PRICES))}
    flat = {"code": "pumping", "kind": "uniform", "price": str(draw(PRICES))}
    part = {"code": "lift", "kind": "formula", "formula": "pumping*0.1 + base/3"}
    tax = {"code": "tax", "kind": "percent", "of": ["base", "use", "lift"], "rate": str(draw(PRICES))}
    return [base, draw(rising_tiers()), flat, part, tax]


def definition(components: list[dict[str, Any]]) -> dict[str, Any]:
    return {"format": 1, "unit": "ccf", "components": components}


def values_in(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [value for each in found.values() for value in values_in(each)]
    if isinstance(found, list | tuple):
        return [value for each in found for value in values_in(each)]
    return [found]


def floats_in(result: RatedResult) -> list[Any]:
    seen = [result.total, result.exact_total, dict(result.parts)]
    for line in result.lines:
        seen += [line.quantity, line.exact, line.amount, line.working]
    return [value for value in values_in(seen) if isinstance(value, float)]


class TestEveryRate:
    @given(rates(), USES)
    def test_sums_its_parts_to_the_whole(self, components: list[dict[str, Any]], use: Decimal) -> None:
        result = compile_rate(definition(components)).price({"usage": use})
        assert result.exact_total == sum(line.exact for line in result.lines)
        assert result.total == sum(line.amount for line in result.lines)
        assert all(line.amount == to_cents(line.exact) for line in result.lines)
        blocks = [step for step in result.lines[1].working if step["kind"] == "block"]
        assert sum(Decimal(step["quantity"]) for step in blocks) == use
        assert sum(Decimal(step["amount"]) for step in blocks) == result.lines[1].exact

    @given(rising_tiers(), USES, USES)
    def test_never_costs_less_for_more_use(
        self, charge: dict[str, Any], one: Decimal, other: Decimal
    ) -> None:
        engine = compile_rate(definition([charge]))
        small, large = (engine.price({"usage": use}) for use in sorted([one, other]))
        assert small.exact_total <= large.exact_total

    @given(rates(), USES, st.randoms())
    def test_does_not_depend_on_the_order_of_components(
        self, components: list[dict[str, Any]], use: Decimal, random: Any
    ) -> None:
        shuffled = list(components)
        random.shuffle(shuffled)
        one = compile_rate(definition(components)).price({"usage": use})
        other = compile_rate(definition(shuffled)).price({"usage": use})
        assert {line.component: line for line in one.lines} == {line.component: line for line in other.lines}

    @given(rates(), USES)
    def test_holds_no_float_anywhere(self, components: list[dict[str, Any]], use: Decimal) -> None:
        result = compile_rate(definition(components)).price({"usage": use}, share=Share(1, 2, 7))
        assert floats_in(result) == []

    @given(rising_tiers(), USES, st.lists(st.integers(1, 40), min_size=1, max_size=5))
    def test_shares_its_blocks_so_that_they_sum_to_the_whole(
        self, charge: dict[str, Any], use: Decimal, days: list[int]
    ) -> None:
        engine = compile_rate(definition([charge]))
        before, widths = 0, [Decimal(0)] * len(charge["limits"])
        for count in days:
            # Beyond the last limit every block is full, so its working shows its size.
            result = engine.price({"usage": "1000000"}, share=Share(before, count, sum(days)))
            before += count
            for step in result.lines[0].working:
                if step["to"] is not None:
                    widths[step["block"] - 1] += Decimal(step["quantity"])
        limits = [Decimal(0), *map(Decimal, charge["limits"])]
        assert widths == [high - low for low, high in pairwise(limits)]
