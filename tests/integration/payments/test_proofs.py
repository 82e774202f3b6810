"""The proofs hold after a day at the counter, and each finds what it is for."""

from decimal import Decimal

import psycopg
import pytest

from core import proofs
from ledger.models import GLAccount
from payments import proofs as ours
from payments.models import MiscItem
from payments.services import voids
from payments.services.receipting import PaymentLine
from tests.factories.payments import cash, line, make_debtor, make_till, pay

CHECKS = [ours.receipt_numbers, ours.receipt_totals, ours.receipt_credits, ours.voids, ours.receipt_sessions]


@pytest.mark.django_db
def test_a_day_at_the_counter_proves() -> None:
    till = make_till()
    account = make_debtor(amount="61.20")
    MiscItem.objects.create(
        code="COPY", name="Copy", gl_account=GLAccount.objects.get(code="4400"), fund_code="GENERAL"
    )
    receipts = [
        pay(till, line(account, "49.20")),
        pay(till, line(account, "20.00"), tenders=[cash("50.00")]),
        pay(till, line(account, "1.00"), PaymentLine(amount=Decimal("2.00"), misc_item_code="COPY")),
    ]
    request = voids.request_void(receipt=receipts[1], reason="Wrong", by=till.clerk)
    voids.approve_void(request=request, by=till.supervisor)

    assert [check().count for check in CHECKS] == [0] * len(CHECKS)
    assert {result.name for result in proofs.run_all() if result.violations} == set()


def test_each_proof_finds_its_violation(committed_db: str, owner_connection: psycopg.Connection) -> None:
    """What no service can write is written by the owner of this test's own database, its triggers put aside."""
    till = make_till()
    receipt = pay(till, line(make_debtor(), "61.20"))
    broken = {
        ours.receipt_numbers: "UPDATE core_numbersequence SET last_value = last_value + 1 WHERE series = 'receipt:A'",
        ours.receipt_totals: "UPDATE payments_tender SET amount = 60, tendered_amount = 60",
        ours.receipt_credits: "UPDATE payments_receiptline SET amount = 60",
        ours.receipt_sessions: "UPDATE payments_receipt SET posting_date = posting_date + 1",
    }
    tables = ("payments_receipt", "payments_receiptline", "payments_tender")
    for table in tables:
        owner_connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for check, damage in broken.items():
        assert check().count == 0
        owner_connection.execute(damage)
        found = check()
        assert found.count == 1, check
        assert found.examples[0].startswith(("drawer A", f"receipt {receipt.drawer.code}-{receipt.number}"))
        if check is ours.receipt_totals:
            owner_connection.execute("UPDATE payments_tender SET amount = 61.20, tendered_amount = 61.20")


def test_the_proof_of_voids_finds_a_reversal_without_its_void(
    committed_db: str, owner_connection: psycopg.Connection
) -> None:
    till = make_till()
    receipt = pay(till, line(make_debtor(), "61.20"))
    request = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)
    voids.approve_void(request=request, by=till.supervisor)
    assert ours.voids().count == 0

    owner_connection.execute("ALTER TABLE payments_receiptvoid DISABLE TRIGGER USER")
    owner_connection.execute("DELETE FROM payments_receiptvoid")

    found = ours.voids()
    assert found.count == 1
    assert found.examples[0].startswith("receipt A-1: void , reversal ")
