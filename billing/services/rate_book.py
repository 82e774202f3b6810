"""The rate book: schedules and their dated versions."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import Service
from billing.models import BillSegment, RateSchedule, RateVersion
from billing.rate_files import NewVersion
from billing.rates import compile_rate
from core import audit
from core.db import lock_rows, require_transaction
from core.models import User


class ScheduleDiffers(ValueError):
    """A schedule of this code exists for another service or unit."""


class VersionExists(ValueError):
    """Another version of the schedule already starts on this date."""


class PeriodAlreadyBilled(ValueError):
    """The previous version has billed days on which the new one would be in force."""


class CodeTooLong(ValueError):
    """The code of a schedule is longer than the book has room for."""


def import_versions(
    *,
    versions: list[NewVersion],
    source_name: str,
    source_sha256: str,
    by: User,
    approved_by: User | None = None,
) -> list[RateVersion]:
    """Store the versions of one file, all or none; the outermost act. Raises what `store_version` raises."""
    with transaction.atomic(durable=True):
        return [
            store_version(
                code=version.code,
                name=version.name,
                service=version.service,
                unit=version.unit,
                definition=version.definition,
                effective_from=version.effective_from,
                source_name=source_name,
                source_sha256=source_sha256,
                by=by,
                approved_by=approved_by,
            )
            for version in versions
        ]


def store_version(
    *,
    code: str,
    name: str,
    service: str,
    unit: str,
    definition: Mapping[str, Any],
    effective_from: date,
    source_name: str,
    source_sha256: str,
    by: User,
    approved_by: User | None = None,
    ordinance: str = "",
) -> RateVersion:
    """Put an approved version into the book; one part of a larger act.

    The version in force before ends where this one starts, and this one ends where a later one starts. The
    same definition from the same date is not stored twice: the version that stands is given back. Raises
    RateRefused for a definition that cannot price, ScheduleDiffers, VersionExists, PeriodAlreadyBilled,
    CodeTooLong, and TransactionRequired outside a transaction.
    """
    require_transaction()
    compile_rate(definition)
    schedule = _schedule(code=code, name=name, service=service, unit=unit)
    approved = schedule.versions.filter(status=RateVersion.Status.APPROVED)
    versions = list(approved.order_by("effective_from", "pk"))
    same = next((version for version in versions if version.effective_from == effective_from), None)
    if same is not None:
        if same.definition == definition:
            return same
        raise VersionExists(
            f"{code} already has another version from {effective_from} "
            f"({same.source_name or 'entered here'}): start the new one on another date."
        )
    before = [version for version in versions if version.effective_from < effective_from]
    after = [version for version in versions if version.effective_from > effective_from]
    if before:
        _close(version=before[-1], on_date=effective_from)
    version = RateVersion.objects.create(
        schedule=schedule,
        effective_from=effective_from,
        effective_to=after[0].effective_from if after else None,
        status=RateVersion.Status.APPROVED,
        definition=definition,
        source_name=source_name,
        source_sha256=source_sha256,
        ordinance=ordinance,
        entered_by=by,
        approved_by=approved_by,
        approved_at=Now() if approved_by else None,
    )
    audit.record(
        code="billing.rate_version.stored",
        by=by,
        kind="rate",
        key=code,
        summary=f"Rate {code} from {effective_from}" + (f", from {source_name}" if source_name else ""),
        data={"effective_from": effective_from.isoformat(), "source_sha256": source_sha256},
    )
    return version


def _schedule(*, code: str, name: str, service: str, unit: str) -> RateSchedule:
    longest = RateSchedule._meta.get_field("code").max_length or 0
    if len(code) > longest:
        raise CodeTooLong(f"The code {code} has {len(code)} characters; {longest} is the most.")
    room = RateSchedule._meta.get_field("name").max_length
    schedule, made = RateSchedule.objects.get_or_create(
        code=code, defaults={"name": name[:room], "service": Service(service), "unit": unit}
    )
    if made:
        return schedule
    if (schedule.service, schedule.unit) != (service, unit):
        raise ScheduleDiffers(
            f"{code} is a rate for {schedule.service} in {schedule.unit}, not for {service} in {unit}: "
            "use another code."
        )
    return lock_rows(RateSchedule, [schedule.pk])[0]


def _close(*, version: RateVersion, on_date: date) -> None:
    """Let a version end on this date if it would not have ended by then. Raises PeriodAlreadyBilled."""
    if version.effective_to is not None and version.effective_to <= on_date:
        return
    billed = BillSegment.objects.filter(
        rate_version=version, status=BillSegment.Status.LIVE, to_date__gt=on_date
    )
    latest = billed.order_by("-to_date", "-pk").first()
    if latest is not None:
        raise PeriodAlreadyBilled(
            f"{version.schedule.code} has billed up to {latest.to_date} at the prices from "
            f"{version.effective_from}: a version from {on_date} would change them. Start it on or after "
            f"{latest.to_date}, or reverse those bills."
        )
    version.effective_to = on_date
    version.save(update_fields=["effective_to"])
