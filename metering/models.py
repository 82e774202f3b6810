"""Meters, registers, installations, usage sources, readings and their exceptions."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import ServiceAgreement, ServicePoint, ends_after_start
from core.fields import RateField
from core.models import DateRangeOf, User
from core.states import Transitions


class Meter(models.Model):
    """A device with a serial number; it is in stock, at one service point, or retired."""

    class Status(models.TextChoices):
        IN_STOCK = "IN_STOCK", "In stock"
        INSTALLED = "INSTALLED", "Installed"
        RETIRED = "RETIRED", "Retired"

    TRANSITIONS: ClassVar[Transitions] = {
        "IN_STOCK": {"INSTALLED", "RETIRED"},
        "INSTALLED": {"IN_STOCK", "RETIRED"},
        "RETIRED": set(),
    }

    serial_number = models.CharField(max_length=40, unique=True)
    size = models.CharField(max_length=12, blank=True)
    make = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.IN_STOCK)
    purchased_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="metering_meter_status", condition=Q(status__in=["IN_STOCK", "INSTALLED", "RETIRED"])
            )
        ]

    def __str__(self) -> str:
        return self.serial_number


class Register(models.Model):
    """One index of a meter: how many dials, what one unit of it is worth, and in what unit."""

    class Unit(models.TextChoices):
        CCF = "CCF", "hundred cubic feet"
        KGAL = "KGAL", "thousand gallons"
        GAL = "GAL", "gallons"
        CF = "CF", "cubic feet"
        M3 = "M3", "cubic metres"
        KWH = "KWH", "kilowatt-hours"
        KW = "KW", "kilowatts"
        THERM = "THERM", "therms"

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="registers")
    position = models.PositiveSmallIntegerField(default=1)
    dial_count = models.PositiveSmallIntegerField()
    multiplier = RateField(default=1)
    unit = models.CharField(max_length=6, choices=Unit)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="metering_register_position", fields=["meter", "position"]),
            models.CheckConstraint(
                name="metering_register_dials", condition=Q(dial_count__gte=1, dial_count__lte=12)
            ),
            models.CheckConstraint(name="metering_register_multiplier", condition=Q(multiplier__gt=0)),
            models.CheckConstraint(
                name="metering_register_unit",
                condition=Q(unit__in=["CCF", "KGAL", "GAL", "CF", "M3", "KWH", "KW", "THERM"]),
            ),
        ]


class Installation(models.Model):
    """A meter at a service point from a date to a date."""

    meter = models.ForeignKey(Meter, on_delete=models.PROTECT, related_name="installations")
    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="installations")
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("metering_installation_dates"),
            ExclusionConstraint(
                name="metering_installation_one_place",
                expressions=[
                    ("meter", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class UsageSource(models.Model):
    """A register counts towards the use of a service point: added or deducted, whole or a share."""

    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="usage_sources")
    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="usage_sources")
    sign = models.SmallIntegerField(default=1)
    share = RateField(default=1)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("metering_usagesource_dates"),
            models.CheckConstraint(name="metering_usagesource_sign", condition=Q(sign__in=[1, -1])),
            models.CheckConstraint(
                name="metering_usagesource_share", condition=Q(share__gt=0) & Q(share__lte=1)
            ),
            ExclusionConstraint(
                name="metering_usagesource_no_overlap",
                expressions=[
                    ("service_point", RangeOperators.EQUAL),
                    ("register", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Reading(models.Model):
    """What a register showed at a moment, as its dials read; never edited, only superseded."""

    UPDATE_COLUMNS = ("superseded_by_id",)

    class Kind(models.TextChoices):
        ACTUAL = "ACTUAL", "Actual"
        ESTIMATE = "ESTIMATE", "Estimate"
        CUSTOMER = "CUSTOMER", "Read by customer"
        SET = "SET", "Meter set"
        REMOVE = "REMOVE", "Meter removed"
        FINAL = "FINAL", "Final"

    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="readings")
    read_at = models.DateTimeField()
    read_date = models.DateField()
    dials = models.CharField(max_length=12)
    value = models.DecimalField(max_digits=14, decimal_places=3)
    kind = models.CharField(max_length=10, choices=Kind)
    source = models.CharField(max_length=20)
    reader = models.CharField(max_length=60, blank=True)
    superseded_by = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes"
    )
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="metering_reading_kind",
                condition=Q(kind__in=["ACTUAL", "ESTIMATE", "CUSTOMER", "SET", "REMOVE", "FINAL"]),
            ),
            models.CheckConstraint(name="metering_reading_value", condition=Q(value__gte=0)),
            models.CheckConstraint(
                name="metering_reading_not_itself",
                condition=Q(superseded_by__isnull=True) | ~Q(superseded_by=F("pk")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="metering_reading_live",
                fields=["register", "read_date", "id"],
                condition=Q(superseded_by__isnull=True),
            )
        ]


class ReadingException(models.Model):
    """Why a read, or the lack of one, may not be billed until a person has looked at it."""

    class Severity(models.TextChoices):
        SEVERE = "SEVERE", "Severe"
        WARNING = "WARNING", "Warning"

    class Code(models.TextChoices):
        MISSING = "MISSING", "No read"
        ZERO = "ZERO", "No use on an active service"
        NEGATIVE = "NEGATIVE", "Lower than the last read"
        HIGH = "HIGH", "Higher than expected"
        LOW = "LOW", "Lower than expected"
        ROLLOVER = "ROLLOVER", "The index went past its highest number"
        USE_WHEN_OFF = "USE_WHEN_OFF", "Use where service is off"

    class Resolution(models.TextChoices):
        ACCEPTED = "ACCEPTED", "Accepted as read"
        ESTIMATED = "ESTIMATED", "Estimated"
        CORRECTED = "CORRECTED", "Corrected"
        REREAD = "REREAD", "Read again"
        SUPERSEDED = "SUPERSEDED", "Superseded by another reading"

    register = models.ForeignKey(Register, on_delete=models.PROTECT, related_name="exceptions")
    agreement = models.ForeignKey(
        ServiceAgreement, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reading = models.ForeignKey(
        Reading, on_delete=models.PROTECT, null=True, blank=True, related_name="exceptions"
    )
    on_date = models.DateField()
    code = models.CharField(max_length=12, choices=Code)
    severity = models.CharField(max_length=8, choices=Severity)
    text = models.CharField(max_length=300)
    raised_at = models.DateTimeField(db_default=Now(), editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    resolution = models.CharField(max_length=20, blank=True, choices=Resolution)
    resolution_note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="metering_exception_codes",
                condition=Q(severity__in=["SEVERE", "WARNING"])
                & Q(code__in=["MISSING", "ZERO", "NEGATIVE", "HIGH", "LOW", "ROLLOVER", "USE_WHEN_OFF"]),
            ),
            models.CheckConstraint(
                name="metering_exception_resolution",
                condition=Q(
                    resolution__in=["", "ACCEPTED", "ESTIMATED", "CORRECTED", "REREAD", "SUPERSEDED"]
                ),
            ),
            models.CheckConstraint(
                name="metering_exception_resolved_pair",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | (Q(resolved_at__isnull=False, resolved_by__isnull=False) & ~Q(resolution="")),
            ),
            models.UniqueConstraint(
                name="metering_exception_one_open",
                fields=["register", "on_date", "code"],
                condition=Q(resolved_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="metering_exception_open",
                fields=["register"],
                condition=Q(resolved_at__isnull=True, severity="SEVERE"),
            )
        ]
