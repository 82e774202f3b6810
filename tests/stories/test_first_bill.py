"""A new customer's first three months: moved in, read, billed, paid, a receipt voided, the mail sent elsewhere."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from django.db import transaction

from accounts import services as accounts
from accounts.models import Account
from billing.models import Bill, BillRun
from billing.services import posting, printing, rate_book, review, runs, workers
from core import documents, proofs
from core.models import AuditEvent
from core.permissions import PermissionRefused
from ledger import queries as ledger_queries
from ledger import services as ledger
from metering import services as metering
from metering.models import Register
from metering.services import RegisterSpec
from payments.models import DrawerSession, Receipt
from payments.services import drawers, paper, receipting, voids
from payments.services.receipting import PaymentLine
from payments.tendering import TenderInput
from tests import cast
from tests.cast import Household, People
from tests.factories.accounts import make_cycle
from tests.factories.billing import SEWER_RATE, WATER_RATE
from tests.factories.metering import make_reading
from tests.factories.payments import cash, check, line, make_drawer

JANUARY, FEBRUARY, MARCH = (dt.date(2026, month, 1) for month in (1, 2, 3))
NOTHING = Decimal("0.00")
HOME = "27 Willow Ct\nRiverton OK 74101"


@dataclass(frozen=True)
class Office:
    """Who works there, the till, the new customer and the neighbour."""

    people: People
    grace: Account
    grace_register: Register
    brown: Household


def test_a_new_customers_first_bills(committed_db: str, tmp_path: Path, settings: Any) -> None:
    settings.OFFICE_VAR = tmp_path
    office = open_the_office()

    january = bill_month(office, JANUARY, FEBRUARY, grace="0107", brown="0104")
    first = bill_of(january, office.grace)
    # 12.00 + 5 at 2.00 + 2 at 3.50, and 8.00 + 7 at 1.25; Brown used 4: 20.00 and 13.00.
    assert (first.total_amount, first.due_amount) == (Decimal("45.75"), Decimal("45.75"))
    assert bill_of(january, office.brown.account).total_amount == Decimal("33.00")
    first_paper = print_paper(first, office)
    assert "27 WILLOW CT" in words_of(first_paper)
    assert "PO BOX 88" not in words_of(first_paper)

    pays_short_then_too_much(office)
    move_the_mail(office)

    february = bill_month(office, FEBRUARY, MARCH, grace="0113", brown="0109")
    second = bill_of(february, office.grace)
    # 6 ccf: 25.50 and 15.50, less 4.25 that was paid too much.
    assert (second.total_amount, second.due_amount) == (Decimal("41.00"), Decimal("36.75"))
    assert owed(office.grace, MARCH) == Decimal("36.75")
    assert "PO BOX 88" in words_of(print_paper(second, office))
    # The old bill is printed again as it was mailed, to the old address, byte for byte.
    assert print_paper(Bill.objects.get(pk=first.pk), office) == first_paper

    one_check_for_both_is_voided(office)

    assert statement_of(office.grace) == [
        ("BILL", Decimal("16.75")),
        ("BILL", Decimal("29.00")),
        ("PAYMENT", Decimal("-40.00")),
        ("PAYMENT", Decimal("-10.00")),
        ("BILL", Decimal("15.50")),
        ("BILL", Decimal("25.50")),
        ("PAYMENT", Decimal("-36.75")),
        ("VOID", Decimal("36.75")),
    ]
    assert ledger_queries.statement(office.grace)[-1].balance == Decimal("36.75")
    results = proofs.run_all()
    assert {result.name: result.violations for result in results if result.violations} == {}
    assert len(results) > 20


# --- the office, and who moves in ---------------------------------------------------------------------------


def open_the_office() -> Office:
    """Rates in the book, a neighbour who has always been there, and Grace, whom Ada enters from the counter."""
    people = cast.people()
    ledger.ensure_periods(from_date=JANUARY, to_date=dt.date(2026, 12, 31), by=people.ben)
    with transaction.atomic():
        for code, service, definition in (
            ("WATER-RES", "WATER", WATER_RATE),
            ("SEWER-RES", "SEWER", SEWER_RATE),
        ):
            rate_book.store_version(
                code=code,
                name=code,
                service=service,
                unit="ccf",
                definition=definition,
                effective_from=dt.date(2025, 7, 1),
                source_name="",
                source_sha256="",
                by=people.cora,
                approved_by=people.ben,
            )
    brown = cast.household(
        "Walter Brown",
        house_number="9",
        street_name="Mill",
        serial_number="N5-100009",
        opened_date=JANUARY,
    )
    grace, register = move_in(people)
    return Office(people, grace, register, brown)


def move_in(people: People) -> tuple[Account, Register]:
    """Grace Tanaka takes water and sewer at a new house, and its meter is set at 100."""
    ada = people.ada
    grace = accounts.create_party(name="Grace Tanaka", by=ada)
    accounts.add_contact_point(party=grace, kind="PHONE", value="918 555 0142", from_date=JANUARY, by=ada)
    premise = accounts.create_premise(
        house_number="27",
        street_name="Willow",
        street_type="Ct",
        city="Riverton",
        state="OK",
        postal_code="74101",
        by=ada,
    )
    water, sewer = (
        accounts.create_service_point(premise=premise, service=service, by=ada)
        for service in ("WATER", "SEWER")
    )
    account = accounts.open_account(
        holder=grace,
        cycle=make_cycle("C1"),
        opened_date=JANUARY,
        customer_class="RESIDENTIAL",
        mailing_lines=HOME,
        by=ada,
    )
    for point, code in ((water, "WATER-RES"), (sewer, "SEWER-RES")):
        accounts.start_agreement(
            account=account, service_point=point, rate_code=code, from_date=JANUARY, by=ada
        )
    meter = metering.create_meter(
        serial_number="N5-200027",
        size='5/8"',
        registers=[RegisterSpec(dial_count=4, unit="CCF", multiplier=Decimal(1))],
        by=people.cora,
    )
    metering.install_meter(meter=meter, service_point=water, on_date=JANUARY, dials="0100", by=people.cora)
    register = meter.registers.get()
    metering.add_usage_source(service_point=sewer, register=register, from_date=JANUARY, by=people.cora)
    return account, register


# --- billing ------------------------------------------------------------------------------------------------


def bill_month(office: Office, start: dt.date, end: dt.date, *, grace: str, brown: str) -> BillRun:
    """Read both meters, and run the month: Cora makes it, Ben approves it, Cora posts it."""
    cora, ben = office.people.cora, office.people.ben
    make_reading(office.grace_register, end, grace)
    make_reading(office.brown.register, end, brown)
    run = runs.open_run(
        cycle=office.grace.cycle,
        period_start=start,
        period_end=end,
        bill_date=end,
        due_date=runs.due_date_of(bill_date=end),
        by=cora,
    )
    runs.start_calculation(run=run, by=cora)
    workers.calculate(run_id=run.pk, worker="story", by=cora)
    run.refresh_from_db()
    with pytest.raises(PermissionRefused, match="Approve bill runs that somebody else made"):
        review.approve_run(run=run, figures_hash=run.figures_hash, by=cora)
    review.approve_run(run=run, figures_hash=run.figures_hash, by=ben)
    run.refresh_from_db()
    posting.start_posting(run=run, by=cora)
    workers.post(run_id=run.pk, worker="story", by=cora)
    run.refresh_from_db()
    assert run.state == BillRun.State.POSTED
    assert run.items.filter(state="POSTED").count() == 2
    return run


def bill_of(run: BillRun, account: Account) -> Bill:
    return Bill.objects.get(run=run, account=account)


def print_paper(bill: Bill, office: Office) -> bytes:
    return documents.read(printing.print_bill(bill=bill, by=office.people.cora))


def words_of(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return "\n".join(page.get_textpage().get_text_range() for page in pages).upper()


# --- the counter --------------------------------------------------------------------------------------------


def open_till(office: Office, day: dt.date) -> DrawerSession:
    """Ada at the drawer of that day."""
    return drawers.open_session(
        drawer=make_drawer(f"T{day.day}"),
        float_amount=Decimal("100.00"),
        business_date=day,
        by=office.people.ada,
    )


def take(session: DrawerSession, office: Office, lines: list[PaymentLine], tender: TenderInput) -> Receipt:
    return receipting.post_payment(
        session=session,
        lines=lines,
        tenders=[tender],
        payor="Grace Tanaka",
        effective_date=session.business_date,
        posting_date=session.business_date,
        idempotency_key=uuid.uuid4().hex,
        by=office.people.ada,
    )


def owed(account: Account, day: dt.date) -> Decimal:
    return ledger_queries.balances(account, as_of=day).ledger


def pays_short_then_too_much(office: Office) -> None:
    """40.00 of 45.75 with a 50, the receipt printed twice; then 10.00 on the 5.75 that is left."""
    day = dt.date(2026, 2, 5)
    session = open_till(office, day)
    short = take(session, office, [line(office.grace, "40.00")], cash("50.00"))
    assert short.change_amount == Decimal("10.00")
    assert owed(office.grace, day) == Decimal("5.75")
    before = short.printed_lines
    copies = [paper.record_print(receipt=short, by=office.people.ada) for _ in range(2)]
    assert copies == [1, 2]

    take(session, office, [line(office.grace, "10.00")], check("10.00", "201"))
    after = ledger_queries.balances(office.grace, as_of=day)
    assert (after.ledger, after.unapplied, after.past_due) == (
        Decimal("-4.25"),
        Decimal("4.25"),
        NOTHING,
    )
    # The first receipt still says what was left when it was given out.
    short.refresh_from_db()
    assert short.printed_lines == before
    assert "5.75" in str(short.printed_lines)
    finish(session, office)


def finish(session: DrawerSession, office: Office) -> None:
    session.refresh_from_db()
    drawers.start_balancing(session=session, by=office.people.ada)
    session.refresh_from_db()
    drawers.finish_balancing(session=session, by=office.people.ada)


def move_the_mail(office: Office) -> None:
    accounts.change_mailing_address(
        account=office.grace,
        addressee="Grace Tanaka",
        lines="PO Box 88\nRiverton OK 74102",
        from_date=dt.date(2026, 2, 15),
        by=office.people.ada,
    )


def one_check_for_both_is_voided(office: Office) -> None:
    """106.00 on one check for Grace and her neighbour; it was the wrong check, and Ben voids the receipt."""
    day = dt.date(2026, 3, 5)
    grace, brown = office.grace, office.brown.account
    session = open_till(office, day)
    lines = [line(grace, "36.75"), line(brown, "69.25")]
    receipt = take(session, office, lines, check("106.00", "1077"))
    assert (owed(grace, day), owed(brown, day)) == (NOTHING, NOTHING)
    assert receipt.lines.count() == 2

    request = voids.request_void(receipt=receipt, reason="Wrong check", by=office.people.ada)
    with pytest.raises(PermissionRefused):
        voids.approve_void(request=request, by=office.people.ada)
    voids.approve_void(request=request, by=office.people.ben)

    assert (owed(grace, day), owed(brown, day)) == (Decimal("36.75"), Decimal("69.25"))
    receipt.refresh_from_db()
    assert AuditEvent.objects.filter(code="payments.receipt.voided", key=receipt.label).count() == 1
    finish(session, office)


def statement_of(account: Account) -> list[tuple[str, Decimal]]:
    return [(row.reason, row.amount) for row in ledger_queries.statement(account)]
