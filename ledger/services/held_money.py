"""Money in our keeping that stays the customer's: received, applied to charges, given back, grown by interest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from accounts.models import Account, Party
from core import audit
from core.db import lock_rows, require_transaction
from core.models import User
from ledger import chart
from ledger.models import Credit, HeldMoney, HeldMovement, ServiceFund
from ledger.posting import Line, Side
from ledger.queries.held import held_amount
from ledger.services.allocations import allocate
from ledger.services.drafts import CreditDraft, EntryDraft, HeldMoneyShort, MovementDraft, write
from ledger.services.locks import lock_accounts


def receive_held(
    *,
    account: Account,
    kind: str,
    amount: Decimal,
    debits: Sequence[Line],
    effective_date: date,
    posting_date: date,
    by: User,
    service: str = "",
    paid_by: Party | None = None,
    document_number: str = "",
    idempotency_key: str | None = None,
) -> HeldMovement:
    """Take a deposit or a pledge into keeping: debit what is given (cash), credit customer deposits held.

    A new `HeldMoney` is opened for it; interest runs from ``effective_date``. Raises EntryKeyTaken, PeriodNotOpen,
    TransactionRequired and the refusals of `posting.balance_by_fund`.
    """
    require_transaction()
    lock_accounts([account.pk])
    held = HeldMoney.objects.create(
        account=account, kind=kind, service=service, paid_by=paid_by, opened_date=effective_date
    )
    draft = EntryDraft(
        reason="DEPOSIT",
        effective_date=effective_date,
        posting_date=posting_date,
        document_number=document_number,
        idempotency_key=idempotency_key,
        lines=[*debits, _held_line(held, Side.CREDIT, amount)],
        movements=[MovementDraft(held.pk, HeldMovement.Kind.RECEIVED, amount)],
    )
    return _post(held, draft, by, f"Received {amount} into keeping")


def add_interest(
    *, held: HeldMoney, amount: Decimal, effective_date: date, posting_date: date, by: User
) -> HeldMovement:
    """Add interest to held money, as an expense of its fund. Raises PeriodNotOpen, TransactionRequired."""
    require_transaction()
    lock_accounts([held.account_id])
    line = _held_line(held, Side.CREDIT, amount)
    draft = EntryDraft(
        reason="DEPOSIT",
        effective_date=effective_date,
        posting_date=posting_date,
        lines=[Line(chart.INTEREST, line.fund, Side.DEBIT, amount, service=held.service), line],
        movements=[MovementDraft(held.pk, HeldMovement.Kind.INTEREST, amount)],
    )
    return _post(held, draft, by, f"Added interest of {amount} to held money")


def apply_held(
    *, held: HeldMoney, amount: Decimal, effective_date: date, posting_date: date, by: User, note: str = ""
) -> HeldMovement:
    """Turn held money into a credit of its account and apply it to open charges by policy.

    Raises HeldMoneyShort, PeriodNotOpen, TransactionRequired.
    """
    require_transaction()
    lock_accounts([held.account_id])
    _check_enough(held, amount)
    draft = EntryDraft(
        reason="DEPOSIT",
        effective_date=effective_date,
        posting_date=posting_date,
        note=note,
        lines=[
            _held_line(held, Side.DEBIT, amount),
            Line(chart.UNAPPLIED, chart.POOL, Side.CREDIT, amount, account_id=held.account_id),
        ],
        credits=[CreditDraft(held.account_id, Credit.Kind.DEPOSIT_APPLIED, amount, held.paid_by_id)],
        movements=[MovementDraft(held.pk, HeldMovement.Kind.APPLIED, amount)],
    )
    movement = _post(held, draft, by, f"Applied {amount} of held money to charges")
    allocate(account_ids=[held.account_id], effective_date=effective_date, posting_date=posting_date, by=by)
    return movement


def return_held(
    *,
    held: HeldMoney,
    amount: Decimal,
    effective_date: date,
    posting_date: date,
    by: User,
    paid_from: Sequence[Line] = (),
    note: str = "",
) -> HeldMovement:
    """Give held money back to who paid it: credit refunds payable, or what ``paid_from`` says (cash, the bank).

    Raises HeldMoneyShort, PeriodNotOpen, TransactionRequired.
    """
    require_transaction()
    lock_accounts([held.account_id])
    _check_enough(held, amount)
    draft = EntryDraft(
        reason="REFUND",
        effective_date=effective_date,
        posting_date=posting_date,
        note=note,
        lines=[
            _held_line(held, Side.DEBIT, amount),
            *(
                paid_from
                or [Line(chart.REFUNDS_PAYABLE, chart.POOL, Side.CREDIT, amount, party_id=held.paid_by_id)]
            ),
        ],
        movements=[MovementDraft(held.pk, HeldMovement.Kind.RETURNED, amount)],
    )
    return _post(held, draft, by, f"Returned {amount} of held money")


def _held_line(held: HeldMoney, side: Side, amount: Decimal) -> Line:
    by_service = ServiceFund.objects.select_related("fund").filter(service=held.service).first()
    fund = by_service.fund.code if by_service else chart.POOL
    return Line(
        chart.HELD,
        fund,
        side,
        amount,
        account_id=held.account_id,
        service=held.service,
        party_id=held.paid_by_id,
    )


def _check_enough(held: HeldMoney, amount: Decimal) -> None:
    [locked] = lock_rows(HeldMoney, [held.pk])
    left = held_amount(locked)
    if amount > left:
        raise HeldMoneyShort(f"{left} is held, so {amount} cannot be used of it.")


def _post(held: HeldMoney, draft: EntryDraft, by: User, summary: str) -> HeldMovement:
    [written] = write(drafts=[draft], by=by)
    audit.record(
        code="ledger.held_money.moved",
        by=by,
        kind="held money",
        key=str(held.pk),
        account_number=held.account.number,
        summary=summary,
        data={"entry": written.entry_id},
    )
    return HeldMovement.objects.get(entry_id=written.entry_id, held_money=held)
