"""The long-running processes of an office, each with its own log, none outliving the supervisor."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from billing_office import embedded

# A child that keeps dying this soon after its start is broken, not unlucky.
SHORT_LIFE_SECONDS = 5.0
MOST_SHORT_LIVES = 4
PR_SET_PDEATHSIG = 1


class CannotRun(Exception):
    """The office cannot be brought up; the message says why, `code` is what the process exits with."""

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def say(text: str) -> None:
    print(text, flush=True)


def stop_with_parent(number: int = signal.SIGTERM) -> Callable[[], None] | None:
    """Return what lets the calling process get this signal when its parent is killed; Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)

    return ask


class Child:
    """One long-running process with its own log, started again when it dies."""

    def __init__(self, *, name: str, command: list[str], log: Path) -> None:
        self.name = name
        self.command = command
        self.log = log
        self.short_lives = 0
        self.started = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.started = time.monotonic()
        with self.log.open("ab") as output:
            # A session of its own: Ctrl-C reaches the supervisor alone, which stops the rest in order.
            self.process = subprocess.Popen(
                self.command,
                cwd=embedded.ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=stop_with_parent(),
            )

    def restart_if_dead(self) -> None:
        """Start it again if it has died. Raises CannotRun when it keeps dying at once."""
        if self.process is None or self.process.poll() is None:
            return
        short = time.monotonic() - self.started < SHORT_LIFE_SECONDS
        self.short_lives = self.short_lives + 1 if short else 0
        if self.short_lives > MOST_SHORT_LIVES:
            raise CannotRun(f"{self.name} does not stay up. The end of {self.log}:\n{ending(self.log)}")
        say(f"{self.name} ended ({self.process.returncode}) and is started again")
        self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait_stopped(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            # Its own group: the pool's processes go with it. Bill runs resume from the database.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def ending(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
