"""Meters at service points, and which registers feed which service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from accounts.models import ServiceAgreement, ServicePoint
from core.db import lock_rows, raising
from core.models import User
from metering.models import Installation, Meter, Reading, Register, UsageSource
from metering.services.meters import move_meter, record_meter
from metering.services.readings import record_reading

# The dials of each register by its position; a single text serves a meter of one register.
Dials = str | Mapping[int, str]


class InstallationRefused(ValueError):
    """The meter is elsewhere, the service point has one already, or dials or dates do not fit."""


class UsageSourceOverlaps(ValueError):
    """The register counts towards the service point on some of those days already."""


def install_meter(
    *,
    meter: Meter,
    service_point: ServicePoint,
    on_date: dt.date,
    dials: Dials,
    by: User,
    read_at: dt.datetime | None = None,
    is_additional: bool = False,
) -> Installation:
    """Set a meter at a service point: installation, a usage source a register, and the reading it starts with.

    ``read_at`` is noon of that day where it is not given. ``is_additional`` sets a second meter beside the first (a
    compound set, a deduct meter); without it a service point that has a meter is refused.
    Raises ``InstallationRefused``, ``TransitionRefused`` unless the meter is in stock, and what ``record_reading`` does.
    """
    refusal = InstallationRefused(f"Meter {meter.serial_number} is at another place on {on_date} or later.")
    with raising({"metering_installation_one_place": refusal}), transaction.atomic():
        lock_rows(ServicePoint, [service_point.pk])
        other = Installation.objects.filter(service_point=service_point, to_date__isnull=True)
        present = other.select_related("meter").order_by("pk").first()
        if present is not None and not is_additional:
            raise InstallationRefused(
                f"Meter {present.meter.serial_number} is at this service point since {present.from_date}."
                " Exchange it, or remove it first."
            )
        row = move_meter(meter, Meter.Status.INSTALLED)
        installation = Installation.objects.create(meter=row, service_point=service_point, from_date=on_date)
        for register, text in _dials_by_register(row, dials):
            UsageSource.objects.create(service_point=service_point, register=register, from_date=on_date)
            record_reading(
                register=register,
                read_at=read_at or noon(on_date),
                dials=text,
                kind=Reading.Kind.SET,
                source="SET",
                by=by,
            )
        record_meter(
            row,
            "installed",
            by,
            f"Set meter {row.serial_number} at {service_point.premise.street_address}",
            account_number=account_number_at(service_point, on_date),
            service_point=service_point.pk,
            dials=dials if isinstance(dials, str) else {str(key): text for key, text in dials.items()},
        )
    return installation


def remove_meter(
    *,
    installation: Installation,
    on_date: dt.date,
    dials: Dials,
    by: User,
    read_at: dt.datetime | None = None,
) -> Installation:
    """Take a meter out on a date with the reading it ends with; it goes back into stock.

    Raises ``InstallationRefused`` if it is out already or the date is not after it was set, and what
    ``record_reading`` raises.
    """
    with transaction.atomic():
        (row,) = lock_rows(
            Installation.objects.select_related("meter", "service_point__premise"), [installation.pk]
        )
        if row.to_date is not None:
            raise InstallationRefused(
                f"Meter {row.meter.serial_number} was taken out on {row.to_date} already."
            )
        if on_date <= row.from_date:
            raise InstallationRefused(
                f"Meter {row.meter.serial_number} was set on {row.from_date}; it can be taken out on a later day."
            )
        for register, text in _dials_by_register(row.meter, dials):
            record_reading(
                register=register,
                read_at=read_at or noon(on_date),
                dials=text,
                kind=Reading.Kind.REMOVE,
                source="REMOVE",
                by=by,
            )
        row.to_date = on_date
        row.save(update_fields=["to_date"])
        sources = UsageSource.objects.filter(register__meter=row.meter, to_date__isnull=True)
        sources.update(to_date=on_date)
        meter = move_meter(row.meter, Meter.Status.IN_STOCK)
        record_meter(
            meter,
            "removed",
            by,
            f"Took meter {meter.serial_number} out at {row.service_point.premise.street_address}",
            account_number=account_number_at(row.service_point, on_date),
            service_point=row.service_point_id,
        )
    return row


def exchange_meter(
    *,
    installation: Installation,
    new_meter: Meter,
    on_date: dt.date,
    old_dials: Dials,
    new_dials: Dials,
    by: User,
    read_at: dt.datetime | None = None,
) -> Installation:
    """Take a meter out and set another in its place on the same day; returns the new installation.

    Raises what ``remove_meter`` and ``install_meter`` raise.
    """
    with transaction.atomic():
        old = remove_meter(
            installation=installation, on_date=on_date, dials=old_dials, by=by, read_at=read_at
        )
        return install_meter(
            meter=new_meter,
            service_point=old.service_point,
            on_date=on_date,
            dials=new_dials,
            by=by,
            read_at=read_at,
            is_additional=True,
        )


def add_usage_source(
    *,
    service_point: ServicePoint,
    register: Register,
    from_date: dt.date,
    by: User,
    sign: int = 1,
    share: Decimal = Decimal(1),
) -> UsageSource:
    """Let a register count towards a service point: a water meter feeds sewer too, a deduct meter has ``sign`` -1.

    ``share`` is the part of the register's use that counts, above 0 and at most 1. Raises ``UsageSourceOverlaps``.
    """
    if sign not in (1, -1) or not 0 < share <= 1:
        raise UsageSourceOverlaps(
            f"A register is added or deducted with a share above 0 and at most 1, not {sign} x {share}."
        )
    refusal = UsageSourceOverlaps(
        f"Register {register.position} of meter {register.meter.serial_number} counts here on {from_date} or later."
    )
    with raising({"metering_usagesource_no_overlap": refusal}), transaction.atomic():
        source = UsageSource.objects.create(
            service_point=service_point, register=register, sign=sign, share=share, from_date=from_date
        )
        record_meter(
            register.meter,
            "source_added",
            by,
            f"Meter {register.meter.serial_number} counts towards {service_point.get_service_display().lower()}"
            f" from {from_date}",
            account_number=account_number_at(service_point, from_date),
            service_point=service_point.pk,
            sign=sign,
            share=str(share),
        )
    return source


def end_usage_source(*, source: UsageSource, to_date: dt.date, by: User) -> UsageSource:
    """Let a register no longer count from a date on. Raises ``UsageSourceOverlaps`` if that is not after its start."""
    with transaction.atomic():
        (row,) = lock_rows(UsageSource.objects.select_related("register__meter"), [source.pk])
        if to_date <= row.from_date:
            raise UsageSourceOverlaps(f"It counts since {row.from_date}; it must end on a later day.")
        row.to_date = to_date
        row.save(update_fields=["to_date"])
        meter = row.register.meter
        record_meter(
            meter,
            "source_ended",
            by,
            f"Meter {meter.serial_number} no longer counts from {to_date}",
            service_point=row.service_point_id,
        )
    return row


def noon(day: dt.date) -> dt.datetime:
    """Noon of a day in the office's zone: an instant whose local date is that day."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


def account_number_at(service_point: ServicePoint, on_date: dt.date) -> str:
    """The number of the account that takes the service on a day (or from then on); "" where nobody does."""
    agreements = ServiceAgreement.objects.filter(service_point=service_point).exclude(
        status=ServiceAgreement.Status.CANCELLED
    )
    for agreement in agreements.select_related("account").order_by("-from_date", "pk")[:5]:
        if agreement.from_date <= on_date and (agreement.to_date is None or agreement.to_date > on_date):
            return agreement.account.number
    return ""


def _dials_by_register(meter: Meter, dials: Dials) -> list[tuple[Register, str]]:
    registers = list(meter.registers.order_by("position", "pk"))
    given = {1: dials} if isinstance(dials, str) else dict(dials)
    if given.keys() != {register.position for register in registers}:
        raise InstallationRefused(
            f"Meter {meter.serial_number} has {len(registers)} registers; give the dials of each."
        )
    return [(register, given[register.position]) for register in registers]
