"""What changes how a charge stands: preferences, deferrals, disputes, pledges, placements; and held money."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models import Account, Party, ends_after_start
from core.fields import AmountField
from core.models import DateRangeOf
from ledger.models.entries import Charge, JournalEntry


class AllocationPreference(models.Model):
    """A customer or a supervisor said which charge a payment settles first (lower rank first)."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="preferences")
    rank = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("ledger_preference_dates"),
            ExclusionConstraint(
                name="ledger_preference_no_overlap",
                expressions=[
                    ("charge", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Deferral(models.Model):
    """Part of a charge that is not due before ``until_date``: a plan, a budget, an extension, an undercharge."""

    class Kind(models.TextChoices):
        PLAN = "PLAN", "Payment plan"
        BUDGET = "BUDGET", "Budget billing"
        EXTENSION = "EXTENSION", "Extension"
        UNDERCHARGE = "UNDERCHARGE", "Undercharge plan"

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="deferrals")
    amount = AmountField()
    kind = models.CharField(max_length=12, choices=Kind)
    from_date = models.DateField()
    until_date = models.DateField()
    ended_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_deferral_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="ledger_deferral_dates", condition=Q(until_date__gt=F("from_date"))),
            models.CheckConstraint(
                name="ledger_deferral_kind",
                condition=Q(kind__in=["PLAN", "BUDGET", "EXTENSION", "UNDERCHARGE"]),
            ),
        ]


class Dispute(models.Model):
    """Part of a charge that the customer disputes: no penalty, no shutoff on it while open."""

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="disputes")
    amount = AmountField()
    reason = models.CharField(max_length=200)
    opened_date = models.DateField()
    closed_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_dispute_amount", condition=Q(amount__gt=0)),
            models.UniqueConstraint(
                name="ledger_dispute_one_open", fields=["charge"], condition=Q(closed_date__isnull=True)
            ),
        ]


class Pledge(models.Model):
    """An agency promised money for an account; it stops lateness of that amount until it expires."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="pledges")
    agency_name = models.CharField(max_length=120)
    amount = AmountField()
    pledged_date = models.DateField()
    expires_date = models.DateField()
    ended_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_pledge_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="ledger_pledge_dates", condition=Q(expires_date__gt=F("pledged_date"))
            ),
        ]


class Placement(models.Model):
    """A charge that is somebody else's to collect, or nobody's: one placement of a charge at a time."""

    class Kind(models.TextChoices):
        AGENCY = "AGENCY", "At the agency"
        LEGAL = "LEGAL", "At court"
        CERTIFIED = "CERTIFIED", "On the tax roll"
        WRITTEN_OFF = "WRITTEN_OFF", "Written off"
        PRE_PETITION = "PRE_PETITION", "Before the petition"
        BARRED = "BARRED", "Barred by time"

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="placements")
    kind = models.CharField(max_length=12, choices=Kind)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("ledger_placement_dates"),
            models.CheckConstraint(
                name="ledger_placement_kind",
                condition=Q(
                    kind__in=["AGENCY", "LEGAL", "CERTIFIED", "WRITTEN_OFF", "PRE_PETITION", "BARRED"]
                ),
            ),
            ExclusionConstraint(
                name="ledger_placement_one_at_a_time",
                expressions=[
                    ("charge", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class HeldMoney(models.Model):
    """Money that is the customer's and in our keeping: a security deposit, a pledge received."""

    class Kind(models.TextChoices):
        SECURITY_DEPOSIT = "SECURITY_DEPOSIT", "Security deposit"
        PLEDGE = "PLEDGE", "Pledge received"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="held_money")
    kind = models.CharField(max_length=20, choices=Kind)
    service = models.CharField(max_length=10, blank=True)
    paid_by = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    opened_date = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_heldmoney_kind", condition=Q(kind__in=["SECURITY_DEPOSIT", "PLEDGE"])
            )
        ]


class HeldMovement(models.Model):
    """Held money received, applied to charges, given back, or grown by interest; each with its entry."""

    APPEND_ONLY = True

    class Kind(models.TextChoices):
        RECEIVED = "RECEIVED", "Received"
        INTEREST = "INTEREST", "Interest"
        APPLIED = "APPLIED", "Applied"
        RETURNED = "RETURNED", "Returned"

    held_money = models.ForeignKey(HeldMoney, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind)
    amount = AmountField()
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_heldmovement_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="ledger_heldmovement_kind",
                condition=Q(kind__in=["RECEIVED", "INTEREST", "APPLIED", "RETURNED"]),
            ),
        ]
