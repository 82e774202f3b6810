"""Tasks of the worker: they carry a run's key, and the database says what there is to do."""

from __future__ import annotations

import os
import socket
from typing import Any

from celery import shared_task
from django.db import OperationalError

from billing.models import BillRun
from billing.services import runs, workers
from core.users import system_user

QUEUE = "runs"
# A deadlock or a server that restarts: what was not committed is simply waiting again.
TRANSIENT = (OperationalError,)


def worker_name() -> str:
    """A name for this process among the workers of a run."""
    return f"{socket.gethostname()}:{os.getpid()}"


@shared_task(queue=QUEUE, autoretry_for=TRANSIENT, max_retries=5, retry_backoff=2)
def calculate_run(*, run_id: int, **_: Any) -> int:
    """Calculate what is left of a run."""
    return workers.calculate(run_id=run_id, worker=worker_name(), by=system_user())


@shared_task(queue=QUEUE, autoretry_for=TRANSIENT, max_retries=5, retry_backoff=2)
def post_run(*, run_id: int, **_: Any) -> int:
    """Post what is left of an approved run."""
    return workers.post(run_id=run_id, worker=worker_name(), by=system_user())


@shared_task(queue="printing", autoretry_for=TRANSIENT, max_retries=5, retry_backoff=2)
def print_run(*, run_id: int, **_: Any) -> int:
    """Print what is left of a posted run."""
    from billing.services import printing

    return printing.print_run(run_id=run_id, worker=worker_name(), by=system_user())


@shared_task
def resume_stalled_runs(**_: Any) -> int:
    """Send help to runs whose workers are gone, and give their number."""
    stalled = runs.stalled_runs()
    for run in stalled:
        runs.record_resumption(run=run, by=system_user())
        task = calculate_run if run.state == BillRun.State.CALCULATING else post_run
        task.delay(run_id=run.pk)
    return len(stalled)
