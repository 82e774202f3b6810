"""Printing posted bills: exact copies, once, whoever prints and however often."""

from pathlib import Path

import pypdfium2
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from billing.models import Bill, BillDocument, BillRun
from billing.paper import NothingOutside, OutsideReadRefused
from billing.services import printing, runs
from core import documents
from core.check_digits import parse_scan_line
from core.users import system_user
from ledger import services as ledger
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("office_folder")


@pytest.fixture
def office_folder(settings, tmp_path: Path) -> Path:
    """Papers of a test lie in a folder of its own."""
    settings.OFFICE_VAR = tmp_path
    return tmp_path


@pytest.fixture
def run(committed_db) -> BillRun:
    ledger.ensure_periods(from_date=factory.JANUARY, to_date=factory.APRIL, by=system_user())
    city = factory.make_city(count=3)
    factory.read(city, on=factory.FEBRUARY, values=[112, 112, 103])
    return factory.run_to_posted(city)


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in document)


class TestPrintBill:
    def test_says_what_is_owed_and_how_it_was_worked_out(self, run: BillRun) -> None:
        bill = Bill.objects.filter(run=run).order_by("number").first()
        content = documents.read(printing.print_bill(bill=bill, by=run.made_by))
        text = text_of(content)
        assert bill.number in text
        assert bill.account.number in text
        assert f"{bill.total_amount:,.2f}" in text
        assert "5 ccf" in text
        digits = next(
            line for line in text.splitlines() if len(line.strip()) == 42 and line.strip().isdigit()
        )
        scanned = parse_scan_line(digits.strip())
        assert scanned.account == bill.account.number
        assert scanned.amount == bill.due_amount
        assert scanned.due_date == bill.due_date

    def test_gives_the_same_bytes_for_ever(self, run: BillRun) -> None:
        bill = Bill.objects.filter(run=run).order_by("number").first()
        first = printing.print_bill(bill=bill, by=run.made_by)
        again = printing.print_bill(bill=Bill.objects.get(pk=bill.pk), by=run.made_by)
        assert again.pk == first.pk
        assert documents.read(again) == documents.read(first)
        assert BillDocument.objects.filter(bill=bill).count() == 1

    def test_refuses_a_draft(self, committed_db) -> None:
        city = factory.make_city(count=1)
        factory.read(city, on=factory.FEBRUARY, values=[103])
        run = factory.calculate(factory.open_run(city), city)
        bill = Bill.objects.get(run=run)
        with pytest.raises(printing.BillNotPosted, match=bill.number):
            printing.print_bill(bill=bill, by=city.maker)
        assert not BillDocument.objects.exists()

    def test_says_when_the_stored_copy_was_changed(self, run: BillRun) -> None:
        bill = Bill.objects.filter(run=run).order_by("number").first()
        document = printing.print_bill(bill=bill, by=run.made_by)
        (documents.folder() / document.path).write_bytes(b"%PDF something else")
        with pytest.raises(documents.DocumentDamaged, match="was changed"):
            documents.read(document)

    def test_keeps_the_copy_against_raw_sql(self, run: BillRun) -> None:
        bill = Bill.objects.filter(run=run).order_by("number").first()
        document = printing.print_bill(bill=bill, by=run.made_by)
        for statement in (
            "DELETE FROM billing_billdocument",
            "UPDATE core_document SET sha256 = 'x'",
            "DELETE FROM core_document",
        ):
            with (
                pytest.raises(DatabaseError, match=r"refused|permission denied"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)
        document.refresh_from_db()
        assert documents.read(document).startswith(b"%PDF")


class TestPrintRun:
    def test_prints_each_bill_once_and_ends_by_itself(self, run: BillRun, tmp_path: Path) -> None:
        target, count = printing.print_run_to(run=run, folder=tmp_path / "out", by=run.made_by)
        run.refresh_from_db()
        assert (count, run.state) == (3, BillRun.State.DONE)
        assert len(pypdfium2.PdfDocument(target.read_bytes())) == 3
        _, count_again = printing.print_run_to(run=run, folder=tmp_path / "again", by=run.made_by)
        assert count_again == 3
        assert BillDocument.objects.filter(bill__run=run).count() == 3

    def test_is_resumed_by_the_sweep_when_its_worker_is_gone(self, run: BillRun) -> None:
        printing.start_printing(run=run, by=run.made_by)
        assert [each.pk for each in runs.stalled_runs()] == [run.pk]
        runs.beat(run_id=run.pk, worker="printer")
        assert runs.stalled_runs() == []


class TestBillPaperPage:
    def test_shows_the_pdf_to_who_may_see_accounts(self, run: BillRun, client: Client) -> None:
        bill = Bill.objects.filter(run=run).order_by("number").first()
        client.force_login(factory.make_user("ada", "view_accounts", "print_bills"))
        response = client.get(f"/billing/bills/{bill.number}/paper/")
        assert response.status_code == 200
        assert response["Content-Type"] == "application/pdf"
        assert bill.number in text_of(response.content)

    def test_refuses_who_may_not(self, run: BillRun, client: Client) -> None:
        bill = Bill.objects.filter(run=run).order_by("number").first()
        client.force_login(factory.make_user("crew", "complete_orders"))
        assert client.get(f"/billing/bills/{bill.number}/paper/").status_code == 403
        assert not BillDocument.objects.exists()


class TestNothingOutside:
    @pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/x", "data:text/plain,hello"])
    def test_reads_nothing(self, url: str) -> None:
        with pytest.raises(OutsideReadRefused):
            NothingOutside().fetch(url)
