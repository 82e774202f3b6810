"""Accounts as the office makes them: through the services, with what every account has."""

import datetime as dt
from dataclasses import dataclass

from accounts import services as accounts
from accounts.models import Account, Cycle, Party, Premise, ServiceAgreement, ServicePoint
from core.models import User
from core.users import system_user

OPENED = dt.date(2025, 1, 1)


@dataclass(frozen=True)
class Served:
    """An account with its place and one service."""

    account: Account
    party: Party
    premise: Premise
    service_point: ServicePoint
    agreement: ServiceAgreement


def make_cycle(code: str = "C1", *, months_per_period: int = 1) -> Cycle:
    """The cycle of that code, made on first use."""
    found = Cycle.objects.filter(code=code).first()
    return found or accounts.create_cycle(
        code=code, name=f"Cycle {code}", months_per_period=months_per_period, by=system_user()
    )


def make_party(name: str = "Ana Ortiz", *, phone: str = "", email: str = "", **facts: str) -> Party:
    by = system_user()
    party = accounts.create_party(name=name, by=by, **facts)
    if phone:
        accounts.add_contact_point(party=party, kind="PHONE", value=phone, from_date=OPENED, by=by)
    if email:
        accounts.add_contact_point(party=party, kind="EMAIL", value=email, from_date=OPENED, by=by)
    return party


def make_premise(
    house_number: str = "118", street_name: str = "Elm", *, street_type: str = "St", **parts: str
) -> Premise:
    facts = {"city": "Riverton", "state": "OK", "postal_code": "74101", **parts}
    return accounts.create_premise(
        house_number=house_number, street_name=street_name, street_type=street_type, by=system_user(), **facts
    )


def make_account(
    name: str = "Ana Ortiz",
    *,
    party: Party | None = None,
    cycle: Cycle | None = None,
    opened_date: dt.date = OPENED,
    customer_class: str = "RESIDENTIAL",
    **facts: str,
) -> Account:
    """An open account with a holder, and no service yet."""
    return accounts.open_account(
        holder=party or make_party(name),
        cycle=cycle or make_cycle(),
        opened_date=opened_date,
        customer_class=customer_class,
        by=system_user(),
        **facts,
    )


def make_service_point(premise: Premise | None = None, *, service: str = "WATER") -> ServicePoint:
    return accounts.create_service_point(premise=premise or make_premise(), service=service, by=system_user())


def make_agreement(
    account: Account,
    service_point: ServicePoint | None = None,
    *,
    rate_code: str = "RES",
    from_date: dt.date | None = None,
    service: str = "WATER",
) -> ServiceAgreement:
    return accounts.start_agreement(
        account=account,
        service_point=service_point or make_service_point(service=service),
        rate_code=rate_code,
        from_date=from_date or account.opened_date,
        by=system_user(),
    )


def make_served(
    name: str = "Ana Ortiz",
    *,
    house_number: str = "118",
    street_name: str = "Elm",
    street_type: str = "St",
    unit: str = "",
    service: str = "WATER",
    phone: str = "",
    cycle: Cycle | None = None,
    rate_code: str = "RES",
) -> Served:
    """An account that takes one service at a place of its own."""
    party = make_party(name, phone=phone)
    premise = make_premise(house_number, street_name, street_type=street_type, unit=unit)
    account = make_account(
        party=party, cycle=cycle, mailing_lines=f"{premise.street_address}\nRiverton OK 74101"
    )
    point = make_service_point(premise, service=service)
    agreement = make_agreement(account, point, rate_code=rate_code)
    return Served(account, party, premise, point, agreement)


def make_user(username: str, *verbs: str, name: str = "") -> User:
    """A person who holds exactly these verbs."""
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType

    from core.models import OfficePermission

    user = User.objects.filter(username=username).first()
    if user is None:
        user = User.objects.create_user(username, password="a long password of a test", display_name=name)
    kind = ContentType.objects.get_for_model(OfficePermission)
    for verb in verbs:
        permission, _ = Permission.objects.get_or_create(
            content_type=kind, codename=verb, defaults={"name": verb}
        )
        user.user_permissions.add(permission)
    return User.objects.get(pk=user.pk)
