"""Two connections at one account, and a close beside a posting."""

import threading
from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction

from core.users import system_user
from ledger import queries
from ledger import services as ledger
from ledger.models import Charge, Credit, OpenItem, Period
from tests.factories import ledger as make

DAY = date(2026, 3, 10)
PATIENCE = 30


class Worker(threading.Thread):
    """Runs a function on a database connection of its own and keeps its error."""

    def __init__(self, act):
        super().__init__(daemon=True)
        self.act = act
        self.error = None

    def run(self):
        try:
            self.act()
        except Exception as error:  # noqa: BLE001 - a thread hands every error to the test
            self.error = error
        finally:
            connection.close()


def run_together(*acts):
    workers = [Worker(act) for act in acts]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
        assert not worker.is_alive(), "locked up"
    return [worker.error for worker in workers]


@pytest.fixture
def account(committed_db):
    make.open_year()
    make.ada()
    return make.account()


class TestTwoTills:
    def test_pay_one_bill_in_full_and_nothing_is_lost(self, account):
        charge = make.charge(account, "40.00")
        start = threading.Barrier(2)

        def pay():
            start.wait(PATIENCE)
            make.pay(account, "40.00", effective_date=DAY)

        assert run_together(pay, pay) == [None, None]
        assert OpenItem.objects.get(charge=charge).open_amount == 0
        found = queries.balances(account, as_of=DAY)
        assert (found.ledger, found.unapplied) == (Decimal("-40.00"), Decimal("40.00"))

    def test_pay_two_accounts_in_opposite_order_and_never_lock_up(self, account):
        other = make.account()
        for each in (account, other):
            make.charge(each, "500.00")

        def pay(*accounts):
            for _ in range(10):
                with transaction.atomic():
                    ledger.receive(
                        parts=[ledger.CreditPart(each, Decimal("5.00")) for each in accounts],
                        debits=[make.cash("10.00")],
                        effective_date=DAY,
                        posting_date=DAY,
                        by=make.ada(),
                        document_number="R",
                    )

        assert run_together(lambda: pay(account, other), lambda: pay(other, account)) == [None, None]
        assert Credit.objects.count() == 40
        assert queries.balances(account, as_of=DAY).ledger == Decimal("400.00")

    def test_send_one_form_twice_at_once_and_it_counts_once(self, account):
        start = threading.Barrier(2)

        def pay():
            start.wait(PATIENCE)
            make.pay(account, "40.00", effective_date=DAY, document_number="R-1", idempotency_key="form-1")

        assert run_together(pay, pay) == [None, None]
        assert Credit.objects.count() == 1

    def test_undo_and_pay_at_once(self, account):
        make.charge(account, "40.00")
        credit = make.pay(account, "40.00", effective_date=DAY)

        def void():
            with transaction.atomic():
                ledger.reverse_entry(
                    entry=credit.entry, reason="VOID", effective_date=DAY, posting_date=DAY, by=make.ada()
                )

        def pay():
            make.pay(account, "40.00", effective_date=DAY)

        assert run_together(void, pay) == [None, None]
        found = queries.balances(account, as_of=DAY)
        assert (found.ledger, found.unapplied) == (0, 0)


class TestRawSql:
    def test_cannot_spend_a_credit_twice_from_two_connections(self, account, app_connection, databases):
        """Without the services' lock on the account, the guards alone hold."""
        credit = make.pay(account, "30.00", effective_date=DAY)
        charges = [make.charge(account, "30.00", effective_date=DAY) for _ in range(2)]
        app_connection.autocommit = False
        second = psycopg.connect(app_connection.info.dsn, password=app_connection.info.password)
        second.execute("SET lock_timeout = '20s'")
        user = make.ada().pk

        def spend(raw, key, charge):
            raw.execute(
                "INSERT INTO ledger_journalentry (id, reason_id, effective_date, posting_date, actor_id,"
                " document_number, note, is_adjusting) SELECT %s, id, %s, %s, %s, '', '', false"
                " FROM ledger_reasoncode WHERE code = 'ALLOCATE'",
                [key, DAY, DAY, user],
            )
            raw.execute(
                "INSERT INTO ledger_allocation (entry_id, credit_id, charge_id, act, amount)"
                " VALUES (%s, %s, %s, 'APPLY', 30.00)",
                [key, credit.pk, charge.pk],
            )
            raw.execute(
                "INSERT INTO ledger_posting (entry_id, gl_account_id, control, fund_id, side, amount, account_id,"
                " charge_id, service)"
                " SELECT %(key)s, g.id, g.control, f.id, l.side, 30, l.account, l.charge, l.service FROM (VALUES"
                " ('2100', 'POOL', 'D', %(account)s::bigint, NULL::bigint, ''),"
                " ('1200', 'WATER', 'C', %(account)s, %(charge)s, 'WATER'),"
                " ('1310', 'WATER', 'D', NULL, NULL, ''), ('2310', 'POOL', 'C', NULL, NULL, '')"
                ") l (gl, fund, side, account, charge, service)"
                " JOIN ledger_glaccount g ON g.code = l.gl JOIN ledger_fund f ON f.code = l.fund",
                {"key": key, "account": account.pk, "charge": charge.pk},
            )

        spend(app_connection, -1, charges[0])
        worker = Worker(lambda: spend(second, -2, charges[1]))
        worker.start()
        worker.join(0.5)
        assert worker.is_alive(), "the second did not wait for the first"
        app_connection.commit()
        worker.join(PATIENCE)
        second.close()
        assert "applied beyond its amount" in str(worker.error)
        app_connection.autocommit = True


class TestClose:
    def test_waits_for_a_posting_and_keeps_the_next_one_out(self, account, app_connection):
        march = Period.objects.get(number=3)
        Period.objects.filter(number__lt=3).update(state="SOFT_CLOSED")
        Period.objects.filter(number__lt=3).update(state="CLOSED")
        app_connection.autocommit = False
        app_connection.execute(
            "INSERT INTO ledger_journalentry (id, reason_id, effective_date, posting_date, actor_id, document_number,"
            " note, is_adjusting) SELECT -1, id, %s, %s, %s, '', '', false FROM ledger_reasoncode WHERE code = 'ADJUST'",
            [DAY, DAY, make.ada().pk],
        )
        closing = Worker(lambda: ledger.soft_close(period=march, on_date=date(2026, 4, 3), by=system_user()))
        closing.start()
        closing.join(0.5)
        assert closing.is_alive(), "the close did not wait for the posting"
        app_connection.rollback()
        app_connection.autocommit = True
        closing.join(PATIENCE)
        assert closing.error is None
        with pytest.raises(ledger.PeriodNotOpen):
            make.charge(account, "40.00")
        assert not Charge.objects.exists()
