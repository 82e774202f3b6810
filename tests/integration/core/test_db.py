"""Transactions, locks, named constraints, SQL files and COPY on the real database."""

from datetime import date

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core.db import (
    RowsToLockMissing,
    TransactionRequired,
    constraint_name,
    copy_rows,
    lock_rows,
    raising,
    require_transaction,
    sql_file,
)
from core.models import Holiday, NumberSequence, User


class HolidayAlreadyThere(Exception):
    """The calendar has the day."""


def a_holiday(day=25, calendar="OFFICE"):
    return Holiday(calendar=calendar, date=date(2026, 12, day), name="Christmas")


class TestRequireTransaction:
    def test_passes_inside_one_and_refuses_outside(self, committed_db):
        with pytest.raises(TransactionRequired):
            require_transaction()
        with transaction.atomic():
            require_transaction()


class TestLockRows:
    def test_gives_the_rows_in_the_order_of_their_keys(self, db):
        people = [User.objects.create(username=name) for name in ("zoe", "ada", "ben")]
        keys = [person.pk for person in people]
        assert [person.pk for person in lock_rows(User, [keys[2], keys[0], keys[0]])] == [keys[0], keys[2]]

    def test_locks_in_the_order_of_the_keys(self, db):
        keys = [NumberSequence.objects.create(series=name).pk for name in ("drawer 1", "drawer 2")]
        with CaptureQueriesContext(connection) as queries:
            lock_rows(NumberSequence, reversed(keys))
        (query,) = queries.captured_queries
        assert query["sql"].endswith(
            'ORDER BY "core_numbersequence"."id" ASC FOR UPDATE OF "core_numbersequence"'
        )

    def test_keeps_another_connection_waiting(self, committed_db, app_connection):
        key = NumberSequence.objects.create(series="drawer 1").pk
        taken = "SELECT last_value FROM core_numbersequence WHERE id = %s FOR UPDATE NOWAIT"
        with transaction.atomic():
            lock_rows(NumberSequence, [key])
            with pytest.raises(psycopg.errors.LockNotAvailable):
                app_connection.execute(taken, [key])
        assert app_connection.execute(taken, [key]).fetchone() == (0,)

    def test_refuses_when_a_row_is_not_there_and_names_it(self, db):
        key = User.objects.create(username="ada").pk
        with pytest.raises(RowsToLockMissing, match="key 987654"):
            lock_rows(User, [key, 987654])

    def test_locks_only_what_the_queryset_holds(self, db):
        ada = User.objects.create(username="ada", is_active=False)
        with pytest.raises(RowsToLockMissing):
            lock_rows(User.objects.filter(is_active=True), [ada.pk])

    def test_refuses_outside_a_transaction(self, committed_db):
        with pytest.raises(TransactionRequired):
            lock_rows(User, [1])


class TestRaising:
    def test_turns_a_named_constraint_into_the_offices_word(self, db):
        a_holiday().save()
        with (
            pytest.raises(HolidayAlreadyThere) as refusal,
            raising({"core_holiday_once": HolidayAlreadyThere}),
        ):
            a_holiday().save()
        assert isinstance(refusal.value.__cause__, IntegrityError)
        connection.needs_rollback = True

    @pytest.mark.parametrize(
        "makes", [lambda: HolidayAlreadyThere("25 December"), HolidayAlreadyThere("25 December")]
    )
    def test_takes_an_exception_or_a_function_that_makes_one(self, db, makes):
        a_holiday().save()
        with (
            pytest.raises(HolidayAlreadyThere, match="25 December"),
            raising({"core_holiday_once": makes}),
            transaction.atomic(),
        ):
            a_holiday().save()

    def test_lets_the_refusal_of_another_constraint_through(self, db):
        with (
            pytest.raises(IntegrityError) as refusal,
            raising({"core_holiday_once": HolidayAlreadyThere}),
            transaction.atomic(),
        ):
            a_holiday(calendar="MOON").save()
        assert constraint_name(refusal.value) == "core_holiday_calendar"

    def test_knows_no_name_where_the_database_gives_none(self):
        assert constraint_name(IntegrityError("of our own")) == ""


class TestCopyRows:
    COLUMNS = ("calendar", "date", "name")

    def test_writes_what_a_row_by_row_save_would(self, db):
        awkward = 'Tab\there, back\\slash, "quotes", line\nbreak, é'
        rows = [("OFFICE", date(2026, 7, 3), awkward), ("BANK", date(2026, 7, 3), "Independence Day")]
        assert copy_rows(Holiday, self.COLUMNS, iter(rows)) == 2
        assert list(Holiday.objects.order_by("pk").values_list(*self.COLUMNS)) == rows

    def test_takes_a_tables_name_and_no_rows(self, db):
        assert copy_rows("core_holiday", self.COLUMNS, []) == 0

    def test_is_held_by_the_constraints_and_keeps_nothing(self, committed_db):
        rows = [("OFFICE", date(2026, 7, 3), "one"), ("OFFICE", date(2026, 7, 3), "two")]
        with (
            pytest.raises(HolidayAlreadyThere),
            raising({"core_holiday_once": HolidayAlreadyThere}),
            transaction.atomic(),
        ):
            copy_rows(Holiday, self.COLUMNS, rows)
        assert not Holiday.objects.exists()

    def test_keeps_nothing_when_the_rows_break_off(self, committed_db):
        def rows():
            yield ("OFFICE", date(2026, 7, 3), "one")
            raise RuntimeError("the reader broke off")

        with pytest.raises(RuntimeError, match="broke off"), transaction.atomic():
            copy_rows(Holiday, self.COLUMNS, rows())
        assert not Holiday.objects.exists()

    def test_refuses_outside_a_transaction(self, committed_db):
        with pytest.raises(TransactionRequired):
            copy_rows(Holiday, self.COLUMNS, [("OFFICE", date(2026, 7, 3), "one")])


class TestSqlFile:
    def test_reads_both_ways_from_the_app_or_from_a_migration(self, tmp_path):
        folder = tmp_path / "migrations" / "sql"
        folder.mkdir(parents=True)
        (folder / "guard.sql").write_text("SELECT 1 -- 100 %")
        (folder / "guard.reverse.sql").write_text("SELECT 2")
        for app_dir in (tmp_path, str(tmp_path / "migrations" / "0002_guard.py")):
            step = sql_file(app_dir, "guard")
            assert (step.sql, step.reverse_sql) == ("SELECT 1 -- 100 %", "SELECT 2")

    def test_refuses_what_cannot_be_undone(self, tmp_path):
        folder = tmp_path / "migrations" / "sql"
        folder.mkdir(parents=True)
        (folder / "guard.sql").write_text("SELECT 1")
        with pytest.raises(FileNotFoundError, match=r"guard\.reverse\.sql"):
            sql_file(tmp_path, "guard")
