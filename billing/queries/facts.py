"""The facts of a chunk of accounts, read in a fixed number of queries whatever the number of accounts."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from billing.assembly import AccountFact, AgreementFact, PeriodFact, SourceFact
from billing.usage import ReadingFact


@dataclass(frozen=True)
class ClaimedItem:
    """An item of a run that this transaction holds."""

    id: int
    account_id: int
    ordinal: int


_ACCOUNTS = """
SELECT account.id, account.number, coalesce(class.value, ''), coalesce(billing.status, 'NORMAL'),
       coalesce(billing.reason, '')
FROM accounts_account account
LEFT JOIN accounts_accountclass class ON class.account_id = account.id AND class.purpose = 'CUSTOMER'
     AND class.from_date <= %(day)s AND (class.to_date IS NULL OR class.to_date > %(day)s)
LEFT JOIN accounts_billingstatus billing ON billing.account_id = account.id
     AND billing.from_date <= %(day)s AND (billing.to_date IS NULL OR billing.to_date > %(day)s)
WHERE account.id = ANY(%(accounts)s)
"""

_AGREEMENTS = """
SELECT agreement.id, agreement.account_id, agreement.service, agreement.rate_code, agreement.from_date,
       agreement.to_date, agreement.service_point_id, billed.to_date, billed.usage
FROM accounts_serviceagreement agreement
LEFT JOIN LATERAL (
    SELECT segment.to_date, segment.usage FROM billing_billsegment segment
    WHERE segment.agreement_id = agreement.id AND segment.status = 'LIVE'
    ORDER BY segment.to_date DESC LIMIT 1
) billed ON true
WHERE agreement.account_id = ANY(%(accounts)s) AND agreement.status IN ('ACTIVE', 'STOPPED')
  AND agreement.from_date < %(end)s
  AND coalesce(billed.to_date, agreement.from_date) < least(%(end)s, coalesce(agreement.to_date, %(end)s))
ORDER BY agreement.account_id, agreement.service, agreement.id
"""

# A reading that was superseded was never there; of several on one day the last counts.
_SOURCES = """
SELECT due.agreement, source.register_id, meter.serial_number, meter.size, lower(register.unit),
       register.dial_count, register.multiplier, source.sign, source.share, source.to_date,
       opening.id, opening.read_date, opening.value, opening.kind,
       newest.id, newest.read_date, newest.value, newest.kind
FROM unnest(%(agreements)s::bigint[], %(points)s::bigint[], %(starts)s::date[], %(stops)s::date[])
     AS due (agreement, point, start, stop)
JOIN metering_usagesource source ON source.service_point_id = due.point AND source.from_date < due.stop
     AND (source.to_date IS NULL OR source.to_date > due.start)
JOIN metering_register register ON register.id = source.register_id
JOIN metering_meter meter ON meter.id = register.meter_id
LEFT JOIN LATERAL (
    SELECT r.id, r.read_date, r.value, r.kind FROM metering_reading r
    WHERE r.register_id = source.register_id AND r.superseded_by_id IS NULL
      AND r.read_date <= least(due.stop, source.to_date)
    ORDER BY r.read_date DESC, r.read_at DESC, r.id DESC LIMIT 1
) newest ON true
LEFT JOIN LATERAL (
    SELECT r.id, r.read_date, r.value, r.kind FROM metering_reading r
    WHERE r.register_id = source.register_id AND r.superseded_by_id IS NULL
      AND r.read_date <= greatest(due.start, source.from_date)
    ORDER BY r.read_date DESC, r.read_at DESC, r.id DESC LIMIT 1
) opening ON true
ORDER BY due.agreement, source.sign DESC, source.from_date, source.register_id
"""

# An exception of a reading that was superseded is settled by the reading that took its place.
_EXCEPTIONS = """
SELECT exception.register_id, reading.read_date, exception.text
FROM metering_readingexception exception
JOIN metering_reading reading ON reading.id = exception.reading_id AND reading.superseded_by_id IS NULL
WHERE exception.register_id = ANY(%(registers)s) AND exception.resolved_at IS NULL
  AND exception.severity = 'SEVERE' AND reading.read_date <= %(end)s
ORDER BY exception.register_id, reading.read_date, exception.id
"""

_DETERMINANTS = """
SELECT due.agreement, determinant.kind, determinant.value
FROM unnest(%(agreements)s::bigint[], %(points)s::bigint[], %(stops)s::date[]) AS due (agreement, point, stop)
JOIN accounts_determinant determinant
  ON (determinant.service_point_id = due.point OR determinant.agreement_id = due.agreement)
 AND determinant.from_date < due.stop AND (determinant.to_date IS NULL OR determinant.to_date >= due.stop)
ORDER BY due.agreement, determinant.agreement_id NULLS FIRST, determinant.kind
"""


@dataclass(frozen=True)
class _Due:
    """An agreement that is not billed up to the period's end yet."""

    id: int
    account_id: int
    service: str
    rate_code: str
    from_date: dt.date
    to_date: dt.date | None
    point_id: int
    start: dt.date
    stop: dt.date
    billed: Mapping[int, ReadingFact]


