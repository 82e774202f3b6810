"""Writes of the metering app.

Every function here is whole by itself and may be a part of a larger act: it joins the caller's transaction, or
opens its own, and writes its audit event in it.
"""

from metering.services.exceptions import (
    ExceptionAlreadyResolved,
    ResolutionRefused,
    raise_missing,
    resolve_exception,
)
from metering.services.installations import (
    InstallationRefused,
    UsageSourceOverlaps,
    add_usage_source,
    end_usage_source,
    exchange_meter,
    install_meter,
    remove_meter,
)
from metering.services.meters import MeterRefused, RegisterSpec, create_meter, retire_meter
from metering.services.readings import (
    ReadingAlreadyRecorded,
    ReadingSuperseded,
    RecordedReading,
    record_reading,
    supersede_reading,
)
from metering.validation import DialsNotUnderstood, EstimateWithoutHistory, ReadingBeyondDials

__all__ = [
    "DialsNotUnderstood",
    "EstimateWithoutHistory",
    "ExceptionAlreadyResolved",
    "InstallationRefused",
    "MeterRefused",
    "ReadingAlreadyRecorded",
    "ReadingBeyondDials",
    "ReadingSuperseded",
    "RecordedReading",
    "RegisterSpec",
    "ResolutionRefused",
    "UsageSourceOverlaps",
    "add_usage_source",
    "create_meter",
    "end_usage_source",
    "exchange_meter",
    "install_meter",
    "raise_missing",
    "record_reading",
    "remove_meter",
    "resolve_exception",
    "retire_meter",
    "supersede_reading",
]
