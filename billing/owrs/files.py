"""A rate file: its metadata, and a definition or a refusal for each of its customer classes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.owrs.classes import KNOWN_INPUTS, ClassRefused, define_class
from billing.rates import RateRefused
from billing.strict_yaml import YamlRefused, load_strict

UNITS = {
    "ccf": "ccf",
    "hcf": "ccf",
    "kgal": "kgal",
    "gal": "gal",
    "kilolitre": "kilolitre",
    "kiloliter": "kilolitre",
}
FREQUENCIES = {
    "monthly": "MONTHLY",
    "bimonthly": "BIMONTHLY",
    "quarterly": "QUARTERLY",
    "annually": "ANNUALLY",
    "annual": "ANNUALLY",
}


class RateFileRefused(Exception):
    """A rate file is refused whole. Names the file and the cause."""

    def __init__(self, *, file_name: str, cause: str) -> None:
        self.file_name = file_name
        self.cause = cause
        super().__init__(f"{file_name}: {cause}")


@dataclass(frozen=True, slots=True)
class RateFileMetadata:
    """What a file says about itself. `bill_frequency` is one of our codes, or empty."""

    utility_name: str
    effective_date: date
    bill_frequency: str
    unit: str
    source_link: str


@dataclass(frozen=True, slots=True)
class RateFile:
    """A file as read: a definition a class, and a reason for each class that is refused."""

    file_name: str
    metadata: RateFileMetadata
    classes: Mapping[str, dict[str, Any]]
    refused: Mapping[str, str]

    def why_not(self, customer_class: str) -> str:
        """Why a class has no rate here, naming the file, the class and the cause."""
        cause = self.refused.get(customer_class, f"no rate for class {customer_class}")
        return f"{self.file_name}: class {customer_class}: {cause}"


def parse(text: str, *, file_name: str, inputs: frozenset[str] = frozenset()) -> RateFile:
    """Read a rate file. `inputs` are names that formulas may use besides the usual ones.

    Raises RateFileRefused for a file that cannot be read. A class that cannot be billed is in `refused`.
    """
    try:
        document = load_strict(text)
    except YamlRefused as refusal:
        raise RateFileRefused(file_name=file_name, cause=str(refusal)) from refusal
    if not isinstance(document, dict):
        raise RateFileRefused(file_name=file_name, cause="the file is not a set of named values")
    metadata = _read_metadata(document.get("metadata"), file_name)
    structure = document.get("rate_structure")
    if not isinstance(structure, dict) or not structure:
        raise RateFileRefused(file_name=file_name, cause="there is no rate_structure with customer classes")
    classes: dict[str, dict[str, Any]] = {}
    refused: dict[str, str] = {}
    for name, parts in structure.items():
        try:
            classes[name] = define_class(parts, metadata.unit, KNOWN_INPUTS | inputs)
        except (ClassRefused, RateRefused) as refusal:
            refused[name] = str(refusal)
    return RateFile(file_name, metadata, classes, refused)


def read_date(text: str) -> date | None:
    """A date as the files write it, YYYY-MM-DD, MM/DD/YYYY or MM-DD-YYYY; None if it is neither or there is
    no such day.
    """
    found = re.fullmatch(
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<m2>\d{1,2})[-/](?P<d2>\d{1,2})[-/](?P<y2>\d{4})",
        text,
    )
    if found is None:
        return None
    year, month, day = (found["y"] or found["y2"], found["m"] or found["m2"], found["d"] or found["d2"])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _read_metadata(found: Any, file_name: str) -> RateFileMetadata:
    def refuse(cause: str) -> RateFileRefused:
        return RateFileRefused(file_name=file_name, cause=cause)

    if not isinstance(found, dict):
        raise refuse("there is no metadata")
    texts = {name: value.strip() for name, value in found.items() if isinstance(value, str)}
    effective = read_date(texts.get("effective_date", ""))
    if effective is None:
        raise refuse(f"effective_date is not a date: '{texts.get('effective_date', '')}'")
    if not texts.get("utility_name"):
        raise refuse("there is no utility_name")
    unit = UNITS.get(texts.get("bill_unit", "").lower() or "ccf")
    if unit is None:
        raise refuse(f"unknown bill_unit '{texts['bill_unit']}'; known are {', '.join(UNITS)}")
    spelled = re.sub(r"[^a-z]", "", texts.get("bill_frequency", "").lower())
    if spelled and spelled not in FREQUENCIES:
        raise refuse(f"unknown bill_frequency '{texts['bill_frequency']}'")
    return RateFileMetadata(
        utility_name=texts["utility_name"],
        effective_date=effective,
        bill_frequency=FREQUENCIES.get(spelled, ""),
        unit=unit,
        source_link=texts.get("prop_218_link", ""),
    )
