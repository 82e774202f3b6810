"""Shared nouns: users, audit, number series, policy values, jobs, documents, import files, proof runs."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from core.fields import AmountField
from core.states import Transitions


class DateRangeOf(Func):
    """SQL ``daterange(from, to)``: half-open, an empty end means open for ever."""

    function = "daterange"


class User(AbstractUser):
    """A person who works here, or the system itself (``is_system``, cannot log in)."""

    display_name = models.CharField(max_length=120, blank=True)
    initials = models.CharField(max_length=4, blank=True)
    is_system = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.display_name or self.username

    def can(self, verb: str) -> bool:
        """Whether one of the person's roles grants ``verb``, such as ``take_payment``."""
        return self.has_perm(f"core.{verb}")


class OfficePermission(models.Model):
    """Carrier of the office's verbs: Django permissions live on a content type, and this is theirs."""

    class Meta:
        managed = False
        default_permissions = ()


class AuditEvent(models.Model):
    """What somebody did, written in the transaction that did it."""

    APPEND_ONLY = True

    at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=80)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    account_number = models.CharField(max_length=20, blank=True)
    summary = models.CharField(max_length=300)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["kind", "key"], name="core_audit_object"),
            models.Index(
                fields=["account_number", "-at"], name="core_audit_account", condition=~Q(account_number="")
            ),
            models.Index(fields=["actor", "-at"], name="core_audit_actor"),
            # The audit page: the newest first, of all or of one code.
            models.Index(fields=["-at", "-id"], name="core_audit_newest"),
            models.Index(fields=["code", "-at"], name="core_audit_code"),
        ]


class NumberSequence(models.Model):
    """A series of numbers without gaps: the row is locked by the transaction that takes a number."""

    series = models.CharField(max_length=60, unique=True)
    last_value = models.BigIntegerField(default=0)


class PolicyValue(models.Model):
    """What the city decided: one dated, cited value of one parameter in one scope. It may end, never change."""

    UPDATE_COLUMNS = ("to_date",)

    class Scope(models.TextChoices):
        CITY = "CITY", "City"
        SERVICE = "SERVICE", "Service"
        CLASS = "CLASS", "Customer class"
        ACCOUNT = "ACCOUNT", "Account"

    parameter = models.CharField(max_length=80)
    scope = models.CharField(max_length=10, choices=Scope)
    scope_key = models.CharField(max_length=40, blank=True)
    value = models.JSONField()
    from_date = models.DateField()
    to_date = models.DateField(null=True, blank=True)
    ordinance = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=300, blank=True)
    is_placeholder = models.BooleanField(default=False)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="core_policyvalue_scope",
                condition=Q(scope__in=["CITY", "SERVICE", "CLASS", "ACCOUNT"])
                & (Q(scope="CITY", scope_key="") | (~Q(scope="CITY") & ~Q(scope_key=""))),
            ),
            models.CheckConstraint(
                name="core_policyvalue_dates",
                condition=Q(to_date__isnull=True) | Q(to_date__gt=F("from_date")),
            ),
            ExclusionConstraint(
                name="core_policyvalue_no_overlap",
                expressions=[
                    ("parameter", RangeOperators.EQUAL),
                    ("scope", RangeOperators.EQUAL),
                    ("scope_key", RangeOperators.EQUAL),
                    (DateRangeOf("from_date", "to_date"), RangeOperators.OVERLAPS),
                ],
            ),
        ]


class IdempotencyKey(models.Model):
    """The first answer to a money request; the same key returns it again, for ever."""

    APPEND_ONLY = True

    key = models.CharField(max_length=80, unique=True)
    operation = models.CharField(max_length=60)
    body_hash = models.CharField(max_length=64)
    result = models.JSONField(encoder=DjangoJSONEncoder)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)


