"""Quoting cases against rate files, and the command, without a database."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing import quote as quoting

FILES = Path(__file__).parents[2] / "rates"
TOWN = FILES / "maple_hollow.owrs"


def quote(path: Path, *rows: dict[str, str]) -> list[quoting.Quote]:
    return list(quoting.quote(rows, rates=quoting.RateFiles(path)))


HOUSE = {"customer_class": "RESIDENTIAL_SINGLE", "usage_ccf": "11", "meter_size": '5/8"'}


class TestQuote:
    def test_takes_named_columns(self) -> None:
        one = quote(TOWN, {**HOUSE, "exact_total": "34.105"})[0]
        assert (one.agrees, one.compared) == (True, True)

    def test_takes_json_instead_where_it_stands(self) -> None:
        row = {
            **HOUSE,
            "inputs_json": json.dumps({"usage_ccf": 30, "meter_size": '5/8"'}),
            "exact_total": "93.1",
        }
        assert quote(TOWN, row)[0].agrees

    @pytest.mark.parametrize(
        ("exact", "agrees"), [("34.105001", True), ("34.1050011", False), ("34.11", False)]
    )
    def test_compares_exact_amounts_to_a_millionth(self, exact: str, agrees: bool) -> None:
        assert quote(TOWN, {**HOUSE, "exact_total": exact})[0].agrees is agrees

    @pytest.mark.parametrize(("expected", "agrees"), [("34.11", True), ("34.105", False), ("34.10", False)])
    def test_compares_an_expected_bill_to_the_cent(self, expected: str, agrees: bool) -> None:
        assert quote(TOWN, {**HOUSE, "expected_bill": expected})[0].agrees is agrees

    def test_ignores_an_expected_amount_beside_its_exact_twin(self) -> None:
        assert quote(TOWN, {**HOUSE, "expected_total": "1.00", "exact_total": "34.105"})[0].agrees

    def test_says_each_difference(self) -> None:
        one = quote(TOWN, {**HOUSE, "exact_service_charge": "12", "exact_total": "35.105"})[0]
        assert one.differences == ("service_charge is 11.00, expected 12", "total is 34.105, expected 35.105")

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ({**HOUSE, "customer_class": "OTHER"}, "maple_hollow.owrs: class OTHER: no rate for class OTHER"),
            ({**HOUSE, "usage_ccf": "12,3O"}, "usage is not a number that can be reckoned with: '12,3O'"),
            ({**HOUSE, "usage_ccf": "-1"}, "the use is negative"),
            ({**HOUSE, "meter_size": '9"'}, 'no price for meter size 9" in service_charge'),
            ({**HOUSE, "meter_size": ""}, "missing meter size"),
            ({**HOUSE, "inputs_json": "{"}, "inputs_json is not JSON"),
            ({**HOUSE, "inputs_json": "[1]"}, "not a set of named numbers"),
            ({**HOUSE, "exact_total": "much"}, "exact_total is not an amount: 'much'"),
        ],
    )
    def test_refuses_a_case_it_cannot_price(self, row: dict[str, str], said: str) -> None:
        one = quote(TOWN, row)[0]
        assert said in one.refused
        assert not one.agrees

    def test_finds_files_in_a_folder(self) -> None:
        rows = [{**HOUSE, "file": "maple_hollow.owrs"}, {**HOUSE, "rate_file": "maple_hollow.owrs"}]
        assert [one.refused for one in quote(FILES, *rows)] == ["", ""]

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("", "the row names no rate file"),
            ("absent.owrs", "absent.owrs: the rate file cannot be read"),
            ("../rates_elsewhere.owrs", "outside the folder"),
            ("README.md", "only rate files that end in .owrs"),
        ],
    )
    def test_refuses_files_it_cannot_use(self, name: str, said: str) -> None:
        assert said in quote(FILES, {**HOUSE, "file": name})[0].refused


class TestCommand:
    def run(
        self, capsys: Any, cases: list[dict[str, str]], tmp_path: Path, *options: str
    ) -> tuple[int, list[str]]:
        path = tmp_path / "cases.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(cases[0]))
            writer.writeheader()
            writer.writerows(cases)
        try:
            call_command("quote", str(TOWN), "--cases", str(path), *options)
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, capsys.readouterr().out.splitlines()

    def test_sums_up_on_the_last_line(self, capsys: Any, tmp_path: Path) -> None:
        code, said = self.run(capsys, [{**HOUSE, "exact_total": "34.105"}] * 2, tmp_path)
        assert (code, said) == (0, ["2 of 2 agree"])

    def test_exits_1_on_a_difference(self, capsys: Any, tmp_path: Path) -> None:
        cases = [
            {"case_id": f"c{n}", **HOUSE, "exact_total": amount} for n, amount in enumerate(("34.105", "1"))
        ]
        code, said = self.run(capsys, cases, tmp_path)
        assert (code, said) == (1, ["c1: total is 34.105, expected 1", "1 of 2 agree"])

    def test_writes_one_json_object(self, capsys: Any, tmp_path: Path) -> None:
        code, said = self.run(capsys, [{**HOUSE, "exact_total": "1"}], tmp_path, "--json")
        assert code == 1
        assert json.loads("\n".join(said)) == {
            "cases": 1,
            "compared": 1,
            "agree": 0,
            "differences": [{"case": "row 1", "difference": "total is 34.105, expected 1"}],
        }

    def test_writes_the_cases_with_our_columns(self, capsys: Any, tmp_path: Path) -> None:
        out = tmp_path / "out.csv"
        self.run(capsys, [{**HOUSE, "exact_total": "34.105"}], tmp_path, "--out", str(out))
        with out.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert list(rows[0])[-5:] == list(quoting.OUTPUT_COLUMNS)
        assert rows[0]["our_total"] == "34.105"
        assert rows[0]["agrees"] == "yes"
        assert "10 kgal x $2.00 = $20.00" in rows[0]["working"]

    def test_exits_2_where_it_cannot_start(self, tmp_path: Path) -> None:
        for rates, cases in [("nowhere.owrs", str(TOWN)), (str(TOWN), str(tmp_path / "nowhere.csv"))]:
            with pytest.raises(CommandError) as refusal:
                call_command("quote", rates, "--cases", cases)
            assert refusal.value.returncode == 2
