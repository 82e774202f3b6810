"""The named balances of an account, from what is open on it. docs/algorithms/ledger.md tells them in prose.

All amounts have the customer's sign: above zero is owed by the customer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_ZERO = Decimal("0.00")

# Whoever pays one of these pays somebody else, or nobody: the office's payoff leaves them out.
_NOT_OURS_TO_COLLECT = frozenset({"CERTIFIED", "WRITTEN_OFF", "PRE_PETITION", "BARRED"})


@dataclass(frozen=True, slots=True)
class OpenPart:
    """An open charge as the balances see it.

    ``deferred`` are (amount, until date) of plans, budgets and extensions that hold on the day; ``disputed`` is the
    amount in dispute; ``placement`` says with whom the charge is, "" for the office itself.
    """

    open_amount: Decimal
    due_date: date
    is_curtailable: bool = True
    placement: str = ""
    disputed: Decimal = _ZERO
    deferred: tuple[tuple[Decimal, date], ...] = ()

    def not_due(self, as_of: date) -> Decimal:
        """The part that nobody may ask for yet on the day: deferred beyond it."""
        return min(self.open_amount, sum((amount for amount, until in self.deferred if as_of < until), _ZERO))

    def past_due(self, as_of: date) -> Decimal:
        """The part that should have been paid before the day. A deferred part is late from the day after its date."""
        if self.due_date >= as_of:
            return _ZERO
        waiting = sum((amount for amount, until in self.deferred if as_of <= until), _ZERO)
        return max(self.open_amount - waiting, _ZERO)


@dataclass(frozen=True, slots=True)
class Balances:
    """The balances of one account on one day.

    ``ledger``: all open charges less unapplied credit, the balance of the books; below zero we owe the customer.
    ``due_now``: what can be asked for today: without deferred parts and charges placed elsewhere.
    ``past_due``: of this, what should have been paid before today.
    ``curtailable_past_due``: of this, what a shutoff may stand on: not disputed, not pledged, of curtailable types.
    ``to_restore``: what turns the service on again: everything past due that is not disputed or pledged.
    ``payoff``: what settles the account with the office, deferred parts included.
    ``unapplied`` is the customer's credit not yet applied, ``held`` deposits and pledges in keeping.
    """

    ledger: Decimal
    due_now: Decimal
    past_due: Decimal
    curtailable_past_due: Decimal
    to_restore: Decimal
    payoff: Decimal
    unapplied: Decimal
    held: Decimal


def balances_of(
    items: Iterable[OpenPart], *, unapplied: Decimal, held: Decimal, pledged: Decimal, as_of: date
) -> Balances:
    """Sum open charges into the named balances; ``pledged`` is the live pledges' amount.

    Unapplied credit counts against each balance, and none but the ledger's goes below zero.
    """
    all_items = list(items)
    ours = [item for item in all_items if not item.placement]
    undisputed = [
        (item, max(min(item.past_due(as_of), item.open_amount - item.disputed), _ZERO)) for item in ours
    ]
    collectable = [item for item in all_items if item.placement not in _NOT_OURS_TO_COLLECT]
    total = sum((item.open_amount for item in all_items), _ZERO)
    return Balances(
        ledger=total - unapplied,
        due_now=_less(sum((item.open_amount - item.not_due(as_of) for item in ours), _ZERO), unapplied),
        past_due=_less(sum((item.past_due(as_of) for item in ours), _ZERO), unapplied),
        curtailable_past_due=_less(
            sum((late for item, late in undisputed if item.is_curtailable), _ZERO), unapplied + pledged
        ),
        to_restore=_less(sum((late for _, late in undisputed), _ZERO), unapplied + pledged),
        payoff=_less(sum((item.open_amount for item in collectable), _ZERO), unapplied),
        unapplied=unapplied,
        held=held,
    )


def _less(amount: Decimal, credit: Decimal) -> Decimal:
    return max(amount - credit, _ZERO)
