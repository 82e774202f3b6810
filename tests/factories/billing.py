"""Small cities to bill: a cycle, rates, accounts with meters and their readings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from accounts.models import (
    Account,
    AccountClass,
    AccountRole,
    Cycle,
    Identifier,
    Party,
    Premise,
    ServiceAgreement,
    ServicePoint,
)
from accounts.numbers import account_number
from billing.models import BillRun, RateSchedule, RateVersion
from billing.services import calculation, posting, review, runs, workers
from core.models import User
from metering.models import Installation, Meter, Reading, Register, UsageSource

JANUARY = dt.date(2015, 1, 1)
FEBRUARY = dt.date(2015, 2, 1)
MARCH = dt.date(2015, 3, 1)
APRIL = dt.date(2015, 4, 1)

WATER_RATE = {
    "format": 1,
    "unit": "ccf",
    "components": [
        {"kind": "fixed", "code": "base", "label": "Water base charge", "amount": "12.00"},
        {
            "kind": "tiered",
            "code": "use",
            "label": "Water use",
            "blocks": [{"to": "5", "price": "2.00"}, {"price": "3.50"}],
        },
    ],
}
SEWER_RATE = {
    "format": 1,
    "unit": "ccf",
    "components": [
        {"kind": "fixed", "code": "base", "label": "Sewer base charge", "amount": "8.00"},
        {"kind": "uniform", "code": "use", "label": "Sewer use", "price": "1.25"},
    ],
}
STORM_RATE = {
    "format": 1,
    "unit": "each",
    "components": [{"kind": "fixed", "code": "base", "label": "Stormwater", "amount": "4.50"}],
}


@dataclass
class City:
    """A cycle with its accounts, and who works there."""

    cycle: Cycle
    maker: User
    approver: User
    accounts: list[Account] = field(default_factory=list)
    registers: list[Register] = field(default_factory=list)
    agreements: list[ServiceAgreement] = field(default_factory=list)


def make_user(username: str, *verbs: str, **fields: Any) -> User:
    """A person with rights by verbs; all rights where none are named."""
    from django.contrib.auth.models import Permission
    from django.contrib.contenttypes.models import ContentType

    user = User.objects.create_user(username=username, password="a pass phrase", **fields)
    if not verbs:
        user.is_superuser = True
        user.save(update_fields=["is_superuser"])
        return user
    carrier, _ = ContentType.objects.get_or_create(app_label="core", model="officepermission")
    for verb in verbs:
        permission, _ = Permission.objects.get_or_create(
            codename=verb, content_type=carrier, defaults={"name": verb}
        )
        user.user_permissions.add(permission)
    return user


def make_rate(
    code: str,
    definition: dict[str, Any],
    *,
    service: str = "WATER",
    effective_from: dt.date = dt.date(2010, 1, 1),
) -> RateVersion:
    """An approved version from a date on."""
    entered = User.objects.get_or_create(username="rates", defaults={"display_name": "Rita Rates"})[0]
    schedule, _ = RateSchedule.objects.get_or_create(
        code=code, defaults={"name": code, "service": service, "unit": definition["unit"]}
    )
    return RateVersion.objects.create(
        schedule=schedule,
        effective_from=effective_from,
        status="APPROVED",
        definition=definition,
        entered_by=entered,
    )


def make_city(
    *,
    count: int = 3,
    services: tuple[str, ...] = ("WATER", "SEWER"),
    bills_when_read: bool = False,
    first_read: dt.date = JANUARY,
    customer_class: str = "RESIDENTIAL",
    code: str = "C1",
) -> City:
    """A cycle of accounts with a water meter each, read on ``first_read``; sewer bills by the water meter."""
    city = City(
        cycle=Cycle.objects.create(code=code, name=f"Cycle {code}", bills_when_read=bills_when_read),
        maker=make_user(f"biller-{code}"),
        approver=make_user(f"supervisor-{code}"),
    )
    if not RateSchedule.objects.filter(code="W1").exists():
        make_rate("W1", WATER_RATE)
        make_rate("S1", SEWER_RATE, service="SEWER")
        make_rate("D1", STORM_RATE, service="STORM")
    grow(city, count=count, services=services, first_read=first_read, customer_class=customer_class)
    return city


def grow(
    city: City,
    *,
    count: int,
    services: tuple[str, ...],
    first_read: dt.date = JANUARY,
    customer_class: str = "RESIDENTIAL",
) -> None:
    """Add accounts to the city."""
    start = Account.objects.count()
    numbers = [account_number(start + place) for place in range(1, count + 1)]
    accounts = Account.objects.bulk_create(
        Account(number=number, cycle=city.cycle, opened_date=first_read) for number in numbers
    )
    AccountClass.objects.bulk_create(
        AccountClass(account=account, purpose="CUSTOMER", value=customer_class, from_date=first_read)
        for account in accounts
    )
    parties = Party.objects.bulk_create(
        Party(kind="PERSON", name=f"Resident {place}") for place in range(1, count + 1)
    )
    AccountRole.objects.bulk_create(
        AccountRole(account=account, party=party, kind="HOLDER", is_liable=True, from_date=first_read)
        for account, party in zip(accounts, parties, strict=True)
    )
    Identifier.objects.bulk_create(
        Identifier(kind="ACCOUNT_NUMBER", value=account.number, account=account, from_date=first_read)
        for account in accounts
    )
    premises = Premise.objects.bulk_create(
        Premise(house_number=str(place), street_name="Elm", street_type="St", city="Oakford", state="TX",
                postal_code="75000")
        for place in range(1, count + 1)
    )  # fmt: skip
    serial = Meter.objects.count()
    meters = Meter.objects.bulk_create(
        Meter(serial_number=f"M{serial + place:07d}", size='5/8"', status="INSTALLED")
        for place in range(1, count + 1)
    )
    registers = Register.objects.bulk_create(
        Register(meter=meter, dial_count=4, multiplier=1, unit="CCF") for meter in meters
    )
    for service in services:
        points = ServicePoint.objects.bulk_create(
            ServicePoint(premise=premise, service=service) for premise in premises
        )
        codes = {"WATER": "W1", "SEWER": "S1", "STORM": "D1"}
        city.agreements += ServiceAgreement.objects.bulk_create(
            ServiceAgreement(account=account, service_point=point, service=service, rate_code=codes[service],
                             status="ACTIVE", from_date=first_read)
            for account, point in zip(accounts, points, strict=True)
        )  # fmt: skip
        if service == "WATER":
            Installation.objects.bulk_create(
                Installation(meter=meter, service_point=point, from_date=first_read)
                for meter, point in zip(meters, points, strict=True)
            )
        if service in ("WATER", "SEWER"):
            UsageSource.objects.bulk_create(
                UsageSource(service_point=point, register=register, from_date=first_read)
                for register, point in zip(registers, points, strict=True)
            )
    city.accounts += accounts
    city.registers += registers
    read(city, on=first_read, values=[100] * count, registers=registers)


def read(
    city: City,
    *,
    on: dt.date,
    values: list[int],
    registers: list[Register] | None = None,
    kind: str = "ACTUAL",
) -> list[Reading]:
    """A reading of each meter, in the order of the accounts."""
    wanted = city.registers if registers is None else registers
    return Reading.objects.bulk_create(
        Reading(
            register=register,
            read_at=dt.datetime.combine(on, dt.time(15), tzinfo=dt.UTC),
            read_date=on,
            dials=f"{value:04d}",
            value=value,
            kind=kind,
            source="TEST",
            recorded_by=city.maker,
        )
        for register, value in zip(wanted, values, strict=True)
    )


def open_run(city: City, *, start: dt.date = JANUARY, end: dt.date = FEBRUARY) -> BillRun:
    """The run of the city's cycle for a period, opened by its maker."""
    return runs.open_run(
        cycle=city.cycle,
        period_start=start,
        period_end=end,
        bill_date=end,
        due_date=runs.due_date_of(bill_date=end),
        by=city.maker,
    )


def calculate(run: BillRun, city: City, *, size: int = calculation.CHUNK_SIZE) -> BillRun:
    """Calculate the run to review."""
    runs.start_calculation(run=run, by=city.maker)
    workers.calculate(run_id=run.pk, worker="test", by=city.maker, size=size)
    run.refresh_from_db()
    return run


def approve(run: BillRun, city: City) -> BillRun:
    """Approve the run as it is."""
    run.refresh_from_db()
    return review.approve_run(run=run, figures_hash=run.figures_hash, by=city.approver)


def post(run: BillRun, city: City, *, size: int = posting.CHUNK_SIZE) -> BillRun:
    """Post an approved run."""
    posting.start_posting(run=run, by=city.approver)
    workers.post(run_id=run.pk, worker="test", by=city.maker, size=size)
    run.refresh_from_db()
    return run


def run_to_posted(city: City, *, start: dt.date = JANUARY, end: dt.date = FEBRUARY) -> BillRun:
    """Bill the city for a period, from open to posted."""
    return post(approve(calculate(open_run(city, start=start, end=end), city), city), city)
