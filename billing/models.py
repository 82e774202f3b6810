"""Rate schedules and versions, bill runs and their items, bills, segments and lines."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import SERVICES, Account, Cycle, Service, ServiceAgreement, ends_after_start
from core.fields import AmountField, RateField
from core.models import DateRangeOf, Document, SmallOfficeReview, User
from core.states import Transitions
from ledger.models import Charge, ChargeType, JournalEntry
from metering.models import Reading


class RateSchedule(models.Model):
    """A rate by its code, which agreements name; its prices are in dated versions."""

    code = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    service = models.CharField(max_length=10, choices=Service)
    unit = models.CharField(max_length=12)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="billing_rateschedule_service", condition=Q(service__in=SERVICES))
        ]

    def __str__(self) -> str:
        return self.code


class RateVersion(models.Model):
    """A schedule's prices from a date to a date; a version in use is frozen by the database."""

    class Status(models.TextChoices):
        DRAFT = "DRAFT", "Draft"
        APPROVED = "APPROVED", "Approved"

    TRANSITIONS: ClassVar[Transitions] = {"DRAFT": {"APPROVED"}, "APPROVED": set()}

    schedule = models.ForeignKey(RateSchedule, on_delete=models.PROTECT, related_name="versions")
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    definition = models.JSONField()
    source_name = models.CharField(max_length=200, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    ordinance = models.CharField(max_length=200, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="billing_rateversion_status", condition=Q(status__in=["DRAFT", "APPROVED"])
            ),
            models.CheckConstraint(
                name="billing_rateversion_dates",
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
            ),
            models.CheckConstraint(
                name="billing_rateversion_second_person",
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("entered_by")),
            ),
            models.CheckConstraint(
                name="billing_rateversion_approved_pair",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            ExclusionConstraint(
                name="billing_rateversion_no_overlap",
                expressions=[
                    ("schedule", RangeOperators.EQUAL),
                    (DateRangeOf("effective_from", "effective_to"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status="APPROVED"),
            ),
        ]


class BillRun(models.Model):
    """One billing of one cycle for one period, as a state machine over its items."""

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        CALCULATING = "CALCULATING", "Calculating"
        REVIEW = "REVIEW", "For review"
        APPROVED = "APPROVED", "Approved"
        POSTING = "POSTING", "Posting"
        POSTED = "POSTED", "Posted"
        PRINTING = "PRINTING", "Printing"
        DONE = "DONE", "Done"
        CANCELLED = "CANCELLED", "Cancelled"
        REVERSED = "REVERSED", "Reversed"

    class Kind(models.TextChoices):
        REGULAR = "REGULAR", "Regular"
        OFF_CYCLE = "OFF_CYCLE", "Off cycle"

    TRANSITIONS: ClassVar[Transitions] = {
        "OPEN": {"CALCULATING", "CANCELLED"},
        "CALCULATING": {"REVIEW", "CANCELLED"},
        "REVIEW": {"CALCULATING", "APPROVED", "CANCELLED"},
        "APPROVED": {"POSTING", "REVIEW"},
        "POSTING": {"POSTED"},
        "POSTED": {"PRINTING", "REVERSED"},
        "PRINTING": {"DONE", "POSTED"},
        "DONE": {"PRINTING", "REVERSED"},
        "CANCELLED": set(),
        "REVERSED": set(),
    }

    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.REGULAR)
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="bill_runs")
    period_start = models.DateField()
    period_end = models.DateField()
    bill_date = models.DateField()
    due_date = models.DateField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    is_paused = models.BooleanField(default=False)
    item_count = models.IntegerField(default=0)
    figures_hash = models.CharField(max_length=64, blank=True)
    total_amount = AmountField(null=True, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    # Where the maker approved it alone: the review that another person signs.
    small_office_review = models.OneToOneField(SmallOfficeReview, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    started_at = models.DateTimeField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="billing_billrun_state",
                condition=Q(
                    state__in=[
                        "OPEN",
                        "CALCULATING",
                        "REVIEW",
                        "APPROVED",
                        "POSTING",
                        "POSTED",
                        "PRINTING",
                        "DONE",
                        "CANCELLED",
                        "REVERSED",
                    ]
                )
                & Q(kind__in=["REGULAR", "OFF_CYCLE"]),
            ),
            models.CheckConstraint(
                name="billing_billrun_dates",
                condition=Q(period_end__gt=F("period_start")) & Q(due_date__gte=F("bill_date")),
            ),
            models.CheckConstraint(
                name="billing_billrun_second_person",
                condition=Q(approved_by__isnull=True)
                | ~Q(approved_by=F("made_by"))
                | Q(small_office_review__isnull=False),
            ),
            models.CheckConstraint(
                name="billing_billrun_approved_pair",
                condition=Q(approved_by__isnull=True, approved_at__isnull=True)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="billing_billrun_approval_needed",
                condition=~Q(state__in=["APPROVED", "POSTING", "POSTED", "PRINTING", "DONE"])
                | Q(approved_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="billing_billrun_one_live",
                fields=["cycle", "period_start"],
                condition=Q(kind="REGULAR") & ~Q(state__in=["CANCELLED", "REVERSED"]),
            ),
        ]


class RunWorker(models.Model):
    """A worker at a run, alive while its heartbeat is young; a sweeper sends help where none is left."""

    run = models.ForeignKey(BillRun, on_delete=models.CASCADE, related_name="workers")
    name = models.CharField(max_length=120)
    heartbeat_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="billing_runworker_once", fields=["run", "name"])
        ]


