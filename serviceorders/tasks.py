"""Tasks of field work: claiming credits on a wake-up, and the sweep that needs none."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from core import clock
from core.users import system_user
from serviceorders import services


@shared_task(name="serviceorders.tasks.claim_credits")
def claim_credits(**kwargs: Any) -> int:
    """A payment was posted: look whether a crew is on its way to somebody who has paid."""
    return services.claim_credits(on_date=clock.today(), by=system_user())


@shared_task(name="serviceorders.tasks.sweep_claims")
def sweep_claims(**kwargs: Any) -> int:
    """The same by the clock: a lost wake-up costs seconds, never a wrong shutoff."""
    return services.claim_credits(on_date=clock.today(), by=system_user())
