"""What a run refuses: by its services in words, and by the database whoever asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction

from billing.models import Bill, BillRun, BillSegment
from billing.services import posting, reversal, review, runs, workers
from core.permissions import PermissionRefused
from ledger import services as ledger
from ledger.models import JournalEntry, Period
from metering.models import ReadingException
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")


@pytest.fixture
def city() -> factory.City:
    city = factory.make_city(count=3, services=("WATER", "SEWER"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[103, 107, 100])
    return city


@pytest.fixture
def in_review(city: factory.City) -> BillRun:
    return factory.calculate(factory.open_run(city), city)


@pytest.fixture
def posted(city: factory.City, in_review: BillRun) -> BillRun:
    return factory.post(factory.approve(in_review, city), city)


def refused(app_connection: psycopg.Connection, statement: str, *parameters: object) -> str:
    """The constraint that refused the statement of the application's own role."""
    with pytest.raises(psycopg.Error) as refusal:
        app_connection.execute(statement, parameters)
    return refusal.value.diag.constraint_name or refusal.value.diag.message_primary or ""


class TestOpenRun:
    def test_is_refused_twice_for_a_period(self, city: factory.City) -> None:
        first = factory.open_run(city)
        with pytest.raises(runs.PeriodAlreadyRun, match=f"run {first.number} "):
            factory.open_run(city)
        assert BillRun.objects.count() == 1

    def test_is_refused_by_the_database_too(
        self, city: factory.City, app_connection: psycopg.Connection
    ) -> None:
        run = factory.open_run(city)
        assert "billing_billrun_one_live" in refused(
            app_connection,
            "INSERT INTO billing_billrun (number, kind, cycle_id, period_start, period_end, bill_date, due_date, state,"
            " is_paused, item_count, figures_hash, made_by_id) SELECT 99, kind, cycle_id, period_start, period_end,"
            " bill_date, due_date, 'OPEN', false, 0, '', made_by_id FROM billing_billrun WHERE id = %s",
            run.pk,
        )

    def test_is_allowed_after_a_cancellation(self, city: factory.City, in_review: BillRun) -> None:
        runs.cancel_run(run=in_review, by=city.maker)
        assert (Bill.objects.count(), BillSegment.objects.count()) == (0, 0)
        assert factory.calculate(factory.open_run(city), city).state == "REVIEW"

    def test_is_refused_for_a_month_without_service(self, city: factory.City) -> None:
        with pytest.raises(runs.CycleHasNoAccounts, match="C1"):
            factory.open_run(city, start=dt.date(2014, 1, 1), end=dt.date(2014, 2, 1))
        assert BillRun.objects.count() == 0

    def test_is_refused_without_the_right(self, city: factory.City) -> None:
        city.maker = factory.make_user("clerk", "view_ledger")
        with pytest.raises(PermissionRefused):
            factory.open_run(city)
        assert BillRun.objects.count() == 0


class TestStart:
    def test_is_refused_a_second_time(self, city: factory.City) -> None:
        run = runs.start_calculation(run=factory.open_run(city), by=city.maker)
        with pytest.raises(runs.RunAlreadyStarted, match="calculating"):
            runs.start_calculation(run=run, by=city.maker)

    def test_takes_up_what_was_held_and_leaves_the_rest(self, city: factory.City) -> None:
        agreement = city.agreements[0]
        agreement.rate_code = "LATER"
        agreement.save(update_fields=["rate_code"])
        run = factory.calculate(factory.open_run(city), city)
        drafts = set(Bill.objects.values_list("pk", flat=True))
        assert len(drafts) == 2
        factory.make_rate("LATER", factory.WATER_RATE)
        factory.calculate(run, city)
        assert drafts < set(Bill.objects.values_list("pk", flat=True))
        assert Bill.objects.count() == 3

    def test_of_posting_needs_an_approved_run(self, city: factory.City, in_review: BillRun) -> None:
        with pytest.raises(posting.RunNotApproved, match="for review"):
            posting.start_posting(run=in_review, by=city.approver)
        assert JournalEntry.objects.count() == 0


class TestRecords:
    @pytest.mark.parametrize("table", ["billing_billrunitem", "metering_readingexception"])
    def test_of_a_run_and_of_its_readings_stay(
        self, city: factory.City, app_connection: psycopg.Connection, table: str
    ) -> None:
        reading = factory.read(city, on=dt.date(2015, 1, 31), values=[900], registers=city.registers[:1])[0]
        ReadingException.objects.create(
            register=reading.register,
            reading=reading,
            on_date=reading.read_date,
            code="HIGH",
            severity="SEVERE",
            text="Too high.",
        )
        factory.calculate(factory.open_run(city), city)
        assert refused(app_connection, f"DELETE FROM {table}") == f"{table}_append_only"


