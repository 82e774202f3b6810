"""Random lives of a few accounts: whatever the office does, the books hold and every past day reads as it was.

A plain Python replay of charges, credits and reversals is kept beside the ledger; after each act the balances of
each account on several days are compared with it, and every proof of the books is asked.
"""

import os
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ledger import queries
from ledger import services as ledger
from ledger.models import Allocation, Charge, ChargeDueDate, Credit, JournalEntry
from ledger.posting import Line, Side
from ledger.tasks import compact_daily_totals
from tests.factories import ledger as make
from tests.integration.ledger.test_proofs import PROOFS

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "6"))
STEPS = int(os.environ.get("SOAK_STEPS", "20"))
FIRST = date(2026, 1, 5)
ZERO = Decimal("0.00")

amounts = st.integers(1, 20_000).map(lambda cents: Decimal(cents) / 100)
which = st.integers(0, 1_000)
SERVICES = [("WATER", "WATER"), ("SEWER", "SEWER"), ("FEE", ""), ("TAX", "WATER")]


class Books(RuleBasedStateMachine):
    """What an office does to three accounts while time goes on."""

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        make.open_year()
        self.by = make.ada()
        self.accounts = [make.account() for _ in range(3)]
        self.today = FIRST
        # (account, effective date, amount with the customer's sign, entry): all that a ledger balance is made of.
        self.facts = []
        self.reversed = set()

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def dates(self, back=0):
        return {"effective_date": max(FIRST, self.today - timedelta(days=back)), "posting_date": self.today}

    def live(self, signs):
        return [
            fact
            for fact in self.facts
            if fact[3] not in self.reversed and (fact[2] > 0) is signs and not fact[4]
        ]

    @rule(days=st.integers(0, 20))
    def time_goes_on(self, days):
        self.today = min(self.today + timedelta(days=days), date(2026, 12, 1))

    @rule(
        at=which,
        kind=st.sampled_from(SERVICES),
        amount=amounts,
        late=st.integers(0, 40),
        back=st.integers(0, 9),
    )
    def bill(self, at, kind, amount, late, back):
        account = self.accounts[at % 3]
        dates = self.dates(back)
        charge = ledger.make_charge(
            account=account,
            charge_type=kind[0],
            service=kind[1],
            amount=amount,
            due_date=dates["effective_date"] + timedelta(days=late),
            by=self.by,
            reason="BILL",
            **dates,
        )
        self.facts.append((account, dates["effective_date"], amount, charge.entry_id, False))
        ledger.allocate(account_ids=[account.pk], by=self.by, **dates)

    @rule(at=which, amount=amounts, back=st.integers(0, 9))
    def pay(self, at, amount, back):
        self.receive([(self.accounts[at % 3], amount)], [make.cash(amount)], back)

    @rule(amount=amounts, more=amounts)
    def pay_two_accounts_by_one_check(self, amount, more):
        parts = [(self.accounts[0], amount), (self.accounts[1], more)]
        self.receive(parts, [make.cash(amount + more)], 0)

    @rule(at=which, amount=amounts)
    def adjust(self, at, amount):
        expense = Line("5100", "WATER", Side.DEBIT, amount, service="WATER")
        self.receive([(self.accounts[at % 3], amount)], [expense], 0, kind="ADJUSTMENT", reason="ADJUST")

    @rule(amount=amounts)
    def transfer_debt(self, amount):
        clearing = Line("3900", "GENERAL", Side.DEBIT, amount)
        self.receive([(self.accounts[0], amount)], [clearing], 0, kind="TRANSFER", reason="TRANSFER")
        dates = self.dates()
        charge = ledger.make_charge(
            account=self.accounts[2],
            charge_type="OPENING",
            amount=amount,
            due_date=self.today,
            by=self.by,
            reason="TRANSFER",
            **dates,
        )
        self.facts.append((self.accounts[2], self.today, amount, charge.entry_id, False))

    def receive(self, parts, debits, back, *, kind="PAYMENT", reason="PAYMENT"):
        dates = self.dates(back)
        received = ledger.receive(
            parts=[ledger.CreditPart(account, amount, kind) for account, amount in parts],
            debits=debits,
            reason=reason,
            by=self.by,
            document_number="",
            **dates,
        )
        for account, amount in parts:
            self.facts.append((account, dates["effective_date"], -amount, received.entry.pk, False))

    @precondition(lambda self: self.live(signs=False))
    @rule(at=which, as_if_never=st.booleans())
    def reverse_a_credit(self, at, as_if_never):
        self.reverse(self.live(signs=False), at, as_if_never)

    @precondition(lambda self: self.live(signs=True))
    @rule(at=which, as_if_never=st.booleans())
    def reverse_a_charge(self, at, as_if_never):
        self.reverse(self.live(signs=True), at, as_if_never)

    def reverse(self, candidates, at, as_if_never):
        entry_id = candidates[at % len(candidates)][3]
        entry = JournalEntry.objects.get(pk=entry_id)
        day = entry.effective_date if as_if_never else self.today
        ledger.reverse_entry(
            entry=entry, reason="RETURNED", effective_date=day, posting_date=self.today, by=self.by
        )
        self.reversed.add(entry_id)
        same = [fact for fact in self.facts if fact[3] == entry_id]
        self.facts.extend((fact[0], day, -fact[2], -entry_id, True) for fact in same)

    @precondition(lambda self: Charge.objects.filter(open_item__open_amount__gt=0).exists())
    @rule(at=which, days=st.integers(0, 60))
    def change_a_due_date(self, at, days):
        charges = Charge.objects.filter(open_item__open_amount__gt=0).order_by("pk")
        charge = charges[at % len(charges)]
        ledger.change_due_date(
            charge=charge, due_date=charge.due_date + timedelta(days=days), reason="late mailing", by=self.by
        )

    @precondition(lambda self: Allocation.objects.filter(act="APPLY", undone_by=None).exists())
    @rule(at=which)
    def take_an_allocation_back(self, at):
        live = Allocation.objects.filter(act="APPLY", undone_by=None).order_by("pk")
        ledger.undo_allocations(allocation_ids=[live[at % len(live)].pk], by=self.by, **self.dates())

    @rule()
    def allocate_again(self):
        ledger.allocate(account_ids=[account.pk for account in self.accounts], by=self.by, **self.dates())

    @rule()
    def fold_the_daily_totals(self):
        compact_daily_totals()

    @invariant()
    def the_books_hold(self):
        connection.check_constraints()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT fund_id, sum(CASE side WHEN 'D' THEN amount ELSE -amount END) FROM ledger_posting"
                " GROUP BY fund_id HAVING sum(CASE side WHEN 'D' THEN amount ELSE -amount END) <> 0"
            )
            assert cursor.fetchall() == []
        assert {proof.__name__: found for proof in PROOFS if (found := proof()).count} == {}

    @invariant()
    def balances_equal_the_replay(self):
        replay = Replay()
        for day in (FIRST, self.today - timedelta(days=11), self.today, date(2026, 12, 31)):
            found = queries.balances_for([account.pk for account in self.accounts], as_of=day)
            for account in self.accounts:
                ledger_balance = sum((f[2] for f in self.facts if f[0] == account and f[1] <= day), ZERO)
                assert found[account.pk].ledger == ledger_balance, (account, day)
                assert (
                    found[account.pk].past_due,
                    found[account.pk].unapplied,
                ) == replay.past_due_and_unapplied(account, day), (account, day)
            assert queries.aging(as_of=day).total == replay.receivable(day)


