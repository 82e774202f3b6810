"""What the rate engine takes and gives, as frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

Step: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RatedLine:
    """One component of one service under one price version.

    `exact` is unrounded; `amount` is the same rounded half up to cents, once. `quantity` and `unit` say
    what was priced where there is one quantity (a use, a count). `working` is the way to the amount, as
    data ready for JSON.
    """

    component: str
    description: str
    charge_type: str
    quantity: Decimal | None
    unit: str
    exact: Decimal
    amount: Decimal
    working: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class RatedResult:
    """The lines of one service for one period.

    `exact_total` is the sum of the exact lines, for comparisons; what is billed is `total`, the sum of the
    rounded lines. `parts` holds the exact value of every component and named part by name.
    """

    lines: tuple[RatedLine, ...]
    exact_total: Decimal
    parts: Mapping[str, Decimal]

    @property
    def total(self) -> Decimal:
        """The amount of the bill: the sum of the rounded lines."""
        return sum((line.amount for line in self.lines), Decimal("0.00"))
