"""Reports: the same rows on the screen and in the file, by the date they say."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pytest
from django.test import Client

from core.models import AuditEvent
from ledger import queries as ledger
from payments.services import voids
from tests import cast
from tests.factories.payments import TUESDAY, line, make_till, owe, pay
from tests.factories.serviceorders import Scene, make_scene

pytestmark = pytest.mark.django_db

DAY = {"as_of": TUESDAY.isoformat()}


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def at_desk(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def file_rows(client: Client, code: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(f"/reports/{code}/csv/", {**DAY, **query})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


class TestAging:
    def test_shows_the_city_and_each_account(self, scene: Scene) -> None:
        other = cast.nguyen().account
        owe(other, "10.00", due=TUESDAY + dt.timedelta(days=5))
        answer = at_desk(scene.people.ben).get("/reports/aging/", DAY)
        page = answer.content.decode()
        assert scene.account.number in page
        assert "94.10" in page
        assert "By effective date" in page
        assert page.index(scene.account.number) < page.index(other.number)

    def test_file_has_the_page_s_rows_and_they_sum_to_the_city(self, scene: Scene) -> None:
        owe(cast.nguyen().account, "10.00", due=TUESDAY)
        client = at_desk(scene.people.ben)
        rows = file_rows(client, "aging")
        screen = client.get("/reports/aging/", DAY).context["rows"]
        assert [[row["account"], Decimal(row["total"])] for row in rows] == [
            [each["pairs"][0][1], each["pairs"][-1][1]] for each in screen
        ]
        assert sum(Decimal(row["total"]) for row in rows) == ledger.aging(as_of=TUESDAY).total

    def test_by_the_two_dates_may_differ_and_says_which(self, scene: Scene) -> None:
        pay(make_till(), line(scene.account, "84.10"), effective_date=TUESDAY - dt.timedelta(days=5))
        client = at_desk(scene.people.ben)
        day = {"as_of": (TUESDAY - dt.timedelta(days=2)).isoformat()}
        seen = client.get("/reports/aging/", {**day, "basis": "effective"}).content.decode()
        posted = client.get("/reports/aging/", {**day, "basis": "posting"}).content.decode()
        assert scene.account.number not in seen
        assert "By effective date" in seen
        assert scene.account.number in posted
        assert "By posting date" in posted

    def test_with_a_date_that_is_none_says_so(self, scene: Scene) -> None:
        answer = at_desk(scene.people.ben).get("/reports/aging/", {"as_of": "yesterday"})
        assert answer.status_code == 422
        assert "Not done yet" in answer.content.decode()

    def test_is_as_of_today_when_not_asked(self, scene: Scene) -> None:
        assert at_desk(scene.people.ada).get("/reports/aging/").status_code == 200

    def test_asks_no_more_for_twenty_accounts_than_for_ten(
        self, scene: Scene, django_assert_max_num_queries, django_assert_num_queries
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client = at_desk(scene.people.ben)
        counts = []
        for part in range(2):
            for number in range(10):
                home = cast.household(
                    f"Row {part}{number}",
                    house_number=f"{part}{number}",
                    street_name="Ash",
                    serial_number=f"Q{part}{number}",
                )
                owe(home.account, "5.00")
            with CaptureQueriesContext(connection) as queries:
                client.get("/reports/aging/", DAY)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestTrialBalance:
    def test_balances(self, scene: Scene) -> None:
        pay(make_till(), line(scene.account, "20.00"))
        rows = file_rows(at_desk(scene.people.ben), "trial-balance")
        assert rows
        assert sum(Decimal(row["debit"]) for row in rows) == sum(Decimal(row["credit"]) for row in rows) > 0
        for fund in {row["fund"] for row in rows}:
            assert sum(Decimal(row["net"]) for row in rows if row["fund"] == fund) == 0

    def test_receivable_ties_to_the_aging_by_posting_date(self, scene: Scene) -> None:
        pay(make_till(), line(scene.account, "20.00"))
        rows = file_rows(at_desk(scene.people.ben), "trial-balance")
        receivable = sum(Decimal(row["net"]) for row in rows if row["account"] == "1200")
        assert receivable == ledger.aging(as_of=TUESDAY, date_basis="posting").total


class TestReceipts:
    def test_lists_the_day_by_drawer_and_does_not_count_voids(self, scene: Scene) -> None:
        till = make_till(clerk="ada")
        kept = pay(till, line(scene.account, "20.00"))
        void = pay(till, line(scene.account, "30.00"))
        request = voids.request_void(receipt=void, reason="Wrong amount", by=till.clerk)
        voids.approve_void(request=request, by=scene.people.ben)
        rows = file_rows(at_desk(scene.people.ben), "receipts")
        assert [(row["receipt"], row["amount"]) for row in rows] == [
            (kept.label, "20.00"),
            (void.label, "0.00"),
        ]
        assert "(void)" in rows[1]["tenders"]
        page = at_desk(scene.people.ada).get("/reports/receipts/", DAY).content.decode()
        assert "All that stand" in page

    def test_of_one_drawer(self, scene: Scene) -> None:
        pay(make_till("A", clerk="ada"), line(scene.account, "20.00"))
        pay(make_till("B", clerk="bea"), line(scene.account, "30.00"))
        rows = file_rows(at_desk(scene.people.ben), "receipts", drawer="B")
        assert [row["receipt"] for row in rows] == ["B-000001"]


class TestExport:
    def test_leaves_an_event_that_says_who_took_what(self, scene: Scene) -> None:
        answer = at_desk(scene.people.ben).get("/reports/aging/csv/", {**DAY, "basis": "posting"})
        assert 'filename="aging-2026-03-10-posting.csv"' in answer["Content-Disposition"]
        event = AuditEvent.objects.get(code="reports.report.exported")
        assert (event.actor, event.key) == (scene.people.ben, "aging")
        assert event.data == {"parameters": {"as_of": "2026-03-10", "basis": "posting"}}

    def test_keeps_formulas_from_being_formulas(self, scene: Scene) -> None:
        till = make_till(clerk="ada")
        pay(till, line(scene.account, "20.00"), payor='=HYPERLINK("http://x","y")')
        answer = at_desk(scene.people.ben).get("/reports/receipts/csv/", DAY).content.decode()
        (row,) = csv.DictReader(io.StringIO(answer))
        assert not row["payor"].startswith("=")

    @pytest.mark.parametrize("name", ["ada", "cora", "joe", "max"])
    def test_is_refused_to_who_may_only_look(self, scene: Scene, name: str) -> None:
        answer = at_desk(getattr(scene.people, name)).get("/reports/aging/csv/", DAY)
        assert answer.status_code == 403
        assert not AuditEvent.objects.filter(code="reports.report.exported").exists()

    def test_of_an_unknown_report_is_not_found(self, scene: Scene) -> None:
        assert at_desk(scene.people.ben).get("/reports/nothing/").status_code == 404
