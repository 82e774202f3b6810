"""`prove` finds nothing in honest books, and finds what the owner of the tables could spoil."""

from datetime import date

import pytest
from django.db import transaction

from ledger import proofs
from ledger import services as ledger
from tests.factories import ledger as make

PROOFS = [
    proofs.entries_balance,
    proofs.receivable_is_open_charges,
    proofs.unapplied_is_open_credits,
    proofs.held_is_its_movements,
    proofs.allocations_within_limits,
    proofs.postings_are_their_documents,
    proofs.reversals_mirror,
    proofs.open_items_equal_source,
    proofs.daily_totals_equal_source,
    proofs.nothing_outside_periods,
]

# Each spoils one thing as the owner, guards off; the proof that must see it.
SPOILS = [
    ("UPDATE ledger_posting SET amount = amount + 1 WHERE side = 'D'", proofs.entries_balance),
    ("UPDATE ledger_charge SET amount = amount + 1", proofs.receivable_is_open_charges),
    ("UPDATE ledger_credit SET amount = amount + 1", proofs.unapplied_is_open_credits),
    ("UPDATE ledger_heldmovement SET amount = amount + 1", proofs.held_is_its_movements),
    ("UPDATE ledger_allocation SET amount = amount + 500", proofs.allocations_within_limits),
    ("UPDATE ledger_charge SET amount = amount + 1", proofs.postings_are_their_documents),
    ("UPDATE ledger_posting SET amount = amount + id", proofs.reversals_mirror),
    ("UPDATE ledger_openitem SET open_amount = open_amount + 1", proofs.open_items_equal_source),
    ("UPDATE ledger_dailytotal SET debit_amount = debit_amount + 1", proofs.daily_totals_equal_source),
    (
        "UPDATE ledger_period SET start_date = start_date - 3650, end_date = end_date - 3650",
        proofs.nothing_outside_periods,
    ),
]


def fill_books():
    make.open_year()
    account = make.account()
    wrong = make.charge(account, "12.00")
    make.charge(account, "40.00")
    make.pay(account, "30.00")
    make.pay(account, "50.00")
    day = date(2026, 3, 12)
    ledger.reverse_entry(
        entry=wrong.entry, reason="BILL_REVERSAL", effective_date=day, posting_date=day, by=make.ada()
    )
    ledger.receive_held(
        account=account,
        kind="SECURITY_DEPOSIT",
        amount=wrong.amount,
        debits=[make.cash(wrong.amount)],
        effective_date=day,
        posting_date=day,
        by=make.ada(),
    )


@pytest.mark.django_db
class TestProofs:
    def test_hold_in_honest_books(self):
        fill_books()
        assert {proof.__name__: proof() for proof in PROOFS if proof().count} == {}


class TestSpoiledBooks:
    def test_are_found_out(self, committed_db, owner_connection):
        with transaction.atomic():
            fill_books()
        for table in ("posting", "charge", "credit", "allocation", "heldmovement", "period"):
            owner_connection.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER USER")
        unseen = []
        for statement, proof in SPOILS:
            was_well = proof().count == 0
            owner_connection.execute(statement)
            if not was_well or proof().count == 0:
                unseen.append(proof.__name__)
            owner_connection.execute(_undo(statement))
        assert unseen == []


def _undo(statement):
    if "start_date" in statement:
        return statement.replace(" - ", " + ")
    return statement.replace(" + ", " - ")
