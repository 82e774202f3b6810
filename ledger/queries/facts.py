"""What was open on a day, read from the facts, and whether the caches may stand in for them.

``as_of`` picks facts by their effective date (what the customer sees) or posting date (the books); ``known_as_of`` by
the moment they were recorded.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from ledger.sql import fetch

DateBasis = Literal["effective", "posting"]
_COLUMNS: dict[DateBasis, str] = {"effective": "effective_date", "posting": "posting_date"}


def day_column(date_basis: DateBasis) -> str:
    """The entry's column of that date. Raises KeyError for any other word, so that no text reaches the SQL."""
    return _COLUMNS[date_basis]


def at(entry: str, *, day: str) -> str:
    """The condition that the entry of this alias was there: dated on or before as_of, recorded by known_as_of."""
    return (
        f"{entry}.{day} <= %(as_of)s"
        f" AND {entry}.recorded_at <= coalesce(%(known)s::timestamptz, 'infinity'::timestamptz)"
    )


def _reversed(side: str, *, day: str) -> str:
    """The condition that the credit or the charge of allocation ``a`` was reversed by the day.

    An allocation counts for neither side once the other is reversed: it may have been taken back some days after
    the day from which the reversal counts, and in between it would show as money applied to nothing.
    """
    return (
        f"EXISTS (SELECT FROM ledger_{side} x JOIN ledger_journalentry xr ON xr.reverses_id = x.entry_id"
        f" WHERE x.id = a.{side}_id AND {at('xr', day=day)})"
    )


def caches_hold(
    *, as_of: date, known_as_of: datetime | None = None, date_basis: DateBasis = "effective"
) -> bool:
    """Whether the caches say what was true on the day: nothing is dated after it, and all is known."""
    if known_as_of is not None:
        return False
    day = day_column(date_basis)
    return not fetch(
        f"SELECT 1 FROM ledger_journalentry WHERE {day} > %(as_of)s LIMIT 1",  # noqa: S608 - one of two column names
        {"as_of": as_of},
    )


def moment(*, as_of: date, known_as_of: datetime | None = None, **others: Any) -> dict[str, Any]:
    """The parameters that `at` needs."""
    return {"as_of": as_of, "known": known_as_of, **others}


def open_charges_sql(*, cached: bool) -> str:
    """SELECT of (charge_id, account_id, open_amount, due_date) with something open on the day, of ``account_ids``."""
    if cached:
        return (
            "SELECT c.charge_id, c.account_id, c.open_amount, c.due_date FROM ledger_openitem c"
            " WHERE c.open_amount > 0 AND c.account_id = ANY (%(account_ids)s)"
        )
    day = day_column("effective")
    return f"""
SELECT c.id AS charge_id, c.account_id, c.amount - coalesce(a.net, 0) AS open_amount,
       coalesce((SELECT d.due_date FROM ledger_chargeduedate d
                 WHERE d.charge_id = c.id
                   AND d.recorded_at <= coalesce(%(known)s::timestamptz, 'infinity'::timestamptz)
                 ORDER BY d.id DESC LIMIT 1), c.due_date) AS due_date
FROM ledger_charge c
JOIN ledger_journalentry e ON e.id = c.entry_id
LEFT JOIN LATERAL (
    SELECT sum(CASE a.act WHEN 'APPLY' THEN a.amount ELSE -a.amount END) AS net
    FROM ledger_allocation a JOIN ledger_journalentry ae ON ae.id = a.entry_id
    WHERE a.charge_id = c.id AND {at("ae", day=day)} AND NOT {_reversed("credit", day=day)}
) a ON true
WHERE c.account_id = ANY (%(account_ids)s) AND {at("e", day=day)}
  AND NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = e.id AND {at("r", day=day)})
  AND c.amount > coalesce(a.net, 0)
"""  # noqa: S608 - put together from fixed parts


def owed_sql(*, as_of: date, date_basis: DateBasis) -> str:
    """SELECT of (account_id, due_date, open_amount) whose sums are what the city was owed on the day.

    What is open now, and, where entries are dated after the day, what each of them did, taken back. A charge may have
    several rows, some below zero; they share one account and due date, so every sum by these is right.
    """
    now = "SELECT i.account_id, i.due_date, i.open_amount FROM ledger_openitem i WHERE i.open_amount > 0"
    if caches_hold(as_of=as_of, date_basis=date_basis):
        return now
    day = day_column(date_basis)
    # By posting date every posting counts on its day, so that the sum ties to the general ledger.
    counts = f"NOT {_reversed('credit', day=day)} AND NOT {_reversed('charge', day=day)}"
    if date_basis == "posting":
        counts = "true"
    return f"""
WITH later AS MATERIALIZED (SELECT id, reverses_id FROM ledger_journalentry WHERE {day} > %(as_of)s),
taken_back AS (
    SELECT c.id AS charge_id, -c.amount AS amount FROM later l JOIN ledger_charge c ON c.entry_id = l.id
    UNION ALL
    SELECT a.charge_id, CASE a.act WHEN 'APPLY' THEN a.amount ELSE -a.amount END
    FROM later l JOIN ledger_allocation a ON a.entry_id = l.id
    WHERE {counts}
    UNION ALL
    SELECT c.id, c.amount FROM later l JOIN ledger_charge c ON c.entry_id = l.reverses_id
)
{now}
UNION ALL
SELECT i.account_id, i.due_date, t.amount FROM taken_back t JOIN ledger_openitem i ON i.charge_id = t.charge_id
"""  # noqa: S608 - put together from fixed parts


def unapplied_sql() -> str:
    """SELECT of (account_id, unapplied amount) of the accounts on the day."""
    day = day_column("effective")
    return f"""
SELECT c.account_id, sum(c.amount - coalesce(a.net, 0))
FROM ledger_credit c
JOIN ledger_journalentry e ON e.id = c.entry_id
LEFT JOIN LATERAL (
    SELECT sum(CASE a.act WHEN 'APPLY' THEN a.amount ELSE -a.amount END) AS net
    FROM ledger_allocation a JOIN ledger_journalentry ae ON ae.id = a.entry_id
    WHERE a.credit_id = c.id AND {at("ae", day=day)} AND NOT {_reversed("charge", day=day)}
) a ON true
WHERE c.account_id = ANY (%(account_ids)s) AND {at("e", day=day)}
  AND NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = e.id AND {at("r", day=day)})
GROUP BY c.account_id
"""  # noqa: S608 - put together from fixed parts


def held_sql() -> str:
    """SELECT of (account_id, held amount) of the accounts on the day."""
    day = day_column("effective")
    return f"""
SELECT h.account_id, sum(CASE WHEN m.kind IN ('RECEIVED', 'INTEREST') THEN m.amount ELSE -m.amount END)
FROM ledger_heldmoney h
JOIN ledger_heldmovement m ON m.held_money_id = h.id
JOIN ledger_journalentry e ON e.id = m.entry_id
WHERE h.account_id = ANY (%(account_ids)s) AND {at("e", day=day)}
  AND NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = e.id AND {at("r", day=day)})
GROUP BY h.account_id
"""  # noqa: S608 - put together from fixed parts
