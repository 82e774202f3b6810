"""The cast of the ledger's tests: Ada the clerk, the Ortiz account on Elm Street, open periods, bills and payments."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import Account, Cycle
from core.models import User
from core.users import system_user
from ledger import services as ledger
from ledger.models import Charge, Credit
from ledger.posting import Line, Side

_numbers = itertools.count(1)


def ada() -> User:
    """The clerk."""
    return User.objects.get_or_create(username="ada", defaults={"display_name": "Ada"})[0]


def open_year(year: int = 2026) -> None:
    """Have every month of a year open."""
    ledger.ensure_periods(from_date=date(year, 1, 1), to_date=date(year, 12, 31), by=system_user())


def account(**facts: Any) -> Account:
    """An account of the cycle ELM, opened long ago."""
    cycle, _ = Cycle.objects.get_or_create(code="ELM", defaults={"name": "Elm Street"})
    number = facts.pop("number", f"9{next(_numbers):010d}")
    return Account.objects.create(number=number, cycle=cycle, opened_date=date(2020, 1, 1), **facts)


def cash(amount: str | Decimal) -> Line:
    """Cash into the drawers."""
    return Line("1010", "POOL", Side.DEBIT, Decimal(amount))


def charge(on: Account, amount: str, **facts: Any) -> Charge:
    """A water charge of 1 March 2026, due on the 21st, unless the facts say otherwise."""
    day = facts.pop("effective_date", date(2026, 3, 1))
    values: dict[str, Any] = {
        "charge_type": "WATER",
        "service": "WATER",
        "due_date": date(2026, 3, 21),
        "posting_date": day,
        "by": ada(),
        "reason": "BILL",
        **facts,
    }
    with transaction.atomic():
        return ledger.make_charge(account=on, amount=Decimal(amount), effective_date=day, **values)


def pay(on: Account, amount: str, *, effective_date: date = date(2026, 3, 10), **facts: Any) -> Credit:
    """A cash payment of 10 March 2026."""
    values: dict[str, Any] = {
        "posting_date": effective_date,
        "by": ada(),
        "document_number": f"R-{next(_numbers)}",
        **facts,
    }
    with transaction.atomic():
        received = ledger.receive(
            parts=[ledger.CreditPart(account=on, amount=Decimal(amount))],
            debits=[cash(amount)],
            effective_date=effective_date,
            **values,
        )
    return received.credits[0]
