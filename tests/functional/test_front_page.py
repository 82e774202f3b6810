"""The served office in a real browser: the machinery that every other browser test stands on."""

import os
import re
import signal
import time

import pytest

from billing_office.celery import app

pytestmark = pytest.mark.browser


class TestServedOffice:
    def test_asks_a_stranger_to_log_in(self, page) -> None:
        page.goto("/")
        assert re.search(r"/login/\?next=/$", page.url)
        assert page.locator("input[name=username]").is_visible()

    def test_brings_its_own_libraries(self, page) -> None:
        addresses: list[str] = []
        page.on("response", lambda response: addresses.append(f"{response.status} {response.url}"))
        page.goto("/login/")
        page.wait_for_load_state("networkidle")
        assert any("tabler.min.css" in address for address in addresses)
        assert [a for a in addresses if not a.startswith("200 http://127.0.0.1:")] == []


def does_a_task(worker) -> bool:
    """Send a task that Celery itself brings, and look for its end in the worker's log."""
    before = worker.log.read_text().count("succeeded in")
    app.send_task("celery.backend_cleanup")
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if worker.log.read_text().count("succeeded in") > before:
            return True
        time.sleep(0.05)
    return False


class TestWorker:
    def test_does_what_this_process_sends(self, worker) -> None:
        assert does_a_task(worker)

    def test_replaces_a_killed_pool_process(self, worker) -> None:
        (killed,) = worker.children()
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 15
        while killed in worker.children() or not worker.children():
            assert time.monotonic() < deadline, "no new process came"
            time.sleep(0.1)
        assert does_a_task(worker)

    def test_stops_when_asked(self, worker) -> None:
        worker.stop()
        assert worker.process.returncode == 0
