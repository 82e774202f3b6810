"""Reads that a run looked for and did not find become exceptions for the office to clear."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection

from billing.assembly import MissingRead
from core.db import require_transaction
from core.models import User


def raise_all(*, missing: Sequence[MissingRead], on_date: dt.date, by: User) -> int:
    """Raise an exception for each register that has none open for that day; give how many were raised.

    One statement for any number of registers.
    """
    require_transaction()
    if not missing:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO metering_readingexception"
            " (register_id, agreement_id, on_date, code, severity, text, resolution, resolution_note)"
            " SELECT DISTINCT ON (register) register, agreement, %s, 'MISSING', 'SEVERE', left(text, 300), '', ''"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS missing (register, agreement, text)"
            " ORDER BY register, agreement"
            " ON CONFLICT (register_id, on_date, code) WHERE resolved_at IS NULL DO NOTHING",
            [
                on_date,
                [each.register_id for each in missing],
                [each.agreement_id for each in missing],
                [each.text for each in missing],
            ],
        )
        return int(cursor.rowcount)
