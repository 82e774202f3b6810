"""The process of `make run`: starts the servers, fills an empty office, runs web, worker and beat.

What it starts dies with it, even after a kill -9: its children are told by the kernel, and its lease on the
servers ends.
"""

import argparse
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import psycopg
from psycopg import sql

from billing_office import embedded
from billing_office.processes import CannotRun, Child, ending, say, stop_with_parent

READY_SECONDS = 60
STOP_SECONDS = 20
LOGINS = ("clerk", "biller", "supervisor", "crew", "auditor", "admin")


class Stopped(BaseException):
    """SIGINT or SIGTERM came."""


class Office:
    """One office from start to stop."""

    def __init__(self, *, port: int, accounts: int, city: str) -> None:
        self.port = port
        self.accounts = accounts
        self.city = city
        self.var = embedded.office_var()
        self.log_dir = self.var / "log"
        self.log_dir.mkdir(parents=True, exist_ok=True)
        self.children: list[Child] = []
        self.lease: embedded.Lease | None = None

    # --- coming up ------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Bring everything up, say so, and stay until a signal comes. Raises CannotRun."""
        began = time.monotonic()
        if embedded.needed():
            say("Starting PostgreSQL and Valkey")
            self.lease = embedded.Lease(var=self.var)
            self.lease.export()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")
        self._clear_unfinished()
        self._manage("migrate", "--verbosity", "0")
        if self._is_settled():
            # Nothing to fill or bill: people are served first, the workers come up behind them.
            self._start("web", self._web_command())
            self._manage("sync_roles", quiet=True)
            self._wait_ready()
            self._announce(time.monotonic() - began)
            self._start_worker()
            self._start_printer_and_beat()
        else:
            self._begin(began)
        while True:
            time.sleep(0.5)
            if self.lease is not None and self.lease.ensure_up():
                say("the servers' keeper had died; the servers were started again")
            for child in self.children:
                child.restart_if_dead()

    def _begin(self, began: float) -> None:
        """Fill and bill a new office; what takes seconds to come up does so meanwhile."""
        self._manage("sync_roles", quiet=True)
        self._start_worker()
        fresh = self._fill()
        billed = self._bill_last_period()
        self._start_printer_and_beat()
        self._start("web", self._web_command())
        if fresh or billed:
            self._manage("prove")
        self._wait_ready()
        self._announce(time.monotonic() - began)
        if billed:
            self._manage("print_bills", (self.var / "demo.billed").read_text().strip(), quiet=True)

    def _is_settled(self) -> bool:
        marks = (self.var / "demo.json", self.var / "demo.billed")
        return not self._is_empty() and (marks[1].exists() or not marks[0].exists())

    def _start_worker(self) -> None:
        self._start("worker", [*self._worker("runs"), "-c", "2", "-Q", "office,runs"])

    def _start_printer_and_beat(self) -> None:
        # Printing takes minutes: in a process of its own it never keeps a bill run waiting.
        self._start("printer", [*self._worker("printer"), "-c", "1", "-Q", "printing"])
        beat = ["beat", "--schedule", str(self.var / "beat-schedule"), "--pidfile", "", "-l", "WARNING"]
        self._start("beat", [sys.executable, "-m", "celery", "-A", "billing_office", *beat])

    def _worker(self, name: str) -> list[str]:
        return [
            *(sys.executable, "-m", "celery", "-A", "billing_office", "worker"),
            *("-n", f"{name}@%h", "-l", "WARNING", "--without-gossip", "--without-mingle"),
        ]

    def _web_command(self) -> list[str]:
        return [
            *(
                sys.executable,
                "-m",
                "gunicorn",
                "billing_office.wsgi:application",
                "--bind",
                f"127.0.0.1:{self.port}",
            ),
            *("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "120"),
            *(
                "--graceful-timeout",
                "10",
                "--no-control-socket",
                "--access-logfile",
                str(self.log_dir / "access.log"),
            ),
        ]

    def _start(self, name: str, command: list[str]) -> None:
        child = Child(name=name, command=command, log=self.log_dir / f"{name}.log")
        self.children.append(child)
        child.start()

    def _manage(self, *arguments: str, quiet: bool = False) -> None:
        """Run a manage.py command to its end. Raises CannotRun when it fails."""
        command = [sys.executable, str(embedded.ROOT / "manage.py"), *arguments]
        done = subprocess.run(
            command,
            cwd=embedded.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if quiet else None,
            check=False,
        )
        if done.returncode != 0:
            raise CannotRun(f"manage.py {arguments[0]} failed; its message stands above")

    # --- an empty office ------------------------------------------------------------------------------------

    @property
    def _unfinished(self) -> Path:
        """There while the demo city is being made, and so after that was cut off."""
        return self.var / "demo.unfinished"

    def _clear_unfinished(self) -> None:
        if not self._unfinished.exists():
            return
        if self.lease is None:
            raise CannotRun(
                "The demo city in your database was cut off half made. Empty the database that DATABASE_URL "
                f"names, remove {self._unfinished}, and start again.",
                code=2,
            )
        say("The demo city was cut off half made; starting it over")
        record = self.lease.record
        url = record.postgres_url(role=embedded.SUPERUSER, database="postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            name, owner = sql.Identifier(embedded.DATABASE), sql.Identifier(embedded.OWNER)
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, owner))
        (self.var / "demo.json").unlink(missing_ok=True)
        (self.var / "demo.billed").unlink(missing_ok=True)
        self._unfinished.unlink()

    def _is_empty(self) -> bool:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT EXISTS (SELECT 1 FROM accounts_account)").fetchone()
        return row is not None and not row[0]

    def _fill(self) -> bool:
        """Make the demo city where there is nothing; return whether it was made."""
        if not self._is_empty():
            return False
        self._unfinished.touch()
        if self.city and (embedded.ROOT / "policies" / f"{self.city}.yaml").exists():
            self._manage("load_policy", self.city)
        self._manage("demo", "--accounts", str(self.accounts), "--months", "13")
        self._unfinished.unlink()
        return True

    def _bill_last_period(self) -> bool:
        """Bill the period that the demo left open, once; return whether it was done now."""
        record, mark = self.var / "demo.json", self.var / "demo.billed"
        if mark.exists() or not record.exists():
            return False
        period = str(json.loads(record.read_text())["last_period"])
        say(f"Billing {period}")
        self._manage("run_billing", "--from", period, "--to", period, "--approve", "--by", "supervisor")
        mark.write_text(period + "\n")
        return True

    # --- ready ----------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        answer = "no answer yet"
        while time.monotonic() < deadline:
            for child in self.children:
                child.restart_if_dead()
            try:
                with urllib.request.urlopen(f"{self.address}readyz", timeout=5) as response:  # noqa: S310 - our own
                    if response.status == 200:
                        return
            except urllib.error.HTTPError as refusal:
                answer = refusal.read().decode(errors="replace")[:500]
            except OSError:
                # Not listening yet.
                pass
            time.sleep(0.1)
        raise CannotRun(
            f"The office is not ready after {READY_SECONDS} s: {answer}\n{ending(self.log_dir / 'web.log')}"
        )

    def _announce(self, seconds: float) -> None:
        password = self.var / "demo_password"
        say("")
        say(f"Ready {self.address}")
        if password.exists():
            say(f"Logins: {', '.join(LOGINS)}; the password of each is in {_near(password)}")
        if (self.var / "demo.billed").exists():
            say(f"Bills of the last cycle, printed by the worker meanwhile: {self.address}billing/")
        say(
            f"Logs: {_near(self.log_dir)}. Up in {seconds:.0f} s. "
            "Ctrl-C, or `make stop` from elsewhere, stops it all."
        )

    # --- going down -----------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Stop web, beat and worker, then the servers."""
        for child in reversed(self.children):
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for child in reversed(self.children):
            child.wait_stopped(deadline)
        if self.lease is not None:
            self.lease.release()


