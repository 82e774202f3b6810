"""The office's own servers: leased, kept up, stopped with the last lease, recovered after a kill."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from billing_office import embedded, embedded_servers, ports

ROOT = embedded.ROOT
PATIENCE = 20


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def answers(lease: embedded.Lease) -> bool:
    try:
        with psycopg.connect(
            lease.record.postgres_url(role=embedded.APPLICATION), connect_timeout=2
        ) as connection:
            connection.execute("SELECT 1")
        client = redis.Redis.from_url(lease.record.redis_url)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (psycopg.OperationalError, redis.RedisError):
        return False


def postmaster(lease: embedded.Lease) -> int:
    return int((Path(lease.record.home) / "data" / "postmaster.pid").read_text().splitlines()[0])


def keeper(var: Path) -> int:
    """The process that holds the keeper's lock: the one whose command line names this office."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"billing_office.embedded_keeper" in words and str(var).encode() in words:
            return int(folder.name)
    raise AssertionError("no keeper")


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "office"
    record = embedded.read_record(tmp_path / "office")
    if record and not Path(record.home).is_relative_to(tmp_path):
        import shutil

        shutil.rmtree(record.home)


@pytest.fixture
def lease(var: Path) -> Iterator[embedded.Lease]:
    with embedded.Lease(var=var, durable=False) as found:
        yield found


class TestLease:
    def test_brings_up_servers_that_answer(self, lease: embedded.Lease) -> None:
        assert answers(lease)

    def test_uses_no_standard_port(self, lease: embedded.Lease) -> None:
        assert lease.record.postgres_port in ports.PORTS
        assert lease.record.redis_port in ports.PORTS

    def test_keeps_passwords_from_others(self, lease: embedded.Lease, var: Path) -> None:
        assert stat.S_IMODE((var / "servers.json").stat().st_mode) == 0o600

    def test_refuses_a_wrong_password(self, lease: embedded.Lease) -> None:
        lease.record.passwords[embedded.APPLICATION] = "guessed"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(lease.record.postgres_url(role=embedded.APPLICATION))

    def test_gives_neither_role_the_rights_of_a_superuser(self, lease: embedded.Lease) -> None:
        with psycopg.connect(lease.record.postgres_url(role=embedded.OWNER)) as connection:
            rows = connection.execute(
                "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname LIKE 'office%'"
            ).fetchall()
        assert sorted(rows) == [("office_app", False, False, False), ("office_owner", False, True, False)]

    def test_has_the_extensions_that_the_tables_use(self, lease: embedded.Lease) -> None:
        with psycopg.connect(lease.record.postgres_url(role=embedded.APPLICATION)) as connection:
            names = {row[0] for row in connection.execute("SELECT extname FROM pg_extension")}
        assert set(embedded_servers.EXTENSIONS) <= names

    def test_stops_the_servers_with_the_last_lease_only(self, var: Path) -> None:
        first = embedded.Lease(var=var, durable=False)
        second = embedded.Lease(var=var, durable=False)
        first.release()
        assert answers(second)
        second.release()
        assert not answers(second)
        assert not embedded.keeper_is_there(var)

    def test_keeps_the_data_and_the_ports(self, var: Path) -> None:
        with embedded.Lease(var=var, durable=False) as lease:
            before = (lease.record.postgres_port, lease.record.redis_port)
            with psycopg.connect(lease.record.postgres_url(role=embedded.OWNER)) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        with embedded.Lease(var=var, durable=False) as lease:
            assert (lease.record.postgres_port, lease.record.redis_port) == before
            with psycopg.connect(lease.record.postgres_url(role=embedded.OWNER)) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)

    def test_takes_another_port_when_its_own_is_taken(self, var: Path) -> None:
        with embedded.Lease(var=var, durable=False) as lease:
            taken = lease.record.postgres_port
        with socket.socket() as other:
            other.bind(("127.0.0.1", taken))
            other.listen()
            with embedded.Lease(var=var, durable=False) as lease:
                assert lease.record.postgres_port != taken
                assert answers(lease)

    def test_is_given_back_by_a_killed_process(self, var: Path) -> None:
        program = (
            "import sys, time; from pathlib import Path; from billing_office import embedded\n"
            "lease = embedded.Lease(var=Path(sys.argv[1]), durable=False); print('up', flush=True); time.sleep(60)"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(var)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as user:
            assert user.stdout is not None
            assert user.stdout.readline() == "up\n"
            assert embedded.keeper_is_there(var)
            user.kill()
        wait_until(lambda: not embedded.keeper_is_there(var))

    def test_says_that_data_of_another_version_are_not_opened(
        self, var: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with embedded.Lease(var=var, durable=False) as lease:
            version = Path(lease.record.home) / "data" / "PG_VERSION"
        version.write_text("9\n")
        with pytest.raises(embedded.ServersDidNotStart, match="PostgreSQL 9, which made the data"):
            embedded.Lease(var=var, durable=False)
        assert not embedded.keeper_is_there(var)


class TestRecovery:
    def test_from_a_killed_postgresql_keeps_what_was_committed(self, lease: embedded.Lease) -> None:
        with psycopg.connect(lease.record.postgres_url(role=embedded.OWNER)) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(postmaster(lease), signal.SIGKILL)
        wait_until(lambda: answers(lease))
        with psycopg.connect(lease.record.postgres_url(role=embedded.OWNER)) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)

    def test_from_a_killed_keeper_on_the_same_addresses(self, lease: embedded.Lease, var: Path) -> None:
        before = lease.record.postgres_port
        os.kill(keeper(var), signal.SIGKILL)
        wait_until(lambda: not answers(lease))
        # The servers hold the keeper's lock until they have shut down, a moment after they stop answering.
        wait_until(lambda: lease.ensure_up(durable=False))
        assert answers(lease)
        assert embedded.read_record(var).postgres_port == before

    def test_starts_no_second_keeper(self, lease: embedded.Lease) -> None:
        assert not lease.ensure_up(durable=False)
