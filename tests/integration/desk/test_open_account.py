"""Opening an account with its services: all of it or nothing, and billed to the cent afterwards."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import services as accounts
from accounts.models import Account, AccountRole, Party, Premise, ServiceAgreement, ServicePoint
from billing.models import Bill
from core.idempotency import IdempotencyKeyReused
from core.models import AuditEvent, User
from core.permissions import PermissionRefused
from desk import services as desk
from desk.services import MeterAtStart, NewPerson, NewPlace, OpeningRefused, ServiceTaken
from ledger import services as ledger
from metering.models import Meter, Reading, Register, UsageSource
from tests import cast
from tests.factories import billing
from tests.factories.accounts import make_cycle
from tests.factories.metering import make_meter, make_reading

pytestmark = pytest.mark.django_db

START = dt.date(2026, 1, 1)
FEBRUARY = dt.date(2026, 2, 1)
ERU_RATE = {
    "format": 1,
    "unit": "each",
    "inputs": ["eru"],
    "components": [
        {"kind": "fixed", "code": "runoff", "label": "Stormwater", "amount": "7.85", "per": "eru"},
    ],
}
NEW_METER = MeterAtStart(
    reading="0100", serial_number="N5-200001", size='5/8"', dial_count=4, unit="CCF", multiplier=Decimal(1)
)
WATER = ServiceTaken("WATER", "WATER-RES", NEW_METER)
SEWER = ServiceTaken("SEWER", "SEWER-RES")
STORM = ServiceTaken("STORM", "STORM-ERU", facts={"eru": "2"})
GRACE = NewPerson("Grace Tanaka", phone="918 555 0142", email="grace@example.org", language="es")
WILLOW = NewPlace(
    house_number="27",
    street_name="Willow",
    street_type="Ct",
    city="Riverton",
    state="OK",
    postal_code="74101",
)


@pytest.fixture
def ada() -> User:
    billing.make_rate("WATER-RES", billing.WATER_RATE)
    billing.make_rate("SEWER-RES", billing.SEWER_RATE, service="SEWER")
    billing.make_rate("STORM-ERU", ERU_RATE, service="STORM")
    return cast.people().ada


def open_with(by: User, **changes: Any) -> Account:
    request: dict[str, Any] = {
        "person": GRACE,
        "place": WILLOW,
        "taken": [SEWER, STORM, WATER],
        "cycle": make_cycle(),
        "customer_class": "RESIDENTIAL",
        "start_date": START,
        "idempotency_key": "key-1",
    }
    return desk.open_account_with_services(by=by, **(request | changes))


def counts() -> dict[str, int]:
    models = (
        Account,
        AccountRole,
        Party,
        Premise,
        ServicePoint,
        ServiceAgreement,
        Meter,
        Reading,
        UsageSource,
    )
    return {model.__name__: model._default_manager.count() for model in models} | {
        "AuditEvent": AuditEvent.objects.filter(code__startswith="accounts.account").count()
    }


def refused(by: User, **changes: Any) -> OpeningRefused:
    make_cycle()
    before = counts()
    with pytest.raises(OpeningRefused) as caught:
        open_with(by, **changes)
    assert counts() == before
    return caught.value


class TestOpenAccountWithServices:
    def test_makes_person_place_services_and_meter(self, ada: User) -> None:
        account = open_with(ada)
        role = AccountRole.objects.get(account=account)
        assert (role.party.name, role.party.language, role.kind) == ("Grace Tanaka", "es", "HOLDER")
        assert sorted(role.party.contact_points.values_list("kind", flat=True)) == ["EMAIL", "PHONE"]
        rows = ServiceAgreement.objects.filter(account=account).order_by("service")
        assert [(row.service, row.rate_code, row.from_date, row.status) for row in rows] == [
            ("SEWER", "SEWER-RES", START, "ACTIVE"),
            ("STORM", "STORM-ERU", START, "ACTIVE"),
            ("WATER", "WATER-RES", START, "ACTIVE"),
        ]
        assert {row.service_point.premise.street_address for row in rows} == {"27 Willow Ct"}
        assert rows[1].determinants.get().value == "2"
        fed = UsageSource.objects.filter(register__meter__serial_number="N5-200001")
        assert sorted(fed.values_list("service_point__service", flat=True)) == ["SEWER", "WATER"]
        assert Reading.objects.get().dials == "0100"

    def test_is_read_and_billed_to_the_cent(self, ada: User) -> None:
        ledger.ensure_periods(from_date=START, to_date=dt.date(2026, 12, 31), by=cast.people().ben)
        account = open_with(ada)
        make_reading(Register.objects.get(), FEBRUARY, "0107")
        city = billing.City(
            cycle=account.cycle, maker=billing.make_user("maker"), approver=billing.make_user("approver")
        )
        billing.run_to_posted(city, start=START, end=FEBRUARY)
        # 12.00 + 5 at 2.00 + 2 at 3.50; 8.00 + 7 at 1.25; 2 at 7.85.
        assert Bill.objects.get(account=account).total_amount == Decimal("29.00") + Decimal(
            "16.75"
        ) + Decimal("15.70")

    def test_takes_people_and_places_that_are_known_and_a_meter_from_stock(self, ada: User) -> None:
        party = accounts.create_party(name="Grace Tanaka", by=ada)
        premise = accounts.create_premise(
            street_name="Mill", city="Riverton", state="OK", postal_code="74101", by=ada
        )
        make_meter("STOCK-1")
        stock = MeterAtStart(reading="0042", serial_number="stock-1")
        account = open_with(ada, person=party, place=premise, taken=[replace(WATER, meter=stock)])
        assert account.roles.get().party == party
        assert account.agreements.get().service_point.premise == premise
        assert Meter.objects.get().status == "INSTALLED"

    def test_the_next_customer_begins_where_the_one_before_stopped(self, ada: User) -> None:
        home = cast.nguyen()
        desk.stop_services(
            account=home.account,
            agreements=[home.water_agreement, home.sewer_agreement],
            to_date=START,
            by=ada,
        )
        there = replace(WATER, meter=MeterAtStart(reading="0150"))
        account = open_with(ada, place=home.premise, taken=[there, SEWER])
        assert account.agreements.count() == 2
        assert Reading.objects.filter(register=home.register, read_date=START).get().dials == "0150"
        assert UsageSource.objects.count() == 2

    def test_a_reading_of_that_day_needs_no_other(self, ada: User) -> None:
        home = cast.nguyen()
        desk.stop_services(account=home.account, agreements=[home.water_agreement], to_date=START, by=ada)
        make_reading(home.register, START, "0150", kind="FINAL")
        other = refused(ada, place=home.premise, taken=[replace(WATER, meter=MeterAtStart(reading="0151"))])
        assert other.place == "reading_WATER"
        assert "was read 0150" in str(other)
        open_with(ada, place=home.premise, taken=[replace(WATER, meter=MeterAtStart())])
        assert Reading.objects.filter(register=home.register, read_date=START).count() == 1

    def test_twice_with_one_key_opens_one_account(self, ada: User) -> None:
        assert open_with(ada) == open_with(ada)
        assert Account.objects.count() == 1
        with pytest.raises(IdempotencyKeyReused):
            open_with(ada, customer_class="COMMERCIAL")

    def test_mail_may_go_elsewhere(self, ada: User) -> None:
        account = open_with(ada, mailing=desk.Mailing("Grace Tanaka", "PO Box 88\nRiverton OK 74102"))
        assert account.mailing_addresses.get().lines == "PO Box 88\nRiverton OK 74102"

    def test_refuses_who_may_not(self, ada: User) -> None:
        with pytest.raises(PermissionRefused):
            open_with(cast.people().ivy)
        assert Account.objects.count() == 0


class TestRefusals:
    def test_somebody_served_there_is_named_with_the_date(self, ada: User) -> None:
        home = cast.nguyen()
        refusal = refused(ada, place=home.premise, taken=[replace(WATER, meter=MeterAtStart(reading="0150"))])
        assert refusal.place == "rate_WATER"
        assert home.account.number in str(refusal)
        assert str(home.account.opened_date) in str(refusal)

    @pytest.mark.parametrize(
        ("taken", "place", "words"),
        [
            (replace(WATER, rate_code="NO-SUCH"), "rate_WATER", "NO-SUCH"),
            (replace(WATER, rate_code="SEWER-RES"), "rate_WATER", "SEWER-RES"),
            (replace(WATER, meter=replace(NEW_METER, reading="01O0")), "reading_WATER", 'letter "O"'),
            (replace(WATER, meter=replace(NEW_METER, reading="")), "reading_WATER", "No reading"),
            (replace(WATER, meter=replace(NEW_METER, reading="12345")), "reading_WATER", "dials"),
            (replace(WATER, meter=MeterAtStart(reading="0100")), "serial_WATER", "serial number"),
            (replace(WATER, meter=replace(NEW_METER, dial_count=None)), "serial_WATER", "not in stock"),
            (replace(STORM, facts={}), "fact_STORM_eru", "Give a value"),
            (replace(STORM, facts={"eru": "two"}), "fact_STORM_eru", "no number"),
            (replace(STORM, facts={"eru": "-1"}), "fact_STORM_eru", "below zero"),
            (SEWER, "serial_SEWER", "no water meter"),
        ],
    )
    def test_change_nothing_and_name_the_place(
        self, ada: User, taken: ServiceTaken, place: str, words: str
    ) -> None:
        refusal = refused(ada, taken=[taken])
        assert refusal.place == place
        assert words in str(refusal)

    def test_a_meter_that_is_elsewhere(self, ada: User) -> None:
        cast.nguyen()
        taken = replace(WATER, meter=replace(NEW_METER, serial_number="n5-100043"))
        refusal = refused(ada, taken=[taken])
        assert refusal.place == "serial_WATER"
        assert "43 Oak Ave" in str(refusal)

    def test_a_place_that_is_in_the_books(self, ada: User) -> None:
        cast.brown()
        refusal = refused(ada, place=replace(WILLOW, house_number="9", street_name="MILL", street_type="Rd"))
        assert refusal.place == "place_find"

    def test_a_phone_that_is_none(self, ada: User) -> None:
        assert refused(ada, person=replace(GRACE, phone="12")).place == "phone"

    def test_no_service(self, ada: User) -> None:
        assert refused(ada, taken=[]).place == "take_WATER"

    def test_the_last_part_takes_back_the_first(self, ada: User) -> None:
        bad = replace(STORM, facts={"eru": "two"})
        refused(ada, taken=[WATER, SEWER, bad])
        assert not Meter.objects.filter(serial_number="N5-200001").exists()


TYPED = {
    "idempotency_key": "form-1",
    "party": "",
    "name": "Grace Tanaka",
    "kind": "PERSON",
    "phone": "918 555 0142",
    "language": "en",
    "premise": "",
    "house_number": "27",
    "street_name": "Willow",
    "street_type": "Ct",
    "city": "Riverton",
    "state": "OK",
    "postal_code": "74101",
    "start_date": "2026-01-01",
    "cycle": "C1",
    "customer_class": "RESIDENTIAL",
    "take_WATER": "on",
    "rate_WATER": "WATER-RES",
    "serial_WATER": "N5-200001",
    "reading_WATER": "0100",
    "size_WATER": '5/8"',
    "dials_WATER": "4",
    "unit_WATER": "CCF",
    "multiplier_WATER": "1",
    "take_SEWER": "on",
    "rate_SEWER": "SEWER-RES",
    "take_STORM": "on",
    "rate_STORM": "STORM-ERU",
    "fact_STORM_eru": "2",
}


class TestPage:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        make_cycle()
        client = Client()
        client.force_login(ada)
        return client

    def test_opens_and_goes_to_the_account(self, client: Client) -> None:
        answer = client.post(reverse("desk:open-account"), TYPED, follow=True)
        account = Account.objects.get()
        assert answer.request["PATH_INFO"] == f"/account/{account.number}/"
        assert f"Account {account.number} is open" in answer.content.decode()
        assert client.get(f"/account/{account.number}/stop/").status_code == 200

    def test_keeps_what_was_typed_and_names_the_place(self, client: Client) -> None:
        answer = client.post(reverse("desk:open-account"), TYPED | {"reading_WATER": "01O0"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert Account.objects.count() == 0
        assert 'href="#id_reading_WATER"' in page
        for kept in ("Grace Tanaka", "918 555 0142", "Willow", "N5-200001", "01O0", "5/8&quot;"):
            assert f'value="{kept}"' in page, kept

    def test_refuses_a_meter_that_counts_nothing(self, client: Client) -> None:
        answer = client.post(reverse("desk:open-account"), TYPED | {"multiplier_WATER": "0"})
        assert answer.status_code == 422
        assert "a multiplier above 0" in answer.content.decode()
        assert Account.objects.count() == 0

    def test_sent_twice_opens_one_account(self, client: Client) -> None:
        first = client.post(reverse("desk:open-account"), TYPED)
        again = client.post(reverse("desk:open-account"), TYPED)
        assert (first.status_code, again.status_code) == (302, 302)
        assert first["Location"] == again["Location"]
        other = client.post(reverse("desk:open-account"), TYPED | {"house_number": "29"})
        assert other.status_code == 422
        assert "sent before" in other.content.decode()
        assert Account.objects.count() == 1

    def test_asks_for_what_is_missing(self, client: Client) -> None:
        answer = client.post(reverse("desk:open-account"), {"idempotency_key": "x", "start_date": "soon"})
        page = answer.content.decode()
        assert answer.status_code == 422
        for words in ("name of a new one", "street of a new one", "at least one service", "valid date"):
            assert words in page, words

    def test_shows_what_is_at_the_place(self, client: Client, ada: User) -> None:
        home = cast.nguyen()
        accounts.set_physical_status(
            service_point=home.water, status="LOCKED", from_date=dt.date(2025, 6, 1), reason="unpaid", by=ada
        )
        typed = TYPED | {"premise": str(home.premise.pk), "part": "services"}
        page = client.post(reverse("desk:open-account-look", args=["services"]), typed).content.decode()
        assert f"Account {home.account.number} takes it here since" in page
        assert "Meter N5-100043 is there, last read 0100" in page
        assert page.count("The service is locked here") == 1
        # Sewer stands on the same meter: it is read once.
        assert "Counts by the water meter" in page
        assert page.count("Reading at the start") == 1

    def test_finds_people_and_places(self, client: Client) -> None:
        home = cast.nguyen()
        people = client.post(
            reverse("desk:open-account-look", args=["people"]), {"person_find": "nguyen"}
        ).content.decode()
        assert f'value="{home.party.pk}"' in people
        places = client.post(
            reverse("desk:open-account-look", args=["places"]), {"place_find": "43 oak ave"}
        ).content.decode()
        assert f'value="{home.premise.pk}"' in places
        assert client.post(reverse("desk:open-account-look", args=["nothing"])).status_code == 404


class TestStopServices:
    @pytest.fixture
    def client(self, ada: User) -> Client:
        client = Client()
        client.force_login(ada)
        return client

    def test_ends_what_was_chosen(self, client: Client) -> None:
        home = cast.nguyen()
        sent = {"agreements": [home.water_agreement.pk], "to_date": "2026-01-01"}
        answer = client.post(f"/account/{home.account.number}/stop/", sent, follow=True)
        assert "Service ends on Jan 1, 2026: water." in answer.content.decode()
        home.water_agreement.refresh_from_db()
        home.sewer_agreement.refresh_from_db()
        assert (home.water_agreement.status, home.water_agreement.to_date) == ("STOPPED", START)
        assert home.sewer_agreement.status == "ACTIVE"

    def test_refuses_a_day_before_service_and_changes_nothing(self, client: Client) -> None:
        home = cast.nguyen()
        both = [home.water_agreement.pk, home.sewer_agreement.pk]
        answer = client.post(
            f"/account/{home.account.number}/stop/", {"agreements": both, "to_date": "2024-01-01"}
        )
        assert answer.status_code == 422
        assert "it can stop on a later day" in answer.content.decode()
        assert ServiceAgreement.objects.filter(status="STOPPED").count() == 0

    def test_never_stops_another_account_s_service(self, client: Client) -> None:
        home, other = cast.nguyen(), cast.brown()
        sent = {"agreements": [other.water_agreement.pk], "to_date": "2026-01-01"}
        assert client.post(f"/account/{home.account.number}/stop/", sent).status_code == 422
        other.water_agreement.refresh_from_db()
        assert other.water_agreement.status == "ACTIVE"
