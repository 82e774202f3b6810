"""Each shape of charge, priced as a clerk would on paper."""

import json
from decimal import Decimal
from typing import Any

import pytest

from billing.rates import RatedResult, Share, compile_rate, explain, explain_line


def rate(*components: dict[str, Any], **more: Any) -> Any:
    return compile_rate({"format": 1, "unit": "ccf", **more, "components": list(components)})


def price(*components: dict[str, Any], **inputs: str) -> RatedResult:
    result: RatedResult = rate(*components).price(inputs)
    return result


BASE = {
    "code": "base",
    "kind": "fixed",
    "by": "meter_size",
    "values": {'5/8"': "12.50", '1_1/2"': "40.25"},
    "charge_type": "WATER",
    "label": "Water base charge",
}
USE = {
    "code": "use",
    "kind": "tiered",
    "blocks": [{"to": "8", "price": "2.10"}, {"to": "20", "price": "3.05"}, {"price": "4.80"}],
    "charge_type": "WATER",
}
TAX = {"code": "tax", "kind": "percent", "of": ["base", "use"], "rate": "0.065", "charge_type": "TAX"}


class TestFixed:
    @pytest.mark.parametrize("size", ['1 1/2"', '1_1/2"', '1|1/2"', ' 1  1/2" '])
    def test_finds_the_meter_size_however_it_is_written(self, size: str) -> None:
        assert price(BASE, meter_size=size).total == Decimal("40.25")

    def test_counts_units(self) -> None:
        per_unit = {"code": "units", "kind": "flat", "amount": "7.333", "per": "dwelling_units"}
        line = price(per_unit, dwelling_units="3").lines[0]
        assert (line.amount, line.exact, line.quantity) == (Decimal("22.00"), Decimal("21.999"), Decimal(3))

    def test_reads_a_table_by_two_inputs(self) -> None:
        table = {"by": ["meter_size", "city_limits"], "values": {'1|1/2"|inside': "3", '1|1/2"|outside': "5"}}
        charge = {"code": "base", "kind": "fixed", **table}
        assert price(charge, meter_size='1 1/2"', city_limits="outside").total == Decimal("5.00")

    def test_may_be_a_credit(self) -> None:
        assert price({"code": "credit", "kind": "flat", "amount": "-5.00"}).total == Decimal("-5.00")


class TestUniform:
    def test_prices_each_unit_alike(self) -> None:
        line = price({"code": "use", "kind": "uniform", "price": "2.105"}, usage="10.5").lines[0]
        assert (line.exact, line.amount) == (Decimal("22.1025"), Decimal("22.10"))

    def test_rounds_half_a_cent_up(self) -> None:
        line = price({"code": "use", "kind": "uniform", "price": "0.005"}, usage="1").lines[0]
        assert line.amount == Decimal("0.01")

    def test_takes_its_price_from_a_table(self) -> None:
        by_season = {
            "code": "use",
            "kind": "uniform",
            "by": "season",
            "values": {"summer": "3", "winter": "2"},
        }
        assert price(by_season, usage="4", season="winter").total == Decimal("8.00")


