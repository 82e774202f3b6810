"""One account's standing: open charges and the named balances, on any day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.models import Account
from ledger.balances import Balances, OpenPart, balances_of
from ledger.queries.facts import caches_hold, held_sql, moment, open_charges_sql, unapplied_sql
from ledger.sql import fetch

_ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class OpenItemRow:
    """A charge with something open on the day, with what a screen shows of it."""

    charge_id: int
    account_id: int
    charge_type: str
    charge_type_name: str
    service: str
    fund: str
    document_number: str
    amount: Decimal
    effective_date: date
    service_from: date | None
    service_to: date | None
    part: OpenPart

    @property
    def open_amount(self) -> Decimal:
        """What is still to be paid."""
        return self.part.open_amount

    @property
    def due_date(self) -> date:
        """The due date that counts, after any change of it."""
        return self.part.due_date


_ITEMS = """
WITH open_charges AS MATERIALIZED ({open_charges})
SELECT o.charge_id, o.account_id, t.code, t.name, c.service, f.code, e.document_number, c.amount, e.effective_date,
       c.service_from, c.service_to, o.open_amount, o.due_date, t.is_curtailable,
       coalesce((SELECT p.kind FROM ledger_placement p
                 WHERE p.charge_id = c.id AND p.from_date <= %(as_of)s
                   AND (p.to_date IS NULL OR p.to_date > %(as_of)s)), ''),
       coalesce((SELECT sum(d.amount) FROM ledger_dispute d
                 WHERE d.charge_id = c.id AND d.opened_date <= %(as_of)s
                   AND (d.closed_date IS NULL OR d.closed_date > %(as_of)s)), 0.00),
       (SELECT array_agg(d.amount ORDER BY d.id) FROM ledger_deferral d WHERE d.charge_id = c.id
          AND d.from_date <= %(as_of)s AND (d.ended_date IS NULL OR d.ended_date > %(as_of)s)),
       (SELECT array_agg(d.until_date ORDER BY d.id) FROM ledger_deferral d WHERE d.charge_id = c.id
          AND d.from_date <= %(as_of)s AND (d.ended_date IS NULL OR d.ended_date > %(as_of)s))
FROM open_charges o
JOIN ledger_charge c ON c.id = o.charge_id
JOIN ledger_journalentry e ON e.id = c.entry_id
JOIN ledger_chargetype t ON t.id = c.charge_type_id
JOIN ledger_fund f ON f.id = c.fund_id
ORDER BY o.account_id, o.due_date, o.charge_id
"""

_SUMS = """
SELECT 'unapplied', u.* FROM ({unapplied}) u
UNION ALL SELECT 'held', h.* FROM ({held}) h
UNION ALL
SELECT 'pledged', account_id, sum(amount) FROM ledger_pledge
WHERE account_id = ANY (%(account_ids)s) AND pledged_date <= %(as_of)s AND expires_date > %(as_of)s
  AND (ended_date IS NULL OR ended_date > %(as_of)s)
GROUP BY account_id
"""


def open_items(account: Account, *, as_of: date, known_as_of: datetime | None = None) -> list[OpenItemRow]:
    """The charges with something open on the day, by due date; their placements, disputes, deferrals of that day."""
    return open_items_for([account.pk], as_of=as_of, known_as_of=known_as_of)


def open_items_for(
    account_ids: Iterable[int], *, as_of: date, known_as_of: datetime | None = None
) -> list[OpenItemRow]:
    """`open_items` of many accounts, by account and due date, in two queries."""
    cached = caches_hold(as_of=as_of, known_as_of=known_as_of)
    sql = _ITEMS.format(open_charges=open_charges_sql(cached=cached))
    rows = fetch(sql, moment(as_of=as_of, known_as_of=known_as_of, account_ids=list(account_ids)))
    return [
        OpenItemRow(
            charge_id=row[0],
            account_id=row[1],
            charge_type=row[2],
            charge_type_name=row[3],
            service=row[4],
            fund=row[5],
            document_number=row[6],
            amount=row[7],
            effective_date=row[8],
            service_from=row[9],
            service_to=row[10],
            part=OpenPart(
                open_amount=row[11],
                due_date=row[12],
                is_curtailable=row[13],
                placement=row[14],
                disputed=row[15],
                deferred=tuple(zip(row[16] or (), row[17] or (), strict=True)),
            ),
        )
        for row in rows
    ]


def balances(account: Account, *, as_of: date, known_as_of: datetime | None = None) -> Balances:
    """The named balances on a day, as known then or now, in three queries."""
    return balances_for([account.pk], as_of=as_of, known_as_of=known_as_of)[account.pk]


def balances_for(
    account_ids: Iterable[int], *, as_of: date, known_as_of: datetime | None = None
) -> dict[int, Balances]:
    """The named balances of many accounts on a day, in three queries; every account asked for has an answer."""
    ids = list(account_ids)
    parts: dict[int, list[OpenPart]] = {pk: [] for pk in ids}
    for item in open_items_for(ids, as_of=as_of, known_as_of=known_as_of):
        parts[item.account_id].append(item.part)
    sums: dict[str, dict[int, Decimal]] = {"unapplied": {}, "held": {}, "pledged": {}}
    sql = _SUMS.format(unapplied=unapplied_sql(), held=held_sql())
    for name, account_id, amount in fetch(sql, moment(as_of=as_of, known_as_of=known_as_of, account_ids=ids)):
        sums[name][account_id] = amount
    return {
        pk: balances_of(
            account_parts,
            unapplied=sums["unapplied"].get(pk, _ZERO),
            held=sums["held"].get(pk, _ZERO),
            pledged=sums["pledged"].get(pk, _ZERO),
            as_of=as_of,
        )
        for pk, account_parts in parts.items()
    }
