"""Funds, accounts of the general ledger, entries and postings, charges, credits, allocations, held money, periods."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import Account, Party, Service, ServiceAgreement, ends_after_start
from core.fields import AmountField
from core.models import DateRangeOf, User
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


class OpenItem(models.Model):
    """Cache: what is open of a charge and when it is due; kept by triggers, rebuilt at will, compared by prove."""

    charge = models.OneToOneField(
        Charge, on_delete=models.PROTECT, primary_key=True, related_name="open_item"
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_date = models.DateField()
    open_amount = AmountField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_openitem_not_negative", condition=Q(open_amount__gte=0))
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "due_date"],
                include=["open_amount"],
                name="ledger_openitem_open",
                condition=Q(open_amount__gt=0),
            )
        ]


class DailyTotal(models.Model):
    """Cache: debits and credits of a GL account, fund, service and day. A trigger adds rows, a job folds them
    together; readers always sum, so that two tills never wait for each other on one row."""

    gl_account = models.ForeignKey(GLAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="+", db_index=False)
    service = models.CharField(max_length=10, blank=True)
    day = models.DateField()
    debit_amount = AmountField()
    credit_amount = AmountField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["day", "gl_account"], name="ledger_dailytotal_day")]
