"""What the engine refuses: bad definitions at entry, and bills without a price when they are priced."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import rates
from billing.rates import compile_rate

FLAT = {"code": "base", "kind": "flat", "amount": "5"}


def definition(*components: Any, **more: Any) -> dict[str, Any]:
    return {"format": 1, "unit": "ccf", "components": list(components), **more}


def tiers(*blocks: Any) -> dict[str, Any]:
    return {"code": "use", "kind": "tiered", "blocks": list(blocks)}


def percent(code: str, *of: str) -> dict[str, Any]:
    return {"code": code, "kind": "percent", "of": list(of), "rate": "0.1"}


def formula(code: str, text: str) -> dict[str, Any]:
    return {"code": code, "kind": "formula", "formula": text}


BAD = [
    (definition(FLAT, format=2), rates.DefinitionRefused, "format 1"),
    (definition(FLAT, colour="red"), rates.DefinitionRefused, "'colour'"),
    (definition(), rates.DefinitionRefused, "no components"),
    (definition(FLAT, unit="bucket"), rates.UnitUnknown, "unknown unit 'bucket'"),
    (definition(FLAT, FLAT), rates.CodeTwice, "'base' stands twice"),
    (definition(FLAT, parts={"base": "1"}), rates.CodeTwice, "'base' stands twice"),
    (definition({"code": "x", "kind": "magic"}), rates.ComponentRefused, "unknown kind 'magic'"),
    (definition({"code": "a b", "kind": "flat", "amount": "5"}), rates.ComponentRefused, "code 'a b'"),
    (definition({**FLAT, "colour": "red"}), rates.ComponentRefused, "'colour'"),
    (definition({"code": "base", "kind": "flat"}), rates.ComponentRefused, "'amount' is missing"),
    (definition({**FLAT, "amount": 5.1}), rates.NotANumber, "not exact"),
    (definition({**FLAT, "amount": True}), rates.NotANumber, "not exact"),
    (definition({**FLAT, "amount": "5,1"}), rates.NotANumber, "'5,1'"),
    (definition({**FLAT, "amount": "NaN"}), rates.NotANumber, "'NaN'"),
    (definition({**FLAT, "amount": "9" * 40}), rates.NotANumber, "more digits"),
    (definition(FLAT, parts={f"p{n}": "1" for n in range(400)}), rates.DefinitionRefused, "more than 300"),
    (definition({"code": "b", "kind": "fixed", "by": "zone", "values": {}}), rates.TableRefused, "no values"),
    (definition({"code": "b", "kind": "fixed", "values": {"1": "2"}}), rates.TableRefused, "'by'"),
    (
        definition({"code": "b", "kind": "fixed", "by": ["zone", "season"], "values": {"1": "2"}}),
        rates.TableRefused,
        "key '1' does not combine zone and season",
    ),
    (
        definition(
            {"code": "b", "kind": "fixed", "by": "meter_size", "values": {'1_1/2"': "2", '1 1/2"': "3"}}
        ),
        rates.KeyTwice,
        "duplicate key '1 1/2\"'",
    ),
    (
        definition({"code": "b", "kind": "fixed", "by": "metre_size", "values": {"1": "2"}}),
        rates.NameUnknown,
        "'metre_size'",
    ),
    (definition(tiers()), rates.BlocksRefused, "no blocks"),
    (definition(tiers({"to": "8", "price": "1"})), rates.BlocksRefused, "the last one only 'price'"),
    (
        definition(tiers({"to": "8", "price": "1"}, {"to": "8", "price": "2"}, {"price": "3"})),
        rates.BlocksNotRising,
        "block 2 ends at 8 after 8",
    ),
    (definition(tiers({"to": "-1", "price": "1"}, {"price": "3"})), rates.BlocksNotRising, "ends at -1"),
    (
        definition({"code": "use", "kind": "tiered", "limits": ["8"], "prices": ["1"]}),
        rates.BlocksRefused,
        "2 blocks but 1 prices",
    ),
    (
        definition({"code": "use", "kind": "tiered", "limits": ["80%"], "prices": ["1", "2"]}),
        rates.BlocksRefused,
        "share of a budget",
    ),
    (
        definition({"code": "use", "kind": "budget", "limits": ["80%"], "prices": ["1", "2"]}),
        rates.BlocksRefused,
        "there is no budget",
    ),
    (definition(formula("f", "usage*rat")), rates.NameUnknown, "'rat' is neither a part of the rate"),
    (definition(formula("f", "usage*(2")), rates.FormulaUnreadable, "')' is missing"),
    (definition(formula("f", "g+1"), formula("g", "f*2")), rates.DefinitionLoops, "f > g > f"),
    (definition(formula("f", "f+1")), rates.DefinitionLoops, "f > f"),
    (definition(percent("tax", "tax")), rates.PercentOfItself, "percentage of itself"),
    (definition(percent("a", "b"), percent("b", "a")), rates.DefinitionLoops, "a > b > a"),
    (definition(percent("tax", "base")), rates.NameUnknown, "'base'"),
    (definition(FLAT, percent("tax", "base", "base")), rates.ComponentRefused, "twice"),
    (definition(FLAT, assumed={"zone": 1}), rates.DefinitionRefused, "'assumed'"),
]


class TestCompileRate:
    @pytest.mark.parametrize(("bad", "error", "said"), BAD)
    def test_refuses_at_entry_with_place_and_cause(self, bad: Any, error: type[Exception], said: str) -> None:
        with pytest.raises(error) as refusal:
            compile_rate(bad)
        assert said in str(refusal.value)
        assert isinstance(refusal.value, rates.RateRefused)

    def test_names_the_place(self) -> None:
        with pytest.raises(rates.NotANumber) as refusal:
            compile_rate(definition(tiers({"to": "8", "price": "1"}, {"price": "2.x"})))
        assert str(refusal.value) == "use, prices, block 2: not a number: '2.x'"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(
    ["kind", "by", "values", "amount", "price", "limits", "prices", "blocks", "of", "rate", "to", "budget"]
)
KINDS = st.sampled_from(["fixed", "flat", "uniform", "tiered", "budget", "percent", "formula"])


class TestCompileRateOnAnything:
    @given(KINDS, st.dictionaries(WORDS, JSON, max_size=4), JSON)
    def test_refuses_or_prices_and_never_fails_otherwise(self, kind: str, fields: Any, anything: Any) -> None:
        component = {**fields, "code": "x", "kind": kind}
        for bad in (anything, definition(component), definition(FLAT, parts={"p": fields or anything})):
            with suppress(rates.RateRefused, rates.NotPriceable):
                assert compile_rate(bad).price({"usage": "3"}).total is not None


class TestPrice:
    TABLE = {"code": "base", "kind": "fixed", "by": "meter_size", "values": {'5/8"': "12.50"}}

    def refusal(self, *components: Any, inputs: dict[str, Any], **more: Any) -> rates.NotPriceable:
        with pytest.raises(rates.NotPriceable) as refusal:
            compile_rate(definition(*components, **more)).price(inputs)
        return refusal.value

    def test_has_no_price_for_a_meter_size_not_in_the_table(self) -> None:
        refusal = self.refusal(self.TABLE, inputs={"meter_size": '7"'})
        assert isinstance(refusal, rates.NoPrice)
        assert str(refusal) == 'no price for meter size 7" in base'

    def test_misses_an_input(self) -> None:
        refusal = self.refusal(self.TABLE, tiers({"price": "1"}), inputs={})
        assert isinstance(refusal, rates.InputMissing)
        assert str(refusal) == "missing usage, meter size"

    def test_refuses_a_negative_use(self) -> None:
        refusal = self.refusal(tiers({"price": "1"}), inputs={"usage": "-3"})
        assert isinstance(refusal, rates.UseNegative)

    @pytest.mark.parametrize("use", ["12,3O", "", "NaN", "1e400", "9" * 40, Decimal("NaN"), 1.5, True, None])
    def test_refuses_an_input_that_is_no_exact_number(self, use: Any) -> None:
        refusal = self.refusal(tiers({"price": "1"}), inputs={"usage": use})
        assert isinstance(refusal, rates.InputNotANumber)

    def test_refuses_to_divide_by_nothing(self) -> None:
        refusal = self.refusal(
            formula("f", "usage/dwelling_units"), inputs={"usage": "3", "dwelling_units": "0"}
        )
        assert isinstance(refusal, rates.DividedByZero)

    def test_refuses_limits_and_prices_that_do_not_pair(self) -> None:
        charge = {
            "code": "use",
            "kind": "tiered",
            "limits": {"by": "meter_size", "values": {"a": ["1"], "b": ["1", "2"]}},
            "prices": {"by": "zone", "values": {"1": ["1", "2"]}},
        }
        refusal = self.refusal(charge, inputs={"usage": "3", "meter_size": "b", "zone": "1"})
        assert isinstance(refusal, rates.BlocksDoNotPair)

    def test_takes_decimals_texts_and_whole_numbers_alike(self) -> None:
        engine = compile_rate(definition(tiers({"price": "1.5"})))
        assert {engine.price({"usage": use}).total for use in ("2", 2, Decimal(2))} == {Decimal("3.00")}