class Bill(models.Model):
    """What an account was told it owes. Its amounts are its lines'; posting adds the entry and the balances."""

    class Status(models.TextChoices):
        DRAFT = "DRAFT", "Draft"
        POSTED = "POSTED", "Posted"
        REVERSED = "REVERSED", "Reversed"

    TRANSITIONS: ClassVar[Transitions] = {"DRAFT": {"POSTED"}, "POSTED": {"REVERSED"}, "REVERSED": set()}

    number = models.CharField(max_length=20, unique=True)
    run = models.ForeignKey(BillRun, on_delete=models.PROTECT, related_name="bills")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="bills", db_index=False)
    bill_date = models.DateField()
    due_date = models.DateField()
    total_amount = AmountField()
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    entry = models.OneToOneField(
        JournalEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    previous_amount = AmountField(null=True, blank=True)
    credits_amount = AmountField(null=True, blank=True)
    due_amount = AmountField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="billing_bill_status", condition=Q(status__in=["DRAFT", "POSTED", "REVERSED"])
            ),
            models.CheckConstraint(
                name="billing_bill_entry",
                condition=Q(status="DRAFT", entry__isnull=True)
                | (~Q(status="DRAFT") & (Q(entry__isnull=False) | Q(total_amount=0))),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "-bill_date"], name="billing_bill_account")]

    def __str__(self) -> str:
        return self.number


