"""The people and accounts that tests speak of by name. All are made through the services.

Ada is the clerk, Cora the biller, Ben the supervisor, Joe goes out in the field, Ivy audits, Max gives people roles.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from django.contrib.auth.hashers import make_password

from accounts import services as accounts
from accounts.models import Account, Party, Premise, ServiceAgreement, ServicePoint
from core.models import User
from core.users import system_user
from desk import roles
from desk import services as desk
from metering import services as metering
from metering.models import Installation, Register
from metering.services import RegisterSpec
from tests.factories.accounts import OPENED, make_cycle, make_party, make_premise, make_service_point
from tests.factories.metering import make_installation, make_monthly_readings

PASSWORD = "the-river-runs-past-the-mill"


@dataclass(frozen=True)
class People:
    """The staff, each with their role."""

    ada: User
    cora: User
    ben: User
    joe: User
    ivy: User
    max: User


@dataclass(frozen=True)
class Household:
    """An account with its place, its services and its meter."""

    account: Account
    party: Party
    premise: Premise
    water: ServicePoint
    sewer: ServicePoint
    water_agreement: ServiceAgreement
    sewer_agreement: ServiceAgreement
    installation: Installation
    register: Register


@cache
def _hash() -> str:
    # Slow on purpose; once a process is enough.
    return make_password(PASSWORD)


def people() -> People:
    """The staff, made on first use in a test."""
    desk.sync_roles()
    made = []
    for username, name, role in (
        ("ada", "Ada Reyes", roles.CLERK),
        ("cora", "Cora Lindqvist", roles.BILLING_CLERK),
        ("ben", "Ben Okafor", roles.SUPERVISOR),
        ("joe", "Joe Castillo", roles.CREW),
        ("ivy", "Ivy Brandt", roles.AUDITOR),
        ("max", "Max Duarte", roles.ADMINISTRATOR),
    ):
        user = User.objects.filter(username=username).first()
        if user is None:
            user = User.objects.create(
                username=username,
                display_name=name,
                initials="".join(part[0] for part in name.split()),
                password=_hash(),
            )
            desk.give_role(user=user, role=role, by=system_user())
        made.append(user)
    return People(*made)


def household(
    name: str,
    *,
    house_number: str,
    street_name: str,
    street_type: str = "St",
    unit: str = "",
    phone: str = "",
    serial_number: str,
    legacy_number: str = "",
    cycle_code: str = "C1",
    start_dials: str = "0100",
    rate_codes: tuple[str, str] = ("WATER-RES", "SEWER-RES"),
    opened_date: dt.date = OPENED,
) -> Household:
    """An account with water and sewer at one place, both fed by one meter that was set when it was opened."""
    by = system_user()
    party = make_party(name, phone=phone)
    premise = make_premise(house_number, street_name, street_type=street_type, unit=unit)
    account = accounts.open_account(
        holder=party,
        cycle=make_cycle(cycle_code),
        opened_date=opened_date,
        customer_class="RESIDENTIAL",
        mailing_lines=f"{premise.street_address}\nRiverton OK 74101",
        by=by,
    )
    if legacy_number:
        accounts.add_identifier(
            kind="LEGACY_ACCOUNT", value=legacy_number, account=account, from_date=opened_date, by=by
        )
    points = [make_service_point(premise, service=service) for service in ("WATER", "SEWER")]
    agreements = [
        accounts.start_agreement(
            account=account, service_point=point, rate_code=rate_code, from_date=opened_date, by=by
        )
        for point, rate_code in zip(points, rate_codes, strict=True)
    ]
    meter = metering.create_meter(
        serial_number=serial_number,
        size='5/8"',
        registers=[RegisterSpec(dial_count=4, unit="CCF", multiplier=Decimal(1))],
        by=by,
    )
    installation = make_installation(points[0], meter=meter, on_date=opened_date, dials=start_dials)
    register = meter.registers.get(position=1)
    metering.add_usage_source(service_point=points[1], register=register, from_date=opened_date, by=by)
    return Household(account, party, premise, *points, *agreements, installation, register)


def ortiz() -> Household:
    """The Ortiz account at 118 Elm St: water and sewer from one meter, a year of ordinary readings."""
    found = household(
        "Ana Ortiz",
        house_number="118",
        street_name="Elm",
        phone="(918) 555-0123",
        serial_number="N5-100118",
        legacy_number="12-00345-03",
    )
    make_monthly_readings(found.register, 100, [6, 7, 6, 8, 9, 14, 15, 14, 9, 7, 6, 6])
    return found


def nguyen() -> Household:
    """The Nguyễn account at 43 Oak Ave, apartment 3, without readings after the meter was set."""
    return household(
        "Thị Mai Nguyễn",
        house_number="43",
        street_name="Oak",
        street_type="Ave",
        unit="Apt 3",
        phone="918-555-0177",
        serial_number="N5-100043",
        legacy_number="12-00346-01",
    )


def brown() -> Household:
    """The Brown account at 9 Mill Rd, in another cycle."""
    return household(
        "Walter Brown",
        house_number="9",
        street_name="Mill",
        street_type="Rd",
        phone="918-555-0199",
        serial_number="N5-100009",
        cycle_code="C2",
    )
