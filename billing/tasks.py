"""Tasks of the worker: they carry a run's key, and the database says what there is to do."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from celery import shared_task
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerDown

from billing.models import BillRun
from billing.services import printing, runs, workers
from core.users import system_user

# How many workers are asked to a run; those who find nothing left go away again.
HANDS = 2
logger = logging.getLogger(__name__)
# A deadlock or a server that restarts: what was not committed is simply waiting again.
TRANSIENT = (OperationalError,)


def worker_name() -> str:
    """A name for this process among the workers of a run."""
    return f"{socket.gethostname()}:{os.getpid()}"


@shared_task(autoretry_for=TRANSIENT, max_retries=5, retry_backoff=2)
def calculate_run(*, run_id: int, **_: Any) -> int:
    """Calculate what is left of a run."""
    return workers.calculate(run_id=run_id, worker=worker_name(), by=system_user())


@shared_task(autoretry_for=TRANSIENT, max_retries=5, retry_backoff=2)
def post_run(*, run_id: int, **_: Any) -> int:
    """Post what is left of an approved run."""
    return workers.post(run_id=run_id, worker=worker_name(), by=system_user())


@shared_task(autoretry_for=TRANSIENT, max_retries=5, retry_backoff=2)
def print_run(*, run_id: int, **_: Any) -> int:
    """Print what is left of a posted run."""
    run = BillRun.objects.get(pk=run_id)
    by = system_user()
    if run.state == BillRun.State.POSTED:
        printing.start_printing(run=run, by=by)
    done = 0
    name = worker_name()
    try:
        runs.beat(run_id=run_id, worker=name)
        while count := printing.print_chunk(run=run, by=by):
            done += count
            runs.beat(run_id=run_id, worker=name)
        run.refresh_from_db()
        if run.state == BillRun.State.PRINTING:
            printing.finish_printing(run=run, by=by)
    finally:
        # Not before the run is done: a sweep in between would say that its worker is gone.
        runs.leave(run_id=run_id, worker=name)
    return done


@shared_task
def resume_stalled_runs(**_: Any) -> int:
    """Send help to runs whose workers are gone, and give their number."""
    stalled = runs.stalled_runs()
    for run in stalled:
        runs.record_resumption(run=run, by=system_user())
        send_help(run)
    return len(stalled)


def send_help(run: BillRun) -> None:
    """Ask workers to a run that calculates, posts or prints."""
    task = {BillRun.State.CALCULATING: calculate_run, BillRun.State.POSTING: post_run}.get(
        BillRun.State(run.state), print_run
    )
    for _ in range(HANDS):
        send(task, run_id=run.pk)


def send(task: Any, **arguments: Any) -> None:
    """Send a task now. A broker that is down is logged: the work stands in the database, and the sweep finds it."""
    try:
        task.apply_async(kwargs=arguments, queue="printing" if task is print_run else "runs", retry=False)
    except (BrokerDown, OSError) as problem:
        logger.warning("%s was not sent: %s", task.name, problem)
