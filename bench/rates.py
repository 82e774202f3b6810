"""How many bills a second one core prices, for each shape of rate: `python -m bench.rates`.

Warm is a version already compiled, as a run uses it; cold compiles the version anew for every bill. The working of every
line is kept, as on a real bill.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.proration import Share
from billing.rates import compile_rate

SECONDS = 0.5
TARGET = 20_000

BASE = {
    "code": "base",
    "kind": "fixed",
    "by": "meter_size",
    "values": {'5/8"': "12.50", '1"': "21", '2"': "60"},
}
LIMITS, PRICES = ["8", "20", "60"], ["2.10", "3.05", "4.80", "7.25"]
TIERS = {"code": "use", "kind": "tiered", "limits": LIMITS, "prices": PRICES}
TAX = {"code": "tax", "kind": "percent", "of": ["base", "use"], "rate": "0.065"}
BUDGET = {
    "code": "use",
    "kind": "budget",
    "budget": ["indoor", "outdoor"],
    "limits": ["indoor", "100%", "150%"],
    "prices": PRICES,
}
ALLOTMENTS = {
    "indoor": {"formula": "hhsize*55*days_in_period*(1/748)"},
    "outdoor": {"formula": "irr_area*et_amount*0.7*0.62*(1/748)"},
}
SHAPES: Mapping[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "flat": ([{"code": "base", "kind": "flat", "amount": "12.50"}], {}),
    "fixed by meter size": ([BASE], {}),
    "uniform": ([{"code": "use", "kind": "uniform", "price": "2.105"}], {}),
    "tiered": ([TIERS], {}),
    "fixed, tiered and tax": ([BASE, TIERS, TAX], {}),
    "tiers by two tables": (
        [
            {
                "code": "use",
                "kind": "tiered",
                "limits": {
                    "by": ["meter_size", "season"],
                    "values": {'5/8"|summer': LIMITS, '1"|summer': LIMITS},
                },
                "prices": {"by": "water_type", "values": {"potable": PRICES, "recycled": PRICES}},
            }
        ],
        {},
    ),
    "formula": ([TIERS, {"code": "lift", "kind": "formula", "formula": "0.1*use + 0.25*usage"}], {}),
    "water budget": ([BASE, BUDGET], ALLOTMENTS),
}
INPUTS: Mapping[str, Decimal | str] = {
    "usage": Decimal("23.5"),
    "meter_size": '5/8"',
    "season": "summer",
    "water_type": "potable",
    "hhsize": Decimal(4),
    "days_in_period": Decimal(61),
    "irr_area": Decimal(2500),
    "et_amount": Decimal("5.2"),
}


@dataclass(frozen=True, slots=True)
class Speed:
    """Bills a second of processor time for one shape."""

    shape: str
    warm: int
    cold: int
    prorated: int


def measure(*, seconds: float = SECONDS) -> list[Speed]:
    """Measure every shape, each for about `seconds` of processor time a way."""
    return [_measure(shape, components, parts, seconds) for shape, (components, parts) in SHAPES.items()]


def _measure(shape: str, components: list[dict[str, Any]], parts: dict[str, Any], seconds: float) -> Speed:
    definition = {"format": 1, "unit": "ccf", "parts": parts, "components": components}
    rate = compile_rate(definition)
    half = Share(0, 15, 30)
    return Speed(
        shape=shape,
        warm=_per_second(lambda: rate.price(INPUTS), seconds),
        cold=_per_second(lambda: compile_rate(definition).price(INPUTS), seconds),
        prorated=_per_second(lambda: rate.price(INPUTS, share=half), seconds),
    )


def _per_second(act: Callable[[], object], seconds: float) -> int:
    act()
    count, chunk, start = 0, 200, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for _ in range(chunk):
            act()
        count += chunk
    return round(count / spent)


def main() -> int:
    """Print the table; exit 1 if the everyday shape misses its target."""
    speeds = measure()
    print(f"{'bills/s a core':24}{'warm':>10}{'prorated':>10}{'cold':>10}")
    for speed in speeds:
        print(f"{speed.shape:24}{speed.warm:>10,}{speed.prorated:>10,}{speed.cold:>10,}")
    everyday = next(speed for speed in speeds if speed.shape == "fixed, tiered and tax")
    print(f"everyday shape: {everyday.warm:,} bills/s a core, target {TARGET:,}")
    return 0 if everyday.warm >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
