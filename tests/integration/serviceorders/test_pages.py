"""The pages of field work, as clerk, supervisor and crew use them."""

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from core import clock
from serviceorders.models import ServiceOrder
from tests.factories.serviceorders import NOON, Scene, ask, done, make_scene, pay, send

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def at_desk(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def asked(scene: Scene, kind: str = "REREAD", **facts: object) -> dict[str, object]:
    return {
        "kind": kind,
        "agreement": scene.home.water_agreement.pk,
        "scheduled_date": clock.today().isoformat(),
        "reason": "high bill",
        "priority": "5",
        **facts,
    }


class TestList:
    def test_shows_what_is_under_way_and_since_when_it_is_true(self, scene: Scene) -> None:
        first, second = ask(scene), done(scene, send(scene, ask(scene, "FINAL_READ")))
        page = at_desk(scene.people.ada).get("/orders/").content.decode()
        assert f"/orders/{first.number}/" in page
        assert f"/orders/{second.number}/" not in page
        assert "Under way, as of" in page

    def test_filters_by_state_and_kind(self, scene: Scene) -> None:
        ask(scene)
        final = done(scene, send(scene, ask(scene, "FINAL_READ")))
        page = (
            at_desk(scene.people.ben)
            .get("/orders/?state=COMPLETED&kind=FINAL_READ", headers=HTMX)
            .content.decode()
        )
        assert "<html" not in page
        assert page.count("data-href") == 1
        assert f"/orders/{final.number}/" in page

    def test_keeps_done_ones_out_until_they_are_asked_for(self, scene: Scene) -> None:
        order = done(scene, send(scene, ask(scene)))
        client = at_desk(scene.people.ben)
        assert f"/orders/{order.number}/" not in client.get("/orders/?q=elm").content.decode()
        assert f"/orders/{order.number}/" in client.get("/orders/?q=elm&state=ANY").content.decode()

    def test_shows_a_crew_its_own_alone(self, scene: Scene) -> None:
        mine, others = send(scene, ask(scene)), ask(scene, "FINAL_READ")
        page = at_desk(scene.people.joe).get("/orders/").content.decode()
        assert "My orders" in page
        assert f"/orders/{mine.number}/" in page
        assert f"/orders/{others.number}/" not in page

    def test_teaches_when_empty(self, scene: Scene) -> None:
        assert "No orders are under way" in at_desk(scene.people.ada).get("/orders/").content.decode()


class TestOrder:
    def test_gives_each_person_the_steps_that_are_theirs(self, scene: Scene) -> None:
        url = f"/orders/{ask(scene).number}/"
        assert "Give to the crew" not in at_desk(scene.people.ada).get(url).content.decode()
        assert "Give to the crew" in at_desk(scene.people.ben).get(url).content.decode()

    def test_offers_the_crew_before_the_office_s_own_people(self, scene: Scene) -> None:
        form = at_desk(scene.people.ben).get(f"/orders/{ask(scene).number}/").context["dispatch_form"]
        assert [str(user) for user in form.fields["crew"].queryset] == [
            "Joe Castillo",
            "Ben Okafor",
            "Cora Lindqvist",
        ]

    def test_is_not_there_for_a_crew_that_it_was_not_given_to(self, scene: Scene) -> None:
        order = ask(scene)
        answer = at_desk(scene.people.joe).post(
            reverse("serviceorders:complete", args=[order.number]), {"dials": "0210"}
        )
        assert answer.status_code == 404
        order.refresh_from_db()
        assert order.state == "OPEN"

    def test_goes_out_and_comes_back_done(self, scene: Scene) -> None:
        order = ask(scene)
        sent = at_desk(scene.people.ben).post(
            f"/orders/{order.number}/dispatch/", {"crew": scene.people.joe.pk}
        )
        assert sent.status_code == 302
        answer = at_desk(scene.people.joe).post(
            f"/orders/{order.number}/complete/", {"dials": "0210", "note": "ok"}
        )
        assert answer.status_code == 302
        order.refresh_from_db()
        assert (order.state, order.outcome_note) == ("COMPLETED", "ok")

    def test_says_what_is_wrong_with_letters_and_keeps_what_was_typed(self, scene: Scene) -> None:
        order = send(scene, ask(scene))
        answer = at_desk(scene.people.joe).post(
            f"/orders/{order.number}/complete/", {"dials": "02l0", "note": "behind the hedge"}
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "Not done" in page
        assert 'value="02l0"' in page
        assert 'value="behind the hedge"' in page
        order.refresh_from_db()
        assert order.state == "DISPATCHED"

    def test_refuses_a_moment_to_come(self, scene: Scene) -> None:
        order = send(scene, ask(scene))
        later = (clock.now() + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
        answer = at_desk(scene.people.joe).post(
            f"/orders/{order.number}/complete/", {"dials": "0210", "done_at": later}
        )
        assert answer.status_code == 422
        assert "has not come yet" in answer.content.decode()

    def test_says_so_when_the_customer_has_paid_meanwhile(self, scene: Scene) -> None:
        order = send(scene, ask(scene, "SHUTOFF"))
        pay(scene.account)
        answer = at_desk(scene.people.joe).post(f"/orders/{order.number}/complete/", {"dials": "0210"})
        assert answer.status_code == 422
        assert f"Do not shut off account {scene.account.number}" in answer.content.decode()

    @pytest.mark.parametrize("step", ["cancel", "recall"])
    def test_needs_a_reason_to_be_dropped(self, scene: Scene, step: str) -> None:
        order = ask(scene)
        url = f"/orders/{order.number}/{step}/"
        assert at_desk(scene.people.ben).post(url, {"reason": ""}).status_code == 422
        assert at_desk(scene.people.ben).post(url, {"reason": "asked twice"}).status_code == 302
        order.refresh_from_db()
        assert order.state in ("CANCELLED", "RECALLED")

    def test_that_could_not_be_done_is_planned_again(self, scene: Scene) -> None:
        order = send(scene, ask(scene))
        at_desk(scene.people.joe).post(
            f"/orders/{order.number}/could-not/", {"reason": "Dog", "more": "brown"}
        )
        order.refresh_from_db()
        assert (order.state, order.outcome_note) == ("NOT_DONE", "Dog: brown")
        day = (clock.today() + dt.timedelta(days=1)).isoformat()
        at_desk(scene.people.ben).post(f"/orders/{order.number}/plan/", {"scheduled_date": day})
        order.refresh_from_db()
        assert order.state == "OPEN"


class TestRequest:
    def url(self, scene: Scene) -> str:
        return reverse("serviceorders:request", args=[scene.account.number])

    def test_makes_the_order_and_shows_it(self, scene: Scene) -> None:
        answer = at_desk(scene.people.ada).post(self.url(scene), asked(scene))
        order = ServiceOrder.objects.get()
        assert answer.status_code == 302
        assert answer["Location"] == f"/orders/{order.number}/"
        assert (order.kind, order.agreement, order.requested_by) == (
            "REREAD",
            scene.home.water_agreement,
            scene.people.ada,
        )

    def test_warns_of_the_open_one_before_posting(self, scene: Scene) -> None:
        order = ask(scene)
        query = {"kind": "REREAD", "agreement": scene.home.water_agreement.pk}
        part = at_desk(scene.people.ada).get(self.url(scene), query, headers=HTMX).content.decode()
        assert "<html" not in part
        assert "There is one already" in part
        assert f"/orders/{order.number}/" in part

    def test_says_nothing_stands_in_the_way_and_how_much_is_late(self, scene: Scene) -> None:
        query = {"kind": "SHUTOFF", "agreement": scene.home.water_agreement.pk}
        part = at_desk(scene.people.ada).get(self.url(scene), query, headers=HTMX).content.decode()
        assert "Nothing stands in the way" in part
        assert "84.10" in part

    def test_says_why_not_before_posting(self, scene: Scene) -> None:
        pay(scene.account)
        query = {"kind": "SHUTOFF", "agreement": scene.home.water_agreement.pk}
        part = at_desk(scene.people.ada).get(self.url(scene), query, headers=HTMX).content.decode()
        assert "Do not shut off" in part

    def test_refuses_and_keeps_what_was_typed(self, scene: Scene) -> None:
        ask(scene)
        answer = at_desk(scene.people.ada).post(self.url(scene), asked(scene, reason="third call"))
        assert answer.status_code == 422
        assert 'value="third call"' in answer.content.decode()
        assert ServiceOrder.objects.count() == 1

    def test_refuses_a_day_that_is_past(self, scene: Scene) -> None:
        answer = at_desk(scene.people.ada).post(self.url(scene), asked(scene, scheduled_date="2026-01-01"))
        assert answer.status_code == 422
        assert "That day is past" in answer.content.decode()

    def test_refuses_a_service_of_another_account(self, scene: Scene) -> None:
        from tests import cast

        answer = at_desk(scene.people.ada).post(
            self.url(scene), asked(scene, agreement=cast.nguyen().water_agreement.pk)
        )
        assert answer.status_code == 422
        assert not ServiceOrder.objects.exists()


class TestApi:
    def test_lists_orders_with_the_page_s_filters(self, scene: Scene) -> None:
        order = ask(scene)
        done(scene, send(scene, ask(scene, "FINAL_READ")), done_at=NOON)
        answer = at_desk(scene.people.ada).get("/api/v1/orders/?state=OPEN").json()
        assert [row["number"] for row in answer["results"]] == [order.number]
        assert answer["results"][0]["account"] == scene.account.number

    def test_gives_a_crew_its_own_alone(self, scene: Scene) -> None:
        ask(scene)
        assert at_desk(scene.people.joe).get("/api/v1/orders/").json()["results"] == []

    def test_is_shut_to_who_may_not(self, scene: Scene) -> None:
        assert at_desk(scene.people.max).get("/api/v1/orders/").status_code == 403
        assert Client().get("/api/v1/orders/").status_code in (401, 403)
