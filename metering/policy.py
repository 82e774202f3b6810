"""What a city decides about readings."""

from decimal import Decimal

from core.policy import Parameter

PARAMETERS = [
    Parameter(
        name="metering.high_factor",
        kind="decimal",
        default=Decimal(3),
        unit="times the expected use",
        governs="above how many times the expected use a reading is questioned as high",
        governed_by="read date",
    ),
    Parameter(
        name="metering.low_factor",
        kind="decimal",
        default=Decimal("0.25"),
        unit="times the expected use",
        governs="below which part of the expected use a reading is questioned as low",
        governed_by="read date",
    ),
    Parameter(
        name="metering.ignore_up_to",
        kind="decimal",
        default=Decimal(4),
        unit="billing units of the register",
        governs="the use up to which a reading is never questioned as high, nor as low where that much was expected",
        governed_by="read date",
    ),
    Parameter(
        name="metering.highest_use",
        kind="decimal",
        default=Decimal(0),
        unit="billing units of the register; 0: half of what its dials can show",
        governs="the highest use of a period that can be true; a fall of the dials beyond it is a misread",
        governed_by="read date",
    ),
    Parameter(
        name="metering.average_days",
        kind="integer",
        default=365,
        unit="days",
        governs="how far back a meter's own average looks",
        governed_by="read date",
    ),
    Parameter(
        name="metering.shortest_period_days",
        kind="integer",
        default=7,
        unit="days",
        governs="below how many days since the last reading no use, low or high use is not questioned",
        governed_by="read date",
    ),
]
