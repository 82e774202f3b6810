"""Rate files of the Open Water Rate Specification: invented towns, worked by hand."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billing import owrs
from billing.rates import NoPrice, RatedResult, Share, compile_rate, explain

FILES = Path(__file__).parents[2] / "rates"
TOWN = owrs.parse((FILES / "maple_hollow.owrs").read_text(encoding="utf-8"), file_name="maple_hollow.owrs")


def price(customer_class: str, **inputs: str) -> RatedResult:
    # Through JSON, as the database keeps it.
    definition = json.loads(json.dumps(TOWN.classes[customer_class]))
    return compile_rate(definition).price(inputs)


def parse(text: str) -> owrs.RateFile:
    return owrs.parse(text, file_name="town.owrs")


HEAD = "metadata: {effective_date: 2024-07-01, utility_name: Town}\nrate_structure:\n"


class TestParse:
    def test_reads_the_metadata(self) -> None:
        metadata = TOWN.metadata
        assert metadata.effective_date == date(2024, 7, 1)
        assert (metadata.utility_name, metadata.bill_frequency, metadata.unit) == (
            "Town of Maple Hollow",
            "BIMONTHLY",
            "kgal",
        )
        assert TOWN.refused == {}

    @pytest.mark.parametrize(
        ("use", "size", "service", "commodity"),
        [
            ("0", '5/8"', "11.00", "0"),
            ("10", '5/8"', "11.00", "20"),
            ("11", '5/8"', "11.00", "23.105"),
            ("10.5", '1_1/2"', "40.25", "21.5525"),
            ("30", '1|1/2"', "40.25", "82.1"),
            ("31", '1 1/2"', "40.25", "87.35"),
        ],
    )
    def test_breaks_tiers_one_unit_before_the_next_start(
        self, use: str, size: str, service: str, commodity: str
    ) -> None:
        result = price("RESIDENTIAL_SINGLE", usage=use, meter_size=size)
        assert result.parts["service_charge"] == Decimal(service)
        assert result.parts["commodity_charge"] == Decimal(commodity)
        assert result.exact_total == Decimal(service) + Decimal(commodity)
        assert [line.component for line in result.lines] == ["service_charge", "commodity_charge"]

    def test_finds_a_part_under_its_commodity_name_and_a_factor_over_the_bill(self) -> None:
        result = price("RESIDENTIAL_MULTI", usage="7", number_dwelling_units="4")
        # 36 + 19.25 = 55.25, times 1.02
        assert result.exact_total == Decimal("56.355")
        assert [line.amount for line in result.lines] == [Decimal("36.00"), Decimal("19.25"), Decimal("1.11")]

    def test_shares_a_formula_that_is_an_amount_a_period(self) -> None:
        rate = compile_rate(TOWN.classes["RESIDENTIAL_MULTI"])
        half = rate.price({"usage": "7", "number_dwelling_units": "4"}, share=Share(0, 15, 30))
        # Half of 9 a dwelling; the use is the use of the half already.
        assert (half.parts["service_charge"], half.parts["commodity_charge"]) == (18, Decimal("19.25"))

    def test_rounds_a_water_budget_half_to_even(self) -> None:
        # Indoor 3 x 50 x 30 / 1000 = 4.5, to 4; outdoor 1500 x 4.67 x 0.5 / 1000 = 3.5025, to 4; 150% of 8 is 12.
        inputs = {"hhsize": "3", "days_in_period": "30", "irr_area": "1500", "et_amount": "4.67"}
        result = price("BUDGETED", usage="20", **inputs)
        assert result.parts["commodity_charge"] == 4 * 1 + 4 * 2 + 4 * 4 + 8 * 8
        assert explain(result.lines[1].working)[2:5] == [
            "Indoor allotment: 4 whole units, from 4.5",
            "Outdoor allotment: 4 whole units, from 3.5025",
            "100% of a budget of 8 = 8 whole units",
        ]

    def test_reads_maps_by_several_inputs(self) -> None:
        inputs = {"meter_size": '1 1/2"', "city_limits": "outside_city", "season": "Winter"}
        result = price("COMMERCIAL", usage="12", **inputs)
        assert [(line.amount, line.charge_type) for line in result.lines] == [
            (Decimal("45.00"), "WATER"),
            (Decimal("30.00"), "WATER"),
            (Decimal("10.80"), "SEWER"),
        ]

    def test_gives_the_rest_of_an_odd_bill_its_own_line(self) -> None:
        result = price("INDUSTRIAL", usage="8", number_of_meters="3")
        assert result.exact_total == 330
        assert [line.amount for line in result.lines] == [100, 10, 220]

    def test_has_no_price_for_what_is_not_in_a_map(self) -> None:
        with pytest.raises(NoPrice, match='no price for meter size 12" in service_charge'):
            price("RESIDENTIAL_SINGLE", usage="1", meter_size='12"')

    def test_keeps_every_digit(self) -> None:
        town = parse(HEAD + "  A: {commodity_charge: 0.1234567890123*usage_ccf, bill: commodity_charge}")
        result = compile_rate(town.classes["A"]).price({"usage": "3"})
        assert result.exact_total == Decimal("0.3703703670369")

    def test_leaves_a_single_tier_out_of_a_map(self) -> None:
        town = parse(
            HEAD
            + """  A:
    tier_starts: {depends_on: water_type, values: {good: [0, 11], odd: [0]}}
    tier_prices: {depends_on: water_type, values: {good: [1, 2], odd: [3]}}
    commodity_charge: Tiered
    bill: commodity_charge
