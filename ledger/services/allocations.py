"""Applying credits to charges, and taking that back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.db import require_transaction
from core.models import User
from ledger import chart
from ledger.allocation import CreditInput, allocate_in_turn
from ledger.policy import allocation_policy
from ledger.posting import Line, Side
from ledger.queries.payable import OpenCredit, PayableCharge, open_credits, payable_charges
from ledger.services.drafts import AllocationDraft, EntryDraft, write
from ledger.services.locks import lock_accounts
from ledger.sql import fetch


class AllocationNotLive(LookupError):
    """An allocation to take back is not there, or was taken back before."""


@dataclass(frozen=True, slots=True)
class _Move:
    """So much of a credit onto a charge (or off it, with ``undoes_id``), on its dates."""

    account_id: int
    effective_date: date
    posting_date: date
    credit_id: int
    charge_id: int
    amount: Decimal
    fund: str
    service: str
    party_id: int | None
    agency: str
    agency_account: str
    undoes_id: int | None = None


def allocate(*, account_ids: Iterable[int], effective_date: date, posting_date: date, by: User) -> int:
    """Apply every open credit of the accounts to their open charges, by the city's policy on ``effective_date``.

    One entry an account moves the money from unapplied credit to the charges' receivables. An allocation is never
    dated before its credit or its charge: where one of these is later, that day counts for it, in an entry of its own.
    The number of queries does not grow with the accounts. Gives the number of allocations made.
    Raises TransactionRequired, AccountsToLockMissing, PeriodNotOpen.
    """
    require_transaction()
    ids = sorted(set(account_ids))
    lock_accounts(ids)
    available = open_credits(ids)
    if not available:
        return 0
    charges = payable_charges(available.keys(), on_date=effective_date)
    policy = allocation_policy(on_date=effective_date)
    moves: list[_Move] = []
    for account_id, account_credits in available.items():
        account_charges = {charge.rule.id: charge for charge in charges.get(account_id, ())}
        if not account_charges:
            continue
        results = allocate_in_turn(
            [CreditInput(credit.amount) for credit in account_credits],
            [charge.rule for charge in account_charges.values()],
            policy,
        )
        for credit, result in zip(account_credits, results, strict=True):
            moves.extend(
                _apply(
                    credit, account_charges[applied.charge_id], applied.amount, effective_date, posting_date
                )
                for applied in result.applied
            )
    _post(moves, reason="ALLOCATE", by=by)
    return len(moves)


def undo_allocations(
    *, allocation_ids: Iterable[int], effective_date: date, posting_date: date, by: User
) -> int:
    """Take allocations back: their charges are open again and their credits unapplied, from ``effective_date`` on.

    An allocation is never taken back before its own day: where that is later, it counts. The accounts are locked
    first. Gives the number taken back. Nothing is applied anew: call `allocate` for that.
    Raises AllocationNotLive (naming them), TransactionRequired, PeriodNotOpen.
    """
    require_transaction()
    ids = sorted(set(allocation_ids))
    if not ids:
        return 0
    lock_accounts(
        row[0]
        for row in fetch(
            "SELECT DISTINCT c.account_id FROM ledger_allocation a JOIN ledger_credit c ON c.id = a.credit_id"
            " WHERE a.id = ANY (%(ids)s)",
            {"ids": ids},
        )
    )
    moves = [
        _Move(
            account_id=account_id,
            effective_date=max(effective_date, was_effective),
            posting_date=max(posting_date, was_posted),
            credit_id=credit_id,
            charge_id=charge_id,
            amount=amount,
            fund=fund,
            service=service,
            party_id=party_id,
            agency=agency,
            agency_account=agency_account,
            undoes_id=pk,
        )
        for (
            pk,
            account_id,
            was_effective,
            was_posted,
            credit_id,
            charge_id,
            amount,
            fund,
            service,
            party_id,
            agency,
            agency_account,
        ) in fetch(_LIVE, {"ids": ids})
    ]
    missing = set(ids) - {move.undoes_id for move in moves}
    if missing:
        raise AllocationNotLive(
            f"Allocation {', '.join(str(pk) for pk in sorted(missing))} was taken back before, or is none."
        )
    _post(moves, reason="UNALLOCATE", by=by)
    return len(moves)


_LIVE = """
SELECT a.id, c.account_id, e.effective_date, e.posting_date, a.credit_id, a.charge_id, a.amount, f.code, h.service,
       h.liable_party_id, coalesce(g.code, ''), CASE WHEN t.basis = 'COLLECTED' THEN gl.code ELSE '' END
FROM ledger_allocation a
JOIN ledger_journalentry e ON e.id = a.entry_id
JOIN ledger_credit c ON c.id = a.credit_id
JOIN ledger_charge h ON h.id = a.charge_id
JOIN ledger_fund f ON f.id = h.fund_id
JOIN ledger_chargetype t ON t.id = h.charge_type_id
JOIN ledger_glaccount gl ON gl.id = t.credit_account_id
LEFT JOIN ledger_agency g ON g.id = h.agency_id
WHERE a.id = ANY (%(ids)s) AND a.act = 'APPLY'
  AND NOT EXISTS (SELECT FROM ledger_allocation u WHERE u.undoes_id = a.id)
ORDER BY a.id
"""


def _apply(
    credit: OpenCredit, charge: PayableCharge, amount: Decimal, effective_date: date, posting_date: date
) -> _Move:
    return _Move(
        account_id=credit.account_id,
        effective_date=max(effective_date, credit.effective_date, charge.rule.effective_date),
        posting_date=max(posting_date, credit.posting_date, charge.posting_date),
        credit_id=credit.id,
        charge_id=charge.rule.id,
        amount=amount,
        fund=charge.fund,
        service=charge.rule.service,
        party_id=charge.party_id,
        agency=charge.agency,
        agency_account=charge.agency_account,
    )


def _post(moves: list[_Move], *, reason: str, by: User) -> None:
    """Write one entry for each account and pair of dates."""
    together: dict[tuple[int, date, date], list[_Move]] = {}
    for move in moves:
        together.setdefault((move.account_id, move.effective_date, move.posting_date), []).append(move)
    write(
        drafts=[
            EntryDraft(
                reason=reason,
                effective_date=effective_date,
                posting_date=posting_date,
                lines=_lines(account_id, group),
                allocations=[
                    AllocationDraft(move.credit_id, move.charge_id, move.amount, move.undoes_id)
                    for move in group
                ],
            )
            for (account_id, effective_date, posting_date), group in sorted(together.items())
        ],
        by=by,
    )


def _lines(account_id: int, group: list[_Move]) -> list[Line]:
    """Debit unapplied credit, credit the receivables; the other way round for moves that are taken back."""
    is_undo = group[0].undoes_id is not None
    from_side, to_side = (Side.CREDIT, Side.DEBIT) if is_undo else (Side.DEBIT, Side.CREDIT)
    total = sum((move.amount for move in group), Decimal("0.00"))
    lines = [Line(chart.UNAPPLIED, chart.POOL, from_side, total, account_id=account_id)]
    for move in group:
        lines.append(
            Line(
                chart.RECEIVABLE,
                move.fund,
                to_side,
                move.amount,
                account_id=account_id,
                charge_key=move.charge_id,
                service=move.service,
                party_id=move.party_id,
                agency=move.agency,
            )
        )
        if move.agency_account:
            for gl_code, side in (
                (chart.AGENCY_NOT_COLLECTED, from_side),
                (move.agency_account, to_side),
            ):
                lines.append(
                    Line(gl_code, move.fund, side, move.amount, service=move.service, agency=move.agency)
                )
    return lines
