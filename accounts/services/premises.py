"""Places that are served, their service points, owners, and what a crew would find there."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Max

from accounts.models import Ownership, Party, PhysicalStatus, Premise, Route, Service, ServicePoint
from core import audit
from core.db import lock_rows, raising
from core.models import User

ADDRESS_PARTS = (
    "house_number",
    "street_prefix",
    "street_name",
    "street_type",
    "street_suffix",
    "unit",
    "city",
    "state",
    "postal_code",
    "parcel_number",
    "location_note",
)


class PremiseRefused(ValueError):
    """A premise, service point, owner or physical status cannot be entered like this."""


def create_premise(
    *,
    street_name: str,
    city: str,
    state: str,
    postal_code: str,
    by: User,
    house_number: str = "",
    street_prefix: str = "",
    street_type: str = "",
    street_suffix: str = "",
    unit: str = "",
    parcel_number: str = "",
    location_note: str = "",
) -> Premise:
    """Enter a place with its address in parts. Raises ``PremiseRefused`` without a street name."""
    if not street_name.strip():
        raise PremiseRefused("A premise needs the name of its street.")
    with transaction.atomic():
        premise = Premise.objects.create(
            house_number=house_number,
            street_prefix=street_prefix,
            street_name=street_name.strip(),
            street_type=street_type,
            street_suffix=street_suffix,
            unit=unit,
            city=city,
            state=state,
            postal_code=postal_code,
            parcel_number=parcel_number,
            location_note=location_note,
        )
        audit.record(
            code="accounts.premise.created",
            by=by,
            kind="premise",
            key=str(premise.pk),
            summary=f"Entered {premise.street_address}, {city}",
        )
    return premise


def correct_premise(*, premise: Premise, by: User, **parts: str) -> Premise:
    """Correct parts of an address (``house_number="120"``); search follows.

    Raises ``PremiseRefused`` for a part that addresses do not have, and for an empty street name.
    """
    unknown = parts.keys() - set(ADDRESS_PARTS)
    if unknown:
        raise PremiseRefused(f"An address has no part called {', '.join(sorted(unknown))}.")
    if not parts.get("street_name", premise.street_name).strip():
        raise PremiseRefused("A premise needs the name of its street.")
    with transaction.atomic():
        (row,) = lock_rows(Premise, [premise.pk])
        before = {name: getattr(row, name) for name in parts}
        for name, value in parts.items():
            setattr(row, name, value)
        row.save(update_fields=list(parts))
        audit.record(
            code="accounts.premise.corrected",
            by=by,
            kind="premise",
            key=str(row.pk),
            summary=f"Corrected the address to {row.street_address}",
            data={"before": before, "after": parts},
        )
    return row


def create_service_point(
    *,
    premise: Premise,
    service: str,
    by: User,
    number: int | None = None,
    route: Route | None = None,
    walk_order: int | None = None,
) -> ServicePoint:
    """Enter a point where a premise can take a service; without ``number`` it is the next one of that service.

    Raises ``PremiseRefused`` if that number is taken or the service is unknown.
    """
    if service not in Service.values:
        raise PremiseRefused(f"{service} is no service of ours: {', '.join(Service.values)}.")
    taken = PremiseRefused(
        f"{premise.street_address} has a {service.lower()} service point {number} already."
    )
    with raising({"accounts_servicepoint_number": taken}), transaction.atomic():
        if number is None:
            lock_rows(Premise, [premise.pk])
            points = ServicePoint.objects.filter(premise=premise, service=service)
            number = (points.aggregate(last=Max("number"))["last"] or 0) + 1
        point = ServicePoint.objects.create(
            premise=premise, service=service, number=number, route=route, walk_order=walk_order
        )
        audit.record(
            code="accounts.service_point.created",
            by=by,
            kind="premise",
            key=str(premise.pk),
            summary=f"Entered {service.lower()} service point {number} at {premise.street_address}",
            data={"service_point": point.pk},
        )
    return point


def set_owner(*, premise: Premise, party: Party, from_date: dt.date, source: str, by: User) -> Ownership:
    """Enter who owns a premise from a date on, with where that is known from.

    Raises ``PremiseRefused`` if that party is its owner on some of those days already.
    """
    refusal = PremiseRefused(f"{party.name} is an owner of {premise.street_address} already.")
    with raising({"accounts_ownership_no_overlap": refusal}), transaction.atomic():
        row = Ownership.objects.create(premise=premise, party=party, from_date=from_date, source=source)
        audit.record(
            code="accounts.premise.owned",
            by=by,
            kind="premise",
            key=str(premise.pk),
            summary=f"{party.name} owns {premise.street_address} from {from_date}",
            data={"source": source},
        )
    return row


def set_physical_status(
    *, service_point: ServicePoint, status: str, from_date: dt.date, reason: str, by: User
) -> PhysicalStatus:
    """Say what a crew left at a service point on a date; the state before ends that day.

    Several on one day are allowed (off in the morning, on in the afternoon).
    Raises ``PremiseRefused`` if a later state is already entered, or for a state that does not exist.
    """
    if status not in PhysicalStatus.Status.values:
        raise PremiseRefused(f"{status} is no state of a service point.")
    with transaction.atomic():
        lock_rows(ServicePoint, [service_point.pk])
        rows = PhysicalStatus.objects.filter(service_point=service_point)
        later = rows.filter(from_date__gt=from_date).order_by("from_date", "pk").first()
        if later is not None:
            raise PremiseRefused(
                f"The service point is {later.get_status_display().lower()} from {later.from_date} on;"
                f" {from_date} is before that."
            )
        # Half-open: what began today and ends today is kept as history and holds no day.
        rows.filter(to_date__isnull=True).update(to_date=from_date)
        row = PhysicalStatus.objects.create(
            service_point=service_point, status=status, from_date=from_date, reason=reason
        )
        audit.record(
            code="accounts.service_point.status",
            by=by,
            kind="premise",
            key=str(service_point.premise_id),
            summary=f"{service_point.get_service_display()} is {row.get_status_display().lower()} from {from_date}",
            data={"service_point": service_point.pk, "reason": reason},
        )
    return row
