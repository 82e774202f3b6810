"""Opening an account: who, where, which services, from which day; all of it or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

from django.db import transaction

from accounts import services as accounts
from accounts.models import (
    SERVICES,
    Account,
    Cycle,
    Determinant,
    Party,
    Premise,
    Service,
    ServiceAgreement,
    ServicePoint,
)
from accounts.queries.accounts import holds_on
from billing.queries.schedules import FactNotUnderstood, RateChoice, check_fact, check_priceable, rates_on
from billing.rates import NotPriceable
from core import idempotency, permissions
from core.db import lock_rows
from core.models import User
from core.states import TransitionRefused
from desk.services.meters import MeterAtStart, OpeningReadingRefused, start_metering
from metering import services as metering

REFUSALS = (
    accounts.AgreementOverlaps,
    accounts.AgreementsDatesRefused,
    accounts.ContactPointRefused,
    accounts.DeterminantOverlaps,
    accounts.MailingAddressRefused,
    accounts.PartyRefused,
    accounts.PremiseRefused,
    metering.DialsNotUnderstood,
    metering.InstallationRefused,
    metering.MeterRefused,
    metering.ReadingAlreadyRecorded,
    metering.ReadingBeyondDials,
    metering.UsageSourceOverlaps,
    FactNotUnderstood,
    NotPriceable,
    OpeningReadingRefused,
    TransitionRefused,
)
OPERATION = "desk.open_account"


class OpeningRefused(ValueError):
    """An account cannot be opened like this; ``place`` names the part: "phone", "reading_WATER", "fact_STORM_eru"."""

    def __init__(self, message: str, *, place: str) -> None:
        super().__init__(message)
        self.place = place


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody who is not in the books yet."""

    name: str
    kind: str = Party.Kind.PERSON
    phone: str = ""
    email: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A place that is not in the books yet, its address in parts."""

    street_name: str
    city: str
    state: str
    postal_code: str
    house_number: str = ""
    street_prefix: str = ""
    street_type: str = ""
    street_suffix: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ServiceTaken:
    """A service with its rate, the meter where the rate charges by use, and the facts that the rate asks for."""

    service: str
    rate_code: str
    meter: MeterAtStart = field(default_factory=MeterAtStart)
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mailing:
    """Where mail goes if not to the service address."""

    addressee: str
    lines: str


@dataclass(frozen=True, slots=True)
class _Terms:
    """What every service of the new account shares."""

    account: Account
    premise: Premise
    customer_class: str
    start_date: dt.date
    rates: Mapping[str, RateChoice]
    by: User


def open_account_with_services(
    *,
    person: Party | NewPerson,
    place: Premise | NewPlace,
    taken: Sequence[ServiceTaken],
    cycle: Cycle,
    customer_class: str,
    start_date: dt.date,
    by: User,
    idempotency_key: str,
    mailing: Mailing | None = None,
) -> Account:
    """Open an account for somebody at a place with its services, meters and first readings, in one transaction.

    A new person and a new place are entered with it; a meter whose serial number is in stock is set, one that is not
    known is taken into stock first, and a sewer rate by use is fed by the water meter unless it has its own.
    The same key with the same request gives the account that it opened before.
    Raises ``OpeningRefused`` with the place, after which nothing is changed; ``PermissionRefused``;
    ``IdempotencyKeyReused``.
    """
    permissions.check(by, "open_accounts")
    body = {
        "person": person.pk if isinstance(person, Party) else asdict(person),
        "place": place.pk if isinstance(place, Premise) else asdict(place),
        "taken": [asdict(each) for each in taken],
        "cycle": cycle.pk,
        "customer_class": customer_class,
        "start_date": start_date.isoformat(),
        "mailing": asdict(mailing) if mailing else None,
    }
    with transaction.atomic(durable=True):
        first = idempotency.first_or_saved(key=idempotency_key, operation=OPERATION, body=body, by=by)
        if first is not None:
            return Account.objects.get(number=first["account"])
        if not taken:
            raise OpeningRefused("An account takes at least one service. Choose one.", place="take_WATER")
        premise = _premise(place, by)
        account = accounts.open_account(
            holder=_holder(person, start_date, by),
            cycle=cycle,
            opened_date=start_date,
            customer_class=customer_class,
            by=by,
        )
        if mailing is not None:
            with _at("lines"):
                accounts.change_mailing_address(
                    account=account,
                    addressee=mailing.addressee,
                    lines=mailing.lines,
                    from_date=start_date,
                    by=by,
                )
        rates = {choice.code: choice for choice in rates_on(start_date)}
        terms = _Terms(account, premise, customer_class, start_date, rates, by)
        # Water first: its meter feeds sewer.
        for each in sorted(taken, key=lambda each: SERVICES.index(each.service)):
            _start(each, terms)
        idempotency.save(
            key=idempotency_key, operation=OPERATION, body=body, result={"account": account.number}, by=by
        )
    return account


def stop_services(
    *, account: Account, agreements: Sequence[ServiceAgreement], to_date: dt.date, by: User
) -> list[ServiceAgreement]:
    """End agreements of an account on a date, the first day that is no longer the customer's; all or none.

    Raises ``PermissionRefused``, ``AgreementsDatesRefused``, ``TransitionRefused``.
    """
    permissions.check(by, "edit_accounts")
    with transaction.atomic(durable=True):
        lock_rows(Account, [account.pk])
        return [
            accounts.stop_agreement(agreement=agreement, to_date=to_date, by=by) for agreement in agreements
        ]


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Give a refusal of the floors below its place in the request."""
    try:
        yield
    except REFUSALS as refusal:
        raise OpeningRefused(str(refusal), place=place) from refusal


