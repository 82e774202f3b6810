"""Money in our keeping."""

from __future__ import annotations

from decimal import Decimal

from ledger.models import HeldMoney
from ledger.sql import fetch


def held_amount(held: HeldMoney) -> Decimal:
    """What is held now of one deposit or pledge; movements that were reversed do not count."""
    [(amount,)] = fetch(
        "SELECT coalesce(sum(CASE WHEN m.kind IN ('RECEIVED', 'INTEREST') THEN m.amount ELSE -m.amount END), 0.00)"
        " FROM ledger_heldmovement m WHERE m.held_money_id = %(held)s"
        " AND NOT EXISTS (SELECT FROM ledger_journalentry r WHERE r.reverses_id = m.entry_id)",
        {"held": held.pk},
    )
    return Decimal(amount)
