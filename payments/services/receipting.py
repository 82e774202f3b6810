"""Taking money: one receipt, one ledger entry, one number, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from core import audit, idempotency, permissions, sequences
from core.db import lock_rows
from core.models import User
from core.money import ZERO, format_amount, is_in_cents
from ledger import services as ledger
from ledger.posting import Line, Side
from payments import queries
from payments.models import DrawerSession, MiscItem, Receipt, ReceiptLine, Tender
from payments.services import paper
from payments.tendering import SettledTender, TenderInput, settle

CASH_IN_DRAWERS = "1010"
POOL_FUND = "POOL"
OPERATION = "payments.post_payment"
LARGEST_LINE_COUNT = 200
LONGEST_KEY = 80


class PaymentRefused(Exception):
    """A payment that breaks a rule; each rule has a class of its own below. Nothing was posted."""


class NothingToPay(PaymentRefused):
    """The receipt has no line."""


class TooManyLines(PaymentRefused):
    """More lines than one receipt holds."""


class PaymentAmountNotPositive(PaymentRefused):
    """An amount of zero, below zero, or with a part of a cent."""


class LineWithoutTarget(PaymentRefused):
    """A line names neither an account nor an item of the price list, or both."""


class AccountUnknown(PaymentRefused):
    """No account has that number."""


class AccountTwice(PaymentRefused):
    """One account stands on two lines: usually a stub scanned twice."""


class MiscItemUnknown(PaymentRefused):
    """No item of the price list has that code."""


class PayorMissing(PaymentRefused):
    """A receipt says who paid."""


class IdempotencyKeyMissing(PaymentRefused):
    """The request carries no key (or one too long to keep), so a second sending would be a second payment."""


class DrawerNotYours(PaymentRefused):
    """The drawer session belongs to somebody else."""


class DrawerNotOpen(PaymentRefused):
    """The drawer session is being counted or is closed."""


class NotTheBusinessDate(PaymentRefused):
    """A receipt posts on the business date of its drawer session, and takes effect on it or before."""


class TenderRestricted(PaymentRefused):
    """An account may not be paid with that tender for now."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """What part of a payment is for: an account by its number, or a miscellaneous item by its code."""

    amount: Decimal
    account_number: str = ""
    misc_item_code: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class _Order:
    """A payment that has passed the rules which need no row."""

    lines: tuple[PaymentLine, ...]
    tenders: tuple[SettledTender, ...]
    payor: str
    effective_date: dt.date
    posting_date: dt.date
    key: str
    note: str
    by: User

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), ZERO)


def post_payment(
    *,
    session: DrawerSession,
    lines: Sequence[PaymentLine],
    tenders: Sequence[TenderInput],
    payor: str,
    effective_date: dt.date,
    posting_date: dt.date,
    idempotency_key: str,
    by: User,
    note: str = "",
) -> Receipt:
    """Take money into ``by``'s open drawer session and give the receipt, with ``drawer`` loaded.

    Amounts are dollars in whole cents. One ledger entry debits the cash in drawers and credits each account; the
    ledger then settles open charges, and what is left stays as the account's unapplied credit. The same key with the
    same content gives the first receipt again and posts nothing.
    Raises ``PermissionRefused``, a ``PaymentRefused`` (one class a rule), a ``TenderRefused`` of
    ``payments.tendering``, ``IdempotencyKeyReused`` (same key, other content), and what the ledger refuses, such as a
    closed period.
    """
    permissions.check(by, "take_payment")
    checked = _checked_lines(lines)
    if not 1 <= len(idempotency_key.strip()) <= LONGEST_KEY:
        raise IdempotencyKeyMissing("The payment has no key. Open the counter page again and start over.")
    if not payor.strip():
        raise PayorMissing("Type who is paying: the receipt must name them.")
    order = _Order(
        lines=checked,
        tenders=tuple(settle(sum((line.amount for line in checked), ZERO), tenders)),
        payor=payor.strip()[:160],
        effective_date=effective_date,
        posting_date=posting_date,
        key=idempotency_key.strip(),
        note=note.strip()[:200],
        by=by,
    )
    body = _body(session, order)
    with transaction.atomic(durable=True):
        saved = idempotency.first_or_saved(key=order.key, operation=OPERATION, body=body, by=by)
        if saved is not None:
            return Receipt.objects.select_related("drawer").get(pk=saved["receipt"])
        receipt = _post(session, order)
        idempotency.save(
            key=order.key,
            operation=OPERATION,
            body=body,
            result={"receipt": receipt.pk, "label": receipt.label},
            by=by,
        )
    return receipt


def _checked_lines(lines: Sequence[PaymentLine]) -> tuple[PaymentLine, ...]:
    """Pass the rules on lines that need no row; account numbers lose their dashes and spaces."""
    if not lines:
        raise NothingToPay("Nothing to pay was chosen. Scan a bill or find an account first.")
    if len(lines) > LARGEST_LINE_COUNT:
        raise TooManyLines(
            f"{len(lines)} lines are more than one receipt holds ({LARGEST_LINE_COUNT}). Make two payments."
        )
    checked = []
    seen: set[str] = set()
    for line in lines:
        number = line.account_number.replace("-", "").replace(" ", "")
        what = f"account {line.account_number}" if number else line.misc_item_code or "a line"
        if bool(number) == bool(line.misc_item_code):
            raise LineWithoutTarget("A line must name one account, or one item of the price list.")
        if line.amount <= 0 or not is_in_cents(line.amount):
            raise PaymentAmountNotPositive(
                f"The amount for {what} is {line.amount}; it must be at least 0.01, in whole cents."
            )
        if number and number in seen:
            raise AccountTwice(
                f"Account {line.account_number} is on this payment twice. Take one of the two off."
            )
        seen.add(number)
        checked.append(
            PaymentLine(
                amount=line.amount,
                account_number=number,
                misc_item_code=line.misc_item_code,
                description=line.description.strip()[:120],
            )
        )
    return tuple(checked)


def _body(session: DrawerSession, order: _Order) -> Mapping[str, Any]:
    """What makes two sendings of one key the same payment."""
    return {
        "session": session.pk,
        "by": order.by.pk,
        "lines": [asdict(line) for line in order.lines],
        "tenders": [asdict(tender) for tender in order.tenders],
        "payor": order.payor,
        "effective_date": order.effective_date,
        "note": order.note,
    }


def _post(session: DrawerSession, order: _Order) -> Receipt:
    """Lock in the house's order (accounts, then the session), check what needs rows, post, write."""
    accounts = _accounts(order)
    items = _misc_items(order)
    ledger.lock_accounts([account.pk for account in accounts.values()])
    session = lock_rows(DrawerSession.objects.select_related("drawer", "user"), [session.pk])[0]
    _check_session(session, order)
    _check_restrictions(accounts, order)

    drawer = session.drawer
    number = sequences.take(series=f"receipt:{drawer.code}")
    label = Receipt.make_label(drawer.code, number)
    entry, by_number = _post_entry(order, accounts, items, label)
    received_at = timezone.localtime(entry.recorded_at)
    receipt = Receipt.objects.create(
        number=number,
        session=session,
        drawer=drawer,
        received_by=order.by,
        received_at=received_at,
        effective_date=order.effective_date,
        posting_date=order.posting_date,
        payor=order.payor,
        total_amount=order.total,
        change_amount=sum((tender.change_amount for tender in order.tenders), ZERO),
        note=order.note,
        entry=entry,
        idempotency_key=order.key,
        printed_lines=paper.printed_lines(
            lines=[
                paper.Line(line.amount, accounts.get(line.account_number), _item_name(line, items))
                for line in order.lines
            ],
            tenders=order.tenders,
            payor=order.payor,
            note=order.note,
            label=label,
            received_at=received_at,
            business_date=order.posting_date,
            by=order.by,
        ),
    )
    ReceiptLine.objects.bulk_create(
        ReceiptLine(
            receipt=receipt,
            account=accounts.get(line.account_number),
            misc_item=items.get(line.misc_item_code),
            credit=by_number.get(line.account_number),
            amount=line.amount,
            description=line.description,
        )
        for line in order.lines
    )
    Tender.objects.bulk_create(Tender(receipt=receipt, **asdict(tender)) for tender in order.tenders)
    _record(receipt, label, order, accounts)
    return receipt


