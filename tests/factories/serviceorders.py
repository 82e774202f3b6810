"""Field work as the office makes it: an account that is past due, orders asked for and sent out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import Account
from core.models import User
from core.users import system_user
from ledger import services as ledger
from ledger.models import Charge
from ledger.posting import Line
from ledger.services import CreditPart
from serviceorders import services
from serviceorders.models import ServiceOrder
from tests import cast
from tests.cast import Household, People

BILLED = dt.date(2026, 1, 10)
DUE = dt.date(2026, 2, 1)
TODAY = dt.date(2026, 3, 10)
NOON = dt.datetime(2026, 3, 10, 18, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Scene:
    """The staff, and the Ortiz household that owes 84.10 for more than a month."""

    people: People
    home: Household
    charge: Charge

    @property
    def account(self) -> Account:
        return self.home.account


def owe(
    account: Account,
    amount: str = "84.10",
    *,
    due: dt.date = dt.date(2026, 2, 1),
    on_date: dt.date = dt.date(2026, 1, 10),
) -> Charge:
    """Charge the account for water."""
    by = system_user()
    ledger.ensure_periods(from_date=on_date, to_date=TODAY, by=by)
    with transaction.atomic():
        return ledger.make_charge(
            account=account,
            charge_type="WATER",
            amount=Decimal(amount),
            due_date=due,
            effective_date=on_date,
            posting_date=on_date,
            by=by,
            service="WATER",
        )


def pay(account: Account, amount: str = "84.10", *, on_date: dt.date = TODAY) -> None:
    """Money for the account that came through the bank."""
    with transaction.atomic():
        ledger.receive(
            parts=[CreditPart(account=account, amount=Decimal(amount))],
            debits=[Line(gl_code="1020", fund="POOL", side="D", amount=Decimal(amount))],
            effective_date=on_date,
            posting_date=on_date,
            by=system_user(),
            document_number="",
        )


def make_scene() -> Scene:
    """The staff and the Ortiz account, 84.10 past due."""
    home = cast.ortiz()
    return Scene(people=cast.people(), home=home, charge=owe(home.account))


def ask(scene: Scene, kind: str = "REREAD", *, by: User | None = None, **facts: Any) -> ServiceOrder:
    """An order for the water service, as the clerk asks for it."""
    values: dict[str, Any] = {
        "scheduled_date": TODAY,
        "reason": "the customer says it is high",
        "on_date": TODAY,
        "agreement": scene.home.water_agreement,
    }
    return services.request_order(
        kind=kind,
        account=scene.account,
        service_point=scene.home.water,
        by=by or scene.people.ada,
        **{**values, **facts},
    )


def send(scene: Scene, order: ServiceOrder) -> ServiceOrder:
    """The order given to Joe."""
    return services.dispatch(order=order, crew=scene.people.joe, on_date=TODAY, by=scene.people.ben)


def done(scene: Scene, order: ServiceOrder, *, dials: str = "0210", **facts: Any) -> ServiceOrder:
    """The order reported as done by Joe at noon."""
    values: dict[str, Any] = {"done_at": NOON, "on_date": TODAY, "by": scene.people.joe}
    return services.complete(order=order, dials=dials, **{**values, **facts})
