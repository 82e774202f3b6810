"""Proofs of the books: every app says what must hold, ``prove`` asks them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from core.models import ProofRun
from core.money import to_cents

EXAMPLES = 20


@dataclass(frozen=True)
class Violations:
    """How many rows break a rule, and the first of them in words."""

    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProofResult:
    name: str
    violations: int
    examples: tuple[str, ...]


_PROOFS: dict[str, Callable[[], Violations]] = {}


def proof(name: str) -> Callable[[Callable[[], Violations]], Callable[[], Violations]]:
    """Register a proof under a sentence that says what holds."""

    def register(function: Callable[[], Violations]) -> Callable[[], Violations]:
        known = _PROOFS.get(name)
        if known is not None and (known.__module__, known.__qualname__) != (
            function.__module__,
            function.__qualname__,
        ):
            raise ValueError(f"Two proofs are called {name!r}: one would hide the other.")
        _PROOFS[name] = function
        return function

    return register


def from_sql(sql: str, params: Sequence[Any] = ()) -> Violations:
    """The rows that ``sql`` returns are violations; their first column says what is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        rows = cursor.fetchall()
    return Violations(count=len(rows), examples=tuple(str(row[0]) for row in rows[:EXAMPLES]))


def listed(found: Iterable[str]) -> Violations:
    """Violations from sentences."""
    sentences = tuple(found)
    return Violations(count=len(sentences), examples=sentences[:EXAMPLES])


def discover() -> dict[str, Callable[[], Violations]]:
    """Every proof of every app, in the order of the floors and of their files."""
    for config in apps.get_app_configs():
        name = f"{config.name}.proofs"
        if (
            config.name.split(".")[0] not in {"django", "rest_framework", "core"}
            and find_spec(name) is not None
        ):
            import_module(name)
    return dict(_PROOFS)


def run_all() -> list[ProofResult]:
    """Run every proof on one snapshot of the books and keep the result."""
    proofs = discover()
    started = time.monotonic()
    results = []
    with transaction.atomic(durable=not connection.in_atomic_block):
        with connection.cursor() as cursor:
            # One snapshot for all proofs: a payment posted in between must not look like a difference.
            if not connection.savepoint_ids:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for name, function in proofs.items():
            found = function()
            results.append(ProofResult(name=name, violations=found.count, examples=found.examples))
        ProofRun.objects.create(
            violation_count=sum(result.violations for result in results),
            results=[
                {"name": r.name, "violations": r.violations, "examples": list(r.examples)} for r in results
            ],
            seconds=to_cents(Decimal(str(time.monotonic() - started))),
        )
    return results