class Job(models.Model):
    """Work done in the background: a row with progress and a lease, so that it can be left and resumed."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Queued"
        RUNNING = "RUNNING", "Running"
        PAUSED = "PAUSED", "Paused"
        DONE = "DONE", "Done"
        FAILED = "FAILED", "Failed"
        CANCELLED = "CANCELLED", "Cancelled"

    TRANSITIONS: ClassVar[Transitions] = {
        "QUEUED": {"RUNNING", "CANCELLED"},
        "RUNNING": {"PAUSED", "DONE", "FAILED", "CANCELLED"},
        "PAUSED": {"RUNNING", "CANCELLED"},
        "FAILED": {"RUNNING"},
        "DONE": set(),
        "CANCELLED": set(),
    }

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    total_count = models.IntegerField(default=0)
    done_count = models.IntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="core_job_state",
                condition=Q(state__in=["QUEUED", "RUNNING", "PAUSED", "DONE", "FAILED", "CANCELLED"]),
            ),
            models.UniqueConstraint(
                name="core_job_one_live",
                fields=["kind", "key"],
                condition=Q(state__in=["QUEUED", "RUNNING", "PAUSED"]),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "key"], name="core_job_object")]


class Document(models.Model):
    """The exact copy of a paper that was made: bytes in a file named by their hash, never changed."""

    UPDATE_COLUMNS = ("mailed_date",)

    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=80)
    account_number = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=200)
    path = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.IntegerField()
    page_count = models.IntegerField()
    made_at = models.DateTimeField(db_default=Now(), editable=False)
    mailed_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="core_document_one_copy", fields=["kind", "key"]),
            models.CheckConstraint(name="core_document_not_empty", condition=Q(size_bytes__gt=0)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_number", "-made_at"], name="core_document_account")
        ]


class WorkItem(models.Model):
    """Something a person must look at, of any app, named by text."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    account_number = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    assigned_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="core_workitem_done_pair",
                condition=(Q(done_at__isnull=True) & Q(done_by__isnull=True))
                | (Q(done_at__isnull=False) & Q(done_by__isnull=False)),
            ),
            models.UniqueConstraint(
                name="core_workitem_one_open", fields=["kind", "key"], condition=Q(done_at__isnull=True)
            ),
        ]


class ImportFile(models.Model):
    """A file that came in, by its bytes: the same bytes twice are refused with the first import named."""

    class State(models.TextChoices):
        RECEIVED = "RECEIVED", "Received"
        CHECKED = "CHECKED", "Checked"
        POSTED = "POSTED", "Posted"
        REFUSED = "REFUSED", "Refused"

    TRANSITIONS: ClassVar[Transitions] = {
        "RECEIVED": {"CHECKED", "REFUSED"},
        "CHECKED": {"POSTED", "REFUSED"},
        "POSTED": set(),
        "REFUSED": set(),
    }

    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    good_count = models.IntegerField(default=0)
    bad_count = models.IntegerField(default=0)
    totals = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    errors = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="core_importfile_state",
                condition=Q(state__in=["RECEIVED", "CHECKED", "POSTED", "REFUSED"]),
            ),
            models.UniqueConstraint(
                name="core_importfile_bytes_once",
                fields=["kind", "sha256"],
                condition=~Q(state="REFUSED"),
            ),
        ]


class Holiday(models.Model):
    """A day on which a calendar does not work: the office's, the bank's or the crews'."""

    class Calendar(models.TextChoices):
        OFFICE = "OFFICE", "Office"
        BANK = "BANK", "Bank"
        CREW = "CREW", "Crews"

    calendar = models.CharField(max_length=10, choices=Calendar)
    date = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="core_holiday_once", fields=["calendar", "date"]),
            models.CheckConstraint(
                name="core_holiday_calendar", condition=Q(calendar__in=["OFFICE", "BANK", "CREW"])
            ),
        ]


class ProofRun(models.Model):
    """The result of one ``prove``: every proof with its count of violations."""

    APPEND_ONLY = True

    at = models.DateTimeField(db_default=Now(), editable=False)
    violation_count = models.IntegerField()
    results = models.JSONField(encoder=DjangoJSONEncoder)
    seconds = models.DecimalField(max_digits=8, decimal_places=2)


class SmallOfficeReview(models.Model):
    """An act that its maker completed alone in small-office mode, for another person to look at and sign."""

    UPDATE_COLUMNS = ("signed_by_id", "signed_at", "note")

    class Act(models.TextChoices):
        VOID = "VOID", "Void of a receipt"
        BILL_RUN = "BILL_RUN", "Approval of a bill run"

    act = models.CharField(max_length=10, choices=Act)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    account_number = models.CharField(max_length=20, blank=True)
    amount = AmountField()
    act_date = models.DateField()
    due_date = models.DateField()
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(db_default=Now(), editable=False)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="core_smallofficereview_act", condition=Q(act__in=["VOID", "BILL_RUN"])
            ),
            models.CheckConstraint(name="core_smallofficereview_amount", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="core_smallofficereview_due", condition=Q(due_date__gt=F("act_date"))
            ),
            models.CheckConstraint(
                name="core_smallofficereview_second_person",
                condition=Q(signed_by__isnull=True) | ~Q(signed_by=F("done_by")),
            ),
            models.CheckConstraint(
                name="core_smallofficereview_signed_pair",
                condition=Q(signed_by__isnull=True, signed_at__isnull=True)
                | Q(signed_by__isnull=False, signed_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_date"], name="core_smallofficereview_open", condition=Q(signed_by__isnull=True)
            )
        ]
