"""What changes between a run's calculation and its posting, or under a bill that is out, must not make a wrong bill."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db.models.functions import Now

from accounts import services as accounts
from accounts.models import ServiceAgreement
from billing.models import Bill, BillRun, BillRunItem, BillSegment
from billing.services import posting, review, runs
from ledger import services as ledger
from ledger.models import JournalEntry, Period
from metering import services as metering
from metering.models import Reading, ReadingException
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")
READ_DAY = dt.date(2015, 1, 30)


@pytest.fixture
def city() -> factory.City:
    city = factory.make_city(count=3, services=("WATER", "SEWER"))
    factory.read(city, on=READ_DAY, values=[103, 107, 110])
    return city


@pytest.fixture
def in_review(city: factory.City) -> BillRun:
    return factory.calculate(factory.open_run(city), city)


def reading_of(city: factory.City, place: int, on: dt.date = READ_DAY) -> Reading:
    return Reading.objects.get(register=city.registers[place], read_date=on, superseded_by__isnull=True)


def correct(city: factory.City, place: int, dials: str, on: dt.date = READ_DAY) -> None:
    metering.supersede_reading(
        reading=reading_of(city, place, on), dials=dials, by=city.approver, validate=False
    )


def question(city: factory.City, place: int, on: dt.date = READ_DAY) -> None:
    reading = reading_of(city, place, on)
    ReadingException.objects.create(
        register=reading.register,
        reading=reading,
        on_date=on,
        code="HIGH",
        severity="SEVERE",
        text="Too high.",
    )


class TestBeforeApproval:
    def test_a_corrected_reading_is_not_approved_and_is_calculated_again(
        self, city: factory.City, in_review: BillRun
    ) -> None:
        untouched = Bill.objects.get(account=city.accounts[1]).pk
        correct(city, 0, "0102")
        with pytest.raises(review.DraftsOutdated, match=city.accounts[0].number):
            factory.approve(in_review, city)
        in_review.refresh_from_db()
        run = factory.calculate(in_review, city)
        used = BillSegment.objects.get(bill__account=city.accounts[0], service="WATER")
        assert used.quantity == 2
        assert Bill.objects.get(account=city.accounts[1]).pk == untouched
        assert factory.post(factory.approve(run, city), city).state == "POSTED"

    def test_a_reading_that_is_questioned_later_holds_its_bill(
        self, city: factory.City, in_review: BillRun
    ) -> None:
        question(city, 2)
        with pytest.raises(review.DraftsOutdated):
            factory.approve(in_review, city)
        in_review.refresh_from_db()
        factory.calculate(in_review, city)
        states = dict(BillRunItem.objects.values_list("account_id", "state"))
        assert states[city.accounts[2].pk] == "HELD"
        assert list(states.values()).count("CALCULATED") == 2

    def test_an_account_suspended_meanwhile_is_not_billed(
        self, city: factory.City, in_review: BillRun
    ) -> None:
        accounts.set_billing_status(
            account=city.accounts[1],
            status="SUSPENDED",
            from_date=dt.date(2015, 1, 20),
            reason="fire",
            by=city.approver,
        )
        with pytest.raises(review.DraftsOutdated, match=city.accounts[1].number):
            factory.approve(in_review, city)

    def test_a_service_stopped_meanwhile_is_not_billed_to_the_end(
        self, city: factory.City, in_review: BillRun
    ) -> None:
        accounts.stop_agreement(agreement=city.agreements[0], to_date=dt.date(2015, 1, 10), by=city.approver)
        with pytest.raises(review.DraftsOutdated, match=city.accounts[0].number):
            factory.approve(in_review, city)


class TestBeforePosting:
    def test_an_approved_run_goes_back_to_review(self, city: factory.City, in_review: BillRun) -> None:
        run = factory.approve(in_review, city)
        correct(city, 0, "0102")
        with pytest.raises(review.DraftsOutdated):
            posting.start_posting(run=run, by=city.approver)
        run.refresh_from_db()
        assert (run.state, run.approved_by) == ("REVIEW", None)
        assert JournalEntry.objects.count() == 0
        factory.post(factory.approve(factory.calculate(run, city), city), city)
        assert Bill.objects.filter(status="POSTED").count() == 3

    def test_a_month_closed_meanwhile_is_said_before_the_run_begins_to_post(
        self, city: factory.City, in_review: BillRun
    ) -> None:
        run = factory.approve(in_review, city)
        ledger.ensure_periods(from_date=run.bill_date, to_date=run.bill_date, by=city.approver)
        Period.objects.update(state="SOFT_CLOSED")
        with pytest.raises(ledger.PeriodNotOpen, match="2015-02-01"):
            posting.start_posting(run=run, by=city.approver)
        run.refresh_from_db()
        assert run.state == "APPROVED"


class TestAfterABill:
    def test_a_billed_reading_corrected_downwards_never_bills_a_rollover(self, city: factory.City) -> None:
        factory.run_to_posted(city)
        correct(city, 0, "0101")
        factory.read(city, on=dt.date(2015, 2, 27), values=[102, 112, 115])
        run = factory.calculate(factory.open_run(city, start=factory.FEBRUARY, end=factory.MARCH), city)
        item = run.items.get(account=city.accounts[0])
        assert item.state == "HELD"
        assert "reads 102 on 2015-02-27, below the 103 of 2015-01-30" in item.reasons[0]["text"]
        assert run.items.filter(state="CALCULATED").count() == 2

    def test_a_true_rollover_is_billed(self, city: factory.City) -> None:
        correct(city, 0, "9990")
        factory.run_to_posted(city)
        factory.read(city, on=dt.date(2015, 2, 27), values=[5, 112, 115])
        factory.run_to_posted(city, start=factory.FEBRUARY, end=factory.MARCH)
        used = BillSegment.objects.get(
            bill__account=city.accounts[0], service="WATER", bill__run__period_start=factory.FEBRUARY
        )
        assert used.quantity == Decimal(15)


class TestMovingInAndOut:
    def test_a_doubtful_reading_at_the_start_holds_the_first_bill(self, city: factory.City) -> None:
        question(city, 0, on=factory.JANUARY)
        run = factory.calculate(factory.open_run(city), city)
        assert run.items.get(account=city.accounts[0]).state == "HELD"
        assert run.items.filter(state="CALCULATED").count() == 2

    def test_a_final_bill_held_in_its_month_comes_with_the_next_run(self, city: factory.City) -> None:
        for agreement in ServiceAgreement.objects.filter(account=city.accounts[0]):
            accounts.stop_agreement(agreement=agreement, to_date=READ_DAY, by=city.approver)
        question(city, 0)
        january = factory.run_to_posted(city)
        assert january.items.get(account=city.accounts[0]).state == "HELD"
        ReadingException.objects.filter(severity="SEVERE").update(
            resolved_at=Now(), resolved_by=city.approver, resolution="ACCEPTED", resolution_note="Read again."
        )
        factory.read(city, on=dt.date(2015, 2, 27), values=[112, 115], registers=city.registers[1:])
        factory.run_to_posted(city, start=factory.FEBRUARY, end=factory.MARCH)
        last = BillSegment.objects.get(bill__account=city.accounts[0], service="WATER")
        assert (last.from_date, last.to_date, last.quantity) == (factory.JANUARY, READ_DAY, 3)


class TestRunsInARow:
    def test_a_run_that_a_later_one_goes_on_from_is_not_cancelled(
        self, city: factory.City, in_review: BillRun
    ) -> None:
        factory.read(city, on=dt.date(2015, 2, 27), values=[112, 113, 115])
        february = factory.calculate(factory.open_run(city, start=factory.FEBRUARY, end=factory.MARCH), city)
        with pytest.raises(runs.LaterBillStands, match=f"run {february.number} first"):
            runs.cancel_run(run=in_review, by=city.maker)
        runs.cancel_run(run=february, by=city.maker)
        runs.cancel_run(run=in_review, by=city.maker)
        assert Bill.objects.count() == 0
