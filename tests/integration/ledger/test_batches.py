"""Posting many charges at once."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from core.db import copy_rows
from ledger import queries
from ledger import services as ledger
from ledger.models import Agency, Charge, ChargeType, Fund, JournalEntry, OpenItem
from tests.factories import ledger as make

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 1)
COLUMNS = ["document_number", "account_id", "service", "charge_type_id", "amount", "batch_key", "parent_key"]


@pytest.fixture(autouse=True)
def open_year(db):
    make.open_year()


def kind(code):
    return ChargeType.objects.get(code=code).pk


def post(rows, **facts):
    values = {
        "reason": "BILL",
        "effective_date": DAY,
        "posting_date": DAY,
        "by": make.ada(),
        "due_date": date(2026, 3, 21),
        **facts,
    }
    with transaction.atomic():
        ledger.create_charge_batch_table()
        copy_rows("ledger_charge_batch", COLUMNS, rows)
        return ledger.post_charge_batch(**values)


def written_back():
    with connection.cursor() as cursor:
        cursor.execute("SELECT batch_key, entry_id, charge_id FROM ledger_charge_batch")
        return {key: (entry_id, charge_id) for key, entry_id, charge_id in cursor.fetchall()}


class TestPostChargeBatch:
    def test_makes_an_entry_a_document_and_a_charge_a_row(self):
        first, second = make.account(), make.account()
        count = post(
            [
                ("B-1", first.pk, "WATER", kind("WATER"), Decimal("40.00"), "a", None),
                ("B-1", first.pk, "WATER", kind("TAX"), Decimal("2.00"), "b", "a"),
                ("B-2", second.pk, "SEWER", kind("SEWER"), Decimal("30.00"), "c", None),
            ]
        )
        assert (count, Charge.objects.count()) == (2, 3)
        entry = JournalEntry.objects.get(document_number="B-1")
        assert entry.idempotency_key == "BILL:B-1"
        assert entry.postings.count() == 4
        keys = written_back()
        tax = Charge.objects.get(pk=keys["b"][1])
        assert (tax.entry_id, tax.parent_id, tax.fund.code) == (entry.pk, keys["a"][1], "WATER")
        assert OpenItem.objects.get(charge=tax).open_amount == Decimal("2.00")
        assert queries.balances(first, as_of=DAY).ledger == Decimal("42.00")

    def test_owes_an_agency_what_was_billed_for_it_only_once_it_is_collected(self):
        agency = Agency.objects.create(code="NEXT", name="The next city")
        due_to_agency = ChargeType.objects.get(code="SEWER").credit_account.__class__.objects.get(code="2500")
        next_city = ChargeType.objects.create(
            code="NEXT_SEWER",
            name="Sewer of the next city",
            credit_account=due_to_agency,
            fund=Fund.objects.get(code="SEWER"),
            agency=agency,
            basis="COLLECTED",
        )
        account = make.account()
        post([("B-1", account.pk, "SEWER", next_city.pk, Decimal("30.00"), "a", None)])

        def owed(gl_code):
            rows = queries.trial_balance(as_of_posting_date=date(2026, 12, 31))
            return sum(-row.net_amount for row in rows if row.gl_code == gl_code)

        assert (owed("2510"), owed("2500"), owed("4100")) == (Decimal("30.00"), 0, 0)
        make.pay(account, "10.00")
        assert (owed("2510"), owed("2500")) == (Decimal("20.00"), Decimal("10.00"))

    def test_refuses_a_document_posted_before_and_writes_nothing(self):
        account = make.account()
        row = ("B-1", account.pk, "WATER", kind("WATER"), Decimal("40.00"), "a", None)
        post([row])
        with pytest.raises(ledger.ChargeBatchPostedBefore, match="B-1"):
            post([row])
        assert Charge.objects.count() == 1

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            (("WATER", "WATER", "-1.00", "a", None), "above zero"),
            (("WATER", None, "1.00", "a", None), "type does not exist"),
            (("WATER", "WATER", "1.00", "a", "z"), "parent z"),
        ],
    )
    def test_refuses_a_row_that_cannot_be_a_charge(self, row, words):
        service, code, amount, key, parent = row
        type_id = kind(code) if code else 999_999
        with pytest.raises(ledger.ChargeBatchRefused, match=words):
            post([("B-1", make.account().pk, service, type_id, Decimal(amount), key, parent)])

    def test_refuses_a_closed_day(self):
        row = ("B-1", make.account().pk, "WATER", kind("WATER"), Decimal("40.00"), "a", None)
        with pytest.raises(ledger.PeriodNotOpen):
            post([row], posting_date=date(2031, 1, 1))

    def test_asks_the_same_number_of_queries_for_two_rows_and_for_two_hundred(self):
        make.ada()
        counts = []
        for number in (2, 200):
            accounts = [make.account() for _ in range(number)]
            rows = [
                (f"B-{number}-{n}", each.pk, "WATER", kind("WATER"), Decimal("4.00"), str(n), None)
                for n, each in enumerate(accounts)
            ]
            with CaptureQueriesContext(connection) as captured:
                post(rows)
            counts.append(len(captured))
        assert len(set(counts)) == 1


class TestALargeBatch:
    def test_in_an_empty_database_is_posted_and_judged_in_linear_time(self, db):
        """The guards' plans are made knowing nothing of the new rows; a nested loop here takes minutes, not seconds."""
        cycle = make.account().cycle
        copy_rows(
            Account,
            ["number", "kind", "cycle_id", "opened_date"],
            ((f"8{n:010d}", "REGULAR", cycle.pk, DAY) for n in range(5_000)),
        )
        rows = [
            (f"B-{pk}", pk, "WATER", kind("WATER"), Decimal("4.00"), str(pk), None)
            for pk in Account.objects.order_by("pk").values_list("pk", flat=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '15s'")
        assert post(rows) == 5_001
        connection.check_constraints()
