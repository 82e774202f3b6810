"""A counter to take money at: Ada at her drawer, Ben who may approve, accounts that owe."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts.models import Account
from core.models import User
from core.users import system_user
from ledger import services as ledger
from ledger.models import Charge
from payments.models import Drawer, DrawerSession, Receipt
from payments.services import drawers, receipting
from payments.services.receipting import PaymentLine
from payments.tendering import CASH, CHECK, TenderInput
from tests.factories.accounts import make_served, make_user

TUESDAY = dt.date(2026, 3, 10)
CLERK_VERBS = ("take_payment", "open_drawer", "request_void", "view_receipts", "view_accounts")
SUPERVISOR_VERBS = ("approve_void", "view_receipts", "view_accounts", "view_approvals")


@dataclass(frozen=True)
class Till:
    """An open drawer session, its clerk and a supervisor."""

    clerk: User
    supervisor: User
    drawer: Drawer
    session: DrawerSession


def make_drawer(code: str = "A") -> Drawer:
    return Drawer.objects.get_or_create(code=code, defaults={"name": f"Till {code}"})[0]


def make_till(code: str = "A", *, on_date: dt.date = TUESDAY, clerk: str = "ada") -> Till:
    """A drawer that its clerk has opened with 200.00, in an open period."""
    ledger.ensure_periods(from_date=on_date, to_date=on_date, by=system_user())
    ada = User.objects.filter(username=clerk).first() or make_user(
        clerk, *CLERK_VERBS, name=f"{clerk.title()} Clerk"
    )
    ben = User.objects.filter(username="ben").first() or make_user(
        "ben", *SUPERVISOR_VERBS, name="Ben Supervisor"
    )
    drawer = make_drawer(code)
    session = drawers.open_session(
        drawer=drawer, float_amount=Decimal("200.00"), business_date=on_date, by=ada
    )
    return Till(clerk=ada, supervisor=ben, drawer=drawer, session=session)


def owe(account: Account, amount: str, *, due: dt.date = TUESDAY, on_date: dt.date = TUESDAY) -> Charge:
    """Charge the account for water."""
    by = system_user()
    ledger.ensure_periods(from_date=on_date, to_date=on_date, by=by)
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


def make_debtor(
    name: str = "Ana Ortiz",
    amount: str = "61.20",
    *,
    due: dt.date = TUESDAY,
    on_date: dt.date = TUESDAY,
    **facts: Any,
) -> Account:
    """An account on Elm Street that owes for water."""
    account = make_served(name, **facts).account
    owe(account, amount, due=due, on_date=on_date)
    return account


def cash(amount: str) -> TenderInput:
    return TenderInput(kind=CASH, tendered_amount=Decimal(amount))


def check(amount: str, number: str = "1001") -> TenderInput:
    return TenderInput(kind=CHECK, tendered_amount=Decimal(amount), check_number=number)


def line(account: Account | str, amount: str) -> PaymentLine:
    number = account if isinstance(account, str) else account.number
    return PaymentLine(account_number=number, amount=Decimal(amount))


def pay(till: Till, *lines: PaymentLine, tenders: Any = None, key: str = "", **facts: Any) -> Receipt:
    """Post a payment at the till; by default with one check for all of it."""
    total = sum((each.amount for each in lines), Decimal("0.00"))
    values: dict[str, Any] = {
        "session": till.session,
        "lines": lines,
        "tenders": tenders or [check(str(total))],
        "payor": "Ana Ortiz",
        "effective_date": till.session.business_date,
        "posting_date": till.session.business_date,
        "idempotency_key": key or uuid.uuid4().hex,
        "by": till.clerk,
    }
    return receipting.post_payment(**{**values, **facts})
