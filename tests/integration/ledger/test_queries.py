"""Balances, aging and statements on any day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from ledger import queries
from ledger import services as ledger
from ledger.models import AllocationPreference, ChargeType, DailyTotal, Deferral, Dispute, Placement, Pledge
from ledger.posting import Line, Side
from ledger.tasks import compact_daily_totals
from tests.factories import ledger as make

pytestmark = pytest.mark.django_db

BEFORE_DUE = date(2026, 3, 20)
LATE = date(2026, 3, 25)


@pytest.fixture(autouse=True)
def open_year(db):
    make.open_year()


def amounts(account, as_of, **facts):
    found = queries.balances(account, as_of=as_of, **facts)
    return tuple(
        str(amount)
        for amount in (
            found.due_now,
            found.past_due,
            found.curtailable_past_due,
            found.to_restore,
            found.payoff,
        )
    )


class TestBalances:
    def test_are_due_when_charged_and_late_the_day_after_the_due_date(self):
        account = make.account()
        make.charge(account, "40.00", due_date=date(2026, 3, 21))
        assert amounts(account, date(2026, 2, 28))[0] == "0.00"
        assert amounts(account, date(2026, 3, 21))[:2] == ("40.00", "0.00")
        assert amounts(account, date(2026, 3, 22))[:2] == ("40.00", "40.00")

    def test_count_unapplied_credit_against_each_of_them(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        Dispute.objects.create(
            charge=charge, amount=Decimal("40.00"), reason="leak", opened_date=date(2026, 3, 2)
        )
        make.pay(account, "15.00")
        found = queries.balances(account, as_of=LATE)
        assert (found.unapplied, found.ledger, found.past_due) == (
            Decimal("15.00"),
            Decimal("25.00"),
            Decimal("25.00"),
        )

    def test_leave_a_deferred_part_out_until_its_day(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        Deferral.objects.create(
            charge=charge,
            amount=Decimal("30.00"),
            kind="PLAN",
            from_date=date(2026, 3, 2),
            until_date=date(2026, 5, 1),
        )
        assert amounts(account, LATE) == ("10.00", "10.00", "10.00", "10.00", "40.00")
        assert amounts(account, date(2026, 5, 1))[:2] == ("40.00", "10.00")
        assert amounts(account, date(2026, 5, 2))[:2] == ("40.00", "40.00")

    def test_let_no_shutoff_stand_on_disputed_pledged_or_other_debt(self):
        account = make.account()
        disputed = make.charge(account, "40.00")
        make.charge(account, "20.00")
        ChargeType.objects.filter(code="FEE").update(is_curtailable=False)
        make.charge(account, "7.00", charge_type="FEE", service="")
        Dispute.objects.create(
            charge=disputed, amount=Decimal("25.00"), reason="leak", opened_date=date(2026, 3, 2)
        )
        Pledge.objects.create(
            account=account,
            agency_name="Salvation Army",
            amount=Decimal("5.00"),
            pledged_date=date(2026, 3, 2),
            expires_date=date(2026, 4, 1),
        )
        assert amounts(account, LATE) == ("67.00", "67.00", "30.00", "37.00", "67.00")
        assert amounts(account, date(2026, 4, 1))[2] == "35.00"

    @pytest.mark.parametrize(("kind", "payoff"), [("AGENCY", "60.00"), ("WRITTEN_OFF", "20.00")])
    def test_take_a_placed_charge_out_of_what_is_due(self, kind, payoff):
        account = make.account()
        placed = make.charge(account, "40.00")
        make.charge(account, "20.00")
        Placement.objects.create(charge=placed, kind=kind, from_date=date(2026, 3, 22), reason="moved away")
        assert amounts(account, LATE) == ("20.00", "20.00", "20.00", "20.00", payoff)
        assert queries.balances(account, as_of=LATE).ledger == Decimal("60.00")

    def test_never_pay_a_placed_charge_by_rule_but_one_that_the_payer_named(self):
        account = make.account()
        placed = make.charge(account, "40.00")
        Placement.objects.create(charge=placed, kind="WRITTEN_OFF", from_date=date(2026, 3, 1), reason="old")
        make.pay(account, "10.00")
        assert queries.balances(account, as_of=LATE).unapplied == Decimal("10.00")
        AllocationPreference.objects.create(charge=placed, rank=1, reason="asked", from_date=date(2026, 3, 1))
        make.pay(account, "10.00")
        assert queries.balances(account, as_of=LATE).unapplied == 0

    def test_tell_what_was_known_at_a_moment(self):
        from django.db import connection

        account = make.account()
        make.charge(account, "40.00")
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            [moment] = cursor.fetchone()
        make.pay(account, "40.00", effective_date=date(2026, 3, 2))
        assert queries.balances(account, as_of=LATE).ledger == 0
        assert queries.balances(account, as_of=LATE, known_as_of=moment).ledger == Decimal("40.00")

    def test_show_no_credit_as_spent_on_a_charge_that_counts_as_never_made(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        make.pay(account, "10.00", effective_date=date(2026, 3, 2))
        later = date(2026, 3, 15)
        ledger.undo_allocations(
            allocation_ids=list(charge.allocations.values_list("pk", flat=True)),
            effective_date=later,
            posting_date=later,
            by=make.ada(),
        )
        ledger.reverse_entry(
            entry=charge.entry,
            reason="BILL_REVERSAL",
            effective_date=date(2026, 3, 1),
            posting_date=later,
            by=make.ada(),
        )
        for day in (date(2026, 3, 2), later):
            assert queries.balances(account, as_of=day).unapplied == Decimal("10.00")
            assert queries.aging(as_of=day).total == 0

    def test_are_the_same_from_the_cache_and_from_the_facts(self):
        account = make.account()
        make.charge(account, "40.00")
        make.charge(account, "25.00", charge_type="SEWER", service="SEWER", due_date=date(2026, 4, 2))
        make.pay(account, "50.00")
        from_cache = queries.balances(account, as_of=LATE)
        # A fact of tomorrow sends the query to the facts.
        make.charge(make.account(), "1.00", effective_date=LATE + timedelta(days=1))
        assert queries.balances(account, as_of=LATE) == from_cache


class TestAging:
    def test_sums_open_charges_by_age_for_the_city_and_the_account(self):
        first, second = make.account(), make.account()
        make.charge(first, "10.00", due_date=date(2026, 3, 25))
        make.charge(first, "20.00", due_date=date(2026, 3, 24))
        make.charge(second, "30.00", effective_date=date(2026, 1, 1), due_date=date(2026, 1, 24))
        city = queries.aging(as_of=LATE)
        assert (city.current, city.days_1_30, city.days_31_60, city.total) == (10, 20, 30, 60)
        assert queries.aging_by_account(as_of=LATE)[second.pk].days_31_60 == 30

    def test_of_a_past_day_stays_what_it_was(self):
        account = make.account()
        make.charge(account, "10.00")
        then = queries.aging(as_of=LATE, date_basis="posting")
        make.pay(account, "10.00", effective_date=date(2026, 4, 2))
        assert queries.aging(as_of=LATE, date_basis="posting") == then
        assert queries.aging(as_of=date(2026, 4, 2)).total == 0

    def test_by_posting_date_ties_to_the_trial_balance(self):
        account = make.account()
        make.charge(account, "10.00", effective_date=date(2026, 3, 1), posting_date=date(2026, 4, 1))
        make.charge(account, "5.00")
        for day in (LATE, date(2026, 4, 1)):
            receivable = sum(
                row.net_amount
                for row in queries.trial_balance(as_of_posting_date=day)
                if row.gl_code == "1200"
            )
            assert queries.aging(as_of=day, date_basis="posting").total == receivable


class TestStatement:
    def test_runs_a_balance_over_charges_credits_and_reversals(self):
        account = make.account()
        make.charge(account, "40.00")
        credit = make.pay(account, "30.00")
        ledger.reverse_entry(
            entry=credit.entry,
            reason="RETURNED",
            effective_date=date(2026, 3, 10),
            posting_date=date(2026, 3, 18),
            by=make.ada(),
        )
        rows = queries.statement(account)
        assert [(row.description, str(row.amount), str(row.balance)) for row in rows] == [
            ("Water", "40.00", "40.00"),
            ("Payment", "-30.00", "10.00"),
            ("Returned payment", "30.00", "40.00"),
        ]
        assert len(queries.statement(account, from_date=date(2026, 3, 2))) == 2
        assert rows[-1].balance == queries.balances(account, as_of=LATE).ledger


class TestPreviewAllocation:
    def test_says_what_the_payment_then_does(self):
        account = make.account()
        old = make.charge(account, "10.00", effective_date=date(2026, 1, 1))
        new = make.charge(account, "40.00")
        preview = queries.preview_allocation(account, Decimal("60.00"), on_date=date(2026, 3, 10))
        assert [(row.charge, row.applied) for row in preview.rows] == [(old, 10), (new, 40)]
        assert preview.unapplied == 10
        make.pay(account, "60.00")
        assert queries.balances(account, as_of=LATE).unapplied == 10


class TestTrialBalance:
    def test_balances_every_fund_and_is_the_same_after_folding(self):
        account = make.account()
        for amount in ("10.00", "20.00", "30.00"):
            make.charge(account, amount)
        make.pay(account, "45.00")
        before = queries.trial_balance(as_of_posting_date=LATE)
        nets: dict[str, Decimal] = {}
        for row in before:
            nets[row.fund] = nets.get(row.fund, Decimal(0)) + row.net_amount
        assert set(nets) == {"POOL", "WATER"}
        assert not any(nets.values())
        assert compact_daily_totals() > 0
        assert compact_daily_totals() == 0
        assert queries.trial_balance(as_of_posting_date=LATE) == before
        days = DailyTotal.objects.values_list("gl_account", "fund", "service", "day")
        assert len(days) == len(set(days))

    def test_control_accounts_equal_their_subledgers(self):
        account = make.account()
        make.charge(account, "40.00")
        make.pay(account, "100.00")
        ledger.receive_held(
            account=account,
            kind="SECURITY_DEPOSIT",
            service="WATER",
            amount=Decimal("50.00"),
            debits=[make.cash("50.00")],
            effective_date=LATE,
            posting_date=LATE,
            by=make.ada(),
        )
        make.charge(account, "80.00")
        totals = queries.control_totals()
        assert {total.control for total in totals} == {"RECEIVABLE", "UNAPPLIED", "HELD"}
        assert [total.difference for total in totals] == [0, 0, 0]


class TestHeldMoney:
    def held(self, amount="50.00"):
        account = make.account()
        movement = ledger.receive_held(
            account=account,
            kind="SECURITY_DEPOSIT",
            service="WATER",
            amount=Decimal(amount),
            debits=[make.cash(amount)],
            effective_date=date(2026, 3, 1),
            posting_date=date(2026, 3, 1),
            by=make.ada(),
        )
        return account, movement.held_money

    def test_is_ours_to_keep_then_settles_charges_and_goes_back(self):
        account, held = self.held()
        make.charge(account, "30.00")
        assert queries.balances(account, as_of=LATE).held == Decimal("50.00")
        dates = {"effective_date": LATE, "posting_date": LATE, "by": make.ada()}
        ledger.add_interest(held=held, amount=Decimal("1.00"), **dates)
        ledger.apply_held(held=held, amount=Decimal("30.00"), **dates)
        assert queries.balances(account, as_of=LATE).ledger == 0
        ledger.return_held(held=held, amount=Decimal("21.00"), **dates)
        assert queries.held_amount(held) == 0
        refunds = [row for row in queries.trial_balance(as_of_posting_date=LATE) if row.gl_code == "2300"]
        assert refunds[0].net_amount == Decimal("-21.00")

    def test_refuses_more_than_is_held(self):
        _, held = self.held()
        dates = {"effective_date": LATE, "posting_date": LATE, "by": make.ada()}
        with pytest.raises(ledger.HeldMoneyShort, match=r"50\.00 is held"):
            ledger.return_held(held=held, amount=Decimal("50.01"), **dates)


class TestOpenItems:
    def test_show_what_a_screen_needs_by_due_date(self):
        account = make.account()
        make.charge(account, "40.00", document_number="B-1", due_date=date(2026, 4, 1))
        make.charge(account, "7.00", charge_type="FEE", service="")
        rows = queries.open_items(account, as_of=LATE)
        assert [(row.charge_type, row.fund, row.document_number, row.open_amount) for row in rows] == [
            ("FEE", "GENERAL", "", 7),
            ("WATER", "WATER", "B-1", 40),
        ]

    def test_leave_out_what_is_paid_by_adjustment(self):
        account = make.account()
        make.charge(account, "40.00")
        ledger.receive(
            parts=[ledger.CreditPart(account, Decimal("40.00"), kind="ADJUSTMENT")],
            debits=[Line("5100", "WATER", Side.DEBIT, Decimal("40.00"), service="WATER")],
            reason="ADJUST",
            effective_date=LATE,
            posting_date=LATE,
            by=make.ada(),
            document_number="A-1",
        )
        assert queries.open_items(account, as_of=LATE) == []
