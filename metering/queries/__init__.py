"""Reads of the metering app."""

from metering.queries.consumption import (
    BoundaryReadingMissing,
    Consumption,
    ConsumptionPart,
    UnitsDiffer,
    consumption,
)
from metering.queries.exceptions import exceptions_all, exceptions_open, holding
from metering.queries.history import HistoryRow, readings_history, usage_months
from metering.queries.meters import find_meter, installation_on, main_register, registers_of

__all__ = [
    "BoundaryReadingMissing",
    "Consumption",
    "ConsumptionPart",
    "HistoryRow",
    "UnitsDiffer",
    "consumption",
    "exceptions_all",
    "exceptions_open",
    "find_meter",
    "holding",
    "installation_on",
    "main_register",
    "readings_history",
    "registers_of",
    "usage_months",
]
