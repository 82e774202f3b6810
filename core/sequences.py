"""Numbers without gaps: a counter row that the posting transaction locks."""

from __future__ import annotations

from django.db import connection

from core.db import require_transaction


def take(*, series: str, count: int = 1) -> int:
    """Take the next ``count`` numbers of ``series`` and return the last of them.

    The row stays locked until the transaction ends, so a rollback gives the numbers back and no gap is left.
    Raises ``TransactionRequired`` outside a transaction, ``ValueError`` for a count below one.
    """
    require_transaction()
    if count < 1:
        raise ValueError("At least one number must be taken.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_numbersequence (series, last_value) VALUES (%s, %s)"
            " ON CONFLICT (series) DO UPDATE SET last_value = core_numbersequence.last_value + EXCLUDED.last_value"
            " RETURNING last_value",
            [series, count],
        )
        row = cursor.fetchone()
    return int(row[0])


def last_taken(*, series: str) -> int:
    """The last number taken of ``series``; 0 when none was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM core_numbersequence WHERE series = %s", [series])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
