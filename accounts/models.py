"""Parties, premises, service points, accounts, agreements and their dated facts."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from core.models import DateRangeOf, User
from core.states import Transitions


class SplitPart(models.Func):
    """The nth word of a text; counted from the end where ``position`` is negative."""

    function = "split_part"
    output_field = models.TextField()

    def __init__(self, expression: str | models.expressions.Combinable, position: int) -> None:
        super().__init__(expression, Value(" "), Value(position))


def ends_after_start(name: str) -> models.CheckConstraint:
    """A dated row that ends must end after it starts (half-open, so never on the same day)."""
    return models.CheckConstraint(
        name=name, condition=Q(to_date__isnull=True) | Q(to_date__gt=F("from_date"))
    )


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


class Party(models.Model):
    """A person or organisation, named as given; duplicates merge for ever through ``merged_into``."""

    class Kind(models.TextChoices):
        PERSON = "PERSON", "Person"
        ORGANISATION = "ORGANISATION", "Organisation"

    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=160)
    language = models.CharField(max_length=8, default="en")
    is_confidential = models.BooleanField(default=False)
    staff_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged_from"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_party_kind", condition=Q(kind__in=["PERSON", "ORGANISATION"])
            ),
            models.CheckConstraint(name="accounts_party_named", condition=~Q(name="")),
            models.CheckConstraint(
                name="accounts_party_not_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("pk")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ContactPoint(models.Model):
    """One way to reach a party, dated, with what became of it."""

    class Kind(models.TextChoices):
        PHONE = "PHONE", "Phone"
        MOBILE = "MOBILE", "Mobile"
        EMAIL = "EMAIL", "E-mail"

    class State(models.TextChoices):
        UNVERIFIED = "UNVERIFIED", "Not verified"
        VERIFIED = "VERIFIED", "Verified"
        RETURNED = "RETURNED", "Returned"
        OPTED_OUT = "OPTED_OUT", "Opted out"

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.CharField(max_length=8, choices=Kind)
    purpose = models.CharField(max_length=20, default="ANY")
    value = models.CharField(max_length=160)
    digits = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.UNVERIFIED)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="accounts_contactpoint_codes",
                condition=Q(kind__in=["PHONE", "MOBILE", "EMAIL"])
                & Q(state__in=["UNVERIFIED", "VERIFIED", "RETURNED", "OPTED_OUT"]),
            ),
            ends_after_start("accounts_contactpoint_dates"),
        ]


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


class SearchEntry(models.Model):
    """One thing that an account can be found by, kept by triggers on the tables it comes from."""

    class Kind(models.TextChoices):
        NAME = "NAME", "Name"
        ADDRESS = "ADDRESS", "Address"
        IDENTIFIER = "IDENTIFIER", "Number"
        PHONE = "PHONE", "Phone"
        EMAIL = "EMAIL", "E-mail"
        METER = "METER", "Meter"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind)
    source_id = models.BigIntegerField()
    text = models.CharField(max_length=200)
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="accounts_searchentry_once", fields=["kind", "source_id", "account"]
            ),
            models.CheckConstraint(
                name="accounts_searchentry_kind",
                condition=Q(kind__in=["NAME", "ADDRESS", "IDENTIFIER", "PHONE", "EMAIL", "METER"]),
            ),
        ]
        indexes: ClassVar = [
            # Every look reads the whole list of rows not yet sorted in: kept short, or it costs more than the index.
            GinIndex(
                name="accounts_search_trigrams",
                fields=["text"],
                opclasses=["gin_trgm_ops"],
                gin_pending_list_limit=1024,
            ),
            models.Index(name="accounts_search_prefix", fields=["text"], opclasses=["varchar_pattern_ops"]),
            # Two letters make no trigram: a last name and a street are found by the starts of these.
            models.Index(
                OpClass(SplitPart("text", -1), name="text_pattern_ops"),
                name="accounts_search_last_word",
                condition=Q(kind="NAME"),
            ),
            models.Index(
                OpClass(SplitPart("text", 2), name="text_pattern_ops"),
                name="accounts_search_street",
                condition=Q(kind="ADDRESS"),
            ),
            models.Index(name="accounts_search_account", fields=["account", "kind"]),
        ]


class SearchWord(models.Model):
    """One word of the names and addresses that are searched: what a misspelt word is held against."""

    word = models.CharField(max_length=80, unique=True)

    class Meta:
        indexes: ClassVar = [
            GinIndex(
                name="accounts_searchword_trigrams",
                fields=["word"],
                opclasses=["gin_trgm_ops"],
                gin_pending_list_limit=1024,
            )
        ]
