"""Published rate files: every expected bill, and every file and class that cannot be billed. Needs the shared data."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from billing import quote as quoting
from billing.rate_files import read_rates
from core.money import to_cents

pytestmark = pytest.mark.shared_data


def test_agrees_with_every_expected_bill(shared_data: Path) -> None:
    with (shared_data / "owrs" / "cases.csv").open(encoding="utf-8", newline="") as stream:
        quotes = list(
            quoting.quote(csv.DictReader(stream), rates=quoting.RateFiles(shared_data / "owrs" / "files"))
        )
    wrong = [(one.row["case_id"], one.refused, one.differences) for one in quotes if not one.agrees]
    assert wrong == []
    assert len(quotes) == 5654
    assert all(one.compared for one in quotes)


def test_adds_the_same_lines_as_the_exact_total(shared_data: Path) -> None:
    with (shared_data / "owrs" / "cases.csv").open(encoding="utf-8", newline="") as stream:
        quotes = list(
            quoting.quote(csv.DictReader(stream), rates=quoting.RateFiles(shared_data / "owrs" / "files"))
        )
    for one in quotes:
        assert one.result is not None
        assert one.result.exact_total == sum(line.exact for line in one.result.lines)
        assert abs(one.result.total - one.result.exact_total) <= Decimal("0.005") * len(one.result.lines)
        json.dumps([line.working for line in one.result.lines])


def test_refuses_every_file_and_class_that_cannot_be_billed(shared_data: Path) -> None:
    with (shared_data / "owrs" / "malformed.csv").open(encoding="utf-8", newline="") as stream:
        entries = [row for row in csv.DictReader(stream) if row["level"] in ("file", "class")]
    rates = quoting.RateFiles(shared_data / "owrs" / "files")
    for entry, one in zip(entries, quoting.quote(entries, rates=rates), strict=True):
        assert entry["file"] in one.refused, entry
        assert entry["customer_class"] in one.refused, entry
        assert len(one.refused) > len(entry["file"]) + len(entry["customer_class"]) + 10
    assert len(entries) > 30


def test_reads_the_rates_of_a_real_city(shared_data: Path) -> None:
    path = shared_data / "santa_monica" / "smc-2016-03-01.owrs"
    rate_file = read_rates(path.read_bytes(), file_name=path.name)
    assert rate_file.refused == {}
    assert rate_file.metadata.bill_frequency == "BIMONTHLY"
    assert len(rate_file.classes) == 6


def test_agrees_with_the_bills_that_were_published_exactly(shared_data: Path) -> None:
    """Months of a bill and thousand gallons are converted here: the published figures are ccf and money a month."""
    with (shared_data / "owrs" / "published_bills.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["our_check"] == "exact"]
    rates = quoting.RateFiles(shared_data / "owrs" / "files")
    for row in rows:
        rate = rates.rate(file_name=row["file"], customer_class=row["customer_class"])
        months = Decimal(row["months_in_bill"])
        use = Decimal(row["usage_ccf_per_month"]) * months * (Decimal("0.748") if rate.unit == "kgal" else 1)
        bill = rate.price({**quoting.case_inputs({"inputs_json": row["inputs_json"]}), "usage": use})
        difference = to_cents(bill.exact_total / months) - Decimal(row["published_monthly_bill"])
        # The publisher rounded the service and the use charge apart, and then added.
        assert abs(difference) <= Decimal("0.01"), row
    assert len(rows) == 175
