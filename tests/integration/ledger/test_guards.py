"""The books' rules by raw SQL: what the application's role cannot do, whatever code runs."""

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from core.db import constraint_name
from core.users import system_user
from ledger import services as ledger
from ledger.models import Allocation, Credit, GLAccount, JournalEntry, OpenItem, Period
from tests.factories import ledger as make

pytestmark = pytest.mark.django_db

DAY = "2026-03-10"


@pytest.fixture(autouse=True)
def open_year(db):
    make.open_year()


def refused_by(*statements):
    """Run the statements as one transaction of the application's role; the name of the rule that refuses them."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    except DatabaseError as error:
        return constraint_name(error) or type(error.__cause__).__name__
    return ""


def entry_sql(pk=-1, day=DAY, **columns):
    """An entry of the clerk's; ids below zero cannot meet those of the sequence."""
    values = {
        "id": pk,
        "reason_id": "(SELECT id FROM ledger_reasoncode WHERE code = 'ADJUST')",
        "effective_date": f"'{day}'",
        "posting_date": f"'{day}'",
        "actor_id": make.ada().pk,
        "document_number": "''",
        "note": "''",
        "is_adjusting": "false",
        **columns,
    }
    listed = ", ".join(str(value) for value in values.values())
    return f"INSERT INTO ledger_journalentry ({', '.join(values)}) VALUES ({listed})"


def posting_sql(code, fund, side, amount, pk=-1, control=None, account="NULL", charge="NULL", service=""):
    control = control or GLAccount.objects.get(code=code).control
    return (
        "INSERT INTO ledger_posting (entry_id, gl_account_id, control, fund_id, side, amount, account_id, charge_id,"
        f" service) SELECT {pk}, g.id, '{control}', f.id, '{side}', {amount}, {account}, {charge}, '{service}'"
        f" FROM ledger_glaccount g, ledger_fund f WHERE g.code = '{code}' AND f.code = '{fund}'"
    )


def allocation_sql(credit, charge, amount, act="APPLY", undoes="NULL", pk=-1):
    return (
        "INSERT INTO ledger_allocation (entry_id, credit_id, charge_id, act, amount, undoes_id)"
        f" VALUES ({pk}, {credit.pk}, {charge.pk}, '{act}', {amount}, {undoes})"
    )


BALANCED = ("1010", "POOL", "D", "5.00"), ("4400", "POOL", "C", "5.00")


class TestEntry:
    def test_may_be_written_by_hand_when_it_holds(self):
        assert refused_by(entry_sql(), *(posting_sql(*line) for line in BALANCED)) == ""

    def test_has_postings(self):
        assert refused_by(entry_sql()) == "ledger_entry_not_empty"

    def test_balances_in_total(self):
        lines = [posting_sql("1010", "POOL", "D", "5.00"), posting_sql("4400", "POOL", "C", "4.99")]
        assert refused_by(entry_sql(), *lines) == "ledger_entry_balances"

    def test_balances_within_each_fund(self):
        lines = [posting_sql("1010", "POOL", "D", "5.00"), posting_sql("4400", "WATER", "C", "5.00")]
        assert refused_by(entry_sql(), *lines) == "ledger_entry_balances"

    def test_is_judged_again_when_postings_join_after_a_check(self):
        assert (
            refused_by(
                entry_sql(),
                *(posting_sql(*line) for line in BALANCED),
                "SET CONSTRAINTS ALL IMMEDIATE",
                "SET CONSTRAINTS ALL DEFERRED",
                posting_sql("1010", "POOL", "D", "5.00"),
            )
            == "ledger_entry_balances"
        )

    def test_is_sealed_once_its_transaction_is_over(self, committed_clone):
        with committed_clone() as first:
            first.execute(entry_sql(pk=-1))
            for line in BALANCED:
                first.execute(posting_sql(*line))
        with pytest.raises(psycopg.errors.IntegrityError, match="sealed"), committed_clone() as second:
            second.execute(posting_sql(*BALANCED[0]))

    def test_takes_no_forged_transaction_or_future_moment(self):
        assert refused_by(entry_sql(created_xid="'3'")) == "ledger_entry_sealed"
        assert refused_by(entry_sql(recorded_at="now() + interval '1 day'")) == "ledger_entry_sealed"

    def test_lies_in_an_open_period(self):
        lines = [posting_sql(*line) for line in BALANCED]
        assert refused_by(entry_sql(day="2031-03-10"), *lines) == "ledger_entry_period"
        Period.objects.filter(number=3).update(state="SOFT_CLOSED")
        assert refused_by(entry_sql(), *lines) == "ledger_entry_period"
        assert refused_by(entry_sql(is_adjusting="true"), *lines) == ""
        Period.objects.filter(number=3).update(state="CLOSED")
        assert refused_by(entry_sql(is_adjusting="true", pk=-2), *lines) == "ledger_entry_period"

    def test_takes_only_adjusting_entries_in_the_thirteenth_period(self):
        Period.objects.create(
            start_date=date(2027, 1, 1), end_date=date(2027, 1, 2), fiscal_year=2026, number=13
        )
        lines = [posting_sql(*line) for line in BALANCED]
        assert refused_by(entry_sql(day="2027-01-01"), *lines) == "ledger_entry_period"
        assert refused_by(entry_sql(day="2027-01-01", is_adjusting="true"), *lines) == ""

    def test_is_made_once_under_a_key(self):
        lines = [posting_sql(*line) for line in BALANCED]
        assert refused_by(entry_sql(idempotency_key="'k'"), *lines) == ""
        assert refused_by(entry_sql(pk=-2, idempotency_key="'k'")) == "ledger_entry_key_once"