class Replay:
    """The facts of the database walked in Python, one by one, the slow and plain way."""

    def __init__(self):
        self.entries = {entry.pk: entry for entry in JournalEntry.objects.all()}
        self.undone = {entry.reverses_id: entry for entry in self.entries.values() if entry.reverses_id}
        self.charges = list(Charge.objects.all())
        self.credits = list(Credit.objects.all())
        self.allocations = list(Allocation.objects.all())
        self.due_dates = {row.charge_id: row.due_date for row in ChargeDueDate.objects.order_by("pk")}

    def there(self, entry_id, day):
        return self.entries[entry_id].effective_date <= day

    def left(self, thing, day, name):
        """What is left of a charge or a credit on the day."""
        if not self.there(thing.entry_id, day):
            return ZERO
        reversal = self.undone.get(thing.entry_id)
        if reversal is not None and reversal.effective_date <= day:
            return ZERO
        left = thing.amount
        for allocation in self.allocations:
            mine = getattr(allocation, name) == thing.pk and self.there(allocation.entry_id, day)
            if mine and not self.gone(self.other_side(allocation, name), day):
                left -= allocation.amount if allocation.act == "APPLY" else -allocation.amount
        return left

    def gone(self, thing, day):
        reversal = self.undone.get(thing.entry_id)
        return reversal is not None and reversal.effective_date <= day

    def other_side(self, allocation, name):
        """The credit of a charge's allocation, the charge of a credit's."""
        if name == "charge_id":
            return next(credit for credit in self.credits if credit.pk == allocation.credit_id)
        return next(charge for charge in self.charges if charge.pk == allocation.charge_id)

    def receivable(self, day):
        return sum((self.left(charge, day, "charge_id") for charge in self.charges), ZERO)

    def past_due_and_unapplied(self, account, day):
        unapplied = sum(
            (
                self.left(credit, day, "credit_id")
                for credit in self.credits
                if credit.account_id == account.pk
            ),
            ZERO,
        )
        late = sum(
            (
                self.left(charge, day, "charge_id")
                for charge in self.charges
                if charge.account_id == account.pk and self.due_dates.get(charge.pk, charge.due_date) < day
            ),
            ZERO,
        )
        return max(late - unapplied, ZERO), unapplied


@pytest.mark.django_db
def test_whatever_the_office_does_the_books_hold():
    run_state_machine_as_test(
        Books,
        settings=settings(
            phases=[Phase.explicit, Phase.generate],
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
