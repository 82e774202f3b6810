"""The office's own PostgreSQL and Valkey, for machines without servers of their own.

Whoever needs the servers takes a lease: a shared lock on `OFFICE_VAR/servers.lease`, which the kernel gives
back even after a kill -9. A keeper process (embedded_keeper.py) starts the servers, waits for the lock that
no lease stands against, then stops them. So the last user out closes the door, whoever came first.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
import urllib.parse
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

ROOT = Path(__file__).resolve().parent.parent
STARTING_SECONDS = 60
STOPPING_SECONDS = 30

DATABASE = "office"
OWNER = "office_owner"
APPLICATION = "office_app"
SUPERUSER = "postgres"


class ServersDidNotStart(Exception):
    """The embedded servers did not come up; the message holds the end of their log."""


@dataclass
class Record:
    """What is written down about an office's servers, in `servers.json`, readable by its owner alone."""

    home: str
    token: str
    passwords: dict[str, str]
    postgres_port: int = 0
    redis_port: int = 0
    durable: bool = True
    prepared: bool = False
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def socket_dir(self) -> Path:
        return Path(self.home) / "run"

    def postgres_url(self, *, role: str, database: str = DATABASE) -> str:
        """Return the address: by the local socket, or by loopback where its path is too long."""
        password = urllib.parse.quote(self.passwords[role], safe="")
        if socket_fits(self.socket_dir):
            host = urllib.parse.quote(str(self.socket_dir), safe="")
            return f"postgresql://{role}:{password}@/{database}?host={host}&port={self.postgres_port}"
        return f"postgresql://{role}:{password}@127.0.0.1:{self.postgres_port}/{database}"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.passwords['redis']}@127.0.0.1:{self.redis_port}/0"


def socket_fits(directory: Path) -> bool:
    """True when a socket's name in this folder stays below the 108 bytes that a local address may have."""
    return len(str(directory / ".s.PGSQL.65535").encode()) < 100


def office_var() -> Path:
    """Return the folder of this office's data: OFFICE_VAR, by default `var` in the project."""
    return (ROOT / os.environ.get("OFFICE_VAR", "var")).resolve()


def read_record(var: Path) -> Record | None:
    """Return what is written about the servers of this office, or None for an office that never had any."""
    try:
        return Record(**json.loads((var / "servers.json").read_text()))
    except FileNotFoundError:
        return None


def write_record(var: Path, record: Record) -> None:
    """Replace the record in one step, readable by its owner alone."""
    draft = var / "servers.json.new"
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(record), file, indent=1)
    draft.replace(var / "servers.json")


def needed() -> bool:
    """True unless both servers are given by the environment."""
    return not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


class Lease:
    """The servers are up while this is held. Use as a context manager, or call release()."""

    def __init__(self, *, var: Path, durable: bool = True) -> None:
        self.var = var
        var.mkdir(parents=True, exist_ok=True)
        (var / "log").mkdir(exist_ok=True)
        self._file: IO[str] | None = (var / "servers.lease").open("w")
        # Waits while a keeper is still stopping the servers.
        fcntl.flock(self._file, fcntl.LOCK_SH)
        try:
            self.ensure_up(durable=durable)
        except BaseException:
            self.release()
            raise
        record = read_record(var)
        if record is None:
            raise ServersDidNotStart(
                f"{var / 'servers.json'} is gone while the servers are up; stop them and start again"
            )
        self.record = record

    def ensure_up(self, *, durable: bool = True) -> bool:
        """Start a keeper if none is there, as after a kill -9; return whether one was started.

        The servers keep their addresses. Raises ServersDidNotStart.
        """
        with (self.var / "servers.start").open("w") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            if keeper_is_there(self.var):
                return False
            _start_keeper(self.var, durable=durable)
        return True

    def release(self) -> None:
        """Give the lease back, and wait for the servers to stop if nobody else uses them."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        others = 0
        deadline = time.monotonic() + STOPPING_SECONDS
        while time.monotonic() < deadline and others < 3 and keeper_is_there(self.var):
            with (self.var / "servers.lease").open("w") as probe:
                try:
                    fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
                    others += 1
                except BlockingIOError:
                    others = 0
            time.sleep(0.02)

    def export(self) -> None:
        """Put the addresses into the environment, for this process and its children."""
        if not os.environ.get("DATABASE_URL"):
            os.environ["DATABASE_URL"] = self.record.postgres_url(role=APPLICATION)
            os.environ["DATABASE_OWNER_URL"] = self.record.postgres_url(role=OWNER)
        os.environ.setdefault("REDIS_URL", self.record.redis_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def keeper_is_there(var: Path) -> bool:
    """True while a keeper process of this office lives: it holds this lock as long as it does."""
    with (var / "servers.keeper").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _start_keeper(var: Path, *, durable: bool) -> None:
    log = var / "log" / "servers.log"
    command = [
        sys.executable,
        "-m",
        "billing_office.embedded_keeper",
        str(var),
        "durable" if durable else "quick",
    ]
    with log.open("a") as errors:
        # A session of its own: Ctrl-C in the terminal is for the office, which stops the servers last.
        keeper = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            text=True,
        )
    assert keeper.stdout is not None
    with keeper.stdout as answer:
        said = answer.readline().strip()
    if said != "ready":
        keeper.wait(STARTING_SECONDS)
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise ServersDidNotStart(
            f"{said or 'the embedded servers did not start'}\n{ending}\nThe whole log: {log}"
        )