def _near(path: Path) -> str:
    """A path as the person in the project's folder would type it."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(embedded.ROOT))
    return str(path)


# --- one supervisor an office -------------------------------------------------------------------------------


@contextlib.contextmanager
def _only_one(var: Path) -> Iterator[None]:
    """Hold the office's lock, with our process number beside it. Raises CannotRun when another has it."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun("This office is already running; `make stop` stops it.", code=2) from None
        pid_file = var / "run.pid"
        pid_file.write_text(f"{os.getpid()}\n")
        try:
            yield
        finally:
            pid_file.unlink(missing_ok=True)


def _is_running(var: Path) -> bool:
    if not (var / "run.lock").exists():
        return False
    with (var / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def stop_office() -> int:
    """Stop the supervisor of this office and wait until it has gone."""
    var = embedded.office_var()
    if not _is_running(var):
        say("Nothing is running.")
        return 0
    # The number is only believed while its lock is held: a stale file never points at somebody else's
    # process.
    os.kill(int((var / "run.pid").read_text()), signal.SIGTERM)
    deadline = time.monotonic() + 2 * STOP_SECONDS + embedded.STOPPING_SECONDS
    while time.monotonic() < deadline:
        if not _is_running(var):
            say("Stopped.")
            return 0
        time.sleep(0.1)
    print("It was asked to stop and has not; see the logs.", file=sys.stderr)
    return 1


def start_office(*, port: int, accounts: int, city: str) -> int:
    """Run the office until a signal comes; 0 after an orderly stop."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        # A second signal must not break off the stopping that the first one began.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stopped

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with_parent = stop_with_parent()
    if with_parent and os.environ.get("MAKELEVEL"):
        # A killed make would leave an office behind that nobody sees.
        with_parent()
    try:
        with _only_one(embedded.office_var()):
            office = Office(port=port, accounts=accounts, city=city)
            try:
                office.run()
            except Stopped:
                say("Stopping")
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                office.stop()
    except Stopped:
        return 0
    except CannotRun as problem:
        print(problem, file=sys.stderr)
        return problem.code
    except embedded.ServersDidNotStart as problem:
        print(problem, file=sys.stderr)
        return 2
    say("Stopped; nothing is left running.")
    return 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="billing_office.supervisor")
    parser.add_argument("act", choices=["start", "stop"])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--accounts", type=int, default=5000)
    parser.add_argument("--city", default="")
    given = parser.parse_args(arguments)
    if given.act == "stop":
        return stop_office()
    return start_office(port=given.port, accounts=given.accounts, city=given.city)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
