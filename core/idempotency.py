"""The same money request twice gives the first answer, for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from core.db import require_transaction
from core.models import IdempotencyKey, User


class IdempotencyKeyReused(Exception):
    """The key came before with something else in it."""


def body_hash(body: Mapping[str, Any]) -> str:
    """SHA-256 of the request's content in one canonical writing."""
    text = json.dumps(body, sort_keys=True, cls=DjangoJSONEncoder, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def first_or_saved(*, key: str, operation: str, body: Mapping[str, Any], by: User) -> dict[str, Any] | None:
    """Take the key for this transaction; the saved result if the same request was answered before, else None.

    A second request with the same key waits here until the first has committed or rolled back.
    Raises ``IdempotencyKeyReused`` when the key was used for another operation or content, and
    ``TransactionRequired`` outside a transaction.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    saved = IdempotencyKey.objects.filter(key=key).first()
    if saved is None:
        return None
    if saved.operation != operation or saved.body_hash != body_hash(body):
        raise IdempotencyKeyReused(
            "This form was already sent with other figures. Nothing was posted now."
            " Look at the last receipts, then start a new payment."
        )
    return dict(saved.result)


def save(*, key: str, operation: str, body: Mapping[str, Any], result: Mapping[str, Any], by: User) -> None:
    """Keep the first answer under its key, in the transaction that made it."""
    require_transaction()
    IdempotencyKey.objects.create(
        key=key, operation=operation, body_hash=body_hash(body), result=dict(result), actor=by
    )
