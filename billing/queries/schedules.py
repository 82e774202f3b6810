"""The rate book as somebody sees it who chooses a rate for a service."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from billing.models import RateSchedule
from billing.queries.prices import PricesOfChunk
from billing.rates import CompiledRate, NotPriceable
from billing.rates.numbers import read_input

USE = frozenset({"usage", "usage_ccf"})
# What a bill run brings by itself; the meter brings its size where the rate charges by use.
BROUGHT = USE | {"customer_class", "days_in_period", "usage_month", "season"}
METER_SIZE = "meter_size"
SEASONS = ("Winter", "Summer")
DAYS = 30


class FactNotUnderstood(ValueError):
    """A fact that the price is reckoned from is no number, or is below zero."""


@dataclass(frozen=True, slots=True)
class RateChoice:
    """A rate that may be chosen on a day: whether it charges by use, and which facts an agreement must bring.

    ``facts`` are names of inputs ("eru", "carts") that neither the meter nor the run brings.
    """

    code: str
    name: str
    service: str
    is_metered: bool
    facts: tuple[str, ...]
    rate: CompiledRate


def rates_on(on_date: dt.date) -> list[RateChoice]:
    """The rates with an approved price on a day, by service and code. Two queries, and the prices not seen before."""
    schedules = list(RateSchedule.objects.order_by("service", "code", "pk"))
    prices = PricesOfChunk(schedule.code for schedule in schedules)
    found = []
    for schedule in schedules:
        version = prices.find(schedule.code, on_date)
        if version is not None:
            found.append(_choice(schedule, version.rate))
    return found


def check_fact(choice: RateChoice, name: str, value: str) -> None:
    """Refuse a fact that the rate could not reckon with. Raises ``FactNotUnderstood``."""
    if not value.strip():
        raise FactNotUnderstood(f"{choice.name} is reckoned from this. Give a value.")
    if name not in choice.rate.number_inputs:
        return
    try:
        number = read_input(name, value.strip())
    except NotPriceable:
        raise FactNotUnderstood(f'"{value}" is no number. Give digits, with a point if needed.') from None
    if number < 0:
        raise FactNotUnderstood(f"{value} is below zero.")


def check_priceable(
    choice: RateChoice, *, customer_class: str, on_date: dt.date, meter_size: str, facts: Mapping[str, str]
) -> None:
    """Price an empty month of thirty days, so that a missing price is known now and not when the bill is held.

    Raises ``NotPriceable`` in the engine's words.
    """
    inputs: dict[str, Decimal | str | int] = {
        "customer_class": customer_class,
        "days_in_period": DAYS,
        "usage_month": on_date.month,
        **dict.fromkeys(USE, Decimal(0)),
    }
    if meter_size:
        inputs[METER_SIZE] = meter_size
    inputs.update(facts)
    for season in SEASONS:
        choice.rate.price({**inputs, "season": season})


def _choice(schedule: RateSchedule, rate: CompiledRate) -> RateChoice:
    wanted = dict.fromkeys((*rate.number_inputs, *rate.key_inputs))
    is_metered = bool(USE & wanted.keys())
    brought = BROUGHT | ({METER_SIZE} if is_metered else frozenset())
    facts = tuple(name for name in wanted if name not in brought and name not in rate.assumed)
    return RateChoice(schedule.code, schedule.name, schedule.service, is_metered, facts, rate)
