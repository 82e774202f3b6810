"""Use histories as files, and what their rows come to by a calculation that shares nothing with the product.

The calculation reads the rate file as plain YAML and reckons in whole numbers: thousandths of a ccf times
ten-thousandths of a dollar, rounded once a line.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.apps import apps
from django.core.management import CommandError, call_command

COLUMNS = ("cust_id", "usage_ccf", "usage_month", "usage_year", "cust_class")
ASSUMED = {"meter_size": '5/8"', "water_type": "POTABLE"}

Row = Mapping[str, str]
Account = tuple[str, str]


@dataclass
class ClassMonth:
    """What the rows of one class in one month come to."""

    bills: int = 0
    thousandths: int = 0
    cents: int = 0


@dataclass
class Expected:
    """What billing a history must give."""

    classes: dict[tuple[str, str], ClassMonth] = field(default_factory=lambda: defaultdict(ClassMonth))
    held: Counter[str] = field(default_factory=Counter)
    zero_bills: Counter[str] = field(default_factory=Counter)
    bills: dict[tuple[str, Account], int] = field(default_factory=lambda: defaultdict(int))


def write(path: Path, rows: Iterable[Row], *, columns: Sequence[str] = COLUMNS) -> Path:
    """A history as a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def run(command: str, *arguments: str) -> tuple[str, int]:
    """A command's words on both channels, and its exit code."""
    out = io.StringIO()
    code = 0
    try:
        call_command(command, *arguments, stdout=out, stderr=out)
    except CommandError as refusal:
        out.write(str(refusal))
        code = refusal.returncode
    except SystemExit as end:
        code = int(end.code or 0)
    return out.getvalue(), code


def bill(first: str, last: str) -> dict[str, Any]:
    """Bill and post the months; what the command says of them."""
    said, code = run(
        "run_billing", "--from", first, "--to", last, "--approve", "--by", "supervisor", "--json"
    )
    assert code == 0, said
    found: dict[str, Any] = json.loads(said)
    return found


def row_counts() -> dict[str, int]:
    """How many rows each table holds."""
    return {
        model._meta.db_table: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.managed
    }


def expected(rows: Iterable[Row], rates: Path) -> Expected:
    """What the rows come to under the rate file, reckoned by class and month in whole numbers."""
    _, document = yaml.safe_load_all("---\n" + rates.read_text(encoding="utf-8"))
    book = document["rate_structure"]
    found = Expected()
    held: dict[str, set[Account]] = defaultdict(set)
    for row in rows:
        month = f"{int(row['usage_year'])}-{int(row['usage_month']):02d}"
        account = (row["cust_id"], row["cust_class"])
        if row["cust_class"] not in book:
            held[month].add(account)
            continue
        thousandths = int(Decimal(row["usage_ccf"]) * 1000)
        cents = _cents(book[row["cust_class"]], thousandths)
        total = found.classes[month, row["cust_class"]]
        total.thousandths += thousandths
        total.cents += cents
        found.bills[month, account] += cents
    for (month, account), cents in found.bills.items():
        found.classes[month, account[1]].bills += 1
        found.zero_bills[month] += cents == 0
    found.held.update({month: len(accounts) for month, accounts in held.items()})
    return found


def _cents(rate: Mapping[str, Any], thousandths: int) -> int:
    """The bill of one meter: a rounded service charge and a rounded sum over the blocks."""
    starts, prices = _picked(rate["tier_starts"]), _picked(rate["tier_prices"])
    lower = [max(start - 1, 0) * 1000 for start in starts]
    upper = [*lower[1:], max(thousandths, lower[-1])]
    commodity = sum(
        max(min(thousandths, top) - low, 0) * _ten_thousandths(price)
        for low, top, price in zip(lower, upper, prices, strict=True)
    )
    return _rounded(commodity) + _rounded(_ten_thousandths(_picked(rate.get("service_charge", 0))) * 1000)


def _picked(value: Any) -> Any:
    while isinstance(value, dict):
        value = value["values"][ASSUMED[value["depends_on"]]]
    return value


def _ten_thousandths(price: float) -> int:
    return int(Decimal(str(price)) * 10_000)


def _rounded(ten_millionths: int) -> int:
    """Thousandths times ten-thousandths of a dollar, as cents, half up."""
    return (ten_millionths + 50_000) // 100_000


def as_said(found: Mapping[str, Any]) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    """What the command reports by month and class: bills, units, amount."""
    return {
        (run["period"], row["class"]): (row["bills"], Decimal(row["units"]), Decimal(row["amount"]))
        for run in found["runs"]
        for row in run["by_class"]
    }


def as_expected(found: Expected) -> dict[tuple[str, str], tuple[int, Decimal, Decimal]]:
    """The expectation in the same shape."""
    return {
        key: (each.bills, Decimal(each.thousandths) / 1000, Decimal(each.cents) / 100)
        for key, each in found.classes.items()
    }
