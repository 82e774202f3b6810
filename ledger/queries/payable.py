"""What can be paid and with what: open charges and open credits of accounts, as the allocation rule takes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.allocation import OpenCharge
from ledger.sql import fetch


@dataclass(frozen=True, slots=True)
class PayableCharge:
    """An open charge with what its postings need; ``rule`` is how the allocation rule sees it."""

    rule: OpenCharge
    account_id: int
    fund: str
    posting_date: date
    party_id: int | None
    agency: str
    agency_account: str
    """GL account that is owed to the agency once this is collected; "" where nothing moves on collection."""


@dataclass(frozen=True, slots=True)
class OpenCredit:
    """A credit with something left to apply."""

    id: int
    account_id: int
    amount: Decimal
    effective_date: date
    posting_date: date


# A charge with a dispute on part of it may have the rest paid by rule; one with a placement nothing. Both may be paid
# whole where the payer names the charge.
_CHARGES = """
SELECT i.account_id, c.id, i.open_amount, i.due_date, e.effective_date, e.posting_date, t.priority, t.code, c.service,
       f.code, c.liable_party_id, coalesce(g.code, ''),
       CASE WHEN t.basis = 'COLLECTED' THEN gl.code ELSE '' END,
       (SELECT p.rank FROM ledger_allocationpreference p
        WHERE p.charge_id = c.id AND p.from_date <= %(on_date)s AND (p.to_date IS NULL OR p.to_date > %(on_date)s)),
       EXISTS (SELECT FROM ledger_placement p
               WHERE p.charge_id = c.id AND p.from_date <= %(on_date)s
                 AND (p.to_date IS NULL OR p.to_date > %(on_date)s)),
       coalesce((SELECT sum(d.amount) FROM ledger_dispute d
                 WHERE d.charge_id = c.id AND d.opened_date <= %(on_date)s
                   AND (d.closed_date IS NULL OR d.closed_date > %(on_date)s)), 0),
       coalesce((SELECT sum(d.amount) FROM ledger_deferral d
                 WHERE d.charge_id = c.id AND d.from_date <= %(on_date)s AND d.until_date > %(on_date)s
                   AND (d.ended_date IS NULL OR d.ended_date > %(on_date)s)), 0),
       (SELECT max(d.until_date) FROM ledger_deferral d
        WHERE d.charge_id = c.id AND d.from_date <= %(on_date)s AND d.until_date > %(on_date)s
          AND (d.ended_date IS NULL OR d.ended_date > %(on_date)s))
FROM ledger_openitem i
JOIN ledger_charge c ON c.id = i.charge_id
JOIN ledger_journalentry e ON e.id = c.entry_id
JOIN ledger_chargetype t ON t.id = c.charge_type_id
JOIN ledger_glaccount gl ON gl.id = t.credit_account_id
JOIN ledger_fund f ON f.id = c.fund_id
LEFT JOIN ledger_agency g ON g.id = c.agency_id
WHERE i.account_id = ANY (%(account_ids)s) AND i.open_amount > 0
ORDER BY i.account_id, c.id
"""

_CREDITS = """
SELECT c.account_id, c.id, c.amount - coalesce(a.net, 0), e.effective_date, e.posting_date
FROM ledger_credit c
JOIN ledger_journalentry e ON e.id = c.entry_id
LEFT JOIN LATERAL (
    SELECT sum(CASE a.act WHEN 'APPLY' THEN a.amount ELSE -a.amount END) AS net
    FROM ledger_allocation a WHERE a.credit_id = c.id
) a ON true
WHERE c.account_id = ANY (%(account_ids)s) AND c.amount > coalesce(a.net, 0)
  AND NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = c.entry_id)
ORDER BY c.account_id, e.effective_date, c.id
"""


def payable_charges(account_ids: Iterable[int], *, on_date: date) -> dict[int, list[PayableCharge]]:
    """Every open charge of the accounts, by account; preferences, disputes, placements, deferrals as of the day."""
    found: dict[int, list[PayableCharge]] = {}
    for row in fetch(_CHARGES, {"account_ids": list(account_ids), "on_date": on_date}):
        (account_id, pk, open_amount, due_date, effective_date, posting_date, priority, kind, service) = row[
            :9
        ]
        (fund, party_id, agency, agency_account, rank, is_placed, disputed, deferred, until_date) = row[9:]
        undisputed = max(open_amount - disputed, Decimal("0.00"))
        found.setdefault(account_id, []).append(
            PayableCharge(
                rule=OpenCharge(
                    id=pk,
                    amount=undisputed if rank is None and undisputed else open_amount,
                    due_date=due_date,
                    effective_date=effective_date,
                    priority=priority,
                    kind=kind,
                    service=service,
                    blocked=is_placed or not undisputed,
                    rank=rank,
                    deferred_until=until_date if deferred >= open_amount else None,
                ),
                account_id=account_id,
                fund=fund,
                posting_date=posting_date,
                party_id=party_id,
                agency=agency,
                agency_account=agency_account,
            )
        )
    return found


def open_credits(account_ids: Iterable[int]) -> dict[int, list[OpenCredit]]:
    """Every credit of the accounts with something left, oldest first, by account."""
    found: dict[int, list[OpenCredit]] = {}
    for account_id, pk, amount, effective_date, posting_date in fetch(
        _CREDITS, {"account_ids": list(account_ids)}
    ):
        found.setdefault(account_id, []).append(
            OpenCredit(pk, account_id, amount, effective_date, posting_date)
        )
    return found