class TestApprovedRun:
    @pytest.mark.parametrize(
        ("statement", "rule"),
        [
            ("UPDATE billing_billline SET amount = amount + 1", "billing_line_posted"),
            ("UPDATE billing_billsegment SET amount = amount + 1", "billing_segment_posted"),
            ("UPDATE billing_bill SET total_amount = total_amount + 1", "billing_bill_approved"),
            ("UPDATE billing_bill SET due_date = due_date - 5", "billing_bill_approved"),
            ("DELETE FROM billing_billline", "billing_line_posted"),
            (
                """INSERT INTO billing_billline
                       (segment_id, position, component, charge_type_id, description, unit, amount, working)
                   SELECT segment_id, 99, component, charge_type_id, '', '', 5, '[]' FROM billing_billline
                   WHERE position = 1""",
                "billing_line_posted",
            ),
            ("UPDATE billing_billrun SET due_date = due_date + 1", "billing_billrun_columns"),
            ("UPDATE billing_billrun SET made_by_id = approved_by_id", "billing_billrun_columns"),
        ],
    )
    def test_stands_as_it_was_approved(
        self,
        city: factory.City,
        in_review: BillRun,
        app_connection: psycopg.Connection,
        statement: str,
        rule: str,
    ) -> None:
        factory.approve(in_review, city)
        assert rule in refused(app_connection, statement)

    def test_is_the_only_way_to_a_bill(
        self, city: factory.City, in_review: BillRun, app_connection: psycopg.Connection
    ) -> None:
        statement = "UPDATE billing_bill SET status = 'POSTED' WHERE total_amount = 0 OR entry_id IS NULL"
        assert "billing_bill_run_approved" in refused(app_connection, statement)


class TestPause:
    def test_stops_workers_and_resume_lets_them_go_on(self, city: factory.City) -> None:
        run = runs.start_calculation(run=factory.open_run(city), by=city.maker)
        runs.pause_run(run=run, by=city.maker)
        assert workers.calculate(run_id=run.pk, worker="t", by=city.maker) == 0
        run.refresh_from_db()
        assert run.state == "CALCULATING"
        with pytest.raises(runs.RunNotAtWork):
            runs.pause_run(run=run, by=city.maker)
        runs.resume_run(run=run, by=city.maker)
        assert workers.calculate(run_id=run.pk, worker="t", by=city.maker) == 3


class TestApproveRun:
    def test_is_refused_to_the_maker(self, city: factory.City, in_review: BillRun) -> None:
        with pytest.raises(review.ApproverIsMaker, match="somebody else"):
            review.approve_run(run=in_review, figures_hash=in_review.figures_hash, by=city.maker)
        assert BillRun.objects.get().state == "REVIEW"

    def test_is_refused_to_the_maker_by_the_database(
        self, city: factory.City, in_review: BillRun, app_connection: psycopg.Connection
    ) -> None:
        constraint = refused(
            app_connection,
            "UPDATE billing_billrun SET state = 'APPROVED', approved_by_id = made_by_id, approved_at = now()"
            " WHERE id = %s",
            in_review.pk,
        )
        assert constraint == "billing_billrun_second_person"

    def test_is_not_skipped_even_by_sql(self, in_review: BillRun, app_connection: psycopg.Connection) -> None:
        skip = "UPDATE billing_billrun SET state = 'POSTING' WHERE id = %s"
        assert refused(app_connection, skip, in_review.pk) == "billing_billrun_transitions"
        bare = "UPDATE billing_billrun SET state = 'APPROVED' WHERE id = %s"
        assert refused(app_connection, bare, in_review.pk) == "billing_billrun_approval_needed"

    def test_is_refused_when_a_figure_changed(self, city: factory.City, in_review: BillRun) -> None:
        seen = in_review.figures_hash
        with connection.cursor() as cursor:
            cursor.execute("UPDATE billing_billline SET description = 'Something else' WHERE position = 1")
        with pytest.raises(review.FiguresChanged, match="not those that were shown"):
            review.approve_run(run=in_review, figures_hash=seen, by=city.approver)
        assert BillRun.objects.get().state == "REVIEW"

    def test_is_refused_without_the_right(self, in_review: BillRun) -> None:
        clerk = factory.make_user("clerk", "view_ledger")
        with pytest.raises(PermissionRefused):
            review.approve_run(run=in_review, figures_hash=in_review.figures_hash, by=clerk)


