"""Debits and credits of every account of the general ledger, fund by fund."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core.money import ZERO, format_amount
from ledger import queries as ledger
from ledger.queries import TrialBalanceRow
from reports.forms import TrialBalanceForm
from reports.registry import Column, Report, Result, Row


def run(params: dict[str, Any]) -> Result:
    """Every account and fund that was posted to up to the day; says so where a fund does not balance."""
    found = ledger.trial_balance(as_of_posting_date=params["as_of"])
    debits = sum((row.debit_amount for row in found), ZERO)
    credited = sum((row.credit_amount for row in found), ZERO)
    by_fund: dict[str, Decimal] = {}
    for row in found:
        by_fund[row.fund] = by_fund.get(row.fund, ZERO) + row.net_amount
    off = [f"{fund} by {format_amount(net)}" for fund, net in sorted(by_fund.items()) if net]
    return Result(
        keys=found,
        words=f"By posting date, everything up to and including {params['as_of']:%b %-d, %Y}.",
        totals=("All", "", "", "", debits, credited, debits - credited),
        warning=f"Debits and credits differ: {', '.join(off)}. Run the proof of the books." if off else "",
    )


def rows(keys: Sequence[TrialBalanceRow], params: dict[str, Any]) -> list[Row]:
    """Accounts with their sums."""
    return [
        Row(
            (
                row.gl_code,
                row.gl_name,
                row.kind.capitalize(),
                row.fund,
                row.debit_amount,
                row.credit_amount,
                row.net_amount,
            )
        )
        for row in keys
    ]


REPORT = Report(
    code="trial-balance",
    title="Trial balance",
    words="Debits and credits of every general ledger account, by fund.",
    icon="scale",
    verb="view_ledger",
    form=TrialBalanceForm,
    columns=(
        Column("account", "Account"),
        Column("name", "Name"),
        Column("kind", "Kind"),
        Column("fund", "Fund"),
        Column("debit", "Debit", "money"),
        Column("credit", "Credit", "money"),
        Column("net", "Net", "money"),
    ),
    run=run,
    rows=rows,
)