class TestPosting:
    def test_repeats_the_control_of_its_gl_account(self):
        lie = posting_sql("1200", "WATER", "D", "5.00", control="NONE")
        assert refused_by(entry_sql(), lie) == "ledger_posting_gl_control"

    def test_names_an_account_where_a_subledger_stands_and_nowhere_else(self):
        pk = make.account().pk
        assert (
            refused_by(entry_sql(), posting_sql("2100", "POOL", "C", "5.00"))
            == "ledger_posting_control_account"
        )
        named = posting_sql("1010", "POOL", "D", "5.00", account=pk)
        assert refused_by(entry_sql(), named) == "ledger_posting_control_account"

    def test_of_a_receivable_names_the_charge(self):
        line = posting_sql("1200", "WATER", "D", "5.00", account=make.account().pk)
        assert refused_by(entry_sql(), line) == "ledger_posting_receivable_charge"

    def test_of_a_receivable_says_what_a_charge_or_an_allocation_says(self):
        charge = make.charge(make.account(), "40.00")
        lines = [
            posting_sql("4100", "WATER", "D", "5.00"),
            posting_sql(
                "1200", "WATER", "C", "5.00", account=charge.account_id, charge=charge.pk, service="WATER"
            ),
        ]
        assert refused_by(entry_sql(), *lines) == "ledger_entry_receivable"

    def test_of_unapplied_credit_says_what_a_credit_says(self):
        lines = [
            posting_sql("1010", "POOL", "D", "5.00"),
            posting_sql("2100", "POOL", "C", "5.00", account=make.account().pk),
        ]
        assert refused_by(entry_sql(), *lines) == "ledger_entry_subledger"

    def test_is_above_zero(self):
        assert refused_by(entry_sql(), posting_sql("1010", "POOL", "D", "0")) == "ledger_posting_amount"


class TestCharge:
    def test_is_what_its_entry_posts(self):
        account = make.account()
        charge = (
            "INSERT INTO ledger_charge (entry_id, account_id, charge_type_id, service, fund_id, amount, due_date)"
            f" SELECT -1, {account.pk}, t.id, 'WATER', t.fund_id, 9.00, '2026-03-21'"
            " FROM ledger_chargetype t WHERE t.code = 'WATER'"
        )
        lines = [posting_sql(*line) for line in BALANCED]
        assert refused_by(entry_sql(), charge, *lines) == "ledger_entry_receivable"


