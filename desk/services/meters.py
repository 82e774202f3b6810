"""The meter that a new account's use is read from, with what it shows on the first day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from accounts.models import Service, ServicePoint
from core.models import User
from metering import queries as metering_queries
from metering import services as metering
from metering.models import Meter, Reading, Register
from metering.services import RegisterSpec
from metering.services.installations import noon
from metering.validation import parse_dials

SOURCE = "MOVE_IN"


class OpeningReadingRefused(ValueError):
    """The reading that use is counted from is missing, or is not what was read that day."""


class MeterUnknown(metering.MeterRefused):
    """A meter that is not in the books needs its dials and its unit."""


@dataclass(frozen=True, slots=True)
class MeterAtStart:
    """What the clerk knows of a meter: its reading; for one that is not there yet its serial number; for a new one all.

    ``reading`` is as on the dials ("00417"), in steps of the register.
    """

    reading: str = ""
    serial_number: str = ""
    size: str = ""
    dial_count: int | None = None
    unit: str = ""
    multiplier: Decimal = Decimal(1)


def start_metering(*, service_point: ServicePoint, start: MeterAtStart, on_date: dt.date, by: User) -> str:
    """Make sure that a meter feeds the service point from a day on with a reading of that day; gives its size.

    The meter that is there counts on; sewer without one counts by the water meter of the place; else the meter of that
    serial number is set, from stock or new. Raises ``OpeningReadingRefused``, ``MeterUnknown`` and what setting a
    meter and recording a reading raise.
    """
    register = metering_queries.main_register(service_point, on_date=on_date)
    if register is None and service_point.service == Service.SEWER and not start.serial_number.strip():
        register = _water_register(service_point, on_date)
        metering.add_usage_source(service_point=service_point, register=register, from_date=on_date, by=by)
    if register is None:
        return _set_meter(service_point, start, on_date, by).size
    if start.serial_number.strip() and start.serial_number.strip() != register.meter.serial_number:
        raise MeterUnknown(
            f"Meter {register.meter.serial_number} is there. Exchange it by a field order,"
            " or leave the serial number empty."
        )
    _read(register, start.reading, on_date, by)
    return register.meter.size


def _water_register(sewer: ServicePoint, on_date: dt.date) -> Register:
    points = ServicePoint.objects.filter(premise=sewer.premise_id, service=Service.WATER)
    for point in points.order_by("number", "pk"):
        register = metering_queries.main_register(point, on_date=on_date)
        if register is not None:
            return register
    raise MeterUnknown(
        "This sewer rate charges by use and there is no water meter here."
        " Take water too, give a meter, or choose a rate without use."
    )


def _set_meter(service_point: ServicePoint, start: MeterAtStart, on_date: dt.date, by: User) -> Meter:
    serial = start.serial_number.strip()
    if not serial:
        raise MeterUnknown("No meter is here. Give the serial number of the one that is set.")
    meter = metering_queries.find_meter(serial)
    if meter is not None and meter.status == Meter.Status.INSTALLED:
        place = meter.installations.filter(to_date__isnull=True).select_related("service_point__premise")
        there = place.order_by("pk").first()
        where = f" at {there.service_point.premise.street_address} since {there.from_date}" if there else ""
        raise MeterUnknown(f"Meter {meter.serial_number} is set{where}. Look at the serial number again.")
    if meter is None:
        if start.dial_count is None or not start.unit:
            raise MeterUnknown(f"Meter {serial} is not in stock. Give its dials and its unit to enter it.")
        spec = RegisterSpec(dial_count=start.dial_count, unit=start.unit, multiplier=start.multiplier)
        meter = metering.create_meter(serial_number=serial, size=start.size, registers=[spec], by=by)
    metering.install_meter(
        meter=meter, service_point=service_point, on_date=on_date, dials=start.reading, by=by
    )
    return meter


def _read(register: Register, dials: str, on_date: dt.date, by: User) -> None:
    """Record the first reading, unless the register was read that day, as when the customer before moved out."""
    meter = register.meter
    of_day = Reading.objects.filter(read_date=on_date, superseded_by__isnull=True)
    if meter.registers.exclude(pk=register.pk).exclude(readings__in=of_day).exists():
        raise OpeningReadingRefused(
            f"Meter {meter.serial_number} has several registers. Enter their readings of {on_date} first."
        )
    known = of_day.filter(register=register).order_by("-read_at", "-pk").first()
    if known is None:
        if not dials.strip():
            raise OpeningReadingRefused(
                f"Meter {meter.serial_number} has no reading of {on_date}. Give the digits as on the dials."
            )
        metering.record_reading(
            register=register,
            read_at=noon(on_date),
            dials=dials,
            kind=Reading.Kind.ACTUAL,
            source=SOURCE,
            by=by,
        )
    elif dials.strip() and parse_dials(dials, dials=register.dial_count) != known.value:
        raise OpeningReadingRefused(
            f"Meter {meter.serial_number} was read {known.dials} on {on_date}. Leave this empty to begin there."
        )