class TestTiered:
    @pytest.mark.parametrize(
        ("use", "expected"),
        [
            ("0", "0.00"),
            ("7", "14.70"),
            ("8", "16.80"),
            ("9", "19.85"),
            ("19", "50.35"),
            ("20", "53.40"),
            ("21", "58.20"),
            ("8.5", "18.33"),  # 16.80 + 1.525 = 18.325, half a cent up
            ("1000", "4757.40"),
        ],
    )
    def test_breaks_at_the_end_of_each_block(self, use: str, expected: str) -> None:
        assert price(USE, usage=use).total == Decimal(expected)

    def test_takes_limits_and_prices_from_tables(self) -> None:
        blocks = {
            "code": "use",
            "kind": "tiered",
            "limits": {"by": "meter_size", "values": {'5/8"': ["10"], '1"': ["30"]}},
            "prices": {"by": "water_type", "values": {"potable": ["2", "4"], "recycled": ["1", "1.5"]}},
        }
        assert price(blocks, usage="31", meter_size='5/8"', water_type="potable").total == Decimal("104.00")
        assert price(blocks, usage="31", meter_size='1"', water_type="recycled").total == Decimal("31.50")

    def test_takes_whole_blocks_from_a_table(self) -> None:
        small, large = [{"to": "5", "price": "1"}, {"price": "2"}], [{"price": "3"}]
        blocks = {"by": "meter_size", "values": {'5/8"': small, '2"': large}}
        charge = {"code": "use", "kind": "tiered", "blocks": blocks}
        assert price(charge, usage="7", meter_size='5/8"').total == Decimal("9.00")
        assert price(charge, usage="7", meter_size='2"').total == Decimal("21.00")

    def test_declining_blocks_grow_cheaper(self) -> None:
        falling = [{"to": "10", "price": "3"}, {"price": "1"}]
        assert price({"code": "use", "kind": "tiered", "blocks": falling}, usage="12").total == Decimal(
            "32.00"
        )


class TestBudget:
    CHARGE = {
        "code": "use",
        "kind": "budget",
        "budget": ["indoor", "outdoor"],
        "limits": ["indoor", "100%", "150%"],
        "prices": ["1", "2", "4", "8"],
    }

    def budget(self, use: str, indoor: str, outdoor: str) -> RatedResult:
        engine = rate(self.CHARGE, inputs=["indoor", "outdoor"])
        result: RatedResult = engine.price({"usage": use, "indoor": indoor, "outdoor": outdoor})
        return result

    @pytest.mark.parametrize(
        ("indoor", "outdoor", "expected"),
        [
            ("10", "10", "10 + 10*2 + 10*4 + 10*8"),
            ("10.5", "10.5", "10 + 10*2 + 10*4 + 10*8"),  # an exact half goes to the even unit
            ("11.5", "10.4", "12 + 10*2 + 11*4 + 7*8"),
            ("0", "0", "40*8"),
        ],
    )
    def test_rounds_each_allotment_half_to_even(self, indoor: str, outdoor: str, expected: str) -> None:
        worked = sum(
            int(a) * int(b or 1) for a, _, b in (term.strip().partition("*") for term in expected.split("+"))
        )
        assert self.budget("40", indoor, outdoor).total == Decimal(worked)

    def test_breaks_at_the_allotment_itself(self) -> None:
        assert [self.budget(use, "10", "0").total for use in ("9", "10", "11")] == [9, 10, 14]


class TestPercent:
    def test_is_taken_of_the_billed_amounts(self) -> None:
        result = price(BASE, USE, TAX, meter_size='5/8"', usage="8.5")
        assert [line.amount for line in result.lines] == [Decimal("12.50"), Decimal("18.33"), Decimal("2.00")]
        assert result.lines[2].exact == Decimal("30.83") * Decimal("0.065")

    def test_can_be_taken_of_the_exact_amounts(self) -> None:
        exact = price(BASE, USE, {**TAX, "on": "exact"}, meter_size='5/8"', usage="8.5").lines[2].exact
        assert exact == Decimal("30.825") * Decimal("0.065")


class TestFormula:
    def test_names_parts_components_and_inputs(self) -> None:
        engine = rate(
            USE,
            {"code": "pumping", "kind": "formula", "formula": "use*0.1 + lift*usage"},
            parts={"lift": {"by": "zone", "values": {"1": "0", "2": "0.25"}}, "idle": "3"},
        )
        result = engine.price({"usage": "10", "zone": "2"})
        assert result.parts["pumping"] == Decimal("2.29") + Decimal("2.5")
        assert "idle" not in result.parts

    def test_may_divide(self) -> None:
        engine = rate({"code": "share", "kind": "formula", "formula": "100/3"})
        assert engine.price({}).total == Decimal("33.33")


