"""Service orders and what happened to them."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Account, ServiceAgreement, ServicePoint
from core.models import User
from core.states import Transitions
from ledger.models import Credit
from metering.models import Reading


class ServiceOrder(models.Model):
    """Work for a crew at one service point."""

    class Kind(models.TextChoices):
        SHUTOFF = "SHUTOFF", "Shutoff"
        RESTORE = "RESTORE", "Restore"
        REREAD = "REREAD", "Reread"
        FINAL_READ = "FINAL_READ", "Final read"

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        DISPATCHED = "DISPATCHED", "With the crew"
        COMPLETED = "COMPLETED", "Done"
        NOT_DONE = "NOT_DONE", "Could not be done"
        RECALLED = "RECALLED", "Recalled"
        CANCELLED = "CANCELLED", "Cancelled"

    TRANSITIONS: ClassVar[Transitions] = {
        "OPEN": {"DISPATCHED", "CANCELLED", "RECALLED"},
        "DISPATCHED": {"COMPLETED", "NOT_DONE", "RECALLED", "OPEN"},
        "NOT_DONE": {"OPEN", "CANCELLED"},
        "COMPLETED": set(),
        "RECALLED": set(),
        "CANCELLED": set(),
    }

    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(max_length=12, choices=Kind)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="service_orders")
    service_point = models.ForeignKey(ServicePoint, on_delete=models.PROTECT, related_name="service_orders")
    agreement = models.ForeignKey(
        ServiceAgreement, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    scheduled_date = models.DateField()
    priority = models.PositiveSmallIntegerField(default=5)
    reason = models.CharField(max_length=200)
    crew = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now(), editable=False)
    completed_at = models.DateTimeField(null=True, blank=True)
    completed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    outcome_note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="serviceorders_order_codes",
                condition=Q(kind__in=["SHUTOFF", "RESTORE", "REREAD", "FINAL_READ"])
                & Q(state__in=["OPEN", "DISPATCHED", "COMPLETED", "NOT_DONE", "RECALLED", "CANCELLED"]),
            ),
            models.CheckConstraint(
                name="serviceorders_order_completed_pair",
                condition=Q(state="COMPLETED", completed_at__isnull=False, completed_by__isnull=False)
                | (~Q(state="COMPLETED") & Q(completed_at__isnull=True, completed_by__isnull=True)),
            ),
            models.UniqueConstraint(
                name="serviceorders_order_one_open",
                fields=["service_point", "kind"],
                condition=Q(state__in=["OPEN", "DISPATCHED", "NOT_DONE"]),
                violation_error_message="There is already an open order of this type at this service point.",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "scheduled_date", "number"], name="serviceorders_order_board")
        ]

    def __str__(self) -> str:
        return str(self.number)


class OrderEvent(models.Model):
    """A change of an order's state: who, when, why."""

    APPEND_ONLY = True

    order = models.ForeignKey(ServiceOrder, on_delete=models.PROTECT, related_name="events")
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    at = models.DateTimeField(db_default=Now(), editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    # Properties

    @property
    def to_label(self) -> str:
        """The state that it came to, in words."""
        return str(ServiceOrder.State(self.to_state).label)


class ClaimedCredit(models.Model):
    """A credit that this app has seen: shutoffs of its account were looked at again."""

    APPEND_ONLY = True

    credit = models.OneToOneField(Credit, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(db_default=Now(), editable=False)
    recalled_count = models.PositiveSmallIntegerField(default=0)
