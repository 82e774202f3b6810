"""Wake-ups may be lost, never in the way: of the act that sent them, or of the next one."""

import logging
import time

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as DriverError

from core import wakeups


@pytest.fixture
def sent(monkeypatch, settings):
    settings.WAKEUPS = {"credit_posted": ["a.claim", "b.claim"]}
    found = []
    monkeypatch.setattr(wakeups.current_app, "send_task", lambda name, **options: found.append(name))
    return found


class TestWake:
    def test_sends_every_task_of_the_word_once_the_act_is_kept(self, committed_db, sent):
        with transaction.atomic():
            wakeups.wake("credit_posted")
            assert sent == []
        assert sent == ["a.claim", "b.claim"]

    def test_sends_nothing_of_an_act_that_is_not(self, committed_db, sent):
        with transaction.atomic():
            wakeups.wake("credit_posted")
            transaction.set_rollback(True)
        assert sent == []

    def test_of_a_word_that_nobody_wants_sends_nothing(self, committed_db, sent):
        with transaction.atomic():
            wakeups.wake("nothing")
        assert sent == []


class TestABrokerThatIsDown:
    @pytest.mark.parametrize(
        "error", [OperationalError("down"), ConnectionError("down"), DriverError("down")]
    )
    def test_is_logged_and_not_raised(self, monkeypatch, settings, caplog, error):
        settings.WAKEUPS = {"credit_posted": ["a.claim", "b.claim"]}

        def fail(name, **options):
            raise error

        monkeypatch.setattr(wakeups.current_app, "send_task", fail)
        with caplog.at_level(logging.WARNING, logger="core.wakeups"):
            wakeups.send("credit_posted")
        assert [record.getMessage() for record in caplog.records] == [
            "wake-up credit_posted for a.claim was not sent: down",
            "wake-up credit_posted for b.claim was not sent: down",
        ]

    def test_keeps_nobody_waiting(self, databases, settings, monkeypatch, caplog):
        from celery import Celery

        # An app of this test's own at a port where nobody listens, with the office's own options.
        nowhere = Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
        nowhere.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        monkeypatch.setattr(wakeups, "current_app", nowhere)
        settings.WAKEUPS = {"credit_posted": ["a.claim"]}
        began = time.monotonic()
        wakeups.send("credit_posted")
        assert time.monotonic() - began < 2
        assert "was not sent" in caplog.text

    def test_does_not_hide_a_mistake_of_ours(self, monkeypatch, settings):
        settings.WAKEUPS = {"credit_posted": ["a.claim"]}

        def wrong(name, **options):
            raise TypeError("a task needs a name")

        monkeypatch.setattr(wakeups.current_app, "send_task", wrong)
        with pytest.raises(TypeError):
            wakeups.send("credit_posted")
