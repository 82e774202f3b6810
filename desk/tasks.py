"""Tasks of the office as a whole."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task

from core import proofs

logger = logging.getLogger(__name__)


@shared_task(name="desk.tasks.nightly_prove")
def nightly_prove(**kwargs: Any) -> int:
    """Prove the books and keep the result, which the supervisor's home page shows; gives the count of violations."""
    results = proofs.run_all()
    broken = [result for result in results if result.violations]
    for result in broken:
        logger.error("The books do not hold: %s: %s", result.name, result.violations)
    return sum(result.violations for result in broken)
