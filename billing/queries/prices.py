"""The rate book as a chunk of a run sees it: compiled once a process, checked against the database each chunk."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from functools import lru_cache

from django.db import connection

from billing.assembly import VersionFact
from billing.rates import CompiledRate, compile_rate


@lru_cache(maxsize=2000)
def _compiled(version_id: int, fingerprint: str) -> CompiledRate:
    """A version is compiled once; the fingerprint of its definition tells a corrected draft from the old one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT definition FROM billing_rateversion WHERE id = %s", [version_id])
        row = cursor.fetchone()
    definition = json.loads(row[0]) if isinstance(row[0], str) else row[0]
    return compile_rate(definition)


class PricesOfChunk:
    """The approved versions of the rates that some agreements name."""

    def __init__(self, codes: Iterable[str]) -> None:
        wanted = sorted(set(codes))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT schedule.code, version.id, version.effective_from, version.effective_to,"
                "       md5(version.definition::text)"
                " FROM billing_rateschedule schedule"
                " LEFT JOIN billing_rateversion version"
                "   ON version.schedule_id = schedule.id AND version.status = 'APPROVED'"
                " WHERE schedule.code = ANY(%s) ORDER BY schedule.code, version.effective_from",
                [wanted],
            )
            rows = cursor.fetchall()
        self._versions: dict[str, list[tuple[dt.date, dt.date | None, int, str]]] = {}
        for code, version_id, effective_from, effective_to, fingerprint in rows:
            versions = self._versions.setdefault(code, [])
            if version_id is not None:
                versions.append((effective_from, effective_to, version_id, fingerprint))

    def has(self, code: str) -> bool:
        """Whether there is a schedule of that code."""
        return code in self._versions

    def find(self, code: str, on_date: dt.date) -> VersionFact | None:
        """The version that holds on the day, or None."""
        for effective_from, effective_to, version_id, fingerprint in self._versions.get(code, ()):
            if effective_from <= on_date and (effective_to is None or on_date < effective_to):
                return VersionFact(version_id, _compiled(version_id, fingerprint))
        return None


def charge_type_ids() -> dict[str, int]:
    """The ledger's charge types by code."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, id FROM ledger_chargetype")
        return dict(cursor.fetchall())