def _accounts(order: _Order) -> dict[str, Account]:
    numbers = [line.account_number for line in order.lines if line.account_number]
    found = {account.number: account for account in Account.objects.filter(number__in=numbers)}
    for number in numbers:
        if number not in found:
            raise AccountUnknown(
                f"There is no account {number}. Nothing was posted. Look the account up again."
            )
    return {number: found[number] for number in numbers}


def _misc_items(order: _Order) -> dict[str, MiscItem]:
    codes = [line.misc_item_code for line in order.lines if line.misc_item_code]
    if not codes:
        return {}
    found = {item.code: item for item in MiscItem.objects.filter(code__in=codes).select_related("gl_account")}
    for code in codes:
        if code not in found:
            raise MiscItemUnknown(f'There is no item "{code}" on the price list.')
    return found


def _check_session(session: DrawerSession, order: _Order) -> None:
    name = session.drawer.name
    if session.user_id != order.by.pk:
        raise DrawerNotYours(
            f"Not posted. {name} is {session.user}'s drawer. Open a drawer of your own and take the payment there."
        )
    if session.state != DrawerSession.State.OPEN:
        raise DrawerNotOpen(
            f"Not posted. {name} is {session.get_state_display().lower()}, and takes no more money."
            " Open a drawer first."
        )
    if order.posting_date != session.business_date:
        raise NotTheBusinessDate(
            f"Not posted. {name} was opened for {session.business_date:%b %d, %Y}, and the payment is dated"
            f" {order.posting_date:%b %d, %Y}. Close the drawer and open it for the new day."
        )
    if order.effective_date > order.posting_date:
        raise NotTheBusinessDate("Not posted. A payment cannot take effect after the day it is taken.")


