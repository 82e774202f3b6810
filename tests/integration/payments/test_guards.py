"""The database's own rules, asked by raw SQL as the application's role."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from payments.models import Receipt, ReceiptVoid, VoidRequest
from payments.services import drawers, voids
from tests.factories.accounts import make_user
from tests.factories.payments import TUESDAY, Till, line, make_debtor, make_till, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Till:
    return make_till()


@pytest.fixture
def receipt(till: Till) -> Receipt:
    return pay(till, line(make_debtor(), "61.20"))


def run(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def refused(act: Callable[[], None], words: str) -> None:
    def act_and_settle() -> None:
        with transaction.atomic():
            act()
            run("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises((IntegrityError, ProgrammingError), match=words):
        act_and_settle()


def test_the_tests_run_as_the_applications_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'payments_receipt'"
        )
        user, owner = cursor.fetchone()
    assert user != owner


@pytest.mark.parametrize("table", ["payments_receipt", "payments_receiptline", "payments_tender"])
@pytest.mark.parametrize("act", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_receipts_lines_and_tenders_are_never_changed(receipt: Receipt, table: str, act: str) -> None:
    with pytest.raises(ProgrammingError) as error, transaction.atomic():
        run(act.format(table))
    assert isinstance(error.value.__cause__, psycopg.errors.InsufficientPrivilege)
    assert Receipt.objects.filter(pk=receipt.pk).exists()


class TestReceipts:
    INSERT = (
        "INSERT INTO payments_receipt (number, session_id, drawer_id, received_by_id, effective_date, posting_date,"
        " payor, total_amount, change_amount, note, entry_id, idempotency_key, printed_lines)"
        " SELECT %s, session_id, drawer_id, %s, effective_date, %s, payor, %s, 0, '', entry_id + %s, %s, '[]'"
        " FROM payments_receipt WHERE id = %s"
    )

    def insert(self, receipt: Receipt, **changes: Any) -> None:
        values = {
            "number": receipt.number + 1,
            "by": receipt.received_by_id,
            "date": TUESDAY,
            "total": Decimal("61.20"),
            "entry": 0,
            **changes,
        }
        run(
            self.INSERT,
            values["number"],
            values["by"],
            values["date"],
            values["total"],
            values["entry"],
            uuid.uuid4().hex,
            receipt.pk,
        )

    def test_never_two_on_one_entry(self, receipt: Receipt) -> None:
        refused(lambda: self.insert(receipt), "entry_id")

    def test_leave_no_gap_and_repeat_no_number(self, receipt: Receipt) -> None:
        refused(lambda: self.insert(receipt, number=receipt.number + 2), "the next number of drawer .* is 2")
        refused(lambda: self.insert(receipt, number=receipt.number), "the next number")

    def test_belong_to_their_sessions_person_and_day(self, receipt: Receipt) -> None:
        refused(lambda: self.insert(receipt, by=make_user("eve").pk), "person, drawer and date")
        refused(lambda: self.insert(receipt, date="2026-03-11"), "person, drawer and date")

    def test_need_an_open_session(self, till: Till, receipt: Receipt) -> None:
        drawers.start_balancing(session=till.session, by=till.clerk)
        refused(lambda: self.insert(receipt), "is BALANCING")

    def test_need_lines_and_tenders_of_their_total(self, receipt: Receipt) -> None:
        # The allocation's entry, which no receipt has, stands in for one: the sums are looked at first.
        refused(lambda: self.insert(receipt, entry=1), "total 61.20, lines 0, tenders 0")

    def test_take_no_line_and_no_tender_later(self, receipt: Receipt) -> None:
        refused(
            lambda: run(
                "INSERT INTO payments_tender (receipt_id, kind, amount, tendered_amount, change_amount, check_number)"
                " VALUES (%s, 'CASH', 1, 1, 0, '')",
                receipt.pk,
            ),
            "tenders 62.20",
        )

    def test_give_change_only_in_cash_and_want_a_checks_number(self, receipt: Receipt) -> None:
        insert = (
            "INSERT INTO payments_tender (receipt_id, kind, amount, tendered_amount, change_amount, check_number)"
            " VALUES (%s, %s, %s, %s, %s, %s)"
        )
        refused(lambda: run(insert, receipt.pk, "CHECK", 5, 6, 1, "7"), "payments_tender_change_is_cash")
        refused(lambda: run(insert, receipt.pk, "CHECK", 5, 5, 0, ""), "payments_tender_check_number")
        refused(lambda: run(insert, receipt.pk, "CASH", 5, 6, 0, ""), "payments_tender_amounts")
        refused(lambda: run(insert, receipt.pk, "GOLD", 5, 5, 0, ""), "payments_tender_kind")


class TestVoids:
    def request(self, till: Till, receipt: Receipt) -> VoidRequest:
        return voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)

    def decide(self, request: VoidRequest, by: int) -> None:
        run(
            "UPDATE payments_voidrequest SET state = 'APPROVED', decided_by_id = %s, decided_at = now() WHERE id = %s",
            by,
            request.pk,
        )

    def insert_void(self, request: VoidRequest, entry: int) -> None:
        run(
            "INSERT INTO payments_receiptvoid (receipt_id, request_id, entry_id) VALUES (%s, %s, %s)",
            request.receipt_id,
            request.pk,
            entry,
        )

    def test_are_not_decided_by_who_asked(self, till: Till, receipt: Receipt) -> None:
        request = self.request(till, receipt)

        refused(lambda: self.decide(request, till.clerk.pk), "payments_voidrequest_second_person")

    def test_begin_as_requested(self, till: Till, receipt: Receipt) -> None:
        refused(
            lambda: run(
                "INSERT INTO payments_voidrequest"
                " (receipt_id, reason, state, requested_by_id, decided_by_id, decided_at, decision_note)"
                " VALUES (%s, 'x', 'APPROVED', %s, %s, now(), '')",
                receipt.pk,
                till.clerk.pk,
                till.supervisor.pk,
            ),
            "begins as requested",
        )

    def test_are_decided_once_and_keep_their_reason(self, till: Till, receipt: Receipt) -> None:
        request = self.request(till, receipt)
        self.decide(request, till.supervisor.pk)

        refused(
            lambda: run("UPDATE payments_voidrequest SET state = 'RETURNED' WHERE id = %s", request.pk),
            "cannot go from APPROVED to RETURNED",
        )
        refused(lambda: run("UPDATE payments_voidrequest SET reason = 'y'"), "permission denied")

    def test_need_a_second_person_and_the_reversal(self, till: Till, receipt: Receipt) -> None:
        request = self.request(till, receipt)

        refused(lambda: self.insert_void(request, receipt.entry_id), "no second person")
        self.decide(request, till.supervisor.pk)
        refused(lambda: self.insert_void(request, receipt.entry_id), "does not reverse")
        assert not ReceiptVoid.objects.exists()

    def test_are_not_decided_by_who_took_the_money(self, till: Till, receipt: Receipt) -> None:
        request = voids.request_void(receipt=receipt, reason="Wrong", by=make_user("eve", "request_void"))
        self.decide(request, till.clerk.pk)

        refused(lambda: self.insert_void(request, receipt.entry_id), "no second person")

    def test_need_an_open_session(self, till: Till, receipt: Receipt) -> None:
        request = self.request(till, receipt)
        self.decide(request, till.supervisor.pk)
        drawers.start_balancing(session=till.session, by=till.clerk)

        refused(lambda: self.insert_void(request, receipt.entry_id), "its drawer session is BALANCING")
