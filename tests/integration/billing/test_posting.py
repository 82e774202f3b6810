"""Posting a run: bills, entries and charges agree, once, whatever happens on the way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from billing.models import Bill, BillRun, BillSegment, SegmentCharge
from billing.services import reversal
from core import proofs
from ledger import queries as ledger_queries
from ledger.models import Charge, JournalEntry
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")


@pytest.fixture
def city() -> factory.City:
    city = factory.make_city(count=5, services=("WATER", "SEWER", "STORM"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[103, 107, 100, 120, 101])
    return city


class TestPostRun:
    def test_makes_an_entry_a_bill_and_a_charge_a_segment(self, city: factory.City) -> None:
        run = factory.run_to_posted(city)
        assert run.state == BillRun.State.POSTED
        bills = list(Bill.objects.order_by("number", "pk"))
        assert {bill.status for bill in bills} == {"POSTED"}
        assert JournalEntry.objects.count() == 5
        assert Charge.objects.count() == SegmentCharge.objects.count() == 15
        first = bills[0]
        assert (first.previous_amount, first.credits_amount) == (0, 0)
        assert first.due_amount == first.total_amount == Decimal("34.25")
        owed = ledger_queries.balances_for([first.account_id], as_of=dt.date(2015, 2, 1))[first.account_id]
        assert owed.ledger == Decimal("34.25")

    def test_the_books_prove(self, city: factory.City) -> None:
        factory.run_to_posted(city)
        assert [r for r in proofs.run_all() if r.violations] == []

    def test_issues_a_bill_of_nothing_without_an_entry(self) -> None:
        city = factory.make_city(count=1, services=("WATER",), code="C2")
        factory.make_rate("FREE", {"format": 1, "unit": "ccf", "components": [
            {"kind": "uniform", "code": "use", "label": "Use", "price": "1.00"}]})  # fmt: skip
        city.agreements[0].rate_code = "FREE"
        city.agreements[0].save(update_fields=["rate_code"])
        factory.read(city, on=dt.date(2015, 1, 30), values=[100])
        run = factory.run_to_posted(city)
        bill = Bill.objects.get()
        assert run.state == BillRun.State.POSTED
        assert (bill.total_amount, bill.status, bill.entry) == (0, "POSTED", None)
        assert [r for r in proofs.run_all() if r.violations] == []

    def test_the_second_month_starts_where_the_first_ended(self, city: factory.City) -> None:
        factory.run_to_posted(city)
        factory.read(city, on=dt.date(2015, 3, 1), values=[110, 117, 110, 120, 105])
        run = factory.run_to_posted(city, start=factory.FEBRUARY, end=factory.MARCH)
        assert run.state == BillRun.State.POSTED
        segment = BillSegment.objects.get(bill__run=run, agreement=city.agreements[0])
        assert (segment.from_date, segment.to_date, segment.quantity) == (
            dt.date(2015, 1, 30),
            factory.MARCH,
            7,
        )
        second = Bill.objects.get(run=run, account=city.accounts[0])
        assert second.previous_amount == Decimal("34.25")
        assert second.due_amount == second.total_amount + Decimal("34.25")
        assert [r for r in proofs.run_all() if r.violations] == []


class TestReverseRun:
    def test_leaves_nothing_owed_and_lets_the_period_be_run_again(self, city: factory.City) -> None:
        run = factory.run_to_posted(city)
        count = reversal.reverse_run(
            run=run, reason="wrong rates", effective_date=factory.FEBRUARY, posting_date=factory.FEBRUARY,
            by=city.approver,
        )  # fmt: skip
        assert count == 5
        ids = [account.pk for account in city.accounts]
        balances = ledger_queries.balances_for(ids, as_of=factory.MARCH)
        assert {balance.ledger for balance in balances.values()} == {Decimal(0)}
        assert [r for r in proofs.run_all() if r.violations] == []
        again = factory.run_to_posted(city)
        assert again.number == run.number + 1
        assert Bill.objects.filter(status="POSTED").count() == 5
        assert [r for r in proofs.run_all() if r.violations] == []
