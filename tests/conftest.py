"""Fixtures of every test: databases that are cloned and never emptied."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.environment import Databases, prepare

prepare()

from billing_office import embedded  # noqa: E402 - the settings may only be read after prepare()

pytest_plugins = ["tests.office_fixtures"]

NO_FLUSH = (
    "Tests never empty tables: TRUNCATE is refused by the books. Use `db` for a test that rolls back, "
    "`committed_db` for one that commits (workers, two connections), `live_office` and `page` in the browser."
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker and (marker.kwargs.get("transaction") or any(marker.args)):
            raise pytest.UsageError(f"{item.nodeid}: {NO_FLUSH}")


# --- databases ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def databases(django_db_blocker: Any) -> Iterator[Databases]:
    """The tests' servers, up; and the template database with every migration and right in place."""
    with embedded.Lease(var=embedded.office_var(), durable=False) as lease:
        found = Databases(lease)
        _point_settings(found)
        with found.alone("template"):
            if found.template not in found.names(found.template):
                found.drop_leftovers()
                with django_db_blocker.unblock():
                    _make_template(found)
        yield found


def _point_settings(databases: Databases) -> None:
    from django.conf import settings
    from django.db import connections

    from billing_office.celery import app
    from billing_office.settings import database_setting

    application = databases.url(role=embedded.APPLICATION, database="postgres")
    owner = databases.url(role=embedded.OWNER, database="postgres")
    settings.DATABASE_OWNER = database_setting(owner, name="test")
    connections["default"].settings_dict.update(database_setting(application, name="test"))
    settings.REDIS_URL = databases.record.redis_url
    settings.CELERY_BROKER_URL = databases.record.redis_url
    app.conf.broker_url = databases.record.redis_url
    # Test processes share one Redis server; each has its queues under a name of its own. Set here and not in
    # prepare(): a process of a parallel run inherits the first one's environment, and reads its settings early.
    prefix = f"test-{os.getpid()}-"
    os.environ["OFFICE_BROKER_PREFIX"] = prefix
    app.conf.broker_transport_options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "global_keyprefix": prefix,
    }


def _make_template(databases: Databases) -> None:
    from django.core.management import call_command

    draft = f"draft_{databases.template}"
    databases.drop_unused_templates()
    for name in databases.names("draft_"):
        databases.drop(name)
    databases.create(draft, template="template1")
    with _pointed_at(draft):
        call_command("migrate", verbosity=0, interactive=False)
    databases.rename(draft, databases.template)


@contextmanager
def _pointed_at(name: str) -> Iterator[None]:
    """Let Django's connection, in every thread, go to this database."""
    from django.db import connections

    connection = connections["default"]
    connection.close()
    # One dictionary serves the connections of all threads.
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


@pytest.fixture(scope="session")
def django_db_setup(databases: Databases, django_test_environment: None) -> Iterator[None]:
    """The clone that this process's ordinary tests use, each in a transaction that is rolled back."""
    clone = databases.clone()
    try:
        with _pointed_at(clone):
            yield
    finally:
        databases.drop(clone)


@pytest.fixture(autouse=True)
def _guards_fire(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let deferred triggers speak before a rolled-back test ends, or unbalanced books go unseen."""
    if not (request.node.get_closest_marker("django_db") or "db" in request.fixturenames):
        yield
        return
    request.getfixturevalue("db")
    yield
    from django.db import connection

    if connection.needs_rollback or not connection.in_atomic_block or connection.connection is None:
        return
    try:
        connection.check_constraints()
    except Exception:
        # The transaction is spent; without this the next test would inherit it.
        connection.needs_rollback = True
        raise


@pytest.fixture
def transactional_db() -> None:
    raise pytest.UsageError(NO_FLUSH)


@pytest.fixture
def live_server() -> None:
    raise pytest.UsageError(NO_FLUSH)


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, databases: Databases, django_db_blocker: Any
) -> Iterator[str]:
    """A fresh database of this test's own, where commits are real; dropped afterwards. Gives its name."""
    if request.node.get_closest_marker("django_db") or "db" in request.fixturenames:
        raise pytest.UsageError("a test uses `db` or `committed_db`, not both")
    clone = databases.clone()
    try:
        with django_db_blocker.unblock(), _pointed_at(clone):
            yield clone
    finally:
        databases.drop(clone)


@contextmanager
def _raw(request: pytest.FixtureRequest, role: str) -> Iterator[psycopg.Connection]:
    from django.db import connection

    databases: Databases = request.getfixturevalue("databases")
    commits = "committed_db" in request.fixturenames
    if not commits:
        request.getfixturevalue("db")
    url = databases.url(role=role, database=str(connection.settings_dict["NAME"]))
    raw = psycopg.connect(url, autocommit=commits)
    try:
        yield raw
    finally:
        if not commits:
            raw.rollback()
        raw.close()


@pytest.fixture
def owner_connection(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """A second connection, as the owner of the tables.

    Commits each statement with committed_db, never without.
    """
    with _raw(request, embedded.OWNER) as connection:
        yield connection


@pytest.fixture
def app_connection(request: pytest.FixtureRequest) -> Iterator[psycopg.Connection]:
    """A second connection, as the application's role.

    Commits each statement with committed_db, never without.
    """
    with _raw(request, embedded.APPLICATION) as connection:
        yield connection


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of published rate files and of a real city's use; the test is skipped where it is absent."""
    folder = Path(os.environ.get("SHARED_DATA", embedded.ROOT / ".." / "shared" / "data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"SHARED_DATA is absent: no folder {folder}")
    return folder
