"""The books as a whole: aging, trial balance, control accounts against what they control."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ledger.aging import Aging, Bucket, age, due_ranges
from ledger.queries.facts import DateBasis, owed_sql
from ledger.sql import fetch

_ZERO = Decimal("0.00")


def aging(*, as_of: date, date_basis: DateBasis = "effective") -> Aging:
    """What the city is owed on a day, by age of the due date.

    By effective date it is what the customers see; by posting date it ties to the receivable of the trial balance of
    that day and never changes once the period is closed. Unapplied credit and deferrals are no part of it.
    """
    rows = fetch(
        # One sum a due date, of which there are few; a sum a bucket took three times as long.
        f"SELECT o.due_date, sum(o.open_amount) FROM ({owed_sql(as_of=as_of, date_basis=date_basis)}) o"  # noqa: S608 - fixed parts
        " GROUP BY o.due_date",
        {"as_of": as_of, "known": None},
    )
    return age(rows, as_of)


def aging_by_account(*, as_of: date, date_basis: DateBasis = "effective") -> dict[int, Aging]:
    """`aging` account by account; accounts that owe nothing are left out."""
    rows = fetch(
        f"SELECT o.account_id, {_bucket_sums(as_of)}"  # noqa: S608 - dates of our own reckoning and fixed parts
        f" FROM ({owed_sql(as_of=as_of, date_basis=date_basis)}) o"
        " GROUP BY o.account_id HAVING sum(o.open_amount) <> 0 ORDER BY o.account_id",
        {"as_of": as_of, "known": None},
    )
    return {account_id: Aging(*sums) for account_id, *sums in rows}


def _bucket_sums(as_of: date) -> str:
    ranges = due_ranges(as_of)
    sums = []
    for bucket in Bucket:
        first, end = ranges[bucket]
        bounds = [f"o.due_date >= DATE '{first}'"] if first else []
        bounds += [f"o.due_date < DATE '{end}'"] if end else []
        sums.append(f"coalesce(sum(o.open_amount) FILTER (WHERE {' AND '.join(bounds)}), 0.00)")
    return ", ".join(sums)


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """A GL account in a fund with its debits and credits from the beginning to the day."""

    gl_code: str
    gl_name: str
    kind: str
    fund: str
    debit_amount: Decimal
    credit_amount: Decimal

    @property
    def net_amount(self) -> Decimal:
        """Debits less credits."""
        return self.debit_amount - self.credit_amount


def trial_balance(*, as_of_posting_date: date) -> list[TrialBalanceRow]:
    """Every GL account and fund that was posted to, by code; the debits of a fund equal its credits."""
    rows = fetch(
        "SELECT g.code, g.name, g.kind, f.code, sum(t.debit_amount), sum(t.credit_amount)"
        " FROM ledger_dailytotal t JOIN ledger_glaccount g ON g.id = t.gl_account_id"
        " JOIN ledger_fund f ON f.id = t.fund_id WHERE t.day <= %(day)s"
        " GROUP BY g.code, g.name, g.kind, f.code ORDER BY g.code, f.code",
        {"day": as_of_posting_date},
    )
    return [TrialBalanceRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """A control account's balance and what its subledger says, in one fund and service."""

    control: str
    fund: str
    service: str
    gl_amount: Decimal
    subledger_amount: Decimal

    @property
    def difference(self) -> Decimal:
        """What is unexplained; 0.00 in books that hold."""
        return self.gl_amount - self.subledger_amount


_CONTROLS = """
SELECT control, fund, service, sum(gl), sum(subledger) FROM (
    SELECT g.control, f.code AS fund, t.service,
           CASE g.control WHEN 'RECEIVABLE' THEN t.debit_amount - t.credit_amount
                          ELSE t.credit_amount - t.debit_amount END AS gl, 0.00 AS subledger
    FROM ledger_dailytotal t JOIN ledger_glaccount g ON g.id = t.gl_account_id JOIN ledger_fund f ON f.id = t.fund_id
    WHERE g.control <> 'NONE'
    UNION ALL
    SELECT 'RECEIVABLE', f.code, c.service, 0.00, i.open_amount
    FROM ledger_openitem i JOIN ledger_charge c ON c.id = i.charge_id JOIN ledger_fund f ON f.id = c.fund_id
    WHERE i.open_amount > 0
    UNION ALL
    SELECT 'UNAPPLIED', (SELECT code FROM ledger_fund WHERE is_pool), '', 0.00, c.amount - coalesce(a.net, 0)
    FROM ledger_credit c
    LEFT JOIN (SELECT credit_id, sum(CASE act WHEN 'APPLY' THEN amount ELSE -amount END) AS net
               FROM ledger_allocation GROUP BY credit_id) a ON a.credit_id = c.id
    WHERE NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = c.entry_id)
    UNION ALL
    SELECT 'HELD', coalesce(f.code, (SELECT code FROM ledger_fund WHERE is_pool)), h.service, 0.00,
           CASE WHEN m.kind IN ('RECEIVED', 'INTEREST') THEN m.amount ELSE -m.amount END
    FROM ledger_heldmovement m JOIN ledger_heldmoney h ON h.id = m.held_money_id
    LEFT JOIN ledger_servicefund s ON s.service = h.service LEFT JOIN ledger_fund f ON f.id = s.fund_id
    WHERE NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = m.entry_id)
) x
GROUP BY control, fund, service HAVING sum(gl) <> 0 OR sum(subledger) <> 0
ORDER BY control, fund, service
"""


def control_totals() -> list[ControlTotal]:
    """Each control account now against its subledger: open charges, open credits, held money."""
    return [ControlTotal(*row) for row in fetch(_CONTROLS)]
