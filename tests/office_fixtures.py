"""An office that runs for one test: a served site, a worker of its own, a browser."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from billing_office import embedded
from tests.environment import ROOT, Databases

WORKER_SECONDS = 40


class Worker:
    """A Celery worker in a process of its own, on this test's database and this process's queues."""

    def __init__(self, *, databases: Databases, database: str, log: Path, concurrency: int = 1) -> None:
        self.log = log
        environment = {
            **os.environ,
            "DATABASE_URL": databases.url(role=embedded.APPLICATION, database=database),
            "DATABASE_OWNER_URL": databases.url(role=embedded.OWNER, database=database),
            "REDIS_URL": databases.record.redis_url,
        }
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "billing_office",
            "worker",
            "-c",
            str(concurrency),
            "-l",
            "INFO",
            "-Q",
            "office,runs,printing",
            "--without-gossip",
            "--without-mingle",
            "-n",
            f"test-{os.getpid()}@%h",
        ]
        with log.open("a") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_ready(self) -> None:
        deadline = time.monotonic() + WORKER_SECONDS
        while time.monotonic() < deadline:
            if " ready." in self.log.read_text(errors="replace"):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"the worker did not start:\n{self.log.read_text(errors='replace')[-3000:]}")

    def children(self) -> list[int]:
        """The pool's processes, which do the work."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def kill9(self) -> None:
        """Kill the whole worker as a power cut would: parent and pool."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill9()


@pytest.fixture
def start_worker(databases: Databases, committed_db: str, tmp_path: Path) -> Iterator[Any]:
    """A function that starts one more worker and returns it once it takes tasks."""
    _empty_queues(databases)
    started: list[Worker] = []

    def start(concurrency: int = 1) -> Worker:
        log = tmp_path / f"worker{len(started)}.log"
        found = Worker(databases=databases, database=committed_db, log=log, concurrency=concurrency)
        started.append(found)
        found.wait_ready()
        return found

    yield start
    for found in started:
        found.stop()
    _empty_queues(databases)


@pytest.fixture
def worker(start_worker: Any) -> Worker:
    """A worker that is up."""
    return start_worker()


def _empty_queues(databases: Databases) -> None:
    import redis

    client = redis.Redis.from_url(databases.record.redis_url)
    keys = list(client.scan_iter(f"{os.environ['OFFICE_BROKER_PREFIX']}*"))
    if keys:
        client.delete(*keys)
    client.close()


@pytest.fixture(scope="session")
def wsgi_application() -> Any:
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


@pytest.fixture
def live_office(committed_db: str, wsgi_application: Any) -> Iterator[str]:
    """The office served from this process on the test's own database.

    Gives its address, without a slash at the end.
    """
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.test.testcases import QuietWSGIRequestHandler

    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler, allow_reuse_address=False)
    server.set_app(wsgi_application)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The machine's Chromium, headless."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine; `make setup-test` installs it")
    from playwright.sync_api import sync_playwright

    # Playwright runs a loop in this thread, and Django refuses to work beside one unless told.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-dev-shm-usage",
            ],
        )
        yield found
        found.close()


@pytest.fixture
def page(browser: Any, live_office: str) -> Iterator[Any]:
    """A page of the served office; a script error or a breach of the security policy fails the test."""
    context = browser.new_context(
        base_url=live_office, viewport={"width": 1280, "height": 900}, locale="en-US"
    )
    context.set_default_timeout(10_000)
    found = context.new_page()
    complaints: list[str] = []

    def hear(message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield found
    context.close()
    assert not complaints, "\n".join(complaints)
