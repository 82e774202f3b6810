"""What a payment would settle, before it is taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import Account
from ledger.allocation import CreditInput, allocate_in_turn
from ledger.models import Charge
from ledger.policy import allocation_policy
from ledger.queries.payable import open_credits, payable_charges


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A charge and how much of the payment would go to it."""

    charge: Charge
    applied: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """Where a payment would go, in order of payment, and what would be left as credit."""

    rows: list[PreviewRow]
    unapplied: Decimal


def preview_allocation(account: Account, amount: Decimal, *, on_date: date) -> Preview:
    """What `services.allocate` would do with a payment of ``amount`` made on the day; nothing is written.

    Credit that the account has already goes first, as it would. Raises `allocation.CreditNotPositive`.
    """
    charges = [charge.rule for charge in payable_charges([account.pk], on_date=on_date).get(account.pk, [])]
    earlier = [CreditInput(credit.amount) for credit in open_credits([account.pk]).get(account.pk, [])]
    result = allocate_in_turn([*earlier, CreditInput(amount)], charges, allocation_policy(on_date=on_date))[
        -1
    ]
    found = Charge.objects.select_related("charge_type", "entry").in_bulk(
        [applied.charge_id for applied in result.applied]
    )
    return Preview(
        rows=[PreviewRow(found[applied.charge_id], applied.amount) for applied in result.applied],
        unapplied=result.unapplied,
    )
