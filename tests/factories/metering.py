"""Meters and readings as the office makes them: through the services."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from accounts.models import ServicePoint
from core.users import system_user
from metering import services as metering
from metering.models import Installation, Meter, Reading, Register
from metering.services import RecordedReading, RegisterSpec
from metering.services.installations import noon
from tests.factories.accounts import OPENED

noon_of = noon


def make_meter(
    serial_number: str = "N5-100200",
    *,
    size: str = '5/8"',
    dial_count: int = 4,
    unit: str = "CCF",
    multiplier: Decimal = Decimal(1),
) -> Meter:
    """A meter in stock with one register."""
    return metering.create_meter(
        serial_number=serial_number,
        size=size,
        registers=[RegisterSpec(dial_count=dial_count, unit=unit, multiplier=multiplier)],
        by=system_user(),
    )


def make_installation(
    service_point: ServicePoint,
    *,
    meter: Meter | None = None,
    on_date: dt.date = OPENED,
    dials: str = "0100",
) -> Installation:
    return metering.install_meter(
        meter=meter or make_meter(),
        service_point=service_point,
        on_date=on_date,
        dials=dials,
        by=system_user(),
    )


def register_of(installation: Installation) -> Register:
    return installation.meter.registers.get(position=1)


def make_reading(
    register: Register, day: dt.date, dials: str, *, kind: str = Reading.Kind.ACTUAL, validate: bool = True
) -> RecordedReading:
    """A reading at noon of a day."""
    return metering.record_reading(
        register=register,
        read_at=noon(day),
        dials=dials,
        kind=kind,
        source="HANDHELD",
        by=system_user(),
        validate=validate,
    )


def make_monthly_readings(register: Register, start: int, uses: Iterable[int], *, year: int = 2025) -> int:
    """A reading on the first of each month from February on, not questioned; returns the last dials as a number."""
    value = start
    for month, use in enumerate(uses, start=1):
        value += use
        day = dt.date(year + month // 12, month % 12 + 1, 1)
        make_reading(register, day, f"{value:0{register.dial_count}d}", validate=False)
    return value
