"""Readings: recorded, held against the meter's own past, superseded, never edited."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core import audit
from core.db import lock_rows
from core.models import User
from metering import validation
from metering.models import Reading, ReadingException, Register
from metering.services.expectations import expectation_of

Code = ReadingException.Code
Resolution = ReadingException.Resolution

CODES = {
    validation.FindingCode.MISSING: Code.MISSING,
    validation.FindingCode.NEGATIVE: Code.NEGATIVE,
    validation.FindingCode.ROLLED_OVER: Code.ROLLOVER,
    validation.FindingCode.ZERO_ON_ACTIVE: Code.ZERO,
    validation.FindingCode.USE_ON_INACTIVE: Code.USE_WHEN_OFF,
    validation.FindingCode.HIGH: Code.HIGH,
    validation.FindingCode.LOW: Code.LOW,
}
# A reading this long before a missed one's date still answers it.
EARLY_DAYS = 10


class ReadingAlreadyRecorded(ValueError):
    """The register has a reading at that moment."""


class ReadingSuperseded(ValueError):
    """Another reading has taken this one's place already."""


@dataclass(frozen=True)
class RecordedReading:
    """A reading, and what was found in it; a severe exception holds the bill."""

    reading: Reading
    exceptions: tuple[ReadingException, ...]


def record_reading(
    *,
    register: Register,
    read_at: dt.datetime,
    dials: str,
    kind: str,
    source: str,
    by: User,
    reader: str = "",
    validate: bool = True,
) -> RecordedReading:
    """Record what a register showed at a moment, as its dials read ("00417").

    ``read_at`` carries its zone; the reading's date is that of the office. With ``validate`` the use since the last
    live reading is held against the meter's average and last year, and what is found is stored; a missed reading of
    these days is answered by it. Whoever calls has checked that the person may: crews and imports record readings too.
    Raises ``DialsNotUnderstood`` (naming the letter and its place), ``ReadingBeyondDials``, ``ReadingAlreadyRecorded``.
    """
    value = validation.parse_dials(dials, dials=register.dial_count)
    with transaction.atomic():
        (locked,) = lock_rows(Register.objects.select_related("meter"), [register.pk])
        live = Reading.objects.filter(register=locked, superseded_by__isnull=True, read_at=read_at)
        present = live.order_by("pk").first()
        if present is not None:
            raise ReadingAlreadyRecorded(
                f"Meter {locked.meter.serial_number} has a reading of {present.dials} at that moment."
                " Supersede it if it is wrong."
            )
        reading = _create(
            locked, read_at=read_at, dials=dials, value=value, kind=kind, source=source, by=by, reader=reader
        )
        _record(reading, "recorded", by, f"Read {reading.dials} on meter {locked.meter.serial_number}")
        _answer_missing(reading, by)
        exceptions = check(reading) if validate else ()
    return RecordedReading(reading, exceptions)


def supersede_reading(
    *,
    reading: Reading,
    dials: str,
    by: User,
    kind: str | None = None,
    source: str = "CORRECTION",
    reader: str = "",
    read_at: dt.datetime | None = None,
    validate: bool = True,
    note: str = "",
) -> RecordedReading:
    """Put another reading in a reading's place; the old one stays, marked, with its open exceptions closed.

    Kind and moment are the old one's unless they are given. Bills that stand on the old reading are not touched
    here: who made them claims the change. Raises ``ReadingSuperseded``, ``DialsNotUnderstood``, ``ReadingBeyondDials``.
    """
    register = reading.register
    value = validation.parse_dials(dials, dials=register.dial_count)
    with transaction.atomic():
        lock_rows(Register, [register.pk])
        (old,) = lock_rows(Reading, [reading.pk])
        if old.superseded_by_id is not None:
            raise ReadingSuperseded(
                f"The reading {old.dials} of {old.read_date} is superseded already. Open the one in its place."
            )
        new = _create(
            register,
            read_at=read_at or old.read_at,
            dials=dials,
            value=value,
            kind=kind or old.kind,
            source=source,
            by=by,
            reader=reader,
        )
        old.superseded_by = new
        old.save(update_fields=["superseded_by"])
        still_open = ReadingException.objects.filter(reading=old, resolved_at__isnull=True)
        still_open.update(
            resolved_at=Now(),
            resolved_by=by,
            resolution=Resolution.SUPERSEDED,
            resolution_note=f"Superseded by {new.dials}",
        )
        _record(
            new, "superseded", by, f"{new.dials} takes the place of {old.dials}", before=old.dials, note=note
        )
        exceptions = check(new) if validate else ()
    return RecordedReading(new, exceptions)


