"""Which open charges a credit pays, and how much of each. docs/algorithms/allocation.md tells it in prose."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Literal

from core.money import is_in_cents, split

Criterion = Literal["preference", "priority", "age"]
_ORDERS = (("preference", "priority", "age"), ("preference", "age", "priority"))
_ZERO = Decimal("0.00")


class AllocationOrderUnknown(ValueError):
    """A policy's order is not one of the two that are known."""


class CreditNotPositive(ValueError):
    """A credit to allocate is zero, negative or not whole cents."""


class ChargeNotOpen(ValueError):
    """A charge without an open amount in whole cents was offered for payment."""


class ChargeOfferedTwice(ValueError):
    """The same charge stands twice among the open charges."""


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """A charge with something left to pay.

    `amount` is the open amount, above zero. A smaller `priority` is paid first. `rank` is the payer's
    explicit wish (1 first). `blocked` keeps it from being paid by rule, as a disputed or placed charge
    is; a rank lifts that. `deferred_until` is the day a plan or an extension makes it due.
    """

    id: int
    amount: Decimal
    due_date: date
    effective_date: date
    priority: int
    kind: str = ""
    service: str = ""
    blocked: bool = False
    rank: int | None = None
    deferred_until: date | None = None

    @property
    def age_date(self) -> date:
        """The day from which the charge's age counts."""
        return self.due_date if self.deferred_until is None else max(self.due_date, self.deferred_until)


@dataclass(frozen=True, slots=True)
class CreditInput:
    """Money to allocate, above zero; `restricted_to` names the only services that it may pay."""

    amount: Decimal
    restricted_to: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class AllocationPolicy:
    """The order of payment after the payer's own wish, and whether equals share or take turns.

    Raises AllocationOrderUnknown.
    """

    order: tuple[Criterion, ...] = ("preference", "priority", "age")
    pro_rata_within_group: bool = False

    def __post_init__(self) -> None:
        if self.order not in _ORDERS:
            raise AllocationOrderUnknown(
                f"The order {', '.join(self.order) or 'of nothing'} is not known; it is preference first, "
                "then priority and age in either order."
            )


@dataclass(frozen=True, slots=True)
class Applied:
    """So much of a credit on one charge."""

    charge_id: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class AllocationResult:
    """What a credit paid, in order of payment, and what is left of it as unapplied credit."""

    applied: tuple[Applied, ...]
    unapplied: Decimal


def allocate(
    credit: CreditInput, charges: Iterable[OpenCharge], policy: AllocationPolicy
) -> AllocationResult:
    """Spread one credit over open charges.

    No charge gets more than is open on it, and applied plus unapplied is the credit. The order in which
    the charges are given does not matter: ties end at the charge's id.
    Raises CreditNotPositive, ChargeNotOpen, ChargeOfferedTwice.
    """
    if credit.amount <= 0 or not is_in_cents(credit.amount):
        raise CreditNotPositive(
            f"{credit.amount} cannot be allocated: it must be above zero, in whole cents."
        )
    payable = [charge for charge in _checked(charges) if _may_pay(credit, charge)]
    payable.sort(key=lambda charge: (_group(charge, policy), charge.effective_date, charge.id))
    left = credit.amount
    applied: list[Applied] = []
    for _, group in groupby(payable, key=lambda charge: _group(charge, policy)):
        if left == 0:
            break
        paid = _pay_group(left, list(group), policy)
        left -= sum((each.amount for each in paid), _ZERO)
        applied.extend(paid)
    if left < 0:
        raise AssertionError(f"more than the credit of {credit.amount} was applied")
    return AllocationResult(tuple(applied), left)


def allocate_in_turn(
    credit_inputs: Sequence[CreditInput], charges: Iterable[OpenCharge], policy: AllocationPolicy
) -> list[AllocationResult]:
    """Spread several credits over the same charges, each over what those before it left open.

    Gives one result a credit, in the order given. Raises as `allocate` does.
    """
    open_charges = {charge.id: charge for charge in _checked(charges)}
    results = []
    for credit in credit_inputs:
        result = allocate(credit, open_charges.values(), policy)
        for each in result.applied:
            charge = open_charges.pop(each.charge_id)
            if charge.amount > each.amount:
                open_charges[charge.id] = replace(charge, amount=charge.amount - each.amount)
        results.append(result)
    return results


def _checked(charges: Iterable[OpenCharge]) -> list[OpenCharge]:
    seen: set[int] = set()
    checked = []
    for charge in charges:
        if charge.amount <= 0 or not is_in_cents(charge.amount):
            raise ChargeNotOpen(
                f"Charge {charge.id} has {charge.amount} open: there is nothing to pay on it."
            )
        if charge.id in seen:
            raise ChargeOfferedTwice(f"Charge {charge.id} stands twice among the open charges.")
        seen.add(charge.id)
        checked.append(charge)
    return checked


def _may_pay(credit: CreditInput, charge: OpenCharge) -> bool:
    if credit.restricted_to is not None and charge.service not in credit.restricted_to:
        return False
    return charge.rank is not None or not charge.blocked


def _group(charge: OpenCharge, policy: AllocationPolicy) -> tuple[bool, int, int, int]:
    """Give the sort key that equals share; charges with the payer's rank come before all others."""
    by_rule = (charge.priority, charge.age_date.toordinal())
    first, second = by_rule if policy.order[1] == "priority" else by_rule[::-1]
    return (charge.rank is None, charge.rank or 0, first, second)


def _pay_group(left: Decimal, group: list[OpenCharge], policy: AllocationPolicy) -> list[Applied]:
    wanted = sum((charge.amount for charge in group), _ZERO)
    if policy.pro_rata_within_group and left < wanted:
        shares = split(left, [charge.amount for charge in group])
    else:
        shares = []
        for charge in group:
            share = min(left - sum(shares, _ZERO), charge.amount)
            shares.append(share)
    return [Applied(charge.id, share) for charge, share in zip(group, shares, strict=True) if share]
