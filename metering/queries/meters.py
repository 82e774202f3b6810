"""Meters, where they hang, and what feeds a service point."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from accounts.models import ServicePoint
from metering.models import Installation, Meter, Register, UsageSource


def find_meter(serial_number: str) -> Meter | None:
    """The meter of that serial number, upper or lower case, or None."""
    return Meter.objects.filter(serial_number__iexact=serial_number.strip()).order_by("pk").first()


def installation_on(service_point: ServicePoint, *, on_date: dt.date) -> Installation | None:
    """The meter that hangs at a service point on a day, the last one set where there are several."""
    rows = Installation.objects.filter(service_point=service_point, from_date__lte=on_date)
    rows = rows.filter(Q(to_date__isnull=True) | Q(to_date__gt=on_date))
    return rows.select_related("meter").order_by("-from_date", "-pk").first()


def registers_of(service_point: ServicePoint, *, from_date: dt.date, to_date: dt.date) -> list[UsageSource]:
    """The usage sources that count towards a service point in a period, with register and meter loaded."""
    rows = UsageSource.objects.filter(service_point=service_point, from_date__lt=to_date)
    rows = rows.filter(Q(to_date__isnull=True) | Q(to_date__gt=from_date))
    return list(rows.select_related("register__meter").order_by("from_date", "pk"))


def main_register(service_point: ServicePoint, *, on_date: dt.date) -> Register | None:
    """The register that a crew reads at a service point on a day: the first that adds to its use, or None."""
    sources = UsageSource.objects.filter(service_point=service_point, sign=1, from_date__lte=on_date)
    sources = sources.filter(Q(to_date__isnull=True) | Q(to_date__gt=on_date))
    source = (
        sources.select_related("register__meter").order_by("register__position", "from_date", "pk").first()
    )
    return source.register if source else None
