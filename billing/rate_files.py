"""From a rate file to the versions that the rate book stores."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing import owrs

WATER = "WATER"


class AssumptionNotUnderstood(ValueError):
    """An assumption is not written as NAME=VALUE."""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to be stored: what it prices, from when, and its definition as JSON-able data."""

    code: str
    name: str
    service: str
    unit: str
    definition: Mapping[str, Any]
    effective_from: date
    customer_class: str


def read_rates(content: bytes, *, file_name: str) -> owrs.RateFile:
    """A rate file from its bytes. Raises RateFileRefused."""
    if not file_name.lower().endswith(".owrs"):
        raise owrs.RateFileRefused(file_name=file_name, cause="only rate files that end in .owrs are read")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise owrs.RateFileRefused(
            file_name=file_name, cause=f"the file is not UTF-8 text: {error}"
        ) from error
    return owrs.parse(text, file_name=file_name)


def new_versions(
    rate_file: owrs.RateFile, *, prefix: str, effective_from: date | None, assume: Mapping[str, str]
) -> list[NewVersion]:
    """A version for each class that can be billed, with code `prefix:CLASS`, from the given date or the
    file's own.
    """
    metadata = rate_file.metadata
    return [
        NewVersion(
            code=f"{prefix}:{name}",
            name=f"{metadata.utility_name}, {name.replace('_', ' ').lower()}",
            service=WATER,
            unit=metadata.unit,
            definition=assuming(definition, assume),
            effective_from=effective_from or metadata.effective_date,
            customer_class=name,
        )
        for name, definition in rate_file.classes.items()
    ]


def assuming(definition: Mapping[str, Any], assume: Mapping[str, str]) -> dict[str, Any]:
    """The definition with values for inputs that accounts do not bring."""
    return {**definition, "assumed": dict(assume)} if assume else dict(definition)


def assumptions(pairs: Iterable[str]) -> dict[str, str]:
    """NAME=VALUE texts as a mapping. Raises AssumptionNotUnderstood."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name.strip().isidentifier() or not value.strip():
            raise AssumptionNotUnderstood(f"An assumption is written NAME=VALUE, not {pair!r}.")
        found[name.strip()] = value.strip()
    return found
