"""What a customer hands over for a sum, and the change: pure, in whole cents."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import LARGEST_AMOUNT, ZERO, format_amount, is_in_cents

CASH = "CASH"
CHECK = "CHECK"
MONEY_ORDER = "MONEY_ORDER"
LONGEST_NUMBER = 20
KINDS = (CASH, CHECK, MONEY_ORDER)


class TenderRefused(ValueError):
    """What was handed over cannot pay the sum."""


class TenderMissing(TenderRefused):
    """Nothing was handed over."""


class TenderKindUnknown(TenderRefused):
    """A tender is neither cash nor check nor money order."""


class TenderAmountNotPositive(TenderRefused):
    """A tender of nothing, below nothing, or with a part of a cent."""


class CheckNumberMissing(TenderRefused):
    """A check without its number could not be found again."""


class CheckNumberTooLong(TenderRefused):
    """A check's number has more signs than a receipt keeps."""


class TenderTooLarge(TenderRefused):
    """More was handed over than an amount of the books can be."""


class TenderTooSmall(TenderRefused):
    """The tenders come to less than the sum."""


class ChangeWithoutCash(TenderRefused):
    """Change would be given for a check, or for more than the cash that came in."""


@dataclass(frozen=True, slots=True)
class TenderInput:
    """One thing handed over: its kind, its face amount in dollars, and a check's number."""

    kind: str
    tendered_amount: Decimal
    check_number: str = ""


@dataclass(frozen=True, slots=True)
class SettledTender:
    """What of a tender was taken and what went back: ``tendered_amount`` = ``amount`` + ``change_amount``."""

    kind: str
    amount: Decimal
    tendered_amount: Decimal
    change_amount: Decimal
    check_number: str = ""


def settle(total: Decimal, tenders: Sequence[TenderInput]) -> list[SettledTender]:
    """Take ``total`` dollars from the tenders and give the change from the cash.

    All cash is one pile, and comes last in the result. The amounts taken sum to ``total``.
    Raises ``TenderMissing``, ``TenderKindUnknown``, ``TenderAmountNotPositive``, ``CheckNumberMissing``,
    ``CheckNumberTooLong``, ``TenderTooLarge``, ``TenderTooSmall`` (naming what is missing) or ``ChangeWithoutCash``: a
    check above the sum is never cashed, and cash that would go back whole is not taken.
    """
    if not tenders:
        raise TenderMissing("Nothing was handed over. Type the check's number, or the cash.")
    for tender in tenders:
        _check(tender)
    cash = sum((each.tendered_amount for each in tenders if each.kind == CASH), ZERO)
    papers = [each for each in tenders if each.kind != CASH]
    tendered = cash + sum((each.tendered_amount for each in papers), ZERO)
    if tendered > LARGEST_AMOUNT:
        raise TenderTooLarge(f"{tendered:,} is more than one receipt holds ({LARGEST_AMOUNT:,}).")
    if tendered < total:
        raise TenderTooSmall(
            f"{format_amount(tendered)} was handed over for {format_amount(total)}:"
            f" {format_amount(total - tendered)} is missing."
        )
    change = tendered - total
    if change and change >= cash:
        raise ChangeWithoutCash(_change_words(change, cash))
    settled = [
        SettledTender(
            kind=each.kind,
            amount=each.tendered_amount,
            tendered_amount=each.tendered_amount,
            change_amount=ZERO,
            check_number=each.check_number.strip(),
        )
        for each in papers
    ]
    if cash:
        settled.append(
            SettledTender(kind=CASH, amount=cash - change, tendered_amount=cash, change_amount=change)
        )
    return settled


def _check(tender: TenderInput) -> None:
    if tender.kind not in KINDS:
        raise TenderKindUnknown(f'"{tender.kind}" is not taken here; cash, a check or a money order is.')
    if tender.tendered_amount <= 0 or not is_in_cents(tender.tendered_amount):
        raise TenderAmountNotPositive(
            f"A tender of {tender.tendered_amount} was typed; it must be at least 0.01."
        )
    if tender.kind == CHECK and not tender.check_number.strip():
        raise CheckNumberMissing("A check needs its number. Type the number printed at its top right.")
    if len(tender.check_number.strip()) > LONGEST_NUMBER:
        raise CheckNumberTooLong(
            f'"{tender.check_number}" is longer than a check\'s number ({LONGEST_NUMBER} signs).'
        )


def _change_words(change: Decimal, cash: Decimal) -> str:
    if not cash:
        return (
            f"The check is {format_amount(change)} more than the sum, and no cash is given on a check."
            " Raise the amount paid, so that the rest stays as credit, or ask for another check."
        )
    return f"{format_amount(cash)} in cash is not needed: all of it would go back as change."
