"""The chart of accounts: funds, accounts, charge types, reasons, periods."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models import Service, ends_after_start
from core.fields import AmountField
from core.models import DateRangeOf
from core.states import Transitions

SERVICE_OR_NONE = [*[choice.value for choice in Service], ""]


class Control(models.TextChoices):
    """Which subledger an account of the general ledger controls."""

    NONE = "NONE", "No subledger"
    RECEIVABLE = "RECEIVABLE", "Receivable"
    UNAPPLIED = "UNAPPLIED", "Unapplied credit"
    HELD = "HELD", "Held money"


CONTROLS = ["NONE", "RECEIVABLE", "UNAPPLIED", "HELD"]


class Side(models.TextChoices):
    DEBIT = "D", "Debit"
    CREDIT = "C", "Credit"


class Fund(models.Model):
    """A set of books that must balance by itself; the pool holds the cash of all."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)
    is_pool = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="ledger_fund_one_pool", fields=["is_pool"], condition=Q(is_pool=True)
            )
        ]


class ServiceFund(models.Model):
    """The fund that a service's charges belong to."""

    service = models.CharField(max_length=10, choices=Service, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+")


class GLAccount(models.Model):
    """An account of the general ledger."""

    class Kind(models.TextChoices):
        ASSET = "ASSET", "Asset"
        LIABILITY = "LIABILITY", "Liability"
        EQUITY = "EQUITY", "Net position"
        REVENUE = "REVENUE", "Revenue"
        EXPENSE = "EXPENSE", "Expense"

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    control = models.CharField(max_length=10, choices=Control, default=Control.NONE)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_glaccount_codes",
                condition=Q(kind__in=["ASSET", "LIABILITY", "EQUITY", "REVENUE", "EXPENSE"])
                & Q(control__in=CONTROLS),
            ),
            models.UniqueConstraint(name="ledger_glaccount_control", fields=["id", "control"]),
        ]


class Agency(models.Model):
    """Somebody else whose money passes through our bills: another city, the state's tax office."""

    code = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=80)


class ChargeType(models.Model):
    """What a charge is for, where its revenue goes, and how it is settled."""

    class Basis(models.TextChoices):
        OWN = "OWN", "Our revenue"
        BILLED = "BILLED", "Payable to the agency when billed"
        COLLECTED = "COLLECTED", "Payable to the agency when collected"

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    credit_account = models.ForeignKey(GLAccount, on_delete=models.PROTECT, related_name="+")
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    basis = models.CharField(max_length=10, choices=Basis, default=Basis.OWN)
    priority = models.PositiveSmallIntegerField(default=50)
    is_tax = models.BooleanField(default=False)
    is_penalty = models.BooleanField(default=False)
    is_curtailable = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_chargetype_basis", condition=Q(basis__in=["OWN", "BILLED", "COLLECTED"])
            ),
            models.CheckConstraint(
                name="ledger_chargetype_agency",
                condition=Q(basis="OWN") | Q(agency__isnull=False),
            ),
        ]


class FeeAmount(models.Model):
    """The dated price of a fee, with what it was decided by."""

    charge_type = models.ForeignKey(ChargeType, on_delete=models.PROTECT, related_name="amounts")
    amount = AmountField()
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    ordinance = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("ledger_feeamount_dates"),
            ExclusionConstraint(
                name="ledger_feeamount_no_overlap",
                expressions=[
                    ("charge_type", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class ReasonCode(models.Model):
    """Why an entry was made; the list is closed."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)


class Period(models.Model):
    """An accounting period, from ``start_date`` to the day before ``end_date``.

    Entries post only into open ones, adjusting ones into soft-closed ones and the thirteenth too.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        SOFT_CLOSED = "SOFT_CLOSED", "Soft-closed"
        CLOSED = "CLOSED", "Closed"

    TRANSITIONS: ClassVar[Transitions] = {
        "OPEN": {"SOFT_CLOSED"},
        "SOFT_CLOSED": {"OPEN", "CLOSED"},
        "CLOSED": set(),
    }

    start_date = models.DateField()
    end_date = models.DateField()
    fiscal_year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_period_state", condition=Q(state__in=["OPEN", "SOFT_CLOSED", "CLOSED"])
            ),
            models.CheckConstraint(name="ledger_period_dates", condition=Q(end_date__gt=F("start_date"))),
            models.UniqueConstraint(name="ledger_period_number", fields=["fiscal_year", "number"]),
            ExclusionConstraint(
                name="ledger_period_no_overlap",
                expressions=[(DateRangeOf("start_date", "end_date"), RangeOperators.OVERLAPS)],
                condition=Q(number__lt=13),
            ),
        ]