def check(reading: Reading) -> tuple[ReadingException, ...]:
    """Hold a reading against the last live one and the meter's past, and store what is found.

    A day after the last reading (a reread, a final read) says nothing about habits: hi/lo and zero wait for
    ``metering.shortest_period_days``. The first reading of a set meter has no use.
    """
    if reading.kind == Reading.Kind.SET:
        return ()
    expected = expectation_of(reading)
    previous = expected.previous
    if previous is None:
        return ()
    found = validation.check_reading(
        previous=int(previous.value),
        current=int(reading.value),
        dials=reading.register.dial_count,
        multiplier=reading.register.multiplier,
        limits=expected.limits,
        days=expected.days,
        active=expected.is_active,
        average_per_day=expected.average_per_day,
        last_year_per_day=expected.last_year_per_day,
    )
    habits = {validation.FindingCode.ZERO_ON_ACTIVE, validation.FindingCode.LOW, validation.FindingCode.HIGH}
    if expected.days < expected.shortest_period_days:
        found = tuple(finding for finding in found if finding.code not in habits)
    return tuple(
        raise_exception(
            register=reading.register,
            on_date=reading.read_date,
            code=CODES[finding.code],
            severity=finding.severity.value,
            text=finding.text,
            reading=reading,
            agreement_id=expected.agreement_id,
        )
        for finding in found
    )


def raise_exception(
    *,
    register: Register,
    on_date: dt.date,
    code: str,
    severity: str,
    text: str,
    reading: Reading | None = None,
    agreement_id: int | None = None,
) -> ReadingException:
    """Store an exception; one of that code that is open for the register and day is given instead of a second."""
    row, _ = ReadingException.objects.get_or_create(
        register=register,
        on_date=on_date,
        code=code,
        resolved_at=None,
        defaults={
            "severity": severity,
            "text": text[:300],
            "reading": reading,
            "agreement_id": agreement_id,
        },
    )
    return row


def _create(
    register: Register,
    *,
    read_at: dt.datetime,
    dials: str,
    value: int,
    kind: str,
    source: str,
    by: User,
    reader: str,
) -> Reading:
    return Reading.objects.create(
        register=register,
        read_at=read_at,
        read_date=timezone.localdate(read_at),
        dials=dials.strip(),
        value=Decimal(value),
        kind=kind,
        source=source,
        reader=reader,
        recorded_by=by,
    )


def _answer_missing(reading: Reading, by: User) -> None:
    missing = ReadingException.objects.filter(
        register=reading.register,
        code=Code.MISSING,
        resolved_at__isnull=True,
        on_date__lte=reading.read_date + dt.timedelta(days=EARLY_DAYS),
    )
    missing.update(
        resolved_at=Now(),
        resolved_by=by,
        resolution=Resolution.ESTIMATED if reading.kind == Reading.Kind.ESTIMATE else Resolution.REREAD,
        resolution_note=f"Answered by the reading {reading.dials} of {reading.read_date}",
        reading=reading,
    )


def _record(reading: Reading, word: str, by: User, summary: str, **data: object) -> None:
    audit.record(
        code=f"metering.reading.{word}",
        by=by,
        kind="meter",
        key=reading.register.meter.serial_number,
        summary=summary,
        data={"reading": reading.pk, "dials": reading.dials, "kind": reading.kind, **data},
    )
