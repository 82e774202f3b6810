"""Cycles and routes: reference data that billing and reading go by."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Cycle, Route
from core import audit
from core.models import User


def create_cycle(
    *, code: str, name: str, by: User, months_per_period: int = 1, bills_when_read: bool = False
) -> Cycle:
    """Enter a cycle: accounts that are billed together every ``months_per_period`` months."""
    with transaction.atomic():
        cycle = Cycle.objects.create(
            code=code, name=name, months_per_period=months_per_period, bills_when_read=bills_when_read
        )
        audit.record(
            code="accounts.cycle.created",
            by=by,
            kind="cycle",
            key=code,
            summary=f"Entered cycle {code}, {name}",
        )
    return cycle


def create_route(*, code: str, name: str, cycle: Cycle, by: User) -> Route:
    """Enter a route that one reader walks for a cycle."""
    with transaction.atomic():
        route = Route.objects.create(code=code, name=name, cycle=cycle)
        audit.record(
            code="accounts.route.created",
            by=by,
            kind="route",
            key=code,
            summary=f"Entered route {code} of cycle {cycle.code}",
        )
    return route
