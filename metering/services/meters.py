"""Meters and their registers, in and out of stock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from core import audit
from core.db import lock_rows, raising
from core.models import User
from core.states import check_transition
from metering.models import Meter, Register


class MeterRefused(ValueError):
    """A meter has no serial number or no register, or its serial number is taken."""


@dataclass(frozen=True)
class RegisterSpec:
    """A register as it is ordered: dials, the unit it counts, and what one step of it is worth in that unit."""

    dial_count: int
    unit: str
    multiplier: Decimal = Decimal(1)


def create_meter(
    *,
    serial_number: str,
    registers: Sequence[RegisterSpec],
    by: User,
    size: str = "",
    make: str = "",
    purchased_date: dt.date | None = None,
) -> Meter:
    """Take a meter into stock with its registers, in the order of their positions. Raises ``MeterRefused``."""
    serial = serial_number.strip()
    if not serial:
        raise MeterRefused("A meter needs a serial number.")
    if not registers:
        raise MeterRefused(f"Meter {serial} needs at least one register.")
    for spec in registers:
        if not 1 <= spec.dial_count <= 12 or spec.multiplier <= 0 or spec.unit not in Register.Unit.values:
            raise MeterRefused(
                f"A register has 1 to 12 dials, a multiplier above 0 and one of the units"
                f" {', '.join(Register.Unit.values)}; not {spec.dial_count}, {spec.multiplier}, {spec.unit}."
            )
    taken = MeterRefused(f"There is a meter {serial} already.")
    with raising({"metering_meter_serial_number_key": taken}), transaction.atomic():
        meter = Meter.objects.create(
            serial_number=serial, size=size, make=make, purchased_date=purchased_date
        )
        Register.objects.bulk_create(
            Register(
                meter=meter,
                position=position,
                dial_count=spec.dial_count,
                multiplier=spec.multiplier,
                unit=spec.unit,
            )
            for position, spec in enumerate(registers, start=1)
        )
        record_meter(meter, "created", by, f"Took meter {serial} into stock")
    return meter


def retire_meter(*, meter: Meter, by: User) -> Meter:
    """Take a meter out of use for good. Raises ``TransitionRefused``."""
    with transaction.atomic():
        row = move_meter(meter, Meter.Status.RETIRED)
        record_meter(row, "retired", by, f"Retired meter {row.serial_number}")
    return row


def move_meter(meter: Meter, to: str) -> Meter:
    """The one place where a meter changes its status: lock, check against the table, write.

    Raises ``TransitionRefused``.
    """
    (row,) = lock_rows(Meter, [meter.pk])
    check_transition(Meter.TRANSITIONS, row.status, to, what=f"Meter {row.serial_number}")
    row.status = to
    row.save(update_fields=["status"])
    return row


def record_meter(
    meter: Meter, word: str, by: User, summary: str, account_number: str = "", **data: object
) -> None:
    """Write the audit event of an act on a meter."""
    audit.record(
        code=f"metering.meter.{word}",
        by=by,
        kind="meter",
        key=meter.serial_number,
        account_number=account_number,
        summary=summary,
        data=data,
    )
