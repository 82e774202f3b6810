"""The accounts list, what is written on one account, and the programming interface."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.models import ContactPoint, MailingAddress, Note
from tests import cast
from tests.factories.accounts import make_account, make_served


@pytest.fixture
def people(db):
    return cast.people()


@pytest.fixture
def ada(people, client):
    client.force_login(people.ada)
    return client


def queries_of(client, url) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url).status_code == 200
    return len(caught)


class TestList:
    def test_shows_number_holder_and_place(self, ada):
        served = make_served("Ana Ortiz")
        page = ada.get(reverse("accounts:list")).content.decode()
        for words in (
            served.account.number,
            "Ana Ortiz",
            "118 Elm St",
            f'href="/account/{served.account.number}/"',
        ):
            assert words in page

    def test_filters_by_anything_typed_and_by_cycle(self, ada):
        cast.ortiz()
        brown = cast.brown()
        for query in ("q=brown", "q=9 mill", "cycle=C2"):
            page = ada.get(f"{reverse('accounts:list')}?{query}").content.decode()
            assert "Walter Brown" in page
            assert "Ana Ortiz" not in page
        closed = ada.get(f"{reverse('accounts:list')}?open=false").content.decode()
        assert brown.account.number not in closed

    def test_gives_htmx_the_results_alone(self, ada):
        make_served()
        page = ada.get(reverse("accounts:list"), headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in page
        assert "118 Elm St" in page

    def test_costs_the_same_for_ten_and_for_twenty(self, ada):
        for number in range(10):
            make_served(f"Person {number}", house_number=str(number + 1))
        ten = queries_of(ada, reverse("accounts:list"))
        for number in range(10, 20):
            make_served(f"Person {number}", house_number=str(number + 1))
        assert queries_of(ada, reverse("accounts:list")) == ten
        assert ten <= 10

    def test_is_closed_to_who_may_not_look(self, people, client):
        client.force_login(people.joe)
        assert client.get(reverse("accounts:list")).status_code == 403


class TestWriting:
    def test_a_note_is_written_by_whom_it_says(self, ada, people):
        account = make_account()
        url = reverse("accounts:note", args=[account.number])
        assert ada.get(url).status_code == 200
        answer = ada.post(url, {"text": "Called about a leak", "is_pinned": "on"})
        assert answer.headers["Location"] == f"/account/{account.number}/"
        note = Note.objects.get()
        assert (note.text, note.is_pinned, note.written_by) == ("Called about a leak", True, people.ada)

    def test_a_mailing_address_changes_from_a_date(self, ada):
        account = make_account(mailing_lines="1 Old Rd")
        url = reverse("accounts:mailing", args=[account.number])
        assert "1 Old Rd" in ada.get(url).content.decode()
        ada.post(url, {"addressee": "Ana", "lines": "2 New Rd\nTulsa OK", "from_date": "2031-05-01"})
        row = MailingAddress.objects.get(from_date=dt.date(2031, 5, 1))
        assert row.lines == "2 New Rd\nTulsa OK"

    def test_what_the_envelope_cannot_show_is_refused_with_what_was_typed(self, ada):
        account = make_account(mailing_lines="1 Old Rd")
        typed = {"addressee": "Ana", "lines": "a\nb\nc\nd\ne\nf", "from_date": "2031-05-01"}
        answer = ada.post(reverse("accounts:mailing", args=[account.number]), typed)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "6 lines; the envelope shows 5" in page
        assert "a\nb\nc\nd\ne\nf" in page
        assert MailingAddress.objects.count() == 1

    def test_a_phone_changes_from_a_date(self, ada):
        served = make_served(phone="918-555-0100")
        url = reverse("accounts:phone", args=[served.account.number])
        assert ada.get(url).status_code == 200
        assert ada.post(url, {"value": "12", "from_date": "2031-05-01"}).status_code == 422
        ada.post(url, {"value": "918-555-0200", "from_date": "2031-05-01"})
        assert ContactPoint.objects.get(to_date__isnull=True).digits == "9185550200"

    @pytest.mark.parametrize("name", ["note", "mailing", "phone"])
    def test_an_auditor_may_not_write_and_an_unknown_account_is_named(self, people, client, name):
        account = make_account()
        client.force_login(people.ivy)
        assert client.get(reverse(f"accounts:{name}", args=[account.number])).status_code == 403
        client.force_login(people.ada)
        assert client.get(reverse(f"accounts:{name}", args=["99999999999"])).status_code == 404


class TestInterface:
    def test_lists_and_filters_as_the_page_does(self, ada):
        cast.ortiz()
        cast.brown()
        found = ada.get("/api/v1/accounts/?q=ortiz").json()
        assert [row["holder"] for row in found["results"]] == ["Ana Ortiz"]
        assert ada.get("/api/v1/accounts/").json()["count"] == 2

    def test_gives_one_account_with_services_and_numbers(self, ada):
        ortiz = cast.ortiz()
        found = ada.get(f"/api/v1/accounts/{ortiz.account.number}/").json()
        assert [row["service"] for row in found["agreements"]] == ["WATER", "SEWER"]
        assert {"kind": "LEGACY_ACCOUNT", "value": "12-00345-03"} in found["identifiers"]

    def test_writes_nothing_and_answers_nobody_unknown(self, ada, client, people):
        number = make_account().number
        assert ada.post("/api/v1/accounts/", {}, "application/json").status_code in (403, 405)
        assert ada.delete(f"/api/v1/accounts/{number}/").status_code in (403, 405)
        assert ada.get("/api/v1/accounts/99999999999/").status_code == 404
        client.logout()
        assert client.get("/api/v1/accounts/").status_code in (302, 401, 403)
        client.force_login(people.joe)
        assert client.get("/api/v1/accounts/").status_code == 403
