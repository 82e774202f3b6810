"""Shares of a billing period: rate changes inside it, short and long periods, catch-up bills.

Dates are half-open: a span ends on the day it no longer covers. Everything here is exact; nothing is
rounded to cents. Block sizes and uses are shared in thousandths of a unit so that the shares sum to the
whole.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

THOUSANDTH = Decimal("0.001")
ZERO = Decimal(0)


class ShareImpossible(ValueError):
    """A share has no days, starts before its period, or belongs to a period without days."""


class PeriodEmpty(ValueError):
    """A period ends on or before the day it starts."""


class PeriodRuleInconsistent(ValueError):
    """The shortest, normal and longest days of a period do not stand in this order."""


@dataclass(frozen=True, slots=True)
class Share:
    """Days `before` to `before + days` of a period of `of_days`.

    More days than the period has are a long period: its blocks and fixed charges grow in proportion.
    """

    before: int
    days: int
    of_days: int

    def __post_init__(self) -> None:
        if self.before < 0 or self.days < 1 or self.of_days < 1:
            raise ShareImpossible(
                f"A share of {self.days} days after {self.before} in a period of {self.of_days} days is "
                "impossible."
            )


@dataclass(frozen=True, slots=True)
class Span:
    """The days from `start` up to, not including, `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days the span covers."""
        return (self.end - self.start).days


@dataclass(frozen=True, slots=True)
class PeriodRule:
    """What counts as a normal period of a billing frequency, in days. Between shortest and longest nothing
    is prorated.
    """

    normal_days: int
    shortest_days: int
    longest_days: int

    def __post_init__(self) -> None:
        if not 0 < self.shortest_days <= self.normal_days <= self.longest_days:
            raise PeriodRuleInconsistent(
                f"The shortest ({self.shortest_days}), normal ({self.normal_days}) and longest "
                f"({self.longest_days}) days of a period must rise."
            )


def split_period(*, start: date, end: date, changes: Iterable[date]) -> tuple[Span, ...]:
    """The period cut at each date on which something changes, such as the start of a new price version.

    A change on the first day, or outside the period, cuts nothing. Raises PeriodEmpty.
    """
    if end <= start:
        raise PeriodEmpty(f"The period from {start} to {end} has no days.")
    cuts = sorted({change for change in changes if start < change < end})
    edges = [start, *cuts, end]
    return tuple(Span(first, second) for first, second in pairwise(edges))


def shares_of(*, days: Sequence[int], of_days: int | None = None) -> tuple[Share, ...]:
    """The shares of spans that follow one another, of their sum or of `of_days` where the period is not of
    normal length.
    """
    whole = sum(days) if of_days is None else of_days
    shares, before = [], 0
    for count in days:
        shares.append(Share(before, count, whole))
        before += count
    return tuple(shares)


def period_shares(*, spans: Sequence[Span], rule: PeriodRule) -> tuple[Share | None, ...]:
    """What each span of one bill gets of the fixed charges and the blocks.

    One span of normal length gets everything, said by None. Several spans of a period of normal length
    share one whole. A period shorter or longer than normal gets its days out of the normal ones.
    """
    days = [span.days for span in spans]
    if rule.shortest_days <= sum(days) <= rule.longest_days:
        return (None,) if len(days) == 1 else shares_of(days=days)
    return shares_of(days=days, of_days=rule.normal_days)


def catch_up_share(*, periods: int) -> Share:
    """The share of one bill over several missed periods: fixed charges and blocks that many times."""
    return Share(0, periods, 1)


def share_amount(amount: Decimal, share: Share) -> Decimal:
    """The amount for the days of the share, unrounded."""
    return amount * share.days / share.of_days


def share_quantity(quantity: Decimal, share: Share) -> Decimal:
    """The part of a use or of a block's size that belongs to the share, in thousandths of a unit.

    Each share is the difference of two running parts, so shares that follow one another sum to the whole
    exactly.
    """
    return _running(quantity, share.before + share.days, share.of_days) - _running(
        quantity, share.before, share.of_days
    )


def _running(quantity: Decimal, days: int, of_days: int) -> Decimal:
    if days == 0:
        return ZERO
    if days == of_days:
        return quantity
    return (quantity * days / of_days).quantize(THOUSANDTH, rounding=ROUND_HALF_EVEN)
