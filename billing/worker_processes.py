"""Worker processes of one command: they take orders by line, and the database says what there is to do.

A process that dies is replaced; what it was at is waiting again, because its transaction died with it.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

REPLACEMENTS = 5


class WorkersDied(RuntimeError):
    """Worker processes died again and again; the last one's words are in the message."""


def database_url() -> str:
    """The address of the database that this process works on, for its children."""
    found = connection.settings_dict
    query = {"host": found["HOST"], "port": found["PORT"], **found["OPTIONS"]}
    user = quote(str(found["USER"]), safe="")
    password = quote(str(found["PASSWORD"]), safe="")
    login = f"{user}:{password}@" if user else ""
    parameters = urlencode({name: value for name, value in query.items() if isinstance(value, str) and value})
    return f"postgresql://{login}/{quote(str(found['NAME']), safe='')}?{parameters}"


class WorkerProcesses:
    """A number of worker processes, up for as long as the context lasts."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.processes: list[subprocess.Popen[str]] = []
        self._replaced = 0

    def __enter__(self) -> Self:
        self.processes = [self._start() for _ in range(self.count)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            if process.stdin:
                process.stdin.close()
        for process in self.processes:
            if kind is not None:
                process.terminate()
            process.wait()
            if process.stdout:
                process.stdout.close()

    def work(self, order: str, *, is_done: Callable[[], bool], watch: Callable[[], None]) -> None:
        """Give every process the order and wait until the work is done, calling ``watch`` a few times a second.

        Raises WorkersDied.
        """
        for place in range(self.count):
            self._tell(place, order)
        busy = set(range(self.count))
        while busy:
            answers = self._answers(busy)
            watch()
            for place, line in answers.items():
                if line:
                    busy.discard(place)
                elif is_done():
                    self._replace(place)
                    busy.discard(place)
                else:
                    self._replace(place)
                    self._tell(place, order)

    def _answers(self, busy: set[int]) -> dict[int, str]:
        """What the busy processes have said within a moment; an empty line means that one is gone."""
        with selectors.DefaultSelector() as selector:
            for place in busy:
                stdout = self.processes[place].stdout
                assert stdout is not None  # noqa: S101 - opened as a pipe
                selector.register(stdout, selectors.EVENT_READ, place)
            found = {}
            for key, _ in selector.select(timeout=0.2):
                found[key.data] = key.fileobj.readline()  # type: ignore[union-attr]  # a text stream
            return found

    def _tell(self, place: int, order: str) -> None:
        stdin = self.processes[place].stdin
        assert stdin is not None  # noqa: S101 - opened as a pipe
        try:
            stdin.write(order + "\n")
            stdin.flush()
        except BrokenPipeError:
            # Gone between two orders: its end of file is read next, and a new one is told.
            return

    def _replace(self, place: int) -> None:
        code = self.processes[place].wait()
        self._replaced += 1
        if self._replaced > REPLACEMENTS:
            raise WorkersDied(
                f"{self._replaced} worker processes ended before their work did, the last with code {code}."
            )
        self.processes[place] = self._start()

    def _start(self) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
        }
        return subprocess.Popen(
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "work_on_runs"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
