"""What a reading is held against: the one before it, the meter's habits, and the limits of its class."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from accounts.models import AccountClass, PhysicalStatus, ServiceAgreement
from core import policy
from metering.history import highest_use, past_uses, per_day_last_year, use_periods
from metering.models import Reading, UsageSource
from metering.validation import PastUse, ReadingLimits, daily_average

# Enough for two years of monthly readings with some in between.
MOST_READINGS = 40


@dataclass(frozen=True)
class Expectation:
    """The last live reading before (None: there is none since the meter was set), habits, limits and who is served."""

    previous: Reading | None
    days: int
    past: tuple[PastUse, ...]
    average_per_day: Decimal | None
    last_year_per_day: Decimal | None
    limits: ReadingLimits
    is_active: bool
    agreement_id: int | None
    shortest_period_days: int


def expectation_of(reading: Reading) -> Expectation:
    """What is expected of a reading, saved or not: it needs its register, moment and date."""
    register, read_date = reading.register, reading.read_date
    before = Reading.objects.filter(
        register=register, superseded_by__isnull=True, read_at__lt=reading.read_at
    ).exclude(pk=reading.pk)
    readings = list(before.order_by("-read_at", "-pk")[:MOST_READINGS])[::-1]
    previous = readings[-1] if readings else None
    agreement, is_active = _served(register.pk, read_date)
    decide = _Decisions(agreement, read_date)
    most = highest_use(
        dials=register.dial_count,
        multiplier=register.multiplier,
        decided=decide.decimal("metering.highest_use"),
    )
    periods = use_periods(readings, dials=register.dial_count, multiplier=register.multiplier, most=most)
    since = read_date - dt.timedelta(days=decide.integer("metering.average_days"))
    past = past_uses(periods, since=since)
    last_year = (
        per_day_last_year(periods, from_date=previous.read_date, to_date=read_date) if previous else None
    )
    return Expectation(
        previous=previous,
        days=(read_date - previous.read_date).days if previous else 0,
        past=tuple(past),
        average_per_day=daily_average(past),
        last_year_per_day=last_year,
        limits=ReadingLimits(
            most=most,
            high_factor=decide.decimal("metering.high_factor"),
            low_factor=decide.decimal("metering.low_factor"),
            ignore_up_to=decide.decimal("metering.ignore_up_to"),
        ),
        is_active=is_active,
        agreement_id=agreement.pk if agreement else None,
        shortest_period_days=decide.integer("metering.shortest_period_days"),
    )


class _Decisions:
    """The city's values for the account, class and service that a register serves."""

    def __init__(self, agreement: ServiceAgreement | None, on_date: dt.date) -> None:
        self._on_date = on_date
        self._number = agreement.account.number if agreement else ""
        self._service = agreement.service if agreement else ""
        self._class = ""
        if agreement is not None:
            classes = AccountClass.objects.filter(
                _on(on_date), account_id=agreement.account_id, purpose=AccountClass.Purpose.CUSTOMER
            )
            self._class = classes.values_list("value", flat=True).first() or ""

    def decimal(self, name: str) -> Decimal:
        return Decimal(str(self._value(name)))

    def integer(self, name: str) -> int:
        return int(str(self._value(name)))

    def _value(self, name: str) -> policy.Value:
        return policy.value(
            name,
            on_date=self._on_date,
            account_number=self._number,
            customer_class=self._class,
            service=self._service,
        )


def _served(register_id: int, on_date: dt.date) -> tuple[ServiceAgreement | None, bool]:
    """The agreement that a register's use goes to on a day, and whether service is on.

    The day a service stops still belongs to its agreement here: a final reading is taken on that day.
    Service counts as on unless a crew left it off; without an agreement nobody takes it.
    """
    sources = UsageSource.objects.filter(
        Q(to_date__isnull=True) | Q(to_date__gte=on_date), register=register_id, from_date__lte=on_date
    )
    point_ids = list(sources.order_by("from_date", "pk").values_list("service_point_id", flat=True))
    agreements = (
        ServiceAgreement.objects.filter(
            Q(to_date__isnull=True) | Q(to_date__gte=on_date),
            service_point__in=point_ids,
            from_date__lte=on_date,
        )
        .exclude(status=ServiceAgreement.Status.CANCELLED)
        .select_related("account")
    )
    agreement = agreements.order_by("-from_date", "pk").first()
    if agreement is None:
        # A meter that feeds nothing, or a vacant place: nobody is billed, and no use is expected.
        return None, not point_ids
    off = PhysicalStatus.objects.filter(_on(on_date), service_point=agreement.service_point_id).exclude(
        status=PhysicalStatus.Status.ON
    )
    return agreement, not off.filter(from_date__lt=on_date).exists()


def _on(on_date: dt.date) -> Q:
    return Q(from_date__lte=on_date) & (Q(to_date__isnull=True) | Q(to_date__gt=on_date))
