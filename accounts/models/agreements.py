"""Agreements to be served, and the facts that prices depend on."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import Q

from accounts.models.accounts import Account
from accounts.models.dated import ends_after_start
from accounts.models.places import SERVICES, Service, ServicePoint
from core.models import DateRangeOf
from core.states import Transitions


class ServiceAgreement(models.Model):
    """An account takes one service at one service point under one rate code, from a date to a date."""

    class Status(models.TextChoices):
        PENDING = "PENDING", "Pending"
        ACTIVE = "ACTIVE", "Active"
        STOPPED = "STOPPED", "Stopped"
        CANCELLED = "CANCELLED", "Cancelled before start"

    TRANSITIONS: ClassVar[Transitions] = {
        "PENDING": {"ACTIVE", "CANCELLED"},
        "ACTIVE": {"STOPPED"},
        "STOPPED": {"ACTIVE"},
        "CANCELLED": set(),
    }

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="agreements")
    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="agreements")
    service = models.CharField(max_length=10, choices=Service)
    rate_code = models.CharField(max_length=80)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_agreement_status",
                condition=Q(status__in=["PENDING", "ACTIVE", "STOPPED", "CANCELLED"]),
            ),
            models.CheckConstraint(name="accounts_agreement_service", condition=Q(service__in=SERVICES)),
            models.CheckConstraint(
                name="accounts_agreement_stopped_ends",
                condition=~Q(status="STOPPED") | Q(to_date__isnull=False),
            ),
            ends_after_start("accounts_agreement_dates"),
            ExclusionConstraint(
                name="accounts_agreement_one_at_a_time",
                expressions=[
                    ("service_point", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
                condition=~Q(status="CANCELLED"),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "from_date"], name="accounts_agreement_account")]


class Determinant(models.Model):
    """A dated fact that prices depend on: dwelling units, ERU, household size, inside city, meter size."""

    service_point = models.ForeignKey(
        ServicePoint, on_delete=models.PROTECT, null=True, blank=True, related_name="determinants"
    )
    agreement = models.ForeignKey(
        ServiceAgreement, on_delete=models.PROTECT, null=True, blank=True, related_name="determinants"
    )
    kind = models.CharField(max_length=40)
    value = models.CharField(max_length=80)
    unit = models.CharField(max_length=20, blank=True)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=120)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("accounts_determinant_dates"),
            models.CheckConstraint(
                name="accounts_determinant_one_owner",
                condition=Q(service_point__isnull=True, agreement__isnull=False)
                | Q(service_point__isnull=False, agreement__isnull=True),
            ),
            ExclusionConstraint(
                name="accounts_determinant_point_no_overlap",
                expressions=[
                    ("service_point", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
                condition=Q(service_point__isnull=False),
            ),
            ExclusionConstraint(
                name="accounts_determinant_agreement_no_overlap",
                expressions=[
                    ("agreement", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
                condition=Q(agreement__isnull=False),
            ),
        ]
