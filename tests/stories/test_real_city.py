"""A part of a real city: every twelfth customer, four months, loaded, billed and paid, against a separate calculation."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
from pathlib import Path

import pytest

from accounts.models import Account
from billing.models import Bill, BillRunItem
from core import proofs
from tests.factories import use_histories
from tests.factories.use_histories import Row
from tests.stories.test_usage_city import NO_RATE, pay_one_bill

FOLDER = "santa_monica"
FIRST, LAST = "2014-01", "2014-04"
EVERY = 12
WITHOUT_RATE = "OTHER"


def a_part(path: Path) -> list[Row]:
    """The rows of every twelfth customer in the first months; of those without a rate, all."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        return [
            row
            for row in csv.DictReader(stream)
            if FIRST <= f"{row['usage_year']}-{int(row['usage_month']):02d}" <= LAST
            and (int(row["cust_id"]) % EVERY == 5 or row["cust_class"] == WITHOUT_RATE)
        ]


class TestRealCity:
    def test_a_part_is_billed_to_the_cent(self, committed_db: str, shared_data: Path, tmp_path: Path) -> None:
        folder = shared_data / FOLDER
        if not folder.is_dir():
            pytest.skip(f"SHARED_DATA has no folder {FOLDER}")
        rates = next(folder.glob("*.owrs"))
        rows = a_part(next(folder.glob("usage*.csv.gz")))
        expected = use_histories.expected(rows, rates)
        assert len(expected.classes) == 5 * 4, "the part is too small to say anything"

        said, code = use_histories.run(
            "load_usage",
            str(use_histories.write(tmp_path / "part.csv", rows)),
            "--rates",
            str(rates),
            "--effective",
            "2014-01-01",
        )
        assert code == 0, said
        assert Account.objects.count() == len({(row["cust_id"], row["cust_class"]) for row in rows})

        found = use_histories.bill(FIRST, LAST)
        assert use_histories.as_said(found) == use_histories.as_expected(expected)
        assert {run["period"]: run["held_reasons"] for run in found["runs"]} == {
            month: {NO_RATE: count} for month, count in expected.held.items()
        }
        self._holds_only_what_has_no_rate(rows)
        bills_of_nothing = Bill.objects.filter(total_amount=0)
        assert bills_of_nothing.count() == sum(expected.zero_bills.values()) > 0
        assert not bills_of_nothing.exclude(status=Bill.Status.POSTED, entry=None).exists()

        pay_one_bill(on_date=dt.date(2014, 5, 6))
        assert [(result.name, result.examples) for result in proofs.run_all() if result.violations] == []

    def _holds_only_what_has_no_rate(self, rows: list[Row]) -> None:
        held = BillRunItem.objects.filter(state=BillRunItem.State.HELD).select_related("account")
        classes = {each for item in held for each in item.account.classes.values_list("value", flat=True)}
        assert classes == {WITHOUT_RATE}
        without_rate = Account.objects.filter(classes__value=WITHOUT_RATE)
        assert not Bill.objects.filter(account__in=without_rate).exists()
        assert without_rate.count() == len(
            {row["cust_id"] for row in rows if row["cust_class"] == WITHOUT_RATE}
        )
