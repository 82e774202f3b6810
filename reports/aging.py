"""What is owed, by how long it is past due: the city, and account by account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse

from accounts.models import Account
from core.charts import AgingBucket
from ledger import queries as ledger
from ledger.aging import Aging
from payments import queries as payments
from reports.forms import AgingForm
from reports.registry import Column, Report, Result, Row

LABELS = ("Current", "1-30 days", "31-60 days", "61-90 days", "Over 90")
DATES = {
    "effective": "By effective date, as the customers see it",
    "posting": "By posting date, as the books say; it ties to the receivable of the trial balance of that day",
}


def figures(aging: Aging) -> tuple[Any, ...]:
    """The buckets and their sum."""
    return (aging.current, aging.days_1_30, aging.days_31_60, aging.days_61_90, aging.over_90, aging.total)


def run(params: dict[str, Any]) -> Result:
    """Accounts that owe something, the longest past due first, under the city's sums of the same day."""
    as_of, basis = params["as_of"], params["basis"]
    city = ledger.aging(as_of=as_of, date_basis=basis)
    by_account = ledger.aging_by_account(as_of=as_of, date_basis=basis)
    keys = sorted(by_account.items(), key=lambda pair: (-pair[1].past_due, -pair[1].total, pair[0]))
    return Result(
        keys=keys,
        words=f"{DATES[basis]}. Age counts from the due date to {as_of:%b %-d, %Y}. Unapplied credit is not taken off.",
        totals=("All accounts", "", *figures(city)),
        chart=[AgingBucket(label, amount) for label, amount in zip(LABELS, figures(city)[:5], strict=True)],
    )


def rows(keys: Sequence[tuple[int, Aging]], params: dict[str, Any]) -> list[Row]:
    """Accounts with name and buckets."""
    ids = [account_id for account_id, _ in keys]
    accounts = Account.objects.in_bulk(ids)
    faces = payments.faces(ids, on_date=params["as_of"])
    return [
        Row(
            cells=(accounts[pk].number, faces[pk].name, *figures(aging)),
            url=reverse("desk:account", args=[accounts[pk].number]),
        )
        for pk, aging in keys
    ]


REPORT = Report(
    code="aging",
    title="Aging",
    words="What is owed, by how long it is past due: the whole city and each account.",
    icon="clock",
    verb="view_reports",
    form=AgingForm,
    columns=(
        Column("account", "Account"),
        Column("name", "Name"),
        Column("current", "Current", "money"),
        Column("days_1_30", "1-30 days", "money"),
        Column("days_31_60", "31-60 days", "money"),
        Column("days_61_90", "61-90 days", "money"),
        Column("over_90", "Over 90", "money"),
        Column("total", "Total", "money"),
    ),
    run=run,
    rows=rows,
)
