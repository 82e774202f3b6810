"""What the page of a new account shows: people and places that may be meant, and what is at the chosen place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts import queries as accounts
from accounts.models import (
    SERVICES,
    AccountRole,
    Party,
    PhysicalStatus,
    Premise,
    Service,
    ServiceAgreement,
    ServicePoint,
)
from accounts.queries.accounts import holds_on
from metering import queries as metering
from metering.models import Reading

MOST = 6
SHORTEST_WORD = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person or place that may be meant, and what tells it from others."""

    pk: int
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class AtPlace:
    """A service at a place: who takes it on that day or later, the meter with its last reading, whether it is off."""

    account_number: str = ""
    since: dt.date | None = None
    serial_number: str = ""
    last_dials: str = ""
    last_date: dt.date | None = None
    off_words: str = ""


def people(text: str, *, chosen: Party | None) -> list[Candidate]:
    """Who a name, phone, e-mail or account number may mean, the chosen one first."""
    hits = accounts.search(text, limit=MOST * 2) if len(text.strip()) >= SHORTEST_WORD else []
    roles = AccountRole.objects.filter(account__in={hit.account.pk for hit in hits}).select_related(
        "party__merged_into", "account"
    )
    rank = {hit.account.pk: place for place, hit in reversed(list(enumerate(hits)))}
    found: dict[int, Candidate] = {}
    if chosen is not None:
        found[chosen.pk] = Candidate(chosen.pk, chosen.name, "chosen")
    for role in sorted(roles, key=lambda role: (rank[role.account_id], role.pk)):
        party = role.party.merged_into or role.party
        words = f"{role.get_kind_display().lower()} of {role.account.number}"
        found.setdefault(party.pk, Candidate(party.pk, party.name, words))
    return list(found.values())[: MOST + (chosen is not None)]


def places(text: str, *, chosen: Premise | None, on_date: dt.date) -> list[Candidate]:
    """Which places "118 elm" may mean, the chosen one first, each with who is served there."""
    words = text.replace(",", " ").split()
    found = [chosen] if chosen is not None else []
    number = next((word for word in words if word[0].isdigit()), "")
    streets = [word for word in words if word != number and len(word) >= SHORTEST_WORD]
    if number or streets:
        named = Q()
        for word in streets:
            named |= Q(street_name__istartswith=word)
        rows = Premise.objects.filter(named)
        if number:
            rows = rows.filter(house_number__istartswith=number)
        if chosen is not None:
            rows = rows.exclude(pk=chosen.pk)
        found += rows.order_by("street_name", "house_number", "unit", "pk")[:MOST]
    served = _served(found, on_date)
    return [
        Candidate(
            premise.pk,
            f"{premise.street_address}, {premise.city}",
            f"served: {', '.join(served[premise.pk])}" if premise.pk in served else "nobody is served here",
        )
        for premise in found
    ]


def at_place(premise: Premise | None, *, on_date: dt.date) -> dict[str, AtPlace]:
    """What is known of each service at a place; nothing where the place is new."""
    known = {service: AtPlace() for service in SERVICES}
    if premise is None:
        return known
    agreements = ServiceAgreement.objects.filter(
        Q(to_date__isnull=True) | Q(to_date__gt=on_date), service_point__premise=premise
    )
    agreements = agreements.exclude(status=ServiceAgreement.Status.CANCELLED).select_related("account")
    taken = {row.service_point_id: row for row in agreements.order_by("-from_date", "pk")}
    points = ServicePoint.objects.filter(premise=premise).order_by("service", "number", "pk")
    free: dict[str, ServicePoint] = {}
    for point in points:
        before = free.get(point.service)
        if before is None or (before.pk in taken and point.pk not in taken):
            free[point.service] = point
    for service, point in free.items():
        known[service] = _at_point(point, taken.get(point.pk), on_date)
    return known


def default_town() -> dict[str, str]:
    """Town, state and postal code of the place that was entered last: most new ones are in the same."""
    last = Premise.objects.order_by("-pk").first()
    return {"city": last.city, "state": last.state, "postal_code": last.postal_code} if last else {}


def _at_point(point: ServicePoint, agreement: ServiceAgreement | None, on_date: dt.date) -> AtPlace:
    register = metering.main_register(point, on_date=on_date)
    reading = None
    if register is not None:
        live = Reading.objects.filter(register=register, superseded_by__isnull=True, read_date__lte=on_date)
        reading = live.order_by("-read_date", "-pk").first()
    states = PhysicalStatus.objects.filter(holds_on(on_date), service_point=point)
    off = states.exclude(status=PhysicalStatus.Status.ON).order_by("pk").first()
    return AtPlace(
        off_words=off.get_status_display().lower() if off else "",
        account_number=agreement.account.number if agreement else "",
        since=agreement.from_date if agreement else None,
        serial_number=register.meter.serial_number if register else "",
        last_dials=reading.dials if reading else "",
        last_date=reading.read_date if reading else None,
    )


def _served(premises: Sequence[Premise], on_date: dt.date) -> dict[int, list[str]]:
    rows = ServiceAgreement.objects.filter(holds_on(on_date), service_point__premise__in=premises)
    rows = rows.exclude(status=ServiceAgreement.Status.CANCELLED)
    served: dict[int, list[str]] = {}
    for premise_id, service, number in rows.order_by("service", "pk").values_list(
        "service_point__premise_id", "service", "account__number"
    ):
        served.setdefault(premise_id, []).append(f"{Service(service).label.lower()} by {number}")
    return served
