"""Is a reading to be believed? Dials, rollover, and use held against the meter's own past.

Quantities are in the register's billing unit (dials moved times the multiplier). A severe finding
holds the bill until a person has decided; a warning is shown and billed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum


class DialsNotUnderstood(ValueError):
    """A reading as written is not the digits on a register's dials."""


class ReadingBeyondDials(ValueError):
    """A reading has more digits than the register has dials."""


class UsageBelowZero(ValueError):
    """The reading is below the one before it, and a rollover does not explain it."""


class EstimateWithoutHistory(ValueError):
    """There is no past use to estimate from."""


class Severity(StrEnum):
    """What a finding does: hold the bill, or be shown."""

    SEVERE = "SEVERE"
    WARNING = "WARNING"


class FindingCode(StrEnum):
    """What can be wrong with a reading."""

    MISSING = "MISSING"
    BEYOND_DIALS = "BEYOND_DIALS"
    NEGATIVE = "NEGATIVE"
    ROLLED_OVER = "ROLLED_OVER"
    ZERO_ON_ACTIVE = "ZERO_ON_ACTIVE"
    USE_ON_INACTIVE = "USE_ON_INACTIVE"
    HIGH = "HIGH"
    LOW = "LOW"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a reading; `text` says it in the office's words."""

    code: FindingCode
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Use between two readings, and whether the register passed its highest number on the way."""

    quantity: Decimal
    rolled_over: bool


@dataclass(frozen=True, slots=True)
class PastUse:
    """One earlier period's use and its days; estimated ones are left out by the caller."""

    quantity: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What is ordinary for a class of meter.

    `most` is the highest use in a period that can be true: above it a fall of the dials is a misread,
    not a rollover. Use is high above `high_factor` times what is expected, low below `low_factor`
    times; use up to `ignore_up_to` is never called high, and never low where that much was expected.
    """

    most: Decimal
    high_factor: Decimal = Decimal(3)
    low_factor: Decimal = Decimal("0.25")
    ignore_up_to: Decimal = Decimal(0)


def parse_dials(text: str, *, dials: int | None = None) -> int:
    """Read a reading as written: digits only, leading zeros as on the dials.

    Raises DialsNotUnderstood (naming the letter and its place), ReadingBeyondDials.
    """
    written = text.strip()
    if not written:
        raise DialsNotUnderstood("No reading was given. Give the digits as they stand on the dials.")
    for place, character in enumerate(written, start=1):
        if character not in "0123456789":
            kind = "letter" if character.isalpha() else "character"
            raise DialsNotUnderstood(
                f'The reading "{written}" has the {kind} "{character}" at place {place}; it is digits only.'
            )
    value = int(written)
    if dials is not None:
        _check_dials(value, dials)
    return value


def usage(
    previous: int,
    current: int,
    dials: int,
    multiplier: Decimal,
    high_limit: Decimal,
    *,
    share: Decimal = Decimal(1),
) -> Usage:
    """Give the use between two readings of one register.

    Where the dials fell, the register is taken to have rolled over if that means a use of at most
    `high_limit` (billing units, before `share`); `share` is the part of the meter's use that counts.
    Raises ReadingBeyondDials, UsageBelowZero.
    """
    _check_dials(previous, dials)
    _check_dials(current, dials)
    rolled_over = current < previous
    moved = current - previous + (10**dials if rolled_over else 0)
    quantity = moved * multiplier
    if rolled_over and quantity > high_limit:
        raise UsageBelowZero(
            f"The reading {current} is below the last one, {previous}. A rollover would mean a use of "
            f"{quantity.normalize():f}, more than the {high_limit.normalize():f} that can be true here."
        )
    return Usage(quantity * share, rolled_over)


def check_reading(
    *,
    previous: int | None,
    current: int | None,
    dials: int,
    multiplier: Decimal,
    limits: ReadingLimits,
    days: int,
    active: bool = True,
    average_per_day: Decimal | None = None,
    last_year_per_day: Decimal | None = None,
) -> tuple[Finding, ...]:
    """Look at a reading before it is billed and give all that is wrong with it; empty means ordinary.

    `previous` is None for the first reading of a register, which opens it and has no use. `days` is the
    length of the period; the averages are this meter's own use a day lately and in the same period a
    year ago, None where there is no such past. `active` tells whether service is on.
    """
    if current is None:
        return (Finding(FindingCode.MISSING, Severity.SEVERE, "There is no reading for this period."),)
    opening = previous is None
    try:
        used = usage(current if previous is None else previous, current, dials, multiplier, limits.most)
    except ReadingBeyondDials as refusal:
        return (Finding(FindingCode.BEYOND_DIALS, Severity.SEVERE, str(refusal)),)
    except UsageBelowZero as refusal:
        return (Finding(FindingCode.NEGATIVE, Severity.SEVERE, str(refusal)),)
    if opening:
        return ()
    found: list[Finding] = []
    if used.rolled_over:
        text = f"The dials went from {previous} past their highest number to {current}."
        found.append(Finding(FindingCode.ROLLED_OVER, Severity.WARNING, text))
    if not active and used.quantity > 0:
        text = f"Service is off, and {_shown(used.quantity)} units were used."
        found.append(Finding(FindingCode.USE_ON_INACTIVE, Severity.SEVERE, text))
    if active and used.quantity == 0:
        found.append(_zero_use(average_per_day))
    elif active:
        expected = {"the average": average_per_day, "the same period last year": last_year_per_day}
        known = {name: rate * days for name, rate in expected.items() if rate is not None}
        found.extend(_high_or_low(used.quantity, known, limits))
    return tuple(found)


def daily_average(past: Sequence[PastUse]) -> Decimal | None:
    """Give the use a day over past periods, weighted by their days; None without any days."""
    days = sum(period.days for period in past)
    return sum((period.quantity for period in past), Decimal(0)) / days if days > 0 else None


def estimate(past: Sequence[PastUse], days: int) -> Decimal:
    """Estimate a period's use from the daily average of past periods, in whole units, half up.

    Raises EstimateWithoutHistory.
    """
    past_days = sum(period.days for period in past)
    if past_days <= 0:
        raise EstimateWithoutHistory("There is no past use to estimate from; a person must give the use.")
    quantity = sum((period.quantity for period in past), Decimal(0))
    # Multiplied before it is divided: a rounded average would tip an exact half the wrong way.
    return (quantity * days / past_days).quantize(Decimal(1), rounding=ROUND_HALF_UP)


def _check_dials(reading: int, dials: int) -> None:
    if not 0 <= reading < 10**dials:
        raise ReadingBeyondDials(f"The reading {reading} does not fit a register of {dials} dials.")


def _zero_use(average_per_day: Decimal | None) -> Finding:
    """A meter that always stands still is an empty house; one that has stopped may be broken."""
    if average_per_day == 0:
        return Finding(
            FindingCode.ZERO_ON_ACTIVE, Severity.WARNING, "No use again, as in the periods before."
        )
    text = "Service is on, and the dials have not moved. Is the meter stuck, or the place empty?"
    return Finding(FindingCode.ZERO_ON_ACTIVE, Severity.SEVERE, text)


def _high_or_low(quantity: Decimal, known: dict[str, Decimal], limits: ReadingLimits) -> list[Finding]:
    """Severe if the use is out of line with all that is known; a warning if only with part of it.

    Summer watering is high against the average and ordinary against last summer.
    """
    if quantity > limits.most:
        text = f"The use of {_shown(quantity)} is more than the {_shown(limits.most)} that can be true here."
        return [Finding(FindingCode.HIGH, Severity.SEVERE, text)]
    high = [
        name
        for name, expected in known.items()
        if quantity > max(expected * limits.high_factor, limits.ignore_up_to)
    ]
    low = [
        name
        for name, expected in known.items()
        if quantity < expected * limits.low_factor and expected > limits.ignore_up_to
    ]
    found = []
    for code, names, factor, word in (
        (FindingCode.HIGH, high, limits.high_factor, "above"),
        (FindingCode.LOW, low, limits.low_factor, "below"),
    ):
        if names:
            severity = Severity.SEVERE if len(names) == len(known) else Severity.WARNING
            against = " and ".join(f"{name} ({_shown(known[name])})" for name in names)
            text = f"The use of {_shown(quantity)} is {word} {_shown(factor)} times {against}."
            found.append(Finding(code, severity, text))
    return found


def _shown(number: Decimal) -> str:
    """Write a quantity for people, with two decimals at most."""
    return f"{round(number, 2).normalize():f}"
