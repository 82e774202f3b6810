"""The queue of what needs a second person."""

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import Receipt, VoidRequest
from payments.services import voids
from tests.factories.payments import Till, line, make_till, pay
from tests.factories.serviceorders import Scene, make_scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def till(scene: Scene) -> Till:
    return make_till(clerk="ada")


@pytest.fixture
def request_(scene: Scene, till: Till) -> VoidRequest:
    receipt = pay(till, line(scene.account, "20.00"))
    return voids.request_void(receipt=receipt, reason="Wrong account", by=till.clerk)


def at_desk(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def decide(user, request_: VoidRequest, act: str, note: str = ""):
    url = reverse("desk:decide", args=["void", str(request_.pk)])
    return at_desk(user).post(url, {"act": act, "note": note})


class TestQueue:
    def test_shows_what_waits_with_amount_account_reason_and_maker(
        self, scene: Scene, request_: VoidRequest
    ) -> None:
        page = at_desk(scene.people.ben).get("/approvals/").content.decode()
        for words in ("Void receipt A-000001", "20.00", scene.account.number, "Wrong account", "Ada Reyes"):
            assert words in page
        assert 'value="approve"' in page

    def test_shows_a_looker_no_button(self, scene: Scene, request_: VoidRequest) -> None:
        page = at_desk(scene.people.ivy).get("/approvals/").content.decode()
        assert "Void receipt A-000001" in page
        assert 'value="approve"' not in page

    def test_greys_one_s_own_with_why(self, scene: Scene, request_: VoidRequest) -> None:
        from tests.factories.accounts import make_user

        make_user("ada", "view_approvals", "approve_void")
        page = at_desk(type(scene.people.ada).objects.get(username="ada")).get("/approvals/").content.decode()
        assert "not you" in page
        assert "is-muted" in page
        assert 'value="approve"' not in page

    def test_teaches_when_empty(self, scene: Scene) -> None:
        assert "Nothing waits" in at_desk(scene.people.ben).get("/approvals/").content.decode()

    def test_is_shut_to_clerks(self, scene: Scene) -> None:
        assert at_desk(scene.people.ada).get("/approvals/").status_code == 403


class TestDecide:
    def test_approves(self, scene: Scene, request_: VoidRequest) -> None:
        answer = decide(scene.people.ben, request_, "approve")
        assert answer.status_code == 302
        request_.refresh_from_db()
        assert (request_.state, request_.decided_by) == ("APPROVED", scene.people.ben)
        assert hasattr(Receipt.objects.get(), "void")

    def test_sends_back_with_a_reason(self, scene: Scene, request_: VoidRequest) -> None:
        assert decide(scene.people.ben, request_, "send_back", "ask the customer first").status_code == 302
        request_.refresh_from_db()
        assert (request_.state, request_.decision_note) == ("RETURNED", "ask the customer first")

    def test_does_not_send_back_without_one(self, scene: Scene, request_: VoidRequest) -> None:
        answer = decide(scene.people.ben, request_, "send_back")
        assert answer.status_code == 422
        assert "Say why it goes back." in answer.content.decode()
        request_.refresh_from_db()
        assert request_.state == "REQUESTED"

    def test_refuses_the_maker_whatever_the_page_shows(self, scene: Scene, request_: VoidRequest) -> None:
        from tests.factories.accounts import make_user

        make_user("ada", "view_approvals", "approve_void")
        ada = type(scene.people.ada).objects.get(username="ada")
        answer = decide(ada, request_, "approve")
        assert answer.status_code == 422
        request_.refresh_from_db()
        assert request_.state == "REQUESTED"
        assert not hasattr(Receipt.objects.get(), "void")

    @pytest.mark.parametrize("name", ["ada", "ivy", "cora", "joe", "max"])
    def test_refuses_who_may_not(self, scene: Scene, request_: VoidRequest, name: str) -> None:
        assert decide(getattr(scene.people, name), request_, "approve").status_code == 403
        request_.refresh_from_db()
        assert request_.state == "REQUESTED"

    def test_of_what_is_decided_already_says_so(self, scene: Scene, request_: VoidRequest) -> None:
        decide(scene.people.ben, request_, "approve")
        answer = decide(scene.people.ben, request_, "approve")
        assert answer.status_code == 422
        assert "Not done" in answer.content.decode()

    def test_of_an_unknown_thing_is_not_found(self, scene: Scene) -> None:
        client = at_desk(scene.people.ben)
        assert client.post("/approvals/nothing/1/", {"act": "approve"}).status_code == 404
        assert client.post("/approvals/void/999/", {"act": "approve"}).status_code == 422