def _holder(person: Party | NewPerson, start_date: dt.date, by: User) -> Party:
    if isinstance(person, Party):
        return person.merged_into or person
    with _at("name"):
        party = accounts.create_party(name=person.name, kind=person.kind, language=person.language, by=by)
    for kind, value in (("PHONE", person.phone), ("EMAIL", person.email)):
        if value:
            with _at(kind.lower()):
                accounts.add_contact_point(party=party, kind=kind, value=value, from_date=start_date, by=by)
    return party


def _premise(place: Premise | NewPlace, by: User) -> Premise:
    if isinstance(place, Premise):
        (locked,) = lock_rows(Premise, [place.pk])
        return locked
    parts = asdict(place)
    same = Premise.objects.filter(**{f"{name}__iexact": value for name, value in parts.items()})
    known = same.order_by("pk").first()
    if known is not None:
        raise OpeningRefused(
            f"{known.street_address} is in the books already. Find it above and choose it.",
            place="place_find",
        )
    with _at("street_name"):
        return accounts.create_premise(**parts, by=by)


def _start(taken: ServiceTaken, terms: _Terms) -> None:
    """One service: point, agreement, facts, meter with its first reading, and a price that can be reckoned."""
    service, start_date, by = taken.service, terms.start_date, terms.by
    choice = terms.rates.get(taken.rate_code)
    if choice is None or choice.service != service:
        raise OpeningRefused(
            f'{Service(service).label} has no rate "{taken.rate_code}" with a price on {start_date}.'
            " Choose one of the rate book.",
            place=f"rate_{service}",
        )
    point = _point(terms.premise, service, start_date, by)
    with _at(f"rate_{service}"):
        agreement = accounts.start_agreement(
            account=terms.account,
            service_point=point,
            rate_code=choice.code,
            from_date=start_date,
            by=by,
        )
    facts = {name: taken.facts.get(name, "").strip() for name in choice.facts}
    for name, value in facts.items():
        with _at(f"fact_{service}_{name}"):
            check_fact(choice, name, value)
            _keep_fact(agreement, name, value, terms)
    meter_size = ""
    if choice.is_metered:
        refused_at = f"reading_{service}"
        with _at(refused_at), _serial_at(service):
            meter_size = start_metering(service_point=point, start=taken.meter, on_date=start_date, by=by)
    with _at(f"rate_{service}"):
        check_priceable(
            choice,
            customer_class=terms.customer_class,
            on_date=start_date,
            meter_size=meter_size,
            facts=facts,
        )


@contextmanager
def _serial_at(service: str) -> Iterator[None]:
    try:
        yield
    except (metering.MeterRefused, metering.InstallationRefused, TransitionRefused) as refusal:
        raise OpeningRefused(str(refusal), place=f"serial_{service}") from refusal


def _keep_fact(agreement: ServiceAgreement, name: str, value: str, terms: _Terms) -> None:
    known = Determinant.objects.filter(
        holds_on(terms.start_date), service_point=agreement.service_point_id, kind=name, value=value
    )
    if not known.exists():
        accounts.set_determinant(
            agreement=agreement,
            kind=name,
            value=value,
            from_date=terms.start_date,
            source="Said when the account was opened",
            by=terms.by,
        )


def _point(premise: Premise, service: str, start_date: dt.date, by: User) -> ServicePoint:
    """The first service point of that service that is free from that day on, else the first one, else a new one."""
    points = ServicePoint.objects.filter(premise=premise, service=service).order_by("number", "pk")
    found = list(points)
    if not found:
        with _at(f"rate_{service}"):
            return accounts.create_service_point(premise=premise, service=service, by=by)
    taken = ServiceAgreement.objects.filter(service_point__in=found).exclude(
        status=ServiceAgreement.Status.CANCELLED
    )
    busy = {
        point_id
        for point_id, to_date in taken.values_list("service_point_id", "to_date")
        if to_date is None or to_date > start_date
    }
    return next((point for point in found if point.pk not in busy), found[0])
