"""Use between two readings, and units of use."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.usage import ReadingFact, RegisterUse, UnitsDoNotConvert, convert, total_use


def use(
    start: int,
    end: int,
    *,
    dials: int = 4,
    multiplier: str = "1",
    sign: int = 1,
    share: str = "1",
    unit: str = "ccf",
) -> RegisterUse:
    return RegisterUse(
        register_id=1,
        serial_number="M1",
        start=ReadingFact(1, dt.date(2015, 1, 1), Decimal(start), "ACTUAL"),
        end=ReadingFact(2, dt.date(2015, 2, 1), Decimal(end), "ACTUAL"),
        dial_count=dials,
        multiplier=Decimal(multiplier),
        sign=sign,
        share=Decimal(share),
        unit=unit,
    )


class TestRegisterUse:
    def test_is_the_difference_times_the_multiplier(self) -> None:
        assert use(100, 112, multiplier="10").quantity == 120

    def test_goes_on_past_the_highest_number(self) -> None:
        rolled = use(9998, 3)
        assert rolled.rolled_over
        assert rolled.quantity == 5

    def test_of_a_deduct_meter_is_negative(self) -> None:
        assert use(0, 7, sign=-1).quantity == -7

    def test_is_shared(self) -> None:
        assert use(0, 7, share="0.25").quantity == Decimal("1.75")

    def test_as_data_holds_what_the_bill_shows(self) -> None:
        shown = use(9998, 3).as_data()
        assert (shown["from_value"], shown["to_value"], shown["quantity"]) == ("9998", "3", "5")
        assert shown["rolled_over"] is True


class TestTotalUse:
    def test_adds_and_deducts_registers(self) -> None:
        assert total_use([use(0, 30), use(0, 12, sign=-1)], unit="ccf") == 18

    def test_of_registers_in_other_units_is_exact_to_the_thousandth(self) -> None:
        # 1000 gallons are 231,000 cubic inches, 133.680555... cubic feet.
        assert total_use([use(0, 1000, unit="gal")], unit="cf") == Decimal("133.681")
        assert total_use([use(0, 748, unit="gal"), use(0, 1)], unit="ccf") == Decimal("2.000")

    def test_rounds_once_and_not_a_part_each(self) -> None:
        parts = [use(0, 1, unit="gal") for _ in range(1000)]
        assert total_use(parts, unit="ccf") == convert(Decimal(1000), of="gal", to="ccf") == Decimal("1.337")

    def test_rounds_half_away_from_zero(self) -> None:
        assert total_use([use(0, 1, share="0.0005")], unit="ccf") == Decimal("0.001")
        assert total_use([use(0, 1, share="0.0005", sign=-1)], unit="ccf") == Decimal("-0.001")

    def test_refuses_what_measures_something_else(self) -> None:
        with pytest.raises(UnitsDoNotConvert, match="kwh"):
            total_use([use(0, 5, unit="kwh")], unit="ccf")


class TestConvert:
    @pytest.mark.parametrize(
        ("quantity", "of", "to", "expected"),
        [
            ("1", "ccf", "cf", "100"),
            ("1", "kgal", "gal", "1000"),
            ("1", "ccf", "gal", "748.052"),
            ("1", "ccf", "kgal", "0.748"),
            ("10", "kgal", "ccf", "13.368"),
            ("1", "m3", "kilolitre", "1"),
            ("100", "m3", "cf", "3531.467"),
            ("12.5", "kwh", "kwh", "12.5"),
        ],
    )
    def test_knows_the_units_of_water(self, quantity: str, of: str, to: str, expected: str) -> None:
        assert convert(Decimal(quantity), of=of, to=to) == Decimal(expected)

    @given(st.decimals(min_value=0, max_value=10**6, places=3))
    def test_there_and_back_is_within_a_rounding(self, quantity: Decimal) -> None:
        there = convert(quantity, of="ccf", to="cf")
        assert convert(there, of="cf", to="ccf") == quantity
