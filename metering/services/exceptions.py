"""Exceptions: why a reading, or the lack of one, holds a bill, and what a person decided."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import ServiceAgreement
from core import audit, permissions
from core.db import lock_rows
from core.models import User
from metering import validation
from metering.models import Reading, ReadingException, Register
from metering.services.expectations import expectation_of
from metering.services.installations import noon
from metering.services.readings import raise_exception, record_reading, supersede_reading

Code = ReadingException.Code
Resolution = ReadingException.Resolution


class ExceptionAlreadyResolved(ValueError):
    """Somebody has decided about the exception."""


class ResolutionRefused(ValueError):
    """The decision lacks what it needs: a note, the dials, or a reading to accept."""


def raise_missing(
    *, register: Register, on_date: dt.date, by: User, agreement: ServiceAgreement | None = None
) -> ReadingException:
    """Say that a register has no reading for a day on which it should; its bill is held until there is one.

    The same call again gives the exception that is open.
    """
    with transaction.atomic():
        lock_rows(Register, [register.pk])
        before = ReadingException.objects.filter(
            register=register, on_date=on_date, code=Code.MISSING, resolved_at__isnull=True
        ).first()
        if before is not None:
            return before
        row = raise_exception(
            register=register,
            on_date=on_date,
            code=Code.MISSING,
            severity=ReadingException.Severity.SEVERE,
            text=f"There is no reading of meter {register.meter.serial_number} for {on_date}.",
            agreement_id=agreement.pk if agreement else None,
        )
        _record(row, "raised", by, row.text)
    return row


def resolve_exception(
    *,
    exception: ReadingException,
    resolution: str,
    note: str,
    by: User,
    dials: str | None = None,
    read_at: dt.datetime | None = None,
) -> ReadingException:
    """Decide about an exception, so that its bill may go on.

    ``ACCEPTED``: the reading is right, and the note says why. ``ESTIMATED``: a reading is made from the meter's past
    in its place. ``CORRECTED``: it was misread or mistyped, and ``dials`` are right. ``REREAD``: somebody went again
    and read ``dials`` (at ``read_at``). What takes a reading's place is checked in its turn and may be questioned again.
    Raises ``ExceptionAlreadyResolved``, ``ResolutionRefused``, ``EstimateWithoutHistory``, ``DialsNotUnderstood``,
    ``ReadingBeyondDials``, ``PermissionRefused``.
    """
    permissions.check(by, "resolve_exceptions")
    with transaction.atomic():
        lock_rows(Register, [exception.register_id])
        (row,) = lock_rows(
            ReadingException.objects.select_related("register__meter", "reading__register"), [exception.pk]
        )
        if row.resolved_at is not None:
            who = f" by {row.resolved_by}" if row.resolved_by else ""
            raise ExceptionAlreadyResolved(f"This is {row.get_resolution_display().lower()}{who} already.")
        _check_decision(row, resolution, note, dials)
        # Closed before the new reading is checked: it may be questioned for the same reason on the same day.
        row.resolved_at = Now()
        row.resolved_by = by
        row.resolution = resolution
        row.resolution_note = note.strip()[:300]
        row.save(update_fields=["resolved_at", "resolved_by", "resolution", "resolution_note"])
        if resolution == Resolution.ESTIMATED:
            _put_estimate(row, by, note)
        elif resolution in (Resolution.CORRECTED, Resolution.REREAD):
            _put_reading(row, by=by, note=note, dials=str(dials), read_at=read_at)
        _record(row, "resolved", by, f"{Resolution(resolution).label}: {note or row.text}")
        row.refresh_from_db()
    return row


def _check_decision(row: ReadingException, resolution: str, note: str, dials: str | None) -> None:
    allowed = {Resolution.ACCEPTED, Resolution.ESTIMATED, Resolution.CORRECTED, Resolution.REREAD}
    if resolution not in allowed:
        raise ResolutionRefused("A reading is accepted, estimated, corrected or read again.")
    if resolution == Resolution.ACCEPTED:
        if row.reading_id is None:
            raise ResolutionRefused("There is no reading to accept. Estimate it, or enter what was read.")
        if row.severity == ReadingException.Severity.SEVERE and not note.strip():
            raise ResolutionRefused("Say in the note why the reading is right.")
    elif resolution != Resolution.ESTIMATED and not (dials or "").strip():
        raise ResolutionRefused("Enter the dials. Until they are read again, the bill stays held.")
    reading = row.reading
    if resolution == Resolution.CORRECTED and reading is not None and (dials or "").strip() == reading.dials:
        raise ResolutionRefused(
            f"The dials are {reading.dials} as before. Accept the reading if it is right."
        )


def _put_estimate(row: ReadingException, by: User, note: str) -> None:
    register = row.register
    read_at = row.reading.read_at if row.reading else noon(row.on_date)
    draft = Reading(register=register, read_at=read_at, read_date=row.on_date, kind=Reading.Kind.ESTIMATE)
    if row.reading is not None:
        draft.pk = row.reading.pk
    expected = expectation_of(draft)
    if expected.previous is None:
        raise validation.EstimateWithoutHistory(
            f"Meter {register.meter.serial_number} has no reading before {row.on_date} to estimate from."
        )
    use = validation.estimate(expected.past, expected.days)
    moved = (use / register.multiplier).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    value = (int(expected.previous.value) + int(moved)) % 10**register.dial_count
    dials = f"{value:0{register.dial_count}d}"
    if row.reading is not None:
        supersede_reading(
            reading=row.reading,
            dials=dials,
            by=by,
            kind=Reading.Kind.ESTIMATE,
            source="ESTIMATE",
            validate=False,
            note=note,
        )
    else:
        record_reading(
            register=register,
            read_at=read_at,
            dials=dials,
            kind=Reading.Kind.ESTIMATE,
            source="ESTIMATE",
            by=by,
            validate=False,
        )


def _put_reading(
    row: ReadingException, *, by: User, note: str, dials: str, read_at: dt.datetime | None
) -> None:
    source = "REREAD" if row.resolution == Resolution.REREAD else "CORRECTION"
    if row.reading is not None:
        supersede_reading(reading=row.reading, dials=dials, by=by, source=source, read_at=read_at, note=note)
    else:
        record_reading(
            register=row.register,
            read_at=read_at or noon(row.on_date),
            dials=dials,
            kind=Reading.Kind.ACTUAL,
            source=source,
            by=by,
        )


def _record(row: ReadingException, word: str, by: User, summary: str) -> None:
    audit.record(
        code=f"metering.exception.{word}",
        by=by,
        kind="meter",
        key=row.register.meter.serial_number,
        account_number=row.agreement.account.number if row.agreement else "",
        summary=summary,
        data={"exception": row.pk, "code": row.code},
    )