class TestPostedBill:
    @pytest.mark.parametrize(
        ("statement", "constraint"),
        [
            ("UPDATE billing_bill SET total_amount = total_amount + 1", "billing_bill_posted"),
            ("UPDATE billing_bill SET due_date = due_date + 30", "billing_bill_posted"),
            ("UPDATE billing_bill SET status = 'DRAFT'", "billing_bill_posted"),
            ("DELETE FROM billing_bill", "billing_bill_posted"),
            ("UPDATE billing_billsegment SET amount = 0", "billing_segment_posted"),
            ("DELETE FROM billing_billsegment", "billing_segment_posted"),
            ("UPDATE billing_billline SET amount = 0", "billing_line_posted"),
            ("DELETE FROM billing_billline", "billing_line_posted"),
            (
                (
                    "INSERT INTO billing_billline (segment_id, position, component, charge_type_id, description, unit,"
                    " amount, working) SELECT segment_id, 99, component, charge_type_id, description, unit, amount,"
                    " working FROM billing_billline LIMIT 1"
                ),
                "billing_line_posted",
            ),
            ("UPDATE billing_segmentcharge SET segment_id = segment_id", "billing_segmentcharge"),
            ("DELETE FROM billing_segmentcharge", "billing_segmentcharge"),
        ],
    )
    def test_stays_as_it_is(
        self, posted: BillRun, owner_connection: psycopg.Connection, statement: str, constraint: str
    ) -> None:
        assert constraint in refused(owner_connection, statement)

    def test_cannot_be_emptied(self, posted: BillRun, owner_connection: psycopg.Connection) -> None:
        with pytest.raises(psycopg.Error):
            owner_connection.execute("TRUNCATE billing_billline")

    def test_freezes_the_prices_it_was_reckoned_by(
        self, posted: BillRun, owner_connection: psycopg.Connection
    ) -> None:
        change = "UPDATE billing_rateversion SET definition = '{}' WHERE schedule_id = (SELECT id FROM"
        change += " billing_rateschedule WHERE code = 'W1')"
        assert refused(owner_connection, change) == "billing_rateversion_in_use"
        early = "UPDATE billing_rateversion SET effective_to = '2015-01-10'"
        assert refused(owner_connection, early) == "billing_rateversion_in_use"
        owner_connection.execute("UPDATE billing_rateversion SET effective_to = '2015-06-01'")

    def test_never_overlaps_another_live_segment(self, posted: BillRun) -> None:
        segment = BillSegment.objects.filter(service="WATER").order_by("pk").first()
        assert segment is not None
        segment.pk = None
        with pytest.raises(IntegrityError, match=r"posted|overlap"), transaction.atomic():
            segment.save(force_insert=True)


class TestPosting:
    def test_into_a_closed_period_is_refused_and_leaves_nothing(
        self, city: factory.City, in_review: BillRun
    ) -> None:
        run = factory.approve(in_review, city)
        posting.start_posting(run=run, by=city.approver)
        Period.objects.update(state="SOFT_CLOSED")
        with pytest.raises(ledger.PeriodNotOpen):
            workers.post(run_id=run.pk, worker="t", by=city.maker)
        assert JournalEntry.objects.count() == 0
        assert set(Bill.objects.values_list("status", flat=True)) == {"DRAFT"}

    def test_is_not_undone_while_a_later_bill_stands(self, city: factory.City, posted: BillRun) -> None:
        factory.read(city, on=dt.date(2015, 3, 1), values=[110, 117, 110])
        factory.run_to_posted(city, start=factory.FEBRUARY, end=factory.MARCH)
        with pytest.raises(runs.LaterBillStands, match="reverse run"):
            reversal.reverse_run(
                run=posted,
                reason="x",
                effective_date=factory.MARCH,
                posting_date=factory.MARCH,
                by=city.approver,
            )
        assert Bill.objects.filter(status="REVERSED").count() == 0


def test_every_act_refuses_who_lacks_the_right(city: factory.City, in_review: BillRun) -> None:
    nobody = factory.make_user("nobody", "view_ledger")
    acts: list[Callable[..., object]] = [
        runs.start_calculation, runs.pause_run, runs.resume_run, runs.cancel_run, posting.start_posting,
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(PermissionRefused):
            act(run=in_review, by=nobody)
    assert BillRun.objects.get().state == "REVIEW"
