"""Charging, paying, reversing through the services."""

from datetime import date
from decimal import Decimal

import pytest

from ledger import queries
from ledger import services as ledger
from ledger.models import Allocation, AllocationPreference, JournalEntry, OpenItem, Posting
from ledger.posting import Line, Side
from tests.factories import ledger as make

pytestmark = pytest.mark.django_db

MARCH_10 = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def open_year(db):
    make.open_year()


def open_amount(charge):
    return OpenItem.objects.get(charge=charge).open_amount


def postings(entry):
    rows = entry.postings.order_by("pk").values_list("gl_account__code", "fund__code", "side", "amount")
    return [(code, fund, side, str(amount)) for code, fund, side, amount in rows]


class TestMakeCharge:
    def test_debits_the_receivable_and_credits_revenue_in_the_services_fund(self):
        charge = make.charge(make.account(), "40.00")
        assert postings(charge.entry) == [("1200", "WATER", "D", "40.00"), ("4100", "WATER", "C", "40.00")]
        assert open_amount(charge) == Decimal("40.00")

    def test_gives_the_first_charge_again_for_the_same_key(self):
        account = make.account()
        first = make.charge(account, "40.00", idempotency_key="bill-1")
        assert make.charge(account, "40.00", idempotency_key="bill-1") == first
        assert JournalEntry.objects.count() == 1

    def test_refuses_the_same_key_with_another_amount(self):
        account = make.account()
        make.charge(account, "40.00", idempotency_key="bill-1")
        with pytest.raises(ledger.EntryKeyReused):
            make.charge(account, "41.00", idempotency_key="bill-1")

    def test_refuses_a_day_without_an_open_period(self):
        with pytest.raises(ledger.PeriodNotOpen, match="2031-03-01"):
            make.charge(make.account(), "40.00", effective_date=date(2031, 3, 1))

    def test_refuses_an_unknown_charge_type(self):
        with pytest.raises(ledger.ChargeTypeUnknown, match="ICE"):
            make.charge(make.account(), "40.00", charge_type="ICE")