class TestCompiledRate:
    def test_sums_rounded_lines(self) -> None:
        lines = [{"code": f"c{n}", "kind": "flat", "amount": "1.005"} for n in range(3)]
        result = price(*lines)
        assert (result.total, result.exact_total) == (Decimal("3.03"), Decimal("3.015"))

    def test_tells_which_inputs_it_needs(self) -> None:
        engine = rate(BASE, USE, TAX)
        assert (engine.number_inputs, engine.key_inputs) == (("usage",), ("meter_size",))

    def test_uses_what_is_assumed_only_where_nothing_is_known(self) -> None:
        engine = rate(BASE, assumed={"meter_size": '5/8"'})
        assert engine.price({}).total == Decimal("12.50")
        assert engine.price({"meter_size": '1 1/2"'}).total == Decimal("40.25")

    def test_keeps_lines_in_the_order_of_the_definition(self) -> None:
        result = price(TAX, USE, BASE, meter_size='5/8"', usage="1")
        assert [line.component for line in result.lines] == ["tax", "use", "base"]

    def test_shares_the_fixed_charge_and_the_blocks_by_days(self) -> None:
        result = rate(BASE, USE).price({"meter_size": '5/8"', "usage": "10"}, share=Share(0, 10, 20))
        # Half of 12.50; half blocks of 4 and 6 units: 4 x 2.10 + 6 x 3.05.
        assert [line.amount for line in result.lines] == [Decimal("6.25"), Decimal("26.70")]

    def test_leaves_a_charge_whole_that_is_not_prorated(self) -> None:
        engine = rate({"code": "fee", "kind": "flat", "amount": "9", "prorate": False})
        assert engine.price({}, share=Share(0, 1, 30)).total == Decimal("9.00")


class TestWorking:
    def test_is_data_that_json_keeps(self) -> None:
        line = price(USE, usage="9.5").lines[0]
        again = json.loads(json.dumps(line.working))
        assert again == list(line.working)
        assert again[1] == {
            "kind": "block",
            "block": 2,
            "from": "8",
            "to": "20",
            "quantity": "1.5",
            "unit": "ccf",
            "price": "3.05",
            "amount": "4.575",
        }

    def test_reads_as_arithmetic(self) -> None:
        result = price(BASE, USE, TAX, meter_size='5/8"', usage="23.5")
        assert [explain_line(line) for line in result.lines] == [
            ['$12.50 a billing period (for meter size 5/8")'],
            [
                "8 ccf x $2.10 = $16.80 (block 1: the first 8 ccf)",
                "12 ccf x $3.05 = $36.60 (block 2: above 8 up to 20 ccf)",
                "3.5 ccf x $4.80 = $16.80 (block 3: above 20 ccf)",
                "Together $70.20",
            ],
            ["6.5% of $82.70 (base + use) = $5.3755", "Rounded to the cent: $5.38"],
        ]

    def test_shows_the_parts_a_budget_stands_on(self) -> None:
        engine = rate(
            {
                **TestBudget.CHARGE,
                "budget": ["indoor"],
                "limits": ["indoor", "150%"],
                "prices": ["1", "2", "3"],
            },
            parts={"indoor": {"formula": "hhsize*50*days_in_period/1000"}},
        )
        line = engine.price({"usage": "12", "hhsize": "3", "days_in_period": "61"}).lines[0]
        assert explain(line.working)[:3] == [
            "Indoor is 9.15 (hhsize*50*days_in_period/1000 where hhsize 3, days in period 61)",
            "Indoor allotment: 9 whole units, from 9.15",
            "150% of a budget of 9 = 14 whole units",
        ]

    def test_shows_a_use_of_nothing(self) -> None:
        assert explain(price(USE, usage="0").lines[0].working) == [
            "0 ccf x $2.10 = $0.00 (block 1: the first 8 ccf)"
        ]
