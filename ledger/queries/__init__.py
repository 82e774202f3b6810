"""What may be asked of the books."""

from ledger.aging import Aging, Bucket
from ledger.balances import Balances
from ledger.queries.accounts import OpenItemRow, balances, balances_for, open_items, open_items_for
from ledger.queries.books import (
    ControlTotal,
    TrialBalanceRow,
    aging,
    aging_by_account,
    control_totals,
    trial_balance,
)
from ledger.queries.facts import DateBasis
from ledger.queries.held import held_amount
from ledger.queries.payable import open_credits, payable_charges
from ledger.queries.previews import Preview, PreviewRow, preview_allocation
from ledger.queries.statements import StatementRow, statement

__all__ = [
    "Aging",
    "Balances",
    "Bucket",
    "ControlTotal",
    "DateBasis",
    "OpenItemRow",
    "Preview",
    "PreviewRow",
    "StatementRow",
    "TrialBalanceRow",
    "aging",
    "aging_by_account",
    "balances",
    "balances_for",
    "control_totals",
    "held_amount",
    "open_credits",
    "open_items",
    "open_items_for",
    "payable_charges",
    "preview_allocation",
    "statement",
    "trial_balance",
]
