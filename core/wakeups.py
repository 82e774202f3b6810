"""Wake-ups: a word sent on commit to the tasks that want it.

It carries no data and may be lost; sweeps are the guarantee.
"""

from __future__ import annotations

import logging

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake(word: str) -> None:
    """Send, once this transaction commits, every task that ``settings.WAKEUPS`` lists for ``word``."""
    transaction.on_commit(lambda: send(word), robust=True)


def send(word: str) -> None:
    """Send the tasks now. A broker that is down is logged, never an error of the act that woke them."""
    for task_name in settings.WAKEUPS.get(word, ()):
        try:
            current_app.send_task(task_name, retry=False)
        except _broker_errors() as error:
            logger.warning("wake-up %s for %s was not sent: %s", word, task_name, error)


def _broker_errors() -> tuple[type[Exception], ...]:
    """What sending may raise while the broker is away: a pooled connection that breaks raises the driver's own."""
    connection = current_app.connection_for_write()
    return (OperationalError, OSError, *connection.connection_errors, *connection.channel_errors)
