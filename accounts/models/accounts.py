"""Accounts, who is who on them, and their dated facts."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models.dated import ends_after_start
from accounts.models.people import Party
from accounts.models.places import Cycle, Premise
from core.models import DateRangeOf, User


class Account(models.Model):
    """What a bill is addressed to and money is paid on."""

    class Kind(models.TextChoices):
        REGULAR = "REGULAR", "Regular"
        INTERDEPARTMENTAL = "INTERDEPARTMENTAL", "Interdepartmental"
        CITY_FACILITY = "CITY_FACILITY", "City facility"
        HYDRANT_METER = "HYDRANT_METER", "Hydrant meter"
        BULK_WATER = "BULK_WATER", "Bulk water"
        FIRE_LINE = "FIRE_LINE", "Fire line"
        STANDBY = "STANDBY", "Standby"

    number = models.CharField(max_length=11, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.REGULAR)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="accounts")
    opened_date = models.DateField()
    closed_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_account_kind",
                condition=Q(
                    kind__in=[
                        "REGULAR",
                        "INTERDEPARTMENTAL",
                        "CITY_FACILITY",
                        "HYDRANT_METER",
                        "BULK_WATER",
                        "FIRE_LINE",
                        "STANDBY",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="accounts_account_dates",
                condition=Q(closed_date__isnull=True) | Q(closed_date__gte=F("opened_date")),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["cycle", "number"], name="accounts_account_cycle")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return f"/account/{self.number}/"


class AccountRole(models.Model):
    """Who somebody is to an account, from when to when, and whether they owe what it owes."""

    class Kind(models.TextChoices):
        HOLDER = "HOLDER", "Holder"
        CO_HOLDER = "CO_HOLDER", "Co-holder"
        OWNER = "OWNER", "Owner"
        AGENT = "AGENT", "Agent"
        PAYER = "PAYER", "Payer"
        COPY_TO = "COPY_TO", "Copy to"
        THIRD_PARTY_NOTICE = "THIRD_PARTY_NOTICE", "Third-party notice"
        AUTHORISED = "AUTHORISED", "Authorised to discuss"
        GUARANTOR = "GUARANTOR", "Guarantor"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="roles")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="roles")
    kind = models.CharField(max_length=20, choices=Kind)
    is_liable = models.BooleanField()
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("accounts_accountrole_dates"),
            models.CheckConstraint(
                name="accounts_accountrole_kind",
                condition=Q(
                    kind__in=[
                        "HOLDER",
                        "CO_HOLDER",
                        "OWNER",
                        "AGENT",
                        "PAYER",
                        "COPY_TO",
                        "THIRD_PARTY_NOTICE",
                        "AUTHORISED",
                        "GUARANTOR",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="accounts_accountrole_holder_liable", condition=~Q(kind="HOLDER") | Q(is_liable=True)
            ),
            ExclusionConstraint(
                name="accounts_accountrole_one_holder",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
                condition=Q(kind="HOLDER"),
            ),
            ExclusionConstraint(
                name="accounts_accountrole_no_overlap",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("party", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class AccountClass(models.Model):
    """The dated class of an account for one purpose; the purposes are kept apart on purpose."""

    class Purpose(models.TextChoices):
        CUSTOMER = "CUSTOMER", "Customer class"
        TAX = "TAX", "Tax class"
        COLLECTION = "COLLECTION", "Collection class"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="classes")
    purpose = models.CharField(max_length=12, choices=Purpose)
    value = models.CharField(max_length=40)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("accounts_accountclass_dates"),
            models.CheckConstraint(
                name="accounts_accountclass_purpose",
                condition=Q(purpose__in=["CUSTOMER", "TAX", "COLLECTION"]),
            ),
            ExclusionConstraint(
                name="accounts_accountclass_no_overlap",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    ("purpose", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class BillingStatus(models.Model):
    """Whether an account is billed, dated: normal, suspended, never, or final billed."""

    class Status(models.TextChoices):
        NORMAL = "NORMAL", "Normal"
        SUSPENDED = "SUSPENDED", "Suspended"
        NO_BILL = "NO_BILL", "No bill"
        FINAL_BILLED = "FINAL_BILLED", "Final billed"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="billing_statuses")
    status = models.CharField(max_length=12, choices=Status)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("accounts_billingstatus_dates"),
            models.CheckConstraint(
                name="accounts_billingstatus_status",
                condition=Q(status__in=["NORMAL", "SUSPENDED", "NO_BILL", "FINAL_BILLED"]),
            ),
            ExclusionConstraint(
                name="accounts_billingstatus_no_overlap",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class MailingAddress(models.Model):
    """Where an account's mail goes, free-form, from a date (future and seasonal ones too)."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="mailing_addresses")
    addressee = models.CharField(max_length=160)
    lines = models.TextField()
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            ends_after_start("accounts_mailingaddress_dates"),
            models.CheckConstraint(name="accounts_mailingaddress_lines", condition=~Q(lines="")),
            ExclusionConstraint(
                name="accounts_mailingaddress_no_overlap",
                expressions=[
                    ("account", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Identifier(models.Model):
    """A number that finds an account, premise or party for ever: current, legacy, bank bill-pay."""

    class Kind(models.TextChoices):
        ACCOUNT_NUMBER = "ACCOUNT_NUMBER", "Account number"
        LEGACY_ACCOUNT = "LEGACY_ACCOUNT", "Legacy account number"
        BILL_PAY = "BILL_PAY", "Bank bill-pay number"
        PREMISE_NUMBER = "PREMISE_NUMBER", "Premise number"
        CUSTOMER_NUMBER = "CUSTOMER_NUMBER", "Customer number"

    kind = models.CharField(max_length=20, choices=Kind)
    value = models.CharField(max_length=40)
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="identifiers"
    )
    premise = models.ForeignKey(
        Premise, on_delete=models.PROTECT, null=True, blank=True, related_name="identifiers"
    )
    party = models.ForeignKey(
        Party, on_delete=models.PROTECT, null=True, blank=True, related_name="identifiers"
    )
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="accounts_identifier_once", fields=["kind", "value"]),
            models.CheckConstraint(
                name="accounts_identifier_kind",
                condition=Q(
                    kind__in=[
                        "ACCOUNT_NUMBER",
                        "LEGACY_ACCOUNT",
                        "BILL_PAY",
                        "PREMISE_NUMBER",
                        "CUSTOMER_NUMBER",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="accounts_identifier_one_target",
                condition=Q(account__isnull=False, premise__isnull=True, party__isnull=True)
                | Q(account__isnull=True, premise__isnull=False, party__isnull=True)
                | Q(account__isnull=True, premise__isnull=True, party__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["value"], name="accounts_identifier_value")]


class Note(models.Model):
    """What somebody wrote about an account: added to, never edited."""

    APPEND_ONLY = True

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=20, default="NOTE")
    text = models.TextField()
    is_pinned = models.BooleanField(default=False)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="accounts_note_text", condition=~Q(text=""))]
        indexes: ClassVar = [models.Index(fields=["account", "-written_at"], name="accounts_note_account")]


class Alert(models.Model):
    """A dated warning at the top of every screen of the account."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=30)
    text = models.CharField(max_length=200)
    source = models.CharField(max_length=120, blank=True)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [ends_after_start("accounts_alert_dates")]


class TenderRestriction(models.Model):
    """Tenders that an account may not use for a time, with the reason: cash only after returned checks."""

    class Kind(models.TextChoices):
        CASH_ONLY = "CASH_ONLY", "Cash only"
        NO_CHECKS = "NO_CHECKS", "No checks"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="tender_restrictions")
    kind = models.CharField(max_length=12, choices=Kind)
    reason = models.CharField(max_length=200)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_tenderrestriction_kind", condition=Q(kind__in=["CASH_ONLY", "NO_CHECKS"])
            ),
            ends_after_start("accounts_tenderrestriction_dates"),
        ]
