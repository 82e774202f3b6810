"""The pages of readings: the list of exceptions, the decision, and entering one reading."""

import datetime as dt

import pytest
from django.urls import reverse

from metering import queries, services
from metering.models import Reading
from tests import cast
from tests.factories.metering import make_reading


@pytest.fixture
def people(db):
    return cast.people()


@pytest.fixture
def cora(people, client):
    client.force_login(people.cora)
    return client


@pytest.fixture
def ortiz(db):
    return cast.ortiz()


def question(household, day=dt.date(2026, 2, 1), dials="0400"):
    return make_reading(household.register, day, dials).exceptions[0]


class TestExceptions:
    def test_an_empty_list_says_so(self, cora):
        assert "Nothing to decide" in cora.get(reverse("metering:exceptions")).content.decode()

    def test_lists_meter_account_place_and_dials(self, cora, ortiz):
        question(ortiz)
        page = cora.get(reverse("metering:exceptions")).content.decode()
        for words in (
            "N5-100118",
            ortiz.account.number,
            "118 Elm St",
            "0207",
            "0400",
            "Higher than expected",
        ):
            assert words in page

    def test_filters_by_what_is_wrong_and_cycle(self, cora, ortiz):
        question(ortiz)
        url = reverse("metering:exceptions")
        assert "N5-100118" in cora.get(f"{url}?code=HIGH&cycle=C1").content.decode()
        assert "N5-100118" not in cora.get(f"{url}?code=ZERO").content.decode()

    def test_costs_the_same_for_one_and_for_three(self, cora, ortiz):
        from tests.integration.accounts.test_pages import queries_of

        question(ortiz)
        one = queries_of(cora, reverse("metering:exceptions"))
        for household in (cast.nguyen(), cast.brown()):
            services.raise_missing(
                register=household.register,
                on_date=dt.date(2025, 2, 1),
                agreement=household.water_agreement,
                by=cast.system_user(),
            )
        assert queries_of(cora, reverse("metering:exceptions")) == one
        assert one <= 10

    def test_is_closed_to_who_may_not_decide(self, people, client):
        client.force_login(people.ada)
        assert client.get(reverse("metering:exceptions")).status_code == 403


class TestDecide:
    def test_shows_the_past_and_moves_on_to_the_next(self, cora, ortiz):
        first = question(ortiz)
        second = services.raise_missing(
            register=cast.nguyen().register, on_date=dt.date(2026, 3, 1), by=cast.system_user()
        )
        url = reverse("metering:exception", args=[first.pk])
        page = cora.get(url).content.decode()
        assert "0201" in page
        answer = cora.post(url, {"resolution": "CORRECTED", "dials": "0214", "note": "misread"})
        assert answer.headers["Location"] == reverse("metering:exception", args=[second.pk])
        first.refresh_from_db()
        assert first.resolution == "CORRECTED"

    def test_says_what_the_decision_lacks(self, cora, ortiz):
        exception = question(ortiz)
        url = reverse("metering:exception", args=[exception.pk])
        answer = cora.post(url, {"resolution": "ACCEPTED", "note": ""})
        assert answer.status_code == 422
        assert "why the reading is right" in answer.content.decode()
        answer = cora.post(url, {"resolution": "CORRECTED", "dials": "02I4", "note": ""})
        assert answer.status_code == 422
        assert "letter" in answer.content.decode()
        assert queries.exceptions_open().count() == 1

    def test_shows_who_decided_before(self, cora, ortiz):
        exception = question(ortiz)
        url = reverse("metering:exception", args=[exception.pk])
        cora.post(url, {"resolution": "ACCEPTED", "note": "Pool was filled"})
        page = cora.get(url).content.decode()
        assert "Pool was filled" in page
        assert "Cora Lindqvist" in page
        assert cora.post(url, {"resolution": "ESTIMATED"}).status_code == 422


class TestEnter:
    def typed(self, **more):
        return {
            "meter": "n5-100118",
            "position": "1",
            "dials": "0214",
            "read_date": "2026-02-01",
            "kind": "CUSTOMER",
            **more,
        }

    def test_records_what_was_typed(self, cora, ortiz, people):
        url = reverse("metering:enter")
        assert cora.get(url).status_code == 200
        answer = cora.post(url, self.typed(read_time="09:30"), follow=True)
        assert "Read 0214 on meter N5-100118." in answer.content.decode()
        reading = Reading.objects.latest("read_at")
        assert (reading.dials, reading.kind, reading.recorded_by) == ("0214", "CUSTOMER", people.cora)

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"dials": "02l4"}, "letter"),
            ({"dials": "99999"}, "4 dials"),
            ({"meter": "N5-9"}, "no meter N5-9"),
            ({"position": "2"}, "no register 2"),
            ({"read_date": "2199-01-01"}, "still to come"),
        ],
    )
    def test_refuses_what_is_no_reading(self, cora, ortiz, more, words):
        before = Reading.objects.count()
        answer = cora.post(reverse("metering:enter"), self.typed(**more))
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert Reading.objects.count() == before

    def test_says_at_once_that_the_bill_is_held(self, cora, ortiz):
        answer = cora.post(reverse("metering:enter"), self.typed(dials="0900"), follow=True)
        assert "Its bill is held." in answer.content.decode()