class BillRunItem(models.Model):
    """One account in a run: waiting, calculated, held with its reasons, in error, or posted."""

    class State(models.TextChoices):
        PENDING = "PENDING", "Waiting"
        CALCULATED = "CALCULATED", "Calculated"
        NOT_DUE = "NOT_DUE", "Nothing to bill"
        HELD = "HELD", "Held"
        ERROR = "ERROR", "In error"
        POSTED = "POSTED", "Posted"

    TRANSITIONS: ClassVar[Transitions] = {
        "PENDING": {"CALCULATED", "NOT_DUE", "HELD", "ERROR"},
        "CALCULATED": {"PENDING", "POSTED"},
        "NOT_DUE": {"PENDING"},
        "HELD": {"PENDING"},
        "ERROR": {"PENDING"},
        "POSTED": set(),
    }

    run = models.ForeignKey(BillRun, on_delete=models.CASCADE, related_name="items")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    ordinal = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)
    bill = models.OneToOneField(Bill, on_delete=models.PROTECT, null=True, blank=True, related_name="item")
    reasons = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="billing_item_once", fields=["run", "account"]),
            models.UniqueConstraint(name="billing_item_ordinal", fields=["run", "ordinal"]),
            models.CheckConstraint(
                name="billing_item_state",
                condition=Q(state__in=["PENDING", "CALCULATED", "NOT_DUE", "HELD", "ERROR", "POSTED"]),
            ),
            models.CheckConstraint(
                name="billing_item_bill",
                condition=Q(state__in=["CALCULATED", "POSTED"], bill__isnull=False)
                | (Q(bill__isnull=True) & ~Q(state__in=["CALCULATED", "POSTED"])),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run", "ordinal"], name="billing_item_pending", condition=Q(state="PENDING")
            ),
            models.Index(
                fields=["run", "ordinal"], name="billing_item_calculated", condition=Q(state="CALCULATED")
            ),
        ]


class BillSegment(models.Model):
    """One agreement's service from a date to a date, priced by one version; live ones never overlap."""

    class Status(models.TextChoices):
        LIVE = "LIVE", "Live"
        REVERSED = "REVERSED", "Reversed"

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="segments")
    agreement = models.ForeignKey(
        ServiceAgreement, on_delete=models.PROTECT, related_name="bill_segments", db_index=False
    )
    service = models.CharField(max_length=10, choices=Service)
    rate_version = models.ForeignKey(RateVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    rate_code = models.CharField(max_length=80)
    customer_class = models.CharField(max_length=40, blank=True)
    from_date = models.DateField()
    to_date = models.DateField()
    quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    unit = models.CharField(max_length=12, blank=True)
    previous_reading = models.ForeignKey(
        Reading, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    current_reading = models.ForeignKey(
        Reading, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    usage = models.JSONField(default=list)
    is_estimated = models.BooleanField(default=False)
    amount = AmountField()
    status = models.CharField(max_length=8, choices=Status, default=Status.LIVE)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="billing_segment_status", condition=Q(status__in=["LIVE", "REVERSED"])
            ),
            models.CheckConstraint(name="billing_segment_dates", condition=Q(to_date__gt=F("from_date"))),
            models.CheckConstraint(name="billing_segment_service", condition=Q(service__in=SERVICES)),
            ExclusionConstraint(
                name="billing_segment_no_overlap",
                expressions=[
                    ("agreement", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status="LIVE"),
            ),
        ]


class BillLine(models.Model):
    """One component of one service for one price version, rounded once; its working is kept as data."""

    segment = models.ForeignKey(BillSegment, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    component = models.CharField(max_length=60)
    charge_type = models.ForeignKey(ChargeType, on_delete=models.PROTECT, related_name="+", db_index=False)
    description = models.CharField(max_length=160)
    quantity = RateField(null=True, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    amount = AmountField()
    working = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="billing_line_position", fields=["segment", "position"])
        ]


class SegmentCharge(models.Model):
    """The charge that a segment's lines of one charge type made in the ledger."""

    APPEND_ONLY = True

    segment = models.ForeignKey(BillSegment, on_delete=models.PROTECT, related_name="charges", db_index=False)
    charge_type = models.ForeignKey(ChargeType, on_delete=models.PROTECT, related_name="+", db_index=False)
    charge = models.OneToOneField(Charge, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="billing_segmentcharge_once", fields=["segment", "charge_type"])
        ]


class BillDocument(models.Model):
    """The exact copy of a printed bill."""

    APPEND_ONLY = True

    bill = models.OneToOneField(Bill, on_delete=models.PROTECT, related_name="printed")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")


class BillMessage(models.Model):
    """Text for the next bills, of one account or of all, from a date to a date."""

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="bill_messages"
    )
    text = models.CharField(max_length=300)
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [ends_after_start("billing_billmessage_dates")]
