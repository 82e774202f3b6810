"""Blocks of use: the limits and prices of a tiered charge, fixed or by table, and those that follow a water
budget.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from billing.formulas import to_decimal, whole_units
from billing.proration import Share, share_quantity
from billing.rates.errors import NotPriceable, RateRefused
from billing.rates.numbers import plain, read_number
from billing.rates.results import Step
from billing.rates.tables import Environment, Table, read_table

ZERO = Decimal(0)
SHARE = "#share"
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


class BlocksRefused(RateRefused):
    """The blocks of a charge are incomplete, or limits and prices do not pair."""


class BlocksNotRising(RateRefused):
    """A block ends where or before the block before it ends."""


class BlocksDoNotPair(NotPriceable):
    """The limits and the prices that two tables give for these inputs differ in number."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block: the use above `low` up to `high` (None: without end) at `price`. The texts are for the
    working.
    """

    low: Decimal
    high: Decimal | None
    price: Decimal
    low_text: str
    high_text: str | None
    price_text: str


@dataclass(frozen=True, slots=True)
class BudgetShare:
    """A limit at a percentage of the whole budget."""

    percent: Decimal


Limit: TypeAlias = Decimal | str | BudgetShare
FindBlocks: TypeAlias = Callable[[Environment], tuple[Sequence[Block], list[Step]]]
LimitsOrTable: TypeAlias = tuple[Any, ...] | Table


@dataclass(frozen=True, slots=True)
class Schedule:
    """Limits and prices as read: each one list, or a table of lists. `budget` names the allotments that
    make the budget.
    """

    limits: LimitsOrTable
    prices: LimitsOrTable
    budget: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The inputs that choose limits or prices."""
        found = [name for side in (self.limits, self.prices) if isinstance(side, Table) for name in side.by]
        return tuple(dict.fromkeys(found))

    @property
    def names(self) -> tuple[str, ...]:
        """The named allotments that limits stand on."""
        return tuple(dict.fromkeys([*_limit_names(self.limits), *self.budget]))


def read_schedule(spec: Mapping[str, Any], *, place: str, budget: tuple[str, ...] | None) -> Schedule:
    """The blocks of a component: `blocks`, or `limits` and `prices`. `budget` is None where limits are
    plain numbers.

    Raises BlocksRefused, BlocksNotRising, and what tables and numbers raise.
    """
    if "blocks" in spec:
        limits, prices = _split_blocks(spec["blocks"], place)
    elif "limits" in spec and "prices" in spec:
        limits, prices = spec["limits"], spec["prices"]
    else:
        raise BlocksRefused(place=place, cause="there are no 'blocks', nor 'limits' with 'prices'")

    may_be_empty = spec.get("empty_blocks") is True

    def read_limits(row: Any, at: str) -> tuple[Limit, ...]:
        return _read_limits(row, at, on_budget=budget is not None, may_be_empty=may_be_empty)

    schedule = Schedule(
        limits=_rows(limits, f"{place}, limits", read_limits),
        prices=_rows(prices, f"{place}, prices", _read_prices),
        budget=budget or (),
    )
    _check_pairs(schedule, place)
    if not budget and any(
        isinstance(limit, BudgetShare) for row in _all_rows(schedule.limits) for limit in row
    ):
        raise BlocksRefused(place=place, cause="a limit is a percentage, but there is no budget")
    return schedule


def find_blocks(schedule: Schedule) -> FindBlocks:
    """A function from the inputs of a bill to its blocks, and to the working that led to them where there
    is any.
    """
    choose = _chooser(schedule)
    if not _on_budget(schedule):
        ready: dict[tuple[int, int], Sequence[Block]] = {}

        def fixed_blocks(env: Environment) -> tuple[Sequence[Block], list[Step]]:
            limits, prices = choose(env)
            share = env.get(SHARE)
            if share is not None:
                return make_blocks(_shared(limits, share), prices), []
            # Rows live as long as the schedule, so their identities are safe keys.
            key = (id(limits), id(prices))
            blocks = ready.get(key)
            if blocks is None:
                blocks = ready[key] = make_blocks(limits, prices)
            return blocks, []

        return fixed_blocks

    def budget_blocks(env: Environment) -> tuple[Sequence[Block], list[Step]]:
        limits, prices = choose(env)
        steps: list[Step] = []
        sizes = _budget_sizes(limits, schedule.budget, env, steps)
        share = env.get(SHARE)
        return make_blocks(sizes if share is None else _shared(sizes, share), prices), steps

    return budget_blocks


def make_blocks(limits: Sequence[Decimal], prices: Sequence[Decimal]) -> tuple[Block, ...]:
    """Blocks from upper limits and prices. A limit below the one before it gives an empty block."""
    blocks, low = [], ZERO
    for number, price in enumerate(prices):
        high = max(limits[number], low) if number < len(limits) else None
        blocks.append(
            Block(low, high, price, plain(low), None if high is None else plain(high), plain(price))
        )
        low = low if high is None else high
    return tuple(blocks)


def _budget_sizes(
    limits: Sequence[Limit], budget: Sequence[str], env: Environment, steps: list[Step]
) -> list[Decimal]:
    rounded: dict[str, Decimal] = {}

    def allotment(name: str) -> Decimal:
        if name not in rounded:
            rounded[name] = whole_units(env[name])
            exact = plain(to_decimal(env[name]))
            steps.append(
                {"kind": "allotment", "name": name, "exact": exact, "quantity": plain(rounded[name])}
            )
        return rounded[name]

    whole = sum((allotment(name) for name in budget), ZERO)
    sizes: list[Decimal] = []
    for limit in limits:
        if isinstance(limit, BudgetShare):
            size = whole_units(whole * limit.percent / 100)
            steps.append(
                {
                    "kind": "budget_share",
                    "percent": plain(limit.percent),
                    "of": plain(whole),
                    "quantity": plain(size),
                }
            )
        else:
            size = allotment(limit) if isinstance(limit, str) else whole_units(limit)
        sizes.append(size)
    return sizes


