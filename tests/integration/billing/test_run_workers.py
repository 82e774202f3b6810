"""Several workers at one run, and workers that are killed: the same bills, once each."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from billing import tasks
from billing.models import Bill, BillRun, BillRunItem, RunWorker
from billing.queries import figures
from billing.services import posting, review, runs, workers
from billing.worker_processes import WorkerProcesses, WorkersDied, database_url
from core import proofs
from ledger.models import JournalEntry
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")
COUNT = 40


@pytest.fixture
def city() -> factory.City:
    city = factory.make_city(count=COUNT, services=("WATER", "SEWER"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[100 + 3 * n for n in range(COUNT)])
    return city


def together(count: int, work: Callable[[str], int]) -> list[int]:
    """Do the work in so many threads at once, each with its own connection."""
    done: list[int] = []
    failures: list[BaseException] = []
    gate = threading.Barrier(count)

    def one(name: str) -> None:
        try:
            gate.wait(10)
            done.append(work(name))
        except BaseException as problem:  # noqa: BLE001 - a failure in a thread must fail the test
            failures.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=[f"w{place}"]) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures
    return done


class WorkerProcess:
    """A worker process as the command starts it, with small chunks."""

    def __init__(self, order: str, *, chunk: int) -> None:
        environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
        command = [
            sys.executable,
            str(Path(settings.BASE_DIR) / "manage.py"),
            "work_on_runs",
            "--chunk",
            str(chunk),
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self.process.stdin is not None
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()

    def kill_when(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 30
        while not reached():
            assert time.monotonic() < deadline, "it never got there"
            assert self.process.poll() is None, "it ended before it got there"
            time.sleep(0.005)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


class TestTwoWorkers:
    def test_calculate_the_same_bills_to_the_byte_as_one(self, city: factory.City) -> None:
        run = factory.calculate(factory.open_run(city), city)
        alone = review.fingerprint(run_id=run.pk)
        runs.cancel_run(run=run, by=city.maker)
        again = factory.open_run(city)
        runs.start_calculation(run=again, by=city.maker)
        done = together(
            2, lambda name: workers.calculate(run_id=again.pk, worker=name, by=city.maker, size=3)
        )
        assert sum(done) == COUNT
        again.refresh_from_db()
        assert again.state == BillRun.State.REVIEW
        renumbered = "UPDATE billing_bill SET number = replace(number, %s, %s) WHERE run_id = %s"
        with connection.cursor() as cursor:
            cursor.execute(renumbered, [f"{again.number}-", f"{run.number}-", again.pk])
        assert review.fingerprint(run_id=again.pk) == alone

    def test_post_each_bill_once(self, city: factory.City) -> None:
        run = factory.approve(factory.calculate(factory.open_run(city), city), city)
        posting.start_posting(run=run, by=city.approver)
        done = together(2, lambda name: workers.post(run_id=run.pk, worker=name, by=city.maker, size=3))
        assert sum(done) == COUNT
        assert JournalEntry.objects.count() == Bill.objects.filter(status="POSTED").count() == COUNT
        assert BillRun.objects.get().state == BillRun.State.POSTED
        assert [found for found in proofs.run_all() if found.violations] == []


class TestKilledWorker:
    def test_leaves_a_calculation_that_another_finishes(self, city: factory.City) -> None:
        run = runs.start_calculation(run=factory.open_run(city), by=city.maker)
        killed = WorkerProcess(f"calculate {run.pk}", chunk=1)
        killed.kill_when(lambda: figures.progress_of(run_id=run.pk).calculated >= 5)
        before = figures.progress_of(run_id=run.pk)
        assert before.waiting > 0
        assert RunWorker.objects.filter(run=run).count() == 1
        workers.calculate(run_id=run.pk, worker="second", by=city.maker)
        assert Bill.objects.count() == COUNT
        assert BillRun.objects.get().state == BillRun.State.REVIEW

    def test_leaves_a_posting_that_another_finishes(self, city: factory.City) -> None:
        run = factory.approve(factory.calculate(factory.open_run(city), city), city)
        posting.start_posting(run=run, by=city.approver)
        killed = WorkerProcess(f"post {run.pk}", chunk=1)
        killed.kill_when(lambda: figures.progress_of(run_id=run.pk).posted >= 5)
        assert figures.progress_of(run_id=run.pk).calculated > 0
        workers.post(run_id=run.pk, worker="second", by=city.maker)
        assert JournalEntry.objects.count() == COUNT
        assert [found for found in proofs.run_all() if found.violations] == []

    def test_is_replaced_by_the_command_that_started_it(self, city: factory.City) -> None:
        run = runs.start_calculation(run=factory.open_run(city), by=city.maker)
        with WorkerProcesses(1) as processes:
            killed = processes.processes[0]
            killed.kill()
            processes.work(f"calculate {run.pk}", is_done=lambda: is_in(run, "REVIEW"), watch=lambda: None)
            assert processes.processes[0].pid != killed.pid
        assert Bill.objects.count() == COUNT
        assert is_in(run, "REVIEW")

    def test_again_and_again_is_said(self, city: factory.City) -> None:
        with WorkerProcesses(1) as processes, pytest.raises(WorkersDied, match="before their work did"):
            processes.work("calculate 999999", is_done=lambda: False, watch=lambda: None)

    def test_is_noticed_by_the_sweep_when_its_heartbeat_is_old(
        self, city: factory.City, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[int] = []
        monkeypatch.setattr(tasks, "send", lambda task, run_id: sent.append(run_id))
        run = runs.start_calculation(run=factory.open_run(city), by=city.maker)
        runs.beat(run_id=run.pk, worker="dead")
        assert tasks.resume_stalled_runs() == 0
        with connection.cursor() as cursor:
            cursor.execute("UPDATE billing_runworker SET heartbeat_at = now() - interval '61 seconds'")
        assert tasks.resume_stalled_runs() == 1
        assert set(sent) == {run.pk}
        assert "goes on with another" in diary(run)[0]

    def test_is_not_missed_at_a_paused_run(self, city: factory.City) -> None:
        run = runs.start_calculation(run=factory.open_run(city), by=city.maker)
        runs.pause_run(run=run, by=city.maker)
        assert tasks.resume_stalled_runs() == 0


class TestChunks:
    def test_queries_grow_with_chunks_and_not_with_accounts(self, city: factory.City) -> None:
        run = runs.start_calculation(run=factory.open_run(city), by=city.maker)
        one = queries_of(
            lambda: workers.calculate(run_id=run.pk, worker="t", by=city.maker, size=2, at_most=1)
        )
        many = queries_of(
            lambda: workers.calculate(run_id=run.pk, worker="t", by=city.maker, size=38, at_most=1)
        )
        assert many == one
        workers.calculate(run_id=run.pk, worker="t", by=city.maker)
        run = factory.approve(run, city)
        posting.start_posting(run=run, by=city.approver)
        one = queries_of(lambda: workers.post(run_id=run.pk, worker="t", by=city.maker, size=2, at_most=1))
        many = queries_of(lambda: workers.post(run_id=run.pk, worker="t", by=city.maker, size=38, at_most=1))
        assert many == one

    def test_one_bad_account_is_in_error_and_the_others_go_on(
        self, city: factory.City, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad = city.accounts[7]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_serviceagreement SET rate_code = 'ODD' WHERE account_id = %s AND service = 'WATER'",
                [bad.pk],
            )
        odd = {"format": 1, "unit": "ccf", "components": [
            {"kind": "fixed", "code": "base", "label": "B", "amount": "1.00", "charge_type": "NOTHING"}]}  # fmt: skip
        factory.make_rate("ODD", odd)
        run = factory.calculate(factory.open_run(city), city)
        item = BillRunItem.objects.get(run=run, account=bad)
        assert item.state == "ERROR"
        assert "NOTHING" in item.reasons[0]["text"]
        assert figures.progress_of(run_id=run.pk).calculated == COUNT - 1


def queries_of(work: Callable[[], object]) -> int:
    count = 0

    def counted(execute, sql, params, many, context):
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counted):
        work()
    return count


def diary(run: BillRun) -> list[str]:
    from billing.queries import console

    return [event.summary for event in console.diary_of(run)]


def is_in(run: BillRun, state: str) -> bool:
    run.refresh_from_db()
    return run.state == state