def _check_restrictions(accounts: Mapping[str, Account], order: _Order) -> None:
    if not accounts:
        return
    by_id = {account.pk: account for account in accounts.values()}
    for restriction in queries.restrictions(by_id, on_date=order.posting_date):
        for tender in order.tenders:
            if restriction.refuses(tender.kind):
                raise TenderRestricted(
                    f"Account {by_id[restriction.account_id].number}: {restriction.words}."
                )


def _post_entry(
    order: _Order, accounts: Mapping[str, Account], items: Mapping[str, MiscItem], label: str
) -> tuple[Any, dict[str, Any]]:
    """One entry: cash in drawers against each account's unapplied credit and each item's own account."""
    parts = [
        ledger.CreditPart(account=accounts[line.account_number], amount=line.amount)
        for line in order.lines
        if line.account_number
    ]
    other = [
        Line(
            gl_code=items[line.misc_item_code].gl_account.code,
            fund=items[line.misc_item_code].fund_code,
            side=Side.CREDIT,
            amount=line.amount,
        )
        for line in order.lines
        if line.misc_item_code
    ]
    received = ledger.receive(
        parts=parts,
        other_credits=other,
        debits=[Line(gl_code=CASH_IN_DRAWERS, fund=POOL_FUND, side=Side.DEBIT, amount=order.total)],
        reason="PAYMENT",
        effective_date=order.effective_date,
        posting_date=order.posting_date,
        by=order.by,
        document_number=label,
        idempotency_key=f"receipt:{label}",
    )
    by_account = {credit.account_id: credit for credit in received.credits}
    return received.entry, {number: by_account[account.pk] for number, account in accounts.items()}


def _item_name(line: PaymentLine, items: Mapping[str, MiscItem]) -> str:
    return line.description or (items[line.misc_item_code].name if line.misc_item_code else "")


def _record(receipt: Receipt, label: str, order: _Order, accounts: Mapping[str, Account]) -> None:
    numbers = list(accounts)
    audit.record(
        code="payments.receipt.posted",
        by=order.by,
        kind="receipt",
        key=label,
        account_number=numbers[0] if len(numbers) == 1 else "",
        summary=f"Receipt {label}: {format_amount(order.total)} taken from {order.payor}",
        data={
            "accounts": numbers,
            "total": order.total,
            "tenders": [tender.kind for tender in order.tenders],
            "change": receipt.change_amount,
        },
    )
