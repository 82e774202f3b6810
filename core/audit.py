"""The audit trail: one event an act, written in the act's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.db import require_transaction
from core.models import AuditEvent, User


def record(
    *,
    code: str,
    by: User | None,
    kind: str,
    key: str,
    summary: str,
    account_number: str = "",
    data: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write what was done.

    ``code`` is dotted (``payments.receipt.voided``), ``kind`` and ``key`` name the object in words and by the
    number people know, ``summary`` is a sentence for the page where it happened, ``data`` holds before and after.
    Raises ``TransactionRequired`` outside a transaction: an act and its event stand or fall together.
    """
    require_transaction()
    return AuditEvent.objects.create(
        code=code,
        actor=by,
        kind=kind,
        key=str(key),
        account_number=account_number,
        summary=summary[:300],
        data=dict(data or {}),
    )


def events_of(*, kind: str, key: str, limit: int = 50) -> list[AuditEvent]:
    """The newest events of one object, newest first, with their actors loaded."""
    events = AuditEvent.objects.filter(kind=kind, key=str(key)).select_related("actor")
    return list(events.order_by("-at", "-pk")[:limit])
