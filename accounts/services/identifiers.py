"""Numbers that find an account, premise or party for ever."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.models import Account, Identifier, Party, Premise
from core import audit
from core.db import raising
from core.models import User


class IdentifierTaken(ValueError):
    """The number already names something else, or names nothing."""


def add_identifier(
    *,
    kind: str,
    value: str,
    from_date: dt.date,
    by: User,
    account: Account | None = None,
    premise: Premise | None = None,
    party: Party | None = None,
) -> Identifier:
    """Add a number (legacy account, bank bill-pay, premise, customer) to exactly one account, premise or party.

    Raises ``IdentifierTaken`` if the number is empty, names nothing or several things, or is taken.
    """
    number = value.strip()
    if not number or sum(target is not None for target in (account, premise, party)) != 1:
        raise IdentifierTaken("A number must be given, and name one account, one premise or one party.")
    label = Identifier.Kind(kind).label
    refusal = IdentifierTaken(f"{label} {number} is already in use; a number is never given twice.")
    with raising({"accounts_identifier_once": refusal}), transaction.atomic():
        identifier = Identifier.objects.create(
            kind=kind, value=number, account=account, premise=premise, party=party, from_date=from_date
        )
        target = account or premise or party
        audit.record(
            code="accounts.identifier.added",
            by=by,
            kind="account" if account else "premise" if premise else "party",
            key=account.number if account else str(target.pk if target else ""),
            account_number=account.number if account else "",
            summary=f"{label} {number} added",
        )
    return identifier
