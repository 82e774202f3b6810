"""Cycles and routes, premises, service points and what a crew would find there."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models.dated import ends_after_start
from accounts.models.people import Party
from core.models import DateRangeOf


class Service(models.TextChoices):
    WATER = "WATER", "Water"
    SEWER = "SEWER", "Sewer"
    STORM = "STORM", "Stormwater"
    ELECTRIC = "ELECTRIC", "Electricity"
    GAS = "GAS", "Gas"
    REFUSE = "REFUSE", "Refuse"


SERVICES = [choice.value for choice in Service]


class Cycle(models.Model):
    """Accounts that are read and billed together."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    months_per_period = models.PositiveSmallIntegerField(default=1)
    bills_when_read = models.BooleanField(default=False)


class Route(models.Model):
    """Service points that one reader walks, in walk order."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="routes")


class Premise(models.Model):
    """A place that is served, with its address in parts."""

    house_number = models.CharField(max_length=12, blank=True)
    street_prefix = models.CharField(max_length=4, blank=True)
    street_name = models.CharField(max_length=80)
    street_type = models.CharField(max_length=12, blank=True)
    street_suffix = models.CharField(max_length=4, blank=True)
    unit = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=60)
    state = models.CharField(max_length=2)
    postal_code = models.CharField(max_length=10)
    parcel_number = models.CharField(max_length=40, blank=True)
    location_note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["street_name", "house_number"], name="accounts_premise_street"),
            models.Index(fields=["parcel_number"], name="accounts_premise_parcel"),
        ]

    def __str__(self) -> str:
        return self.street_address

    # Properties

    @property
    def street_address(self) -> str:
        """The service address on one line, without the town: ``118 N Oak St Apt 3``."""
        parts = (
            self.house_number,
            self.street_prefix,
            self.street_name,
            self.street_type,
            self.street_suffix,
            self.unit,
        )
        return " ".join(part for part in parts if part)


class Ownership(models.Model):
    """Who owns a premise, dated, with where that is known from."""

    premise = models.ForeignKey(Premise, on_delete=models.PROTECT, related_name="ownerships")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="ownerships")
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("accounts_ownership_dates"),
            ExclusionConstraint(
                name="accounts_ownership_no_overlap",
                expressions=[
                    ("premise", RangeOperators.EQUAL),
                    ("party", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class ServicePoint(models.Model):
    """One service at one premise; it lives for ever while agreements come and go."""

    premise = models.ForeignKey(Premise, on_delete=models.PROTECT, related_name="service_points")
    service = models.CharField(max_length=10, choices=Service)
    number = models.PositiveSmallIntegerField(default=1)
    route = models.ForeignKey(
        Route, on_delete=models.PROTECT, null=True, blank=True, related_name="service_points"
    )
    walk_order = models.IntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="accounts_servicepoint_service", condition=Q(service__in=SERVICES)),
            models.UniqueConstraint(
                name="accounts_servicepoint_number", fields=["premise", "service", "number"]
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["route", "walk_order"], name="accounts_servicepoint_walk")]


class PhysicalStatus(models.Model):
    """What a crew would find at a service point, dated, and why it is so."""

    class Status(models.TextChoices):
        ON = "ON", "On"
        OFF_AT_VALVE = "OFF_AT_VALVE", "Off at valve"
        LOCKED = "LOCKED", "Locked"
        PLUGGED = "PLUGGED", "Plugged"
        REMOVED = "REMOVED", "Removed"

    service_point = models.ForeignKey(
        ServicePoint, on_delete=models.PROTECT, related_name="physical_statuses"
    )
    status = models.CharField(max_length=12, choices=Status)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_physicalstatus_dates",
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
            ),
            models.CheckConstraint(
                name="accounts_physicalstatus_status",
                condition=Q(status__in=["ON", "OFF_AT_VALVE", "LOCKED", "PLUGGED", "REMOVED"]),
            ),
            ExclusionConstraint(
                name="accounts_physicalstatus_no_overlap",
                expressions=[
                    ("service_point", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
