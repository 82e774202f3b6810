"""Connections of the ledger's tests."""

from contextlib import contextmanager

import psycopg
import pytest


@pytest.fixture
def committed_clone(databases, django_db_blocker, db):
    """A function that opens a transaction of the application's role on a clone of its own, and commits it."""
    from django.db import connection as django_connection

    from billing_office import embedded
    from ledger import services as ledger  # noqa: F401 - loads the models before the clone is used
    from tests.factories import ledger as make

    clone = databases.clone()
    url = databases.url(role=embedded.APPLICATION, database=clone)
    with psycopg.connect(url) as raw:
        # The same people and periods as in the test's own transaction.
        user = make.ada()
        raw.execute(
            "INSERT INTO core_user (id, username, password, is_superuser, first_name, last_name, email, is_staff,"
            " is_active, date_joined, display_name, initials, is_system)"
            " VALUES (%s, 'ada', '', false, '', '', '', false, true, now(), 'Ada', '', false)",
            [user.pk],
        )
        raw.execute(
            "INSERT INTO ledger_period (start_date, end_date, fiscal_year, number, state)"
            " VALUES ('2026-01-01', '2027-01-01', 2026, 1, 'OPEN')"
        )
    assert django_connection.settings_dict["NAME"] != clone

    @contextmanager
    def transaction():
        with psycopg.connect(url) as raw:
            yield raw

    yield transaction
    databases.drop(clone)
