"""A small invented town from its use history: loaded, billed, paid; and histories that are refused whole."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import Account
from billing.models import Bill, BillRunItem
from core import proofs
from core.users import get_user
from ledger import queries as ledger_queries
from metering.models import ReadingException
from payments.models import Drawer
from payments.services import drawers, receipting
from payments.services.receipting import PaymentLine
from payments.tendering import CHECK, TenderInput
from tests.factories import use_histories
from tests.factories.use_histories import Row

RATES = Path(__file__).resolve().parent.parent / "rates" / "cedar_flats.owrs"
MONTHS = ((2021, 1), (2021, 2), (2021, 3))
NO_RATE = "no rate for class OTHER"


def invented_rows() -> list[Row]:
    """Sixty customers: some read every second month, some with several meters, twins among them, one without a rate."""
    chance = random.Random(20210101)
    rows = []
    for customer in range(1, 61):
        customer_class = (
            "OTHER" if customer % 20 == 0 else "COMMERCIAL" if customer % 4 == 0 else "RESIDENTIAL_SINGLE"
        )
        grain = Decimal("0.5") if customer % 7 == 0 else Decimal(1)
        for year, month in MONTHS:
            if customer % 3 == 0 and month == 2:
                continue
            for _ in range(3 if customer % 8 == 0 else 1):
                use = 0 if chance.random() < 0.15 else int(chance.expovariate(1 / 20)) * grain
                rows.append(_row(customer, use, year, month, customer_class))
    # A meter that turns far, and two meters that agree in everything.
    rows.append(_row(4, Decimal(421_817), 2021, 3, "COMMERCIAL"))
    rows.extend([_row(5, Decimal(11), 2021, 3, "RESIDENTIAL_SINGLE")] * 2)
    return rows


def _row(customer: int, use: object, year: int, month: int, customer_class: str) -> Row:
    values = (str(customer), str(use), str(month), str(year), customer_class)
    return dict(zip(use_histories.COLUMNS, values, strict=True))


def load(history: Path, *arguments: str) -> tuple[str, int]:
    return use_histories.run("load_usage", str(history), "--rates", str(RATES), *arguments)


class TestUsageCity:
    def test_is_billed_as_its_rows_come_to(self, committed_db: str, tmp_path: Path) -> None:
        rows = invented_rows()
        expected = use_histories.expected(rows, RATES)
        said, code = load(use_histories.write(tmp_path / "use.csv", rows))
        assert code == 0, said
        assert Account.objects.count() == len({(row["cust_id"], row["cust_class"]) for row in rows})
        assert not ReadingException.objects.exists()

        found = use_histories.bill("2021-01", "2021-03")
        assert use_histories.as_said(found) == use_histories.as_expected(expected)
        assert {run["period"]: run["held_reasons"] for run in found["runs"]} == {
            month: {NO_RATE: count} for month, count in expected.held.items()
        }
        held = BillRunItem.objects.filter(state=BillRunItem.State.HELD)
        assert {item.account.classes.get().value for item in held} == {"OTHER"}
        assert sum(result.violations for result in proofs.run_all()) == 0

        bills_of_nothing = Bill.objects.filter(total_amount=0)
        assert bills_of_nothing.count() == sum(expected.zero_bills.values()) > 0
        assert not bills_of_nothing.exclude(status=Bill.Status.POSTED, entry=None).exists()
        assert not Bill.objects.filter(total_amount__gt=0, entry=None).exists()

        again = use_histories.bill("2021-01", "2021-03")
        assert again["totals"]["bills"] == 0
        assert [run["note"].endswith("has posted this month already") for run in again["runs"]] == [True] * 3

    def test_takes_a_payment_on_what_it_billed(self, committed_db: str, tmp_path: Path) -> None:
        load(use_histories.write(tmp_path / "use.csv", invented_rows()))
        use_histories.bill("2021-01", "2021-01")
        pay_one_bill(on_date=dt.date(2021, 2, 9))
        assert sum(result.violations for result in proofs.run_all()) == 0

    def test_loads_under_other_assumptions(self, committed_db: str, tmp_path: Path) -> None:
        rows = [_row(1, 300, 2021, 1, "COMMERCIAL"), _row(2, 310, 2021, 1, "COMMERCIAL")]
        said, code = load(use_histories.write(tmp_path / "use.csv", rows), "--assume", 'meter_size=2"')
        assert code == 0, said
        found = use_histories.bill("2021-01", "2021-01")
        # 61.00 twice, 600 units at 2.77, 10 units at 4.085
        assert found["totals"]["amount"] == "1824.85"


def pay_one_bill(*, on_date: dt.date) -> None:
    """Pay all but a dollar of one bill at a counter; the account then owes that dollar."""
    clerk = get_user("clerk")
    assert clerk is not None
    newest = Bill.objects.select_related("account").order_by("-bill_date", "number")
    bill = newest.filter(total_amount__gt=5).first()
    assert bill is not None
    owed = ledger_queries.balances(bill.account, as_of=on_date).ledger
    assert owed == bill.due_amount
    drawer = Drawer.objects.create(code="T1", name="Counter")
    session = drawers.open_session(
        drawer=drawer, float_amount=Decimal("100.00"), business_date=on_date, by=clerk
    )
    receipt = receipting.post_payment(
        session=session,
        lines=[PaymentLine(account_number=bill.account.number, amount=owed - 1)],
        tenders=[TenderInput(kind=CHECK, tendered_amount=owed - 1, check_number="77")],
        payor="Somebody",
        effective_date=on_date,
        posting_date=on_date,
        idempotency_key="one bill",
        by=clerk,
    )
    after = ledger_queries.balances(bill.account, as_of=on_date)
    assert (receipt.total_amount, after.ledger, after.unapplied) == (
        owed - 1,
        Decimal("1.00"),
        Decimal("0.00"),
    )


class TestBadHistories:
    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"usage_ccf": "-3"}, "use.csv, line 3: usage_ccf is -3"),
            ({"usage_ccf": "12,3O"}, 'use.csv, line 3: usage_ccf is "12,3O"'),
            ({"usage_ccf": ""}, "use.csv, line 3: usage_ccf is empty"),
            ({"usage_ccf": "NaN"}, "use.csv, line 3: usage_ccf is"),
            ({"usage_month": "13"}, "use.csv, line 3: 13/2021 is not a month"),
            ({"cust_id": " "}, "use.csv, line 3: cust_id is empty"),
        ],
    )
    def test_a_bad_row_refuses_the_whole_file(
        self, db: None, tmp_path: Path, changed: Row, words: str
    ) -> None:
        good = _row(1, 12, 2021, 1, "COMMERCIAL")
        before = use_histories.row_counts()
        said, code = load(use_histories.write(tmp_path / "use.csv", [good, {**good, **changed}, good]))
        assert (code, words in said) == (1, True), said
        assert use_histories.row_counts() == before

    def test_a_missing_column_is_named(self, db: None, tmp_path: Path) -> None:
        columns = [name for name in use_histories.COLUMNS if name != "cust_class"]
        before = use_histories.row_counts()
        path = use_histories.write(
            tmp_path / "use.csv", [_row(1, 12, 2021, 1, "COMMERCIAL")], columns=columns
        )
        said, code = load(path)
        assert (code, "the column cust_class is missing" in said) == (1, True), said
        assert use_histories.row_counts() == before

    def test_a_file_without_rows_is_refused(self, db: None, tmp_path: Path) -> None:
        said, code = load(use_histories.write(tmp_path / "use.csv", []))
        assert (code, "has no rows" in said) == (1, True), said

    def test_a_broken_rate_file_refuses_the_city(self, db: None, tmp_path: Path) -> None:
        path = use_histories.write(tmp_path / "use.csv", [_row(1, 12, 2021, 1, "COMMERCIAL")])
        rates = tmp_path / "twice.owrs"
        rates.write_text(RATES.read_text().replace("RESIDENTIAL_SINGLE:", "COMMERCIAL:"))
        before = use_histories.row_counts()
        said, code = use_histories.run("load_usage", str(path), "--rates", str(rates))
        assert (code, "twice.owrs" in said) == (1, True), said
        assert use_histories.row_counts() == before

    def test_a_missing_file_does_not_start(self, db: None, tmp_path: Path) -> None:
        path = use_histories.write(tmp_path / "use.csv", [_row(1, 12, 2021, 1, "COMMERCIAL")])
        for arguments in (
            [str(tmp_path / "none.csv"), "--rates", str(RATES)],
            [str(path), "--rates", "none.owrs"],
        ):
            said, code = use_histories.run("load_usage", *arguments)
            assert (code, "There is no file" in said) == (2, True), said

    def test_an_office_with_accounts_is_left_alone(self, committed_db: str, tmp_path: Path) -> None:
        path = use_histories.write(tmp_path / "use.csv", [_row(1, 12, 2021, 1, "COMMERCIAL")])
        assert load(path)[1] == 0
        before = use_histories.row_counts()
        said, code = load(path)
        assert (code, "holds accounts already" in said) == (2, True), said
        assert use_histories.row_counts() == before
