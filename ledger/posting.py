"""Lines of a journal entry, and making them balance within each fund.

Amounts are above zero and the side carries the direction. Cash is pooled: the bank account belongs to
one fund and the money in it to many. So an entry that touches several funds gets due-to and due-from
lines, until each fund's debits equal its credits. docs/architecture.md says why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from core.money import format_amount, is_in_cents

_ZERO = Decimal("0.00")


class Side(StrEnum):
    """The two sides of a posting."""

    DEBIT = "D"
    CREDIT = "C"


class EntryEmpty(ValueError):
    """An entry has no lines."""


class LineAmountNotPositive(ValueError):
    """A line's amount is zero, negative or not whole cents."""


class LineSideUnknown(ValueError):
    """A line's side is neither D nor C."""


class UnbalancedEntry(ValueError):
    """The debits of an entry do not equal its credits."""


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to be: a GL account in a fund, a side, an amount above zero in whole cents.

    `account_id`, `charge_key`, `service`, `party_id` and `agency` say whose and what it is, where the GL
    account asks for it; `charge_key` is the caller's own key of the charge.
    """

    gl_code: str
    fund: str
    side: str
    amount: Decimal
    account_id: int | None = None
    charge_key: str | int | None = None
    service: str = ""
    party_id: int | None = None
    agency: str = ""


def balance_by_fund(
    lines: Sequence[Line], *, pool_fund: str, due_to_code: str, due_from_code: str
) -> list[Line]:
    """Give the lines and, behind them, the due-to and due-from lines that balance each fund.

    A fund whose credits are more than its debits is owed the difference by the pool fund (debit
    due-from there, credit due-to in the pool); a fund whose debits are more owes it to the pool. One
    pair of lines a fund, in the order of the funds' codes; none where the funds balance already.
    Raises EntryEmpty, LineAmountNotPositive, LineSideUnknown, and UnbalancedEntry if the lines do not
    balance in total.
    """
    check_lines(lines)
    balanced = list(lines)
    for fund, surplus in sorted(debits_less_credits_by_fund(lines).items()):
        if fund == pool_fund or surplus == 0:
            continue
        if surplus < 0:
            balanced.append(Line(due_from_code, fund, Side.DEBIT, -surplus))
            balanced.append(Line(due_to_code, pool_fund, Side.CREDIT, -surplus))
        else:
            balanced.append(Line(due_to_code, fund, Side.CREDIT, surplus))
            balanced.append(Line(due_from_code, pool_fund, Side.DEBIT, surplus))
    if any(debits_less_credits_by_fund(balanced).values()):
        raise AssertionError("a fund was left out of balance")
    return balanced


def check_lines(lines: Sequence[Line]) -> None:
    """Pass if the lines make an entry that balances in total.

    Raises EntryEmpty, LineAmountNotPositive, LineSideUnknown, UnbalancedEntry.
    """
    if not lines:
        raise EntryEmpty("The entry has no lines: there is nothing to post.")
    for number, line in enumerate(lines, start=1):
        where = f"Line {number} ({line.gl_code}, fund {line.fund})"
        if line.side not in (Side.DEBIT, Side.CREDIT):
            raise LineSideUnknown(f'{where} has the side "{line.side}"; it is D or C.')
        if line.amount <= 0 or not is_in_cents(line.amount):
            raise LineAmountNotPositive(
                f"{where} has the amount {line.amount}; it must be above zero and in whole cents."
            )
    debited = sum((line.amount for line in lines if line.side == Side.DEBIT), _ZERO)
    credited = sum((line.amount for line in lines if line.side == Side.CREDIT), _ZERO)
    if debited != credited:
        raise UnbalancedEntry(
            f"The entry does not balance: debits {format_amount(debited)}, credits {format_amount(credited)}."
        )


def reverse(lines: Iterable[Line]) -> list[Line]:
    """Give the lines that undo these: the same, each on the other side."""
    return [replace(line, side=_other(line.side)) for line in lines]


def debits_less_credits_by_fund(lines: Iterable[Line]) -> dict[str, Decimal]:
    """Sum the lines by fund, debits positive and credits negative."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.fund] = sums.get(line.fund, _ZERO) + customer_amount(line.side, line.amount)
    return sums


def customer_amount(side: str, amount: Decimal) -> Decimal:
    """Turn a side and an amount into the customer's sign: a debit is owed by the customer, positive."""
    return amount if _other(side) == Side.CREDIT else -amount


def side_and_amount(customer_amount: Decimal) -> tuple[Side, Decimal]:
    """Turn an amount with the customer's sign into a side and an amount above zero.

    Raises LineAmountNotPositive for zero, which is no posting.
    """
    if customer_amount == 0:
        raise LineAmountNotPositive("An amount of 0.00 is no posting.")
    return (Side.DEBIT if customer_amount > 0 else Side.CREDIT), abs(customer_amount)


def _other(side: str) -> Side:
    if side == Side.DEBIT:
        return Side.CREDIT
    if side == Side.CREDIT:
        return Side.DEBIT
    raise LineSideUnknown(f'The side is "{side}"; it is D or C.')
