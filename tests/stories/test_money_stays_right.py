"""A month goes wrong and is put right: a run reversed after people paid, a closed month that keeps its figures."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import Account
from billing.models import Bill, BillRun
from billing.services import reversal
from core import proofs
from core.users import system_user
from ledger import queries as ledger_queries
from ledger import services as ledger
from ledger.models import Period
from metering import services as metering
from metering.models import Reading
from payments.models import DrawerSession
from payments.services import drawers, receipting
from tests.factories import billing as factory
from tests.factories.payments import check, line, make_drawer

FIFTH = dt.date(2015, 2, 5)
TENTH = dt.date(2015, 2, 10)


@pytest.fixture
def city(committed_db: str) -> factory.City:
    """Three accounts, read in January and February: 12, 5 and 3 ccf."""
    ledger.ensure_periods(from_date=factory.JANUARY, to_date=dt.date(2015, 6, 30), by=system_user())
    found = factory.make_city(count=3)
    factory.read(found, on=factory.FEBRUARY, values=[112, 105, 103])
    return found


def balances_of(city: factory.City, *, on: dt.date = TENTH) -> list[Decimal]:
    """What each account owes, in their order; negative is ours to give."""
    found = ledger_queries.balances_for([account.pk for account in city.accounts], as_of=on)
    return [found[account.pk].ledger for account in city.accounts]


def dollars(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


def assert_books_hold(city: factory.City) -> None:
    """Every proof holds, and the control accounts are what the customers owe together."""
    assert {each.name: each.examples for each in proofs.run_all() if each.violations} == {}
    rows = ledger_queries.trial_balance(as_of_posting_date=dt.date(2015, 6, 30))
    control = sum(
        (row.net_amount for row in rows if row.gl_code in ("1200", "2100")),
        Decimal(0),
    )
    assert control == sum(balances_of(city, on=dt.date(2015, 6, 30)))


def till(city: factory.City, day: dt.date) -> DrawerSession:
    return drawers.open_session(
        drawer=make_drawer(), float_amount=Decimal("100.00"), business_date=day, by=city.maker
    )


def pay(session: DrawerSession, account: Account, amount: str, *, effective: dt.date | None = None) -> None:
    receipting.post_payment(
        session=session,
        lines=[line(account, amount)],
        tenders=[check(amount)],
        payor="Somebody",
        effective_date=effective or session.business_date,
        posting_date=session.business_date,
        idempotency_key=uuid.uuid4().hex,
        by=session.user,
    )


def figures(day: dt.date) -> tuple[Any, ...]:
    """The books of a day by the date they were posted: what a closed month must never change."""
    return (
        ledger_queries.trial_balance(as_of_posting_date=day),
        ledger_queries.aging(as_of=day, date_basis="posting"),
    )


def now() -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: dt.datetime = cursor.fetchone()[0]
        return moment


def test_a_reversed_run_and_its_payments_come_out_even(city: factory.City) -> None:
    # 12 ccf: 12.00 + 10.00 + 24.50 and 8.00 + 15.00; 5: 22.00 and 14.25; 3: 18.00 and 11.75.
    wrong = factory.run_to_posted(city)
    assert balances_of(city) == dollars("69.50", "36.25", "29.75")
    assert_books_hold(city)

    session = till(city, FIFTH)
    pay(session, city.accounts[0], "69.50")
    pay(session, city.accounts[1], "50.00")
    assert balances_of(city) == dollars("0.00", "-13.75", "29.75")
    before = now()

    # The first meter was read 10 too high; the run goes back as a whole, and the money stays with who paid it.
    reversal.reverse_run(
        run=wrong, reason="misread", effective_date=factory.FEBRUARY, posting_date=TENTH, by=city.approver
    )
    assert balances_of(city) == dollars("-69.50", "-50.00", "0.00")
    assert_books_hold(city)

    read = Reading.objects.get(register=city.registers[0], read_date=factory.FEBRUARY)
    metering.supersede_reading(reading=read, dials="0102", by=city.maker, note="misread", validate=False)
    right = factory.run_to_posted(city)

    # 2 ccf: 16.00 and 10.50. Each is billed once, and what was paid too much is credit.
    assert [
        Bill.objects.get(run=right, account=account).total_amount for account in city.accounts
    ] == dollars("26.50", "36.25", "29.75")
    assert balances_of(city) == dollars("-43.00", "-13.75", "29.75")
    assert right.state == BillRun.State.POSTED
    assert_books_hold(city)

    # What the office knew that day is still what it knew that day.
    then = ledger_queries.balances(city.accounts[0], as_of=TENTH, known_as_of=before)
    assert then.ledger == Decimal("0.00")
    statement = ledger_queries.statement(city.accounts[0])
    assert statement[-1].balance == sum(row.amount for row in statement) == Decimal("-43.00")


def test_a_closed_month_keeps_its_figures(city: factory.City) -> None:
    factory.run_to_posted(city)
    session = till(city, FIFTH)
    pay(session, city.accounts[0], "69.50")
    end = dt.date(2015, 2, 28)
    for start in (factory.JANUARY, factory.FEBRUARY):
        period = Period.objects.get(start_date=start)
        ledger.soft_close(period=period, on_date=dt.date(2015, 3, 2), by=city.approver)
        ledger.close(period=period, on_date=dt.date(2015, 3, 2), by=city.approver)
    closed = figures(end)

    # Money that was in the box on the 27th is posted in March, and counts for the customer from the 27th.
    drawers.start_balancing(session=session, by=city.maker)
    session.refresh_from_db()
    drawers.finish_balancing(session=session, by=city.maker)
    march = till(city, dt.date(2015, 3, 3))
    pay(march, city.accounts[1], "36.25", effective=dt.date(2015, 2, 27))
    assert balances_of(city, on=end) == dollars("0.00", "0.00", "29.75")
    assert figures(end) == closed

    # Nothing more goes into February, by the service or behind it.
    with pytest.raises(ledger.PeriodNotOpen, match="2015-02-27"), transaction.atomic():
        ledger.make_charge(
            account=city.accounts[2],
            charge_type="WATER",
            amount=Decimal("1.00"),
            due_date=end,
            effective_date=dt.date(2015, 2, 27),
            posting_date=dt.date(2015, 2, 27),
            by=city.maker,
            service="WATER",
        )
    assert figures(end) == closed
    assert_books_hold(city)
