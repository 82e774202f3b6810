"""A use history as a file: one row one metered use in one billing month. Pure: text in, checked rows out."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

COLUMNS = ("cust_id", "usage_ccf", "usage_month", "usage_year", "cust_class")


class UsageFileRefused(Exception):
    """The file cannot be loaded; the message names line, column, value and what was expected."""


@dataclass(frozen=True)
class Use:
    """One metered use: a quantity in the file's unit, in a month."""

    customer: str
    customer_class: str
    year: int
    month: int
    quantity: Decimal


@dataclass
class PointHistory:
    """The uses of one service point by (year, month), in the order of time."""

    number: int
    uses: dict[tuple[int, int], Decimal] = field(default_factory=dict)

    @property
    def first_month(self) -> tuple[int, int]:
        return min(self.uses)

    @property
    def total(self) -> Decimal:
        return sum(self.uses.values(), Decimal(0))


@dataclass
class AccountHistory:
    """The service points of one customer in one class."""

    customer: str
    customer_class: str
    points: list[PointHistory] = field(default_factory=list)

    @property
    def first_month(self) -> tuple[int, int]:
        return min(point.first_month for point in self.points)


def read_uses(lines: Iterable[str], *, file_name: str) -> Iterator[Use]:
    """The rows of a history, checked. Raises ``UsageFileRefused`` at the first that is not right."""
    reader = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise UsageFileRefused(
            f"{file_name}, line 1: the column {' and '.join(missing)} is missing. "
            f"A use history has the columns {', '.join(COLUMNS)}."
        )
    for row in reader:
        yield _use(row, place=f"{file_name}, line {reader.line_num}")


def _use(row: dict[str, str | None], *, place: str) -> Use:
    given = {column: (row.get(column) or "").strip() for column in COLUMNS}
    empty = [column for column in COLUMNS if not given[column]]
    if empty:
        raise UsageFileRefused(f"{place}: {empty[0]} is empty.")
    try:
        quantity = Decimal(given["usage_ccf"])
    except InvalidOperation:
        raise UsageFileRefused(
            f'{place}: usage_ccf is "{given["usage_ccf"]}"; a number was expected.'
        ) from None
    if not quantity.is_finite() or quantity < 0:
        raise UsageFileRefused(
            f"{place}: usage_ccf is {given['usage_ccf']}; a use of 0 or more was expected."
        )
    if quantity != quantity.quantize(Decimal("0.001")):
        raise UsageFileRefused(
            f"{place}: usage_ccf is {given['usage_ccf']}; at most three decimals were expected."
        )
    try:
        year, month = int(given["usage_year"]), int(given["usage_month"])
    except ValueError:
        raise UsageFileRefused(
            f'{place}: usage_month "{given["usage_month"]}" and usage_year "{given["usage_year"]}" '
            "must be whole numbers."
        ) from None
    if not 1 <= month <= 12 or not 1900 <= year <= 2200:
        raise UsageFileRefused(f"{place}: {month}/{year} is not a month.")
    return Use(given["cust_id"], given["cust_class"], year, month, quantity)


def histories(uses: Iterable[Use]) -> list[AccountHistory]:
    """Accounts and their service points: the nth row of an account in a month, in file order, is its nth meter."""
    accounts: dict[tuple[str, str], AccountHistory] = {}
    seen: dict[tuple[str, str, int, int], int] = defaultdict(int)
    for use in uses:
        key = (use.customer, use.customer_class)
        account = accounts.setdefault(key, AccountHistory(*key))
        place = seen[*key, use.year, use.month]
        seen[*key, use.year, use.month] += 1
        if place == len(account.points):
            account.points.append(PointHistory(number=place + 1))
        account.points[place].uses[use.year, use.month] = use.quantity
    return sorted(accounts.values(), key=lambda each: (each.customer.zfill(12), each.customer_class))
