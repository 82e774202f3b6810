"""Reading rows with SQL where the ORM would need several queries."""

from collections.abc import Mapping
from typing import Any

from django.db import connection


def fetch(sql: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Run one statement with named parameters (``%(name)s``) and give its rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(params or {}))
        return list(cursor.fetchall())


def run(sql: str, params: Mapping[str, Any] | None = None) -> int:
    """Run one statement that gives no rows, and give the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(params or {}))
        return int(cursor.rowcount)
