"""What may lawfully be done about an account at this moment, from ledger facts and its alerts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from accounts.models import Account, Alert
from ledger import queries as ledger

# Alerts that forbid a shutoff while they run, in the words of the counter.
BLOCKING_ALERTS = {
    "MEDICAL": "a medical hold",
    "BANKRUPTCY": "a bankruptcy stay",
    "DISPUTE": "an open dispute",
    "PLAN": "a payment plan in good standing",
    "WEATHER": "a weather hold",
    "ESTATE": "an estate",
}


class ShutoffRefused(Exception):
    """The account may not be shut off now; the message says why."""


@dataclass(frozen=True)
class ShutoffStanding:
    """What a shutoff of the account would stand on: the amount past due that allows it, and what forbids it."""

    amount: Decimal
    to_restore: Decimal
    blocked_by: tuple[str, ...]

    @property
    def is_allowed(self) -> bool:
        return self.amount > 0 and not self.blocked_by


def shutoff_standing(account: Account, *, on_date: dt.date) -> ShutoffStanding:
    """Whether ``account`` may be shut off on ``on_date``, in dollars past due and by its running alerts.

    Disputed, deferred, pledged and placed amounts do not count: the ledger's curtailable past due leaves them out.
    """
    balances = ledger.balances(account, as_of=on_date)
    alerts = Alert.objects.filter(
        Q(to_date__isnull=True) | Q(to_date__gt=on_date),
        account=account,
        kind__in=BLOCKING_ALERTS,
        from_date__lte=on_date,
    )
    kinds = sorted(set(alerts.values_list("kind", flat=True)))
    return ShutoffStanding(
        amount=balances.curtailable_past_due,
        to_restore=balances.to_restore,
        blocked_by=tuple(BLOCKING_ALERTS[kind] for kind in kinds),
    )


def check_shutoff(account: Account, *, on_date: dt.date) -> ShutoffStanding:
    """The standing of a shutoff that is allowed.

    Raises ``ShutoffRefused`` when nothing that allows a shutoff is past due, or something forbids it. Call it with
    the account's row locked, so that no payment can come between the answer and the act.
    """
    standing = shutoff_standing(account, on_date=on_date)
    if standing.blocked_by:
        raise ShutoffRefused(
            f"Do not shut off account {account.number}: {' and '.join(standing.blocked_by)} forbids it."
        )
    if standing.amount <= 0:
        raise ShutoffRefused(
            f"Do not shut off account {account.number}: nothing that allows a shutoff is past due any more."
        )
    return standing
