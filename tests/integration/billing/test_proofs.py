"""The proofs of billing notice what no service would do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import psycopg
import pytest
from django.db import transaction

from billing.models import BillRun
from core import proofs
from ledger import services as ledger
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")


@pytest.fixture
def in_review() -> BillRun:
    city = factory.make_city(count=2, services=("WATER", "SEWER"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[103, 107])
    run = factory.calculate(factory.open_run(city), city)
    assert broken() == {}
    return run


def broken() -> dict[str, int]:
    """The proofs that do not hold, with their violations."""
    return {found.name: found.violations for found in proofs.run_all() if found.violations}


@pytest.mark.parametrize(
    ("statement", "words", "count"),
    [
        ("UPDATE billing_billline SET amount = amount + 1 WHERE position = 1", "a bill is the sum", 2),
        ("UPDATE billing_bill SET total_amount = total_amount + 1", "a bill is the sum", 2),
        (
            "UPDATE billing_billsegment SET from_date = from_date + 1 WHERE service = 'WATER'",
            "live segments tile",
            2,
        ),
        (
            "UPDATE billing_billrunitem SET state = 'PENDING', bill_id = NULL WHERE ordinal = 1",
            "every item of a run agrees",
            1,
        ),
        ("UPDATE billing_billrun SET state = 'CANCELLED'", "drafts stand only in runs", 2),
        (
            "UPDATE billing_billsegment SET status = 'REVERSED' WHERE service = 'WATER'",
            "reversed bills have only",
            2,
        ),
    ],
)
def test_a_change_behind_the_services_is_noticed(
    in_review: BillRun, app_connection: psycopg.Connection, statement: str, words: str, count: int
) -> None:
    app_connection.execute(statement)
    found = {name: number for name, number in broken().items() if name.startswith(words)}
    assert list(found.values()) == [count]


def test_a_draft_passed_off_as_posted_is_noticed(app_connection: psycopg.Connection) -> None:
    city = factory.make_city(count=2, services=("WATER",))
    factory.read(city, on=dt.date(2015, 1, 30), values=[103, 103])
    factory.run_to_posted(city)
    factory.read(city, on=dt.date(2015, 2, 28), values=[150, 110])
    run = factory.calculate(factory.open_run(city, start=factory.FEBRUARY, end=factory.MARCH), city)
    factory.approve(run, city)
    with transaction.atomic():
        ledger.make_charge(
            account=city.accounts[0],
            charge_type="FEE",
            amount=Decimal("5.00"),
            due_date=factory.MARCH,
            effective_date=factory.FEBRUARY,
            posting_date=factory.FEBRUARY,
            by=city.approver,
        )
    app_connection.execute(
        "UPDATE billing_bill SET status = 'POSTED', entry_id = (SELECT max(id) FROM ledger_journalentry),"
        " previous_amount = 0, credits_amount = 0, due_amount = 0 WHERE number = %s",
        [f"{run.number}-000001"],
    )
    found = broken()
    assert any(name.startswith("every posted bill has one entry of its amount") for name in found)
    assert any(name.startswith("a segment's charges") for name in found)
    assert any(name.startswith("every item of a run agrees") for name in found)