def claim_items(*, run_id: int, state: str, size: int) -> list[ClaimedItem]:
    """Take the next items in a state, but for those that other workers hold; they are held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, account_id, ordinal FROM billing_billrunitem WHERE run_id = %s AND state = %s"
            " ORDER BY ordinal LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
            [run_id, state, size],
        )
        return [ClaimedItem(*row) for row in cursor.fetchall()]


def account_facts(account_ids: Sequence[int], *, period: PeriodFact) -> dict[int, AccountFact]:
    """The facts of these accounts for a period, by account. Five queries for any number of accounts."""
    dues = _due_agreements(account_ids, period)
    sources = _sources_of(dues)
    determinants = _determinants_of(dues)
    by_account: dict[int, list[AgreementFact]] = {}
    for due in dues:
        by_account.setdefault(due.account_id, []).append(
            AgreementFact(
                due.id,
                due.service,
                due.rate_code,
                due.from_date,
                due.to_date,
                due.start,
                tuple(sources.get(due.id, ())),
                determinants.get(due.id, {}),
            )
        )
    last_day = period.end - dt.timedelta(days=1)
    rows = _fetch(_ACCOUNTS, {"accounts": list(account_ids), "day": last_day})
    return {
        account_id: AccountFact(
            account_id, number, customer_class, status, reason, tuple(by_account.get(account_id, ()))
        )
        for account_id, number, customer_class, status, reason in rows
    }


def _due_agreements(account_ids: Sequence[int], period: PeriodFact) -> list[_Due]:
    rows = _fetch(_AGREEMENTS, {"accounts": list(account_ids), "end": period.end})
    return [
        _Due(
            id=agreement_id,
            account_id=account_id,
            service=service,
            rate_code=rate_code,
            from_date=from_date,
            to_date=to_date,
            point_id=point_id,
            start=billed_to or from_date,
            stop=period.end if to_date is None else min(period.end, to_date),
            billed=_billed_readings(usage),
        )
        for agreement_id, account_id, service, rate_code, from_date, to_date, point_id, billed_to, usage in rows
    ]


def _billed_readings(usage: Any) -> dict[int, ReadingFact]:
    """The readings up to which the last segment billed, by register: the next one begins exactly there."""
    entries: Iterable[dict[str, Any]] = json.loads(usage) if isinstance(usage, str) else usage or ()
    return {
        entry["register"]: ReadingFact(
            entry["to_reading"],
            dt.date.fromisoformat(entry["to_date"]),
            Decimal(entry["to_value"]),
            entry["to_kind"],
        )
        for entry in entries
    }


def _sources_of(dues: Sequence[_Due]) -> dict[int, list[SourceFact]]:
    rows = _fetch(
        _SOURCES,
        {
            "agreements": [due.id for due in dues],
            "points": [due.point_id for due in dues],
            "starts": [due.start for due in dues],
            "stops": [due.stop for due in dues],
        },
    )
    by_id = {due.id: due for due in dues}
    exceptions = _exceptions_of({row[1] for row in rows}, max((due.stop for due in dues), default=None))
    found: dict[int, list[SourceFact]] = {}
    for row in rows:
        due, register_id = by_id[row[0]], row[1]
        opening = due.billed.get(register_id) or (ReadingFact(*row[10:14]) if row[10] is not None else None)
        newest = ReadingFact(*row[14:18]) if row[14] is not None else None
        is_billed = register_id in due.billed
        open_ones = tuple(
            text
            for read_date, text in exceptions.get(register_id, ())
            if read_date <= due.stop
            and (
                read_date > due.start or (not is_billed and opening is not None and read_date >= opening.date)
            )
        )
        found.setdefault(due.id, []).append(
            SourceFact(
                register_id=register_id,
                serial_number=row[2],
                meter_size=row[3],
                unit=row[4],
                dial_count=row[5],
                multiplier=row[6],
                sign=row[7],
                share=row[8],
                to_date=row[9],
                start=opening,
                end=newest,
                exceptions=open_ones,
            )
        )
    return found


def _exceptions_of(registers: set[int], end: dt.date | None) -> dict[int, list[tuple[dt.date, str]]]:
    found: dict[int, list[tuple[dt.date, str]]] = {}
    for register_id, read_date, text in _fetch(_EXCEPTIONS, {"registers": sorted(registers), "end": end}):
        found.setdefault(register_id, []).append((read_date, text))
    return found


def _determinants_of(dues: Sequence[_Due]) -> dict[int, dict[str, str]]:
    """The facts that hold on each agreement's last day; the agreement's own come after the service point's."""
    rows = _fetch(
        _DETERMINANTS,
        {
            "agreements": [due.id for due in dues],
            "points": [due.point_id for due in dues],
            "stops": [due.stop for due in dues],
        },
    )
    found: dict[int, dict[str, str]] = {}
    for agreement_id, kind, value in rows:
        found.setdefault(agreement_id, {})[kind] = value
    return found


def _fetch(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
