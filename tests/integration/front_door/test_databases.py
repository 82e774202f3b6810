"""The tests' databases: what rolls back, what commits, and what the application's role may not do."""

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from core.models import User


@pytest.mark.django_db
class TestOrdinaryTest:
    def test_connects_as_the_role_that_owns_nothing(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_user, count(*) FROM pg_class WHERE relowner = 'office_app'::regrole"
            )
            assert cursor.fetchone() == ("office_app", 0)

    @pytest.mark.parametrize("run", [1, 2])
    def test_leaves_no_row_behind(self, run: int) -> None:
        assert not User.objects.filter(username="passing").exists()
        User.objects.create(username="passing")

    @pytest.mark.parametrize(
        "statement",
        [
            "TRUNCATE core_user CASCADE",
            "DROP TABLE core_user",
            "ALTER TABLE core_user ADD COLUMN more integer",
            "CREATE TABLE mine (id integer)",
            "UPDATE core_auditevent SET summary = 'other'",
            "DELETE FROM core_auditevent",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('core', 'x', now())",
            "SET session_replication_role = replica",
        ],
    )
    def test_may_not(self, statement: str) -> None:
        refused = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


class TestCommittingTest:
    def test_sees_its_rows_from_a_second_connection(
        self, committed_db: str, app_connection: psycopg.Connection, owner_connection: psycopg.Connection
    ) -> None:
        User.objects.create(username="kept")
        for other, role in ((app_connection, "office_app"), (owner_connection, "office_owner")):
            found = other.execute(
                "SELECT current_user, current_database(), username FROM core_user WHERE username = 'kept'"
            )
            assert found.fetchone() == (role, committed_db, "kept")

    def test_starts_from_the_template(self, committed_db: str) -> None:
        assert not User.objects.filter(username="kept").exists()

    def test_refuses_a_name_twice(self, committed_db: str) -> None:
        User.objects.create(username="once")
        with pytest.raises(IntegrityError):
            User.objects.create(username="once")