def _shared(limits: Sequence[Decimal], share: Share) -> list[Decimal]:
    return [share_quantity(limit, share) for limit in limits]


def _chooser(schedule: Schedule) -> Callable[[Environment], tuple[Any, Any]]:
    limits, prices = schedule.limits, schedule.prices
    if not isinstance(limits, Table) and not isinstance(prices, Table):
        return lambda _env: (limits, prices)
    find_limits = limits.finder() if isinstance(limits, Table) else lambda _env: limits
    find_prices = prices.finder() if isinstance(prices, Table) else lambda _env: prices

    def choose(env: Environment) -> tuple[Any, Any]:
        some_limits, some_prices = find_limits(env), find_prices(env)
        if len(some_limits) + 1 != len(some_prices):
            raise BlocksDoNotPair(f"{len(some_limits) + 1} blocks but {len(some_prices)} prices")
        return some_limits, some_prices

    return choose


def _rows(spec: Any, place: str, read_row: Callable[[Any, str], tuple[Any, ...]]) -> LimitsOrTable:
    if isinstance(spec, Mapping):
        return read_table(spec, place=place, read_row=read_row)
    return read_row(spec, place)


def _read_prices(row: Any, place: str) -> tuple[Decimal, ...]:
    if not isinstance(row, list | tuple) or not row:
        raise BlocksRefused(place=place, cause="there is no list of prices")
    return tuple(read_number(price, place=f"{place}, block {number}") for number, price in enumerate(row, 1))


def _read_limits(row: Any, place: str, *, on_budget: bool, may_be_empty: bool) -> tuple[Limit, ...]:
    if not isinstance(row, list | tuple):
        raise BlocksRefused(place=place, cause="there is no list of limits")
    limits = tuple(
        _read_limit(limit, f"{place}, block {number}", on_budget) for number, limit in enumerate(row, 1)
    )
    last = None
    for number, limit in enumerate(limits, 1):
        if not isinstance(limit, Decimal):
            continue
        if limit < 0 or (last is not None and (limit < last or (limit == last and not may_be_empty))):
            shown = "0" if last is None else plain(last)
            raise BlocksNotRising(
                place=place,
                cause=f"the blocks do not rise: block {number} ends at {plain(limit)} after {shown}",
            )
        last = limit
    return limits


def _read_limit(limit: Any, place: str, on_budget: bool) -> Limit:
    if isinstance(limit, str) and (percent := _PERCENT.fullmatch(limit.strip())):
        if not on_budget:
            raise BlocksRefused(place=place, cause=f"{limit} is a share of a budget, but the charge has none")
        return BudgetShare(Decimal(percent.group(1)))
    if isinstance(limit, str) and on_budget and _NAME.fullmatch(limit.strip()):
        return limit.strip()
    return read_number(limit, place=place)


def _split_blocks(blocks: Any, place: str) -> tuple[Any, Any]:
    """`blocks` as limits and prices: both lists, or both tables of the same inputs."""
    if isinstance(blocks, Mapping):
        values = blocks.get("values")
        if not isinstance(values, Mapping):
            raise BlocksRefused(place=place, cause="the table of blocks has no values")
        pairs = {key: _split_blocks(row, f"{place}, key '{key}'") for key, row in values.items()}
        head = {name: value for name, value in blocks.items() if name != "values"}
        limits = {**head, "values": {key: pair[0] for key, pair in pairs.items()}}
        return limits, {**head, "values": {key: pair[1] for key, pair in pairs.items()}}
    if not isinstance(blocks, list | tuple) or not blocks:
        raise BlocksRefused(place=place, cause="there are no blocks")
    for number, block in enumerate(blocks, 1):
        wanted = {"to", "price"} if number < len(blocks) else {"price"}
        if not isinstance(block, Mapping) or set(block) != wanted:
            rule = "every block has 'to' and 'price', the last one only 'price'"
            raise BlocksRefused(place=f"{place}, block {number}", cause=rule)
    return [block["to"] for block in blocks[:-1]], [block["price"] for block in blocks]


def _check_pairs(schedule: Schedule, place: str) -> None:
    limits, prices = schedule.limits, schedule.prices
    if isinstance(limits, Table) and isinstance(prices, Table) and limits.by == prices.by:
        pairs = [(key, row, prices.rows[key]) for key, row in limits.rows.items() if key in prices.rows]
    elif isinstance(limits, Table) and isinstance(prices, Table):
        # Which rows meet is known only from the inputs of a bill; the chooser checks them then.
        return
    else:
        pairs = [(None, one, other) for one in _all_rows(limits) for other in _all_rows(prices)]
    for key, some_limits, some_prices in pairs:
        if len(some_limits) + 1 != len(some_prices):
            at = place if key is None else f"{place}, key '{key}'"
            raise BlocksRefused(
                place=at, cause=f"{len(some_limits) + 1} blocks but {len(some_prices)} prices"
            )


def _all_rows(side: LimitsOrTable) -> list[tuple[Any, ...]]:
    return list(side.rows.values()) if isinstance(side, Table) else [side]


def _limit_names(limits: LimitsOrTable) -> list[str]:
    return [limit for row in _all_rows(limits) for limit in row if isinstance(limit, str)]


def _on_budget(schedule: Schedule) -> bool:
    return any(not isinstance(limit, Decimal) for row in _all_rows(schedule.limits) for limit in row) or bool(
        schedule.budget
    )