"""
        )
        engine = compile_rate(town.classes["A"])
        assert engine.price({"usage": "11", "water_type": "good"}).total == 12
        with pytest.raises(NoPrice):
            engine.price({"usage": "11", "water_type": "odd"})


BROKEN = owrs.parse(
    (FILES / "broken_classes.owrs").read_text(encoding="utf-8"), file_name="broken_classes.owrs"
)


class TestRefusedClasses:
    @pytest.mark.parametrize(
        ("customer_class", "cause"),
        [
            ("NO_BILL", "no bill formula"),
            (
                "UNKNOWN_NAME",
                "formula names 'flat_rat', which is neither a part of the class nor a known input",
            ),
            ("CIRCLE", "circle: service_charge > commodity_charge > service_charge"),
            ("FALLING", "tier starts not increasing in commodity_charge: 0, 20, 10"),
            ("ONE_TIER", "only one tier"),
            ("NO_TIERS", "tier lists missing for commodity_charge"),
            ("PERCENT", "% tier in a 'Tiered' charge"),
            ("UNPAIRED", "2 blocks but 3 prices"),
            ("FORMULA_IN_MAP", "map value is not a number: service_charge='2*usage_ccf'"),
            ("SAME_SIZE_TWICE", "duplicate key '1_1/2\"'"),
            ("KEYS", "key '5/8\"' does not combine meter size and city limits"),
            ("TWO_VALUES", "':' at character 22 of the formula"),
        ],
    )
    def test_say_file_class_and_cause(self, customer_class: str, cause: str) -> None:
        said = BROKEN.why_not(customer_class)
        assert said.startswith(f"broken_classes.owrs: class {customer_class}: ")
        assert cause in said

    def test_leave_the_others_standing(self) -> None:
        assert list(BROKEN.classes) == ["GOOD"]
        assert len(BROKEN.refused) == 12

    def test_say_so_where_there_is_no_such_class(self) -> None:
        assert TOWN.why_not("OTHER") == "maple_hollow.owrs: class OTHER: no rate for class OTHER"


class TestRefusedFiles:
    @pytest.mark.parametrize(
        ("text", "cause"),
        [
            ("", "YAML: the file is empty"),
            ("- 1", "not a set of named values"),
            ("metadata: {}", "effective_date is not a date"),
            ("rate_structure: {}", "no metadata"),
            (
                HEAD.replace("2024-07-01", "2024-02-30") + "  A: {bill: 1}",
                "effective_date is not a date: '2024-02-30'",
            ),
            (
                HEAD.replace("Town}", "Town, bill_unit: bucket}") + "  A: {bill: 1}",
                "unknown bill_unit 'bucket'",
            ),
            (HEAD.replace("Town}", "Town, bill_frequency: daily}") + "  A: {bill: 1}", "'daily'"),
            (HEAD.replace("utility_name: Town", "x: y") + "  A: {bill: 1}", "no utility_name"),
            (HEAD + "  {}", "no rate_structure"),
            (HEAD + "  A: {bill: 1}\n  A: {bill: 2}", "duplicate key 'A', line 4"),
            (HEAD + "  A:\n    bill: 1\n    rate: 2\n    rate: 3", "duplicate key 'rate', line 6"),
            (HEAD + "  A:\n\tbill: 1", "cannot start any token"),
            (HEAD + "  A: {bill: 1", "YAML: "),
            (HEAD + "  A: &a {bill: 1}\n  B: *a", "alias (*a)"),
            (HEAD + "  A: {bill: !!python/name:os.system 1}", "a tag"),
            (HEAD + "  A: {bill: 1}\n---\nmore: 1", "second document"),
            (HEAD + "  ? [a, b]\n  : {bill: 1}", "a key is not one plain value"),
            ("[" * 200, "nested deeper"),
        ],
    )
    def test_name_the_file_and_the_cause(self, text: str, cause: str) -> None:
        with pytest.raises(owrs.RateFileRefused) as refusal:
            parse(text)
        assert str(refusal.value).startswith("town.owrs: ")
        assert cause in refusal.value.cause


class TestReadDate:
    @pytest.mark.parametrize("text", ["2024-07-01", "07/01/2024", "7/1/2024", "07-01-2024"])
    def test_takes_the_ways_files_write_it(self, text: str) -> None:
        assert owrs.read_date(text) == date(2024, 7, 1)

    @pytest.mark.parametrize("text", ["", "July 2024", "13/01/2024", "2024-7", "2024-02-30"])
    def test_gives_nothing_for_anything_else(self, text: str) -> None:
        assert owrs.read_date(text) is None
