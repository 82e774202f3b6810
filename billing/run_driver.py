"""Taking a run through its states from a command: who works, what is shown, when it is done."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from typing import TextIO

import redis
from celery import current_app
from django.conf import settings
from kombu.exceptions import OperationalError

from billing import tasks
from billing.models import BillRun
from billing.queries import figures
from billing.services import runs, workers
from billing.worker_processes import WorkerProcesses
from core.models import User

logger = logging.getLogger(__name__)

STAGES = {"calculate": BillRun.State.CALCULATING, "post": BillRun.State.POSTING}
PATIENCE_SECONDS = 10
BAR = 30


class RunPaused(ValueError):
    """Somebody paused the run; it goes on when they resume it."""


class ProgressBar:
    """How far a stage is, on a terminal's standard error; silent elsewhere."""

    def __init__(self, label: str, stream: TextIO | None = None) -> None:
        self.label = label
        self.stream = stream or sys.stderr
        self.shown = self.stream.isatty()
        self.started = time.monotonic()

    def show(self, done: int, total: int, *, held: int) -> None:
        """Draw the bar anew on its line."""
        if not self.shown:
            return
        share = done / total if total else 1
        per_second = done / max(time.monotonic() - self.started, 0.001)
        filled = round(share * BAR)
        text = f"{done} of {total}  held {held}  {per_second:.0f} a second"
        self.stream.write(f"\r{self.label} [{'#' * filled}{'.' * (BAR - filled)}] {text}   ")
        self.stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self.shown:
            self.stream.write("\n")
            self.stream.flush()


def work(run: BillRun, stage: str, *, by: User, processes: WorkerProcesses | None, label: str) -> None:
    """Bring a stage of the run to its end: by the processes given, by the office's workers, or in this one.

    Raises RunPaused, WorkersDied, and whatever refuses the posting.
    """
    bar = ProgressBar(label)

    def watch(_: int = 0) -> None:
        found = figures.progress_of(run_id=run.pk)
        done = found.looked_at if stage == "calculate" else found.posted
        total = found.total if stage == "calculate" else found.bills
        bar.show(done, total, held=found.held)

    try:
        if processes is not None:
            processes.work(f"{stage} {run.pk}", is_done=lambda: _is_done(run, stage), watch=watch)
        elif (count := _office_workers()) > 0:
            _leave_to_workers(run, stage, count, watch)
        if not _is_done(run, stage):
            method = workers.calculate if stage == "calculate" else workers.post
            method(run_id=run.pk, worker=tasks.worker_name(), by=by, on_chunk=watch)
        watch()
    finally:
        bar.end()
    if not _is_done(run, stage):
        raise RunPaused(f"Run {run.number} is paused; it goes on when it is resumed.")


def _is_done(run: BillRun, stage: str) -> bool:
    run.refresh_from_db()
    return run.state != STAGES[stage]


def _office_workers() -> int:
    """How many chunks the office's workers can do at once; 0 where no worker answers."""
    try:
        redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_connect_timeout=0.5).ping()
        stats = current_app.control.inspect(timeout=0.7).stats() or {}
    except (redis.RedisError, OperationalError, OSError):
        return 0
    return sum(int(each.get("pool", {}).get("max-concurrency", 1)) for each in stats.values())


def _leave_to_workers(run: BillRun, stage: str, count: int, watch: Callable[[], None]) -> None:
    """Send the tasks and wait; give up, for this process to go on, when nobody is at the run for a while."""
    task = tasks.calculate_run if stage == "calculate" else tasks.post_run
    for _ in range(count):
        tasks.send(task, run_id=run.pk)
    alone_since = time.monotonic()
    while not _is_done(run, stage) and not run.is_paused:
        watch()
        if run.pk not in {each.pk for each in runs.stalled_runs()}:
            alone_since = time.monotonic()
        elif time.monotonic() - alone_since > PATIENCE_SECONDS:
            logger.warning("no worker is at run %s; this process goes on with it", run.number)
            return
        time.sleep(0.2)
