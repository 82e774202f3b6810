"""What may be done to the books. Every function but those of periods runs inside the caller's transaction."""

from ledger.services.allocations import AllocationNotLive, allocate, undo_allocations
from ledger.services.batches import (
    ChargeBatchPostedBefore,
    ChargeBatchRefused,
    create_charge_batch_table,
    post_charge_batch,
)
from ledger.services.charges import (
    ChargeSettled,
    ChargeTypeUnknown,
    ChargeWithoutFund,
    change_due_date,
    make_charge,
)
from ledger.services.codes import CodeUnknown
from ledger.services.credits import CreditPart, Received, receive
from ledger.services.drafts import (
    AllocationRefused,
    ChargeOverpaid,
    CreditOverspent,
    EntryKeyTaken,
    EntryNotReversible,
    HeldMoneyShort,
    PeriodNotOpen,
)
from ledger.services.entries import ControlAccountPostedByHand, EntryKeyReused, post_entry
from ledger.services.held_money import add_interest, apply_held, receive_held, return_held
from ledger.services.locks import AccountsToLockMissing, lock_accounts
from ledger.services.periods import (
    EarlierPeriodOpen,
    PeriodDatesTaken,
    PeriodNotOver,
    PeriodOutOfBalance,
    check_takes,
    close,
    ensure_periods,
    open_period,
    reopen,
    soft_close,
)
from ledger.services.reversals import EntryAlreadyReversed, check_can_reverse, reverse_entry

__all__ = [
    "AccountsToLockMissing",
    "AllocationNotLive",
    "AllocationRefused",
    "ChargeBatchPostedBefore",
    "ChargeBatchRefused",
    "ChargeOverpaid",
    "ChargeSettled",
    "ChargeTypeUnknown",
    "ChargeWithoutFund",
    "CodeUnknown",
    "ControlAccountPostedByHand",
    "CreditOverspent",
    "CreditPart",
    "EarlierPeriodOpen",
    "EntryAlreadyReversed",
    "EntryKeyReused",
    "EntryKeyTaken",
    "EntryNotReversible",
    "HeldMoneyShort",
    "PeriodDatesTaken",
    "PeriodNotOpen",
    "PeriodNotOver",
    "PeriodOutOfBalance",
    "Received",
    "add_interest",
    "allocate",
    "apply_held",
    "change_due_date",
    "check_can_reverse",
    "check_takes",
    "close",
    "create_charge_batch_table",
    "ensure_periods",
    "lock_accounts",
    "make_charge",
    "open_period",
    "post_charge_batch",
    "post_entry",
    "receive",
    "receive_held",
    "reopen",
    "return_held",
    "reverse_entry",
    "soft_close",
    "undo_allocations",
]
