"""Entries and postings, charges, credits and how they settle each other."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Account, Party, ServiceAgreement
from core.fields import AmountField
from core.models import User
from ledger.models.chart import (
    SERVICE_OR_NONE,
    Agency,
    ChargeType,
    Control,
    Fund,
    GLAccount,
    ReasonCode,
    Side,
)


class JournalEntry(models.Model):
    """One fact about money with its three dates; its postings balance in total and within each fund.

    ``effective_date`` is what the customer sees, ``posting_date`` the office's business day (period, drawer, GL),
    ``recorded_at`` the moment it was written. ``created_xid`` seals the entry: postings join it only in the
    transaction that made it.
    """

    APPEND_ONLY = True

    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT, related_name="+", db_index=False)
    effective_date = models.DateField()
    posting_date = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    document_number = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=200, blank=True)
    is_adjusting = models.BooleanField(default=False)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by"
    )
    # NULLs differ from each other, "" would not.
    idempotency_key = models.CharField(max_length=80, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="ledger_entry_key_once", fields=["idempotency_key"])
        ]
        indexes: ClassVar = [
            models.Index(fields=["posting_date"], name="ledger_entry_posting_date"),
            models.Index(fields=["effective_date"], name="ledger_entry_effective_date"),
            models.Index(
                fields=["document_number"], name="ledger_entry_document", condition=~Q(document_number="")
            ),
        ]


class Charge(models.Model):
    """Something an account owes, as it was first made; it changes only through entries, never in place."""

    APPEND_ONLY = True

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="charges")
    agreement = models.ForeignKey(
        ServiceAgreement, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    charge_type = models.ForeignKey(ChargeType, on_delete=models.PROTECT, related_name="+", db_index=False)
    service = models.CharField(max_length=10, blank=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+", db_index=False)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    liable_party = models.ForeignKey(
        Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", db_index=False
    )
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="charges")
    amount = AmountField()
    service_from = models.DateField(null=True, blank=True)
    service_to = models.DateField(null=True, blank=True)
    due_date = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_charge_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="ledger_charge_service", condition=Q(service__in=SERVICE_OR_NONE)),
        ]
        indexes: ClassVar = [
            models.Index(fields=["parent"], name="ledger_charge_parent", condition=Q(parent__isnull=False))
        ]


class ChargeDueDate(models.Model):
    """A later due date of a charge: the newest row counts."""

    APPEND_ONLY = True

    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="due_dates")
    due_date = models.DateField()
    reason = models.CharField(max_length=200)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)


class Posting(models.Model):
    """One leg of an entry. ``control`` repeats the GL account's, so that a CHECK can ask for the subledger."""

    APPEND_ONLY = True

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    gl_account = models.ForeignKey(GLAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    control = models.CharField(max_length=10, choices=Control)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+", db_index=False)
    side = models.CharField(max_length=1, choices=Side)
    amount = AmountField()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    charge = models.ForeignKey(
        Charge, on_delete=models.PROTECT, null=True, blank=True, related_name="postings", db_index=False
    )
    service = models.CharField(max_length=10, blank=True)
    liable_party = models.ForeignKey(
        Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_posting_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(name="ledger_posting_side", condition=Q(side__in=["D", "C"])),
            models.CheckConstraint(
                name="ledger_posting_control_account",
                condition=Q(control="NONE", account__isnull=True)
                | (Q(control__in=["RECEIVABLE", "UNAPPLIED", "HELD"]) & Q(account__isnull=False)),
            ),
            models.CheckConstraint(
                name="ledger_posting_receivable_charge",
                condition=Q(control="RECEIVABLE", charge__isnull=False)
                | (~Q(control="RECEIVABLE") & Q(charge__isnull=True)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "entry"], name="ledger_posting_account", condition=Q(account__isnull=False)
            ),
            models.Index(fields=["charge"], name="ledger_posting_charge", condition=Q(charge__isnull=False)),
        ]


class Credit(models.Model):
    """Money or a decision in an account's favour; it settles charges through allocations, the rest is a liability."""

    APPEND_ONLY = True

    class Kind(models.TextChoices):
        PAYMENT = "PAYMENT", "Payment"
        ADJUSTMENT = "ADJUSTMENT", "Adjustment"
        DEPOSIT_APPLIED = "DEPOSIT_APPLIED", "Deposit applied"
        BILL_CREDIT = "BILL_CREDIT", "Credit on a bill"
        TRANSFER = "TRANSFER", "Transfer"
        OPENING = "OPENING", "Opening balance"

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    kind = models.CharField(max_length=16, choices=Kind)
    amount = AmountField()
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="credits")
    payer = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_credit_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="ledger_credit_kind",
                condition=Q(
                    kind__in=[
                        "PAYMENT",
                        "ADJUSTMENT",
                        "DEPOSIT_APPLIED",
                        "BILL_CREDIT",
                        "TRANSFER",
                        "OPENING",
                    ]
                ),
            ),
        ]


class Allocation(models.Model):
    """A credit settles part of a charge (APPLY), or an earlier allocation is taken back (UNDO, naming it)."""

    APPEND_ONLY = True

    class Act(models.TextChoices):
        APPLY = "APPLY", "Applied"
        UNDO = "UNDO", "Taken back"

    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="allocations")
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="allocations")
    act = models.CharField(max_length=5, choices=Act)
    amount = AmountField()
    undoes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="allocations")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_allocation_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="ledger_allocation_act",
                condition=Q(act="APPLY", undoes__isnull=True) | Q(act="UNDO", undoes__isnull=False),
            ),
        ]