class TestReceive:
    def test_makes_a_credit_and_applies_it_with_due_lines_between_the_funds(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        credit = make.pay(account, "30.00")
        assert postings(credit.entry) == [("1010", "POOL", "D", "30.00"), ("2100", "POOL", "C", "30.00")]
        allocation = Allocation.objects.get()
        assert postings(allocation.entry) == [
            ("2100", "POOL", "D", "30.00"),
            ("1200", "WATER", "C", "30.00"),
            ("1310", "WATER", "D", "30.00"),
            ("2310", "POOL", "C", "30.00"),
        ]
        assert open_amount(charge) == Decimal("10.00")

    def test_keeps_what_is_too_much_as_unapplied_credit(self):
        account = make.account()
        make.charge(account, "40.00")
        make.pay(account, "100.00")
        found = queries.balances(account, as_of=MARCH_10)
        assert (found.ledger, found.unapplied, found.due_now) == (Decimal("-60.00"), Decimal("60.00"), 0)

    def test_takes_one_check_over_several_accounts_in_one_entry(self):
        first, second = make.account(), make.account()
        make.charge(first, "10.00")
        make.charge(second, "20.00")
        received = ledger.receive(
            parts=[ledger.CreditPart(first, Decimal("10.00")), ledger.CreditPart(second, Decimal("20.00"))],
            debits=[make.cash("33.00")],
            other_credits=[Line("4400", "GENERAL", Side.CREDIT, Decimal("3.00"))],
            effective_date=MARCH_10,
            posting_date=MARCH_10,
            by=make.ada(),
            document_number="R-7",
        )
        assert [credit.account for credit in received.credits] == [first, second]
        assert JournalEntry.objects.filter(reason__code="ALLOCATE").count() == 2
        assert not OpenItem.objects.filter(open_amount__gt=0).exists()

    def test_gives_the_first_answer_again_for_the_same_key(self):
        account = make.account()
        first = make.pay(account, "10.00", idempotency_key="form-1")
        assert make.pay(account, "10.00", idempotency_key="form-1") == first
        with pytest.raises(ledger.EntryKeyReused):
            make.pay(account, "11.00", idempotency_key="form-1")

    def test_pays_what_the_payer_named_first(self):
        account = make.account()
        make.charge(account, "40.00", effective_date=date(2026, 1, 1))
        named = make.charge(account, "40.00")
        AllocationPreference.objects.create(
            charge=named, rank=1, reason="the payer said so", from_date=date(2026, 3, 1)
        )
        make.pay(account, "40.00")
        assert open_amount(named) == 0

    def test_dates_an_allocation_not_before_its_charge(self):
        account = make.account()
        make.charge(account, "40.00", effective_date=date(2026, 3, 15))
        make.pay(account, "40.00", effective_date=MARCH_10)
        entry = JournalEntry.objects.get(reason__code="ALLOCATE")
        assert (entry.effective_date, entry.posting_date) == (date(2026, 3, 15), date(2026, 3, 15))
        assert queries.balances(account, as_of=MARCH_10).unapplied == Decimal("40.00")
        assert queries.balances(account, as_of=date(2026, 3, 15)).ledger == 0

    def test_asks_the_same_number_of_queries_for_one_account_and_for_twenty(self, django_assert_num_queries):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for number in (1, 20):
            accounts = [make.account() for _ in range(number)]
            for each in accounts:
                make.charge(each, "10.00")
            with CaptureQueriesContext(connection) as captured:
                ledger.receive(
                    parts=[ledger.CreditPart(each, Decimal("10.00")) for each in accounts],
                    debits=[make.cash(Decimal(10 * number))],
                    effective_date=MARCH_10,
                    posting_date=MARCH_10,
                    by=make.ada(),
                    document_number="R-1",
                )
            counts.append(len(captured))
        assert counts[0] == counts[1]


class TestReverseEntry:
    def reverse(self, entry, **facts):
        values = {
            "reason": "VOID",
            "effective_date": MARCH_10,
            "posting_date": MARCH_10,
            "by": make.ada(),
            **facts,
        }
        return ledger.reverse_entry(entry=entry, **values)

    def test_opens_again_what_a_payment_settled(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        credit = make.pay(account, "30.00")
        reversal = self.reverse(credit.entry)
        assert open_amount(charge) == Decimal("40.00")
        assert queries.balances(account, as_of=MARCH_10).unapplied == 0
        assert postings(reversal) == [("1010", "POOL", "C", "30.00"), ("2100", "POOL", "D", "30.00")]

    def test_frees_what_a_reversed_charge_took_for_the_next(self):
        account = make.account()
        wrong = make.charge(account, "40.00", effective_date=date(2026, 1, 1))
        right = make.charge(account, "25.00")
        make.pay(account, "40.00")
        assert open_amount(right) == Decimal("25.00")
        self.reverse(wrong.entry, reason="BILL_REVERSAL")
        assert open_amount(right) == 0
        assert queries.balances(account, as_of=MARCH_10).unapplied == Decimal("15.00")

    def test_refuses_a_second_reversal_and_changes_nothing(self):
        credit = make.pay(make.account(), "30.00")
        self.reverse(credit.entry)
        count = Posting.objects.count()
        with pytest.raises(ledger.EntryAlreadyReversed):
            self.reverse(credit.entry)
        assert Posting.objects.count() == count

    def test_refuses_to_reverse_a_reversal_and_an_allocation(self):
        account = make.account()
        make.charge(account, "10.00")
        reversal = self.reverse(make.pay(account, "30.00").entry)
        with pytest.raises(ledger.EntryNotReversible, match="reversal itself"):
            self.reverse(reversal)
        with pytest.raises(ledger.EntryNotReversible, match="applies credit"):
            self.reverse(JournalEntry.objects.filter(reason__code="ALLOCATE").first())

    def test_refuses_a_day_before_the_entry(self):
        credit = make.pay(make.account(), "30.00")
        with pytest.raises(ledger.EntryNotReversible, match="before that"):
            self.reverse(credit.entry, effective_date=date(2026, 3, 9))

    def test_ages_charges_as_if_a_returned_payment_had_never_come(self):
        account = make.account()
        make.charge(account, "40.00", due_date=date(2026, 3, 21))
        credit = make.pay(account, "40.00", effective_date=date(2026, 3, 20))
        self.reverse(
            credit.entry,
            reason="RETURNED",
            effective_date=date(2026, 3, 20),
            posting_date=date(2026, 4, 2),
        )
        assert queries.balances(account, as_of=date(2026, 3, 25)).past_due == Decimal("40.00")
        assert queries.aging(as_of=date(2026, 3, 25), date_basis="effective").days_1_30 == Decimal("40.00")
        assert queries.aging(as_of=date(2026, 3, 25), date_basis="posting").total == 0


class TestPostEntry:
    def post(self, *lines, **facts):
        values = {
            "reason": "ADJUST",
            "effective_date": MARCH_10,
            "posting_date": MARCH_10,
            "by": make.ada(),
            **facts,
        }
        return ledger.post_entry(lines=lines, **values)

    def test_balances_each_fund_with_due_lines(self):
        entry = self.post(make.cash("5.00"), Line("4400", "GENERAL", Side.CREDIT, Decimal("5.00")))
        assert postings(entry)[2:] == [("1310", "GENERAL", "D", "5.00"), ("2310", "POOL", "C", "5.00")]

    def test_refuses_a_control_account(self):
        with pytest.raises(ledger.ControlAccountPostedByHand, match="Line 2 posts to 2100"):
            self.post(make.cash("5.00"), Line("2100", "POOL", Side.CREDIT, Decimal("5.00")))

    def test_gives_the_first_entry_again_for_the_same_key_and_figures_alone(self):
        lines = make.cash("5.00"), Line("4400", "GENERAL", Side.CREDIT, Decimal("5.00"))
        first = self.post(*lines, idempotency_key="hand-1")
        assert self.post(*lines, idempotency_key="hand-1") == first
        with pytest.raises(ledger.EntryKeyReused):
            self.post(
                make.cash("6.00"),
                Line("4400", "GENERAL", Side.CREDIT, Decimal("6.00")),
                idempotency_key="hand-1",
            )


class TestUndoAllocations:
    def test_opens_the_charge_and_frees_the_credit(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        make.pay(account, "40.00")
        allocation = Allocation.objects.get()
        count = ledger.undo_allocations(
            allocation_ids=[allocation.pk], effective_date=MARCH_10, posting_date=MARCH_10, by=make.ada()
        )
        assert count == 1
        assert open_amount(charge) == Decimal("40.00")
        assert queries.balances(account, as_of=MARCH_10).unapplied == Decimal("40.00")
        with pytest.raises(ledger.AllocationNotLive):
            ledger.undo_allocations(
                allocation_ids=[allocation.pk], effective_date=MARCH_10, posting_date=MARCH_10, by=make.ada()
            )


class TestChangeDueDate:
    def test_the_newest_counts(self):
        charge = make.charge(make.account(), "40.00")
        for day in (date(2026, 5, 1), date(2026, 4, 1)):
            ledger.change_due_date(charge=charge, due_date=day, reason="late mailing", by=make.ada())
        assert OpenItem.objects.get(charge=charge).due_date == date(2026, 4, 1)

    def test_refuses_a_settled_charge(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        make.pay(account, "40.00")
        with pytest.raises(ledger.ChargeSettled):
            ledger.change_due_date(charge=charge, due_date=date(2026, 5, 1), reason="late", by=make.ada())
