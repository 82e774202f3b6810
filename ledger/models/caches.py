"""Caches, kept by triggers and compared with their source by the proofs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import Account
from core.fields import AmountField
from ledger.models.chart import Fund, GLAccount
from ledger.models.entries import Charge


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
