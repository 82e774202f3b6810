"""The planner's statistics after a bulk load: autovacuum would bring them, a minute too late."""

from __future__ import annotations

import psycopg
from django.conf import settings
from django.db import connection


def analyze() -> None:
    """Analyze every table as the owner, who alone may; call it outside a transaction."""
    owner = settings.DATABASE_OWNER
    with psycopg.connect(
        dbname=connection.settings_dict["NAME"],
        user=owner["USER"] or None,
        password=owner["PASSWORD"] or None,
        host=owner["HOST"] or None,
        port=owner["PORT"] or None,
        autocommit=True,
    ) as owned:
        owned.execute("ANALYZE")
