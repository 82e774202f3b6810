"""Funds, accounts of the general ledger, entries and postings, charges, credits, allocations, held money, periods."""

from ledger.models.caches import DailyTotal, OpenItem
from ledger.models.chart import (
    CONTROLS,
    SERVICE_OR_NONE,
    Agency,
    ChargeType,
    Control,
    FeeAmount,
    Fund,
    GLAccount,
    Period,
    ReasonCode,
    ServiceFund,
    Side,
)
from ledger.models.entries import Allocation, Charge, ChargeDueDate, Credit, JournalEntry, Posting
from ledger.models.standing import (
    AllocationPreference,
    Deferral,
    Dispute,
    HeldMoney,
    HeldMovement,
    Placement,
    Pledge,
)

__all__ = [
    "CONTROLS",
    "SERVICE_OR_NONE",
    "Agency",
    "Allocation",
    "AllocationPreference",
    "Charge",
    "ChargeDueDate",
    "ChargeType",
    "Control",
    "Credit",
    "DailyTotal",
    "Deferral",
    "Dispute",
    "FeeAmount",
    "Fund",
    "GLAccount",
    "HeldMoney",
    "HeldMovement",
    "JournalEntry",
    "OpenItem",
    "Period",
    "Placement",
    "Pledge",
    "Posting",
    "ReasonCode",
    "ServiceFund",
    "Side",
]