class TestAllocation:
    @pytest.fixture
    def paid(self):
        account = make.account()
        credit = make.pay(account, "30.00")
        charge = make.charge(account, "40.00")
        return account, credit, charge

    def lines(self, account, charge, amount):
        return [
            posting_sql("2100", "POOL", "D", amount, account=account.pk),
            posting_sql("1200", "WATER", "C", amount, account=account.pk, charge=charge.pk, service="WATER"),
            posting_sql("1310", "WATER", "D", amount),
            posting_sql("2310", "POOL", "C", amount),
        ]

    def test_may_be_written_by_hand_when_it_holds(self, paid):
        account, credit, charge = paid
        rows = [allocation_sql(credit, charge, "30.00"), *self.lines(account, charge, "30.00")]
        assert refused_by(entry_sql(), *rows) == ""
        assert OpenItem.objects.get(charge=charge).open_amount == Decimal("10.00")

    def test_stays_within_the_credit(self, paid):
        _, credit, charge = paid
        assert refused_by(entry_sql(), allocation_sql(credit, charge, "30.01")) == "ledger_credit_spent"

    def test_stays_within_the_charge(self, paid):
        account, _, charge = paid
        credit = make.pay(account, "100.00")
        assert OpenItem.objects.get(charge=charge).open_amount == 0
        assert (
            refused_by(entry_sql(), allocation_sql(credit, charge, "0.01")) == "ledger_openitem_not_negative"
        )

    def test_stays_within_one_account(self, paid):
        _, credit, _ = paid
        other = make.charge(make.account(), "40.00")
        assert (
            refused_by(entry_sql(), allocation_sql(credit, other, "1.00")) == "ledger_allocation_one_account"
        )

    def test_is_not_dated_before_its_charge(self, paid):
        account, credit, _ = paid
        later = make.charge(account, "40.00", effective_date=date(2026, 3, 11))
        assert refused_by(entry_sql(), allocation_sql(credit, later, "1.00")) == "ledger_allocation_possible"

    def test_takes_no_reversed_credit(self, paid):
        _, credit, charge = paid
        ledger.reverse_entry(
            entry=credit.entry,
            reason="VOID",
            effective_date=date(2026, 3, 10),
            posting_date=date(2026, 3, 10),
            by=make.ada(),
        )
        assert refused_by(entry_sql(), allocation_sql(credit, charge, "1.00")) == "ledger_allocation_possible"

    def test_is_taken_back_as_it_was_made_and_once(self, paid):
        account, _, charge = paid
        credit = make.pay(account, "10.00")
        made = Allocation.objects.get(credit=credit)
        undo = {"act": "UNDO", "undoes": made.pk}
        assert (
            refused_by(entry_sql(), allocation_sql(credit, charge, "9.00", **undo))
            == "ledger_allocation_undo"
        )
        ledger.undo_allocations(
            allocation_ids=[made.pk],
            effective_date=date(2026, 3, 10),
            posting_date=date(2026, 3, 10),
            by=make.ada(),
        )
        again = refused_by(entry_sql(), allocation_sql(credit, charge, "10.00", **undo))
        assert again == "ledger_allocation_undoes_id_key"


