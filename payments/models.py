"""Drawers and their sessions, receipts with lines and tenders, voids."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Account
from core.fields import AmountField
from core.models import SmallOfficeReview, User
from core.states import Transitions
from ledger.models import Credit, GLAccount, JournalEntry


class Drawer(models.Model):
    """A cash drawer; its receipts have a series of their own."""

    code = models.CharField(max_length=6, unique=True)
    name = models.CharField(max_length=60)


class DrawerSession(models.Model):
    """One person's time at one drawer: open, balancing, balanced."""

    UPDATE_COLUMNS = ("state", "closed_at")

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        BALANCING = "BALANCING", "Balancing"
        BALANCED = "BALANCED", "Balanced"

    TRANSITIONS: ClassVar[Transitions] = {
        "OPEN": {"BALANCING"},
        "BALANCING": {"BALANCED"},
        "BALANCED": set(),
    }

    drawer = models.ForeignKey(Drawer, on_delete=models.PROTECT, related_name="sessions")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    float_amount = AmountField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(db_default=Now(), editable=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="payments_session_state", condition=Q(state__in=["OPEN", "BALANCING", "BALANCED"])
            ),
            models.CheckConstraint(name="payments_session_float", condition=Q(float_amount__gte=0)),
            models.UniqueConstraint(
                name="payments_session_one_per_drawer",
                fields=["drawer"],
                condition=~Q(state="BALANCED"),
                violation_error_message="This drawer is in use. Close it first, or take another.",
            ),
            models.UniqueConstraint(
                name="payments_session_one_per_person",
                fields=["user"],
                condition=~Q(state="BALANCED"),
                violation_error_message="You have another drawer open. Close it first.",
            ),
        ]


class MiscItem(models.Model):
    """Something paid at the counter that is no utility account: a permit, a copy, another department's money."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=80)
    gl_account = models.ForeignKey(GLAccount, on_delete=models.PROTECT, related_name="+")
    fund_code = models.CharField(max_length=12)


class Receipt(models.Model):
    """Money taken, with a number without gaps in its drawer's series; the row is the record, void or not."""

    APPEND_ONLY = True

    number = models.PositiveIntegerField()
    session = models.ForeignKey(DrawerSession, on_delete=models.PROTECT, related_name="receipts")
    drawer = models.ForeignKey(Drawer, on_delete=models.PROTECT, related_name="receipts")
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    effective_date = models.DateField()
    posting_date = models.DateField()
    payor = models.CharField(max_length=160)
    total_amount = AmountField()
    change_amount = AmountField()
    note = models.CharField(max_length=200, blank=True)
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="+")
    idempotency_key = models.CharField(max_length=80, unique=True)
    printed_lines = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="payments_receipt_number", fields=["drawer", "number"]),
            models.CheckConstraint(
                name="payments_receipt_amount", condition=Q(total_amount__gt=0) & Q(change_amount__gte=0)
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["posting_date"], name="payments_receipt_date")]

    # Properties

    @property
    def label(self) -> str:
        """The number as printed and scanned: drawer code, dash, six digits. Needs ``drawer`` loaded."""
        return self.make_label(self.drawer.code, self.number)

    @staticmethod
    def make_label(drawer_code: str, number: int) -> str:
        """The label of a number in a drawer's series."""
        return f"{drawer_code}-{number:06d}"


class ReceiptLine(models.Model):
    """What part of a receipt was for: one account's credit, or a miscellaneous item."""

    APPEND_ONLY = True

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="receipt_lines"
    )
    misc_item = models.ForeignKey(MiscItem, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    credit = models.OneToOneField(Credit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    amount = AmountField()
    description = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="payments_receiptline_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payments_receiptline_one_target",
                condition=Q(account__isnull=False, credit__isnull=False, misc_item__isnull=True)
                | Q(account__isnull=True, credit__isnull=True, misc_item__isnull=False),
            ),
        ]


class Tender(models.Model):
    """How a receipt was paid: cash and change, or a check with its number."""

    APPEND_ONLY = True

    class Kind(models.TextChoices):
        CASH = "CASH", "Cash"
        CHECK = "CHECK", "Check"
        MONEY_ORDER = "MONEY_ORDER", "Money order"

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="tenders")
    kind = models.CharField(max_length=12, choices=Kind)
    amount = AmountField()
    tendered_amount = AmountField()
    change_amount = AmountField(default=0)
    check_number = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="payments_tender_kind", condition=Q(kind__in=["CASH", "CHECK", "MONEY_ORDER"])
            ),
            models.CheckConstraint(
                name="payments_tender_amounts",
                condition=Q(amount__gt=0) & Q(tendered_amount=F("amount") + F("change_amount")),
            ),
            models.CheckConstraint(
                name="payments_tender_change_is_cash", condition=Q(kind="CASH") | Q(change_amount=0)
            ),
            models.CheckConstraint(
                name="payments_tender_check_number", condition=~Q(kind="CHECK") | ~Q(check_number="")
            ),
        ]


class VoidRequest(models.Model):
    """A clerk asks that a receipt be void; a second person decides while the session is open."""

    UPDATE_COLUMNS = ("state", "decided_by_id", "decided_at", "decision_note", "small_office_review_id")

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", "Requested"
        APPROVED = "APPROVED", "Approved"
        RETURNED = "RETURNED", "Returned"

    TRANSITIONS: ClassVar[Transitions] = {
        "REQUESTED": {"APPROVED", "RETURNED"},
        "APPROVED": set(),
        "RETURNED": set(),
    }

    receipt = models.ForeignKey(Receipt, on_delete=models.PROTECT, related_name="void_requests")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=200, blank=True)
    # Where one person asked and decided, or took the money and decided: the review that another signs.
    small_office_review = models.OneToOneField(
        SmallOfficeReview, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="payments_voidrequest_state",
                condition=Q(state__in=["REQUESTED", "APPROVED", "RETURNED"]),
            ),
            models.CheckConstraint(
                name="payments_voidrequest_second_person",
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("requested_by"))
                | Q(small_office_review__isnull=False),
            ),
            models.CheckConstraint(
                name="payments_voidrequest_decided",
                condition=Q(state="REQUESTED", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="REQUESTED") & Q(decided_by__isnull=False, decided_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="payments_voidrequest_one_open", fields=["receipt"], condition=Q(state="REQUESTED")
            ),
        ]


class ReceiptVoid(models.Model):
    """A void: the receipt keeps its number, the ledger carries the reversal."""

    APPEND_ONLY = True

    receipt = models.OneToOneField(Receipt, on_delete=models.PROTECT, related_name="void")
    request = models.OneToOneField(VoidRequest, on_delete=models.PROTECT, related_name="+")
    entry = models.OneToOneField(JournalEntry, on_delete=models.PROTECT, related_name="+")
    voided_at = models.DateTimeField(db_default=Now(), editable=False)
