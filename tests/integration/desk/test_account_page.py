"""The account on one screen."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import services as accounts
from core.users import system_user
from desk import panels, timeline
from tests import cast
from tests.environment import ROOT
from tests.factories.payments import TUESDAY, line, make_till, owe, pay
from tests.factories.serviceorders import Scene, ask, make_scene

pytestmark = pytest.mark.django_db

ZONE = "America/Chicago"
COUNTS: Path = ROOT / "tests" / "architecture" / "query_counts.json"


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def clerk(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.people.ada)
    return client


def url(scene: Scene) -> str:
    return f"/account/{scene.account.number}/"


class TestPage:
    def test_shows_who_where_and_what_is_owed(self, scene: Scene, clerk: Client) -> None:
        page = clerk.get(url(scene)).content.decode()
        for words in (
            "Ana Ortiz",
            "118 Elm St",
            "84.10",
            "N5-100118",
            "12-00345-03",
            "(918) 555-0123",
            "Sewer",
        ):
            assert words in page, words

    def test_leads_to_the_counter_with_the_account_on_it(self, scene: Scene, clerk: Client) -> None:
        page = clerk.get(url(scene)).content.decode()
        assert f'href="/counter/?account={scene.account.number}"' in page
        assert f'href="/account/{scene.account.number}/order/"' in page

    def test_hides_acts_that_are_not_the_person_s(self, scene: Scene) -> None:
        auditor = Client()
        auditor.force_login(scene.people.ivy)
        page = auditor.get(url(scene)).content.decode()
        assert "Take payment" not in page
        assert "note-dialog" not in page

    def test_shows_warnings_on_top(self, scene: Scene, clerk: Client) -> None:
        accounts.add_alert(
            account=scene.account, kind="DOG", text="brown, back gate", from_date=TUESDAY, by=scene.people.ada
        )
        page = clerk.get(url(scene)).content.decode()
        assert "brown, back gate" in page

    def test_of_an_unknown_number_says_so(self, scene: Scene, clerk: Client) -> None:
        answer = clerk.get("/account/99999999999/")
        assert answer.status_code == 404
        assert "There is no account 99999999999." in answer.content.decode()

    def test_statement_ends_at_the_balance(self, scene: Scene, clerk: Client) -> None:
        owe(scene.account, "15.90")
        answer = clerk.get(url(scene) + "?tab=statement")
        assert answer.context["statement"][0].balance == Decimal("100.00")
        assert "100.00" in answer.content.decode()

    def test_trail_is_for_who_may_see_it(self, scene: Scene, clerk: Client) -> None:
        assert "events" not in clerk.get(url(scene) + "?tab=trail").context
        supervisor = Client()
        supervisor.force_login(scene.people.ben)
        assert "Opened account" in supervisor.get(url(scene) + "?tab=trail").content.decode()


class TestNote:
    def test_is_written_and_shown(self, scene: Scene, clerk: Client) -> None:
        assert clerk.post(url(scene) + "notes/new/", {"text": "Called about the bill"}).status_code == 302
        assert "Called about the bill" in clerk.get(url(scene)).content.decode()

    def test_without_words_is_refused(self, scene: Scene, clerk: Client) -> None:
        answer = clerk.post(url(scene) + "notes/new/", {"text": "  "})
        assert answer.status_code == 422
        assert not scene.account.notes.exists()

    def test_is_refused_to_who_may_not(self, scene: Scene) -> None:
        auditor = Client()
        auditor.force_login(scene.people.ivy)
        assert auditor.post(url(scene) + "notes/new/", {"text": "x"}).status_code == 403
        assert not scene.account.notes.exists()


class TestTimeline:
    def test_holds_every_kind_newest_first(self, scene: Scene) -> None:
        order = ask(scene)
        accounts.add_note(account=scene.account, text="high bill", by=scene.people.ada)
        till = make_till()
        receipt = pay(till, line(scene.account, "20.00"))
        page = timeline.timeline(scene.account, zone=ZONE, size=100)
        kinds = {item.kind for item in page.items}
        assert kinds == {"order", "note", "payment", "fee", "read", "change"}
        titles = [item.title for item in page.items]
        assert f"Payment, receipt {receipt.label}" in titles
        assert f"Reread, order {order.number}" in titles
        days = [item.at.date() if isinstance(item.at, dt.datetime) else item.at for item in page.items]
        assert days == sorted(days, reverse=True)

    def test_shows_money_with_the_customer_s_sign(self, scene: Scene) -> None:
        pay(make_till(), line(scene.account, "20.00"))
        amounts = {
            item.kind: item.amount
            for item in timeline.timeline(scene.account, zone=ZONE).items
            if item.amount
        }
        assert amounts == {"payment": Decimal("-20.00"), "fee": Decimal("84.10")}

    def test_reads_show_once_though_two_services_share_the_meter(self, scene: Scene) -> None:
        reads = timeline.timeline(scene.account, zone=ZONE, kind="read", size=100).items
        assert len(reads) == 13
        assert len({item.at for item in reads}) == 13

    def test_pages_without_a_gap_or_a_double(self, scene: Scene) -> None:
        whole = timeline.timeline(scene.account, zone=ZONE, size=100).items
        found: list[timeline.Item] = []
        after = ""
        while True:
            page = timeline.timeline(scene.account, zone=ZONE, after=after, size=4)
            found += page.items
            after = page.more
            if not after:
                break
        assert tuple(found) == whole

    @pytest.mark.parametrize("after", ["x", "2026-01-01~bill~1", "2026-01-01T00:00:00+00:00~x~1", "~~"])
    def test_begins_at_the_newest_when_the_place_makes_no_sense(self, scene: Scene, after: str) -> None:
        assert timeline.timeline(scene.account, zone=ZONE, after=after) == timeline.timeline(
            scene.account, zone=ZONE
        )

    def test_answers_htmx_with_the_stream_alone(self, scene: Scene, clerk: Client) -> None:
        part = clerk.get(url(scene) + "?kind=read", headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in part
        assert "timeline-read" in part
        assert "timeline-fee" not in part

    def test_does_not_show_another_account_s(self, scene: Scene) -> None:
        other = cast.nguyen()
        items = timeline.timeline(other.account, zone=ZONE, size=100).items
        assert {item.kind for item in items} == {"change", "read"}
        assert len([item for item in items if item.kind == "read"]) == 1


class TestPanels:
    def test_buckets_sum_to_the_open_charges(self, scene: Scene) -> None:
        owe(scene.account, "10.00", due=TUESDAY + dt.timedelta(days=20))
        found = panels.panels(scene.account, on_date=TUESDAY)
        assert [bucket.amount for bucket in found.buckets[:3]] == [
            Decimal("10.00"),
            Decimal(0),
            Decimal("84.10"),
        ]
        assert found.balances.ledger == Decimal("94.10")
        assert found.next_due_date == TUESDAY + dt.timedelta(days=20)

    def test_status_says_off_when_a_crew_left_it_off(self, scene: Scene) -> None:
        assert panels.panels(scene.account, on_date=TUESDAY).status == "ACTIVE"
        accounts.set_physical_status(
            service_point=scene.home.water,
            status="OFF_AT_VALVE",
            from_date=TUESDAY,
            reason="x",
            by=system_user(),
        )
        assert panels.panels(scene.account, on_date=TUESDAY).status == "SHUT_OFF"

    def test_gives_thirteen_months_of_use(self, scene: Scene) -> None:
        usage = panels.panels(scene.account, on_date=dt.date(2026, 1, 15)).usage
        assert len(usage) == 13
        assert [month.quantity for month in usage[-3:]] == [Decimal(7), Decimal(6), Decimal(6)]


class TestQueries:
    """The page costs the same however much the account has."""

    def count(self, client: Client, address: str) -> int:
        client.get(address)  # the first visit fills what is remembered for good
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    def fill(self, scene: Scene, rows: int) -> None:
        for number in range(rows):
            owe(scene.account, "1.00")
            accounts.add_note(account=scene.account, text=f"note {number}", by=scene.people.ada)
            accounts.add_identifier(
                kind="BILL_PAY",
                value=f"{scene.account.notes.count()}-{number}-BP",
                account=scene.account,
                from_date=TUESDAY,
                by=scene.people.ada,
            )

    def test_are_as_recorded_with_ten_rows_and_with_twenty(self, scene: Scene, clerk: Client) -> None:
        recorded = json.loads(COUNTS.read_text())["desk:account"]
        self.fill(scene, 10)
        ten = self.count(clerk, url(scene))
        self.fill(scene, 10)
        assert self.count(clerk, url(scene)) == ten
        assert ten == recorded
        assert ten <= 15
