"""The proof of the books: what is wrong is found, counted and named; the command says so by its exit."""

import json
from decimal import Decimal
from io import StringIO

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction

from core import proofs
from core.models import ProofRun
from core.proofs import Violations
from ledger.models import OpenItem
from tests.factories.payments import line, make_debtor, make_till, pay


def prove(*options):
    """What `manage.py prove` writes, and its exit code."""
    out = StringIO()
    try:
        call_command("prove", *options, stdout=out)
    except SystemExit as exit_:
        return out.getvalue(), exit_.code
    return out.getvalue(), 0


@pytest.fixture
def few(monkeypatch):
    """A small set of proofs in place of the office's own."""
    found = {
        "all is well": lambda: Violations(0),
        "nothing is lost": lambda: proofs.listed(["cent 1", "cent 2"]),
    }
    monkeypatch.setattr(proofs, "discover", lambda: dict(found))
    return found


class TestProofs:
    def test_show_the_first_and_count_all(self):
        found = proofs.listed(f"row {number}" for number in range(25))
        assert (found.count, len(found.examples), found.examples[0]) == (25, proofs.EXAMPLES, "row 0")

    def test_come_from_sql_too(self, db):
        found = proofs.from_sql("SELECT 'charge ' || n, n FROM generate_series(1, %s) n", [30])
        assert (found.count, len(found.examples), found.examples[1]) == (30, proofs.EXAMPLES, "charge 2")

    def test_of_one_name_do_not_hide_each_other(self, monkeypatch):
        monkeypatch.setattr(proofs, "_PROOFS", {})

        def first():
            return Violations(0)

        def second():
            return Violations(1)

        proofs.proof("entries balance")(first)
        proofs.proof("entries balance")(first)
        with pytest.raises(ValueError, match="entries balance"):
            proofs.proof("entries balance")(second)

    def test_of_every_app_are_found(self, db):
        modules = {function.__module__ for function in proofs.discover().values()}
        assert {
            "accounts.proofs",
            "metering.proofs",
            "ledger.proofs",
            "billing.proofs",
            "payments.proofs",
        } <= modules


class TestRunAll:
    def test_keeps_the_result(self, db, few):
        results = proofs.run_all()
        assert [(each.name, each.violations) for each in results] == [
            ("all is well", 0),
            ("nothing is lost", 2),
        ]
        kept = ProofRun.objects.get()
        assert kept.violation_count == 2
        assert kept.results[1] == {
            "name": "nothing is lost",
            "violations": 2,
            "examples": ["cent 1", "cent 2"],
        }

    def test_looks_at_one_moment(self, committed_db, app_connection, monkeypatch):
        count = "SELECT count(*) FROM core_holiday"
        seen = []

        def first():
            seen.append(proofs.from_sql(count).examples)
            app_connection.execute(
                "INSERT INTO core_holiday (calendar, date, name) VALUES ('BANK', '2026-07-03', 'x')"
            )
            return Violations(0)

        def second():
            seen.append(proofs.from_sql(count).examples)
            return Violations(0)

        monkeypatch.setattr(proofs, "discover", lambda: {"first": first, "second": second})
        proofs.run_all()
        assert seen == [("0",), ("0",)]
        assert app_connection.execute(count).fetchone() == (1,)


class TestCommand:
    def test_ends_with_0_where_all_holds(self, db, few):
        few.pop("nothing is lost")
        text, code = prove()
        assert (text, code) == ("all is well: holds\n1 proofs, 0 violations\n", 0)

    def test_ends_with_1_and_names_what_does_not(self, db, few):
        text, code = prove()
        assert code == 1
        assert text.splitlines() == [
            "all is well: holds",
            "nothing is lost: 2 VIOLATIONS",
            "    cent 1",
            "    cent 2",
            "2 proofs, 2 violations",
        ]

    def test_speaks_json(self, db, few):
        text, code = prove("--json")
        assert code == 1
        assert json.loads(text) == {
            "proofs": [
                {"name": "all is well", "violations": 0, "examples": []},
                {"name": "nothing is lost", "violations": 2, "examples": ["cent 1", "cent 2"]},
            ],
            "violations": 2,
        }

    def test_finds_nothing_in_sound_books(self, db):
        pay(make_till(), line(make_debtor(), "61.20"))
        text, code = prove("--json")
        body = json.loads(text)
        assert (code, body["violations"]) == (0, 0)
        assert len(body["proofs"]) > 10


class TestPlanted:
    """What the owner's raw SQL can spoil without touching a guard, a proof finds."""

    @pytest.fixture
    def books(self, committed_db):
        make_debtor(amount="61.20")
        assert OpenItem.objects.get().open_amount == Decimal("61.20")
        return committed_db

    def broken(self):
        return {each.name: each for each in proofs.run_all() if each.violations}

    def test_an_open_item_of_another_amount_is_found(self, books, owner_connection):
        assert self.broken() == {}
        owner_connection.execute("UPDATE ledger_openitem SET open_amount = open_amount - 1")
        found = self.broken()
        assert found
        assert all(each.examples for each in found.values())
        assert prove()[1] == 1

    def test_an_open_item_that_is_gone_is_found(self, books, owner_connection):
        owner_connection.execute("DELETE FROM ledger_openitem")
        assert self.broken()

    def test_an_entry_that_does_not_balance_never_gets_there(self, books, owner_connection):
        with pytest.raises(psycopg.errors.IntegrityError), owner_connection.transaction():
            owner_connection.execute(
                "INSERT INTO ledger_posting SELECT (jsonb_populate_record(p, jsonb_build_object('id', p.id + 1000000)))"
                ".* FROM ledger_posting p LIMIT 1"
            )
        assert self.broken() == {}


def test_the_result_is_kept_for_ever(committed_db, owner_connection, few):
    with transaction.atomic():
        ProofRun.objects.create(violation_count=1, results=[], seconds="0.10")
    connection.close()
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        owner_connection.execute("UPDATE core_proofrun SET violation_count = 0")