class TestReversal:
    def mirror(self, entry, pk=-1):
        return (
            "INSERT INTO ledger_posting (entry_id, gl_account_id, control, fund_id, side, amount, account_id, charge_id,"
            f" service) SELECT {pk}, gl_account_id, control, fund_id, CASE side WHEN 'D' THEN 'C' ELSE 'D' END, amount,"
            f" account_id, charge_id, service FROM ledger_posting WHERE entry_id = {entry.pk}"
        )

    def test_mirrors_what_it_reverses(self):
        charge = make.charge(make.account(), "40.00")
        reversal = entry_sql(reverses_id=charge.entry_id)
        wrong = [posting_sql(*line) for line in BALANCED]
        assert refused_by(reversal, *wrong) == "ledger_entry_mirrors"
        assert refused_by(reversal, self.mirror(charge.entry)) == ""
        assert OpenItem.objects.get(charge=charge).open_amount == 0

    def test_comes_after_the_money_on_it_was_taken_back(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        credit = make.pay(account, "40.00")
        assert refused_by(entry_sql(reverses_id=charge.entry_id)) == "ledger_openitem_not_negative"
        assert refused_by(entry_sql(reverses_id=credit.entry_id)) == "ledger_credit_applied"

    def test_is_made_once_and_never_of_a_reversal_or_an_allocation(self):
        account = make.account()
        charge = make.charge(account, "40.00")
        make.pay(account, "10.00")
        applied = JournalEntry.objects.get(reason__code="ALLOCATE")
        assert refused_by(entry_sql(reverses_id=applied.pk)) == "ledger_entry_reversible"
        reversal = ledger.reverse_entry(
            entry=charge.entry,
            reason="BILL_REVERSAL",
            effective_date=date(2026, 3, 10),
            posting_date=date(2026, 3, 10),
            by=make.ada(),
        )
        assert refused_by(entry_sql(reverses_id=reversal.pk)) == "ledger_entry_reversible"
        assert refused_by(entry_sql(reverses_id=charge.entry_id)) == "ledger_journalentry_reverses_id_key"

    def test_is_not_dated_before_its_entry(self):
        charge = make.charge(make.account(), "40.00")
        assert (
            refused_by(entry_sql(day="2026-02-28", reverses_id=charge.entry_id)) == "ledger_entry_reversible"
        )


class TestWhatIsWritten:
    TABLES = (
        "journalentry",
        "posting",
        "charge",
        "chargeduedate",
        "credit",
        "allocation",
        "heldmovement",
    )

    @pytest.mark.parametrize("table", TABLES)
    @pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_stays_written(self, table, statement):
        make.pay(make.account(), "5.00")
        assert refused_by(statement.format(f"ledger_{table}")) == "InsufficientPrivilege"

    def test_keeps_its_guards(self):
        for statement in (
            "ALTER TABLE ledger_posting DISABLE TRIGGER ALL",
            "DROP TRIGGER ledger_postings_added ON ledger_posting",
            "DELETE FROM ledger_guard.entry_check",
            "SET session_replication_role = replica",
        ):
            assert refused_by(statement) == "InsufficientPrivilege"

    def test_stays_written_for_the_owner_too(self, owner_connection):
        with pytest.raises(psycopg.errors.IntegrityError, match="stays written"):
            owner_connection.execute("TRUNCATE ledger_posting CASCADE")

    def test_keeps_the_control_of_a_gl_account(self):
        assert refused_by("UPDATE ledger_glaccount SET control = 'NONE'") == "ledger_glaccount_kept"

    def test_keeps_the_days_of_a_period_and_closes_it_for_good(self):
        assert refused_by("UPDATE ledger_period SET end_date = end_date - 1") == "ledger_period_kept"
        Period.objects.filter(number=1).update(state="SOFT_CLOSED")
        Period.objects.filter(number=1).update(state="CLOSED")
        reopened = refused_by("UPDATE ledger_period SET state = 'OPEN' WHERE number = 1")
        assert reopened == "ledger_period_transitions"
        assert refused_by("DELETE FROM ledger_period WHERE number = 1") == "ledger_period_append_only"

    @pytest.mark.parametrize(
        "statement",
        ["UPDATE ledger_openitem SET open_amount = 0", "DELETE FROM ledger_openitem"],
    )
    def test_leaves_what_is_open_to_the_triggers(self, statement, app_connection):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_connection.execute(statement)


class TestHeldMoney:
    def test_never_goes_below_zero(self):
        account = make.account()
        movement = ledger.receive_held(
            account=account,
            kind="SECURITY_DEPOSIT",
            amount=Decimal("50.00"),
            debits=[make.cash("50.00")],
            effective_date=date(2026, 3, 10),
            posting_date=date(2026, 3, 10),
            by=system_user(),
        )
        row = (
            "INSERT INTO ledger_heldmovement (entry_id, held_money_id, kind, amount)"
            f" VALUES (-1, {movement.held_money_id}, 'RETURNED', 50.01)"
        )
        assert refused_by(entry_sql(), row) == "ledger_held_not_negative"
        assert not Credit.objects.exists()
