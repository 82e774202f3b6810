"""Home pages: each person's own work, each figure with its rows."""

import re

import pytest
from django.db import connection
from django.test import Client

from core import proofs
from core.models import ProofRun, User
from desk import tasks
from payments.services import voids
from tests.factories.payments import line, make_till, pay
from tests.factories.serviceorders import Scene, ask, make_scene, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def home_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


class TestClerk:
    def test_sees_the_drawer_and_the_last_receipts(self, scene: Scene) -> None:
        assert "Open a drawer" in home_of(scene.people.ada)
        till = make_till(clerk="ada")
        receipt = pay(till, line(scene.account, "20.00"))
        page = home_of(scene.people.ada)
        assert "Take a payment at drawer A" in page
        assert f"/receipts/{receipt.label}/" in page

    def test_does_not_see_what_is_the_supervisor_s(self, scene: Scene) -> None:
        page = home_of(scene.people.ada)
        for words in ("Waiting for approval", "The books", "What the city is owed"):
            assert words not in page


class TestBiller:
    def test_sees_runs_and_reads_to_decide(self, scene: Scene) -> None:
        page = home_of(scene.people.cora)
        assert "Bill runs" in page
        assert "Reads to decide" in page


class TestSupervisor:
    def test_sees_what_waits_and_the_drawers(self, scene: Scene) -> None:
        till = make_till(clerk="ada")
        receipt = pay(till, line(scene.account, "20.00"))
        voids.request_void(receipt=receipt, reason="Wrong account", by=till.clerk)
        page = home_of(scene.people.ben)
        assert f"Void receipt {receipt.label}" in page
        assert f"/drawers/{till.session.pk}/" in page
        assert "What the city is owed" in page
        assert "84.10" not in re.sub(r"<table.*?</table>", "", page, flags=re.DOTALL)

    def test_sees_no_cash_figure_of_an_open_drawer(self, scene: Scene) -> None:
        till = make_till(clerk="ada")
        pay(till, line(scene.account, "33.33"))
        assert "33.33" not in home_of(scene.people.ben)

    def test_sees_every_line_of_the_proof_that_does_not_hold(self, scene: Scene) -> None:
        ProofRun.objects.create(
            violation_count=2,
            seconds="0.10",
            results=[
                {"name": "entries balance", "violations": 0, "examples": []},
                {
                    "name": "open items are right",
                    "violations": 2,
                    "examples": ["charge 7 says 5.00", "charge 9"],
                },
            ],
        )
        page = home_of(scene.people.ben)
        for words in (
            "The books do not hold: 2 violations",
            "open items are right",
            "charge 7 says 5.00",
            "charge 9",
        ):
            assert words in page
        assert "entries balance" not in page


class TestCrew:
    def test_sees_its_own_orders_alone(self, scene: Scene) -> None:
        mine, other = send(scene, ask(scene)), ask(scene, "FINAL_READ")
        page = home_of(scene.people.joe)
        assert f"/orders/{mine.number}/" in page
        assert f"/orders/{other.number}/" not in page
        assert "Find anything" in page


class TestEverybody:
    @pytest.mark.parametrize("name", ["ada", "cora", "ben", "joe", "ivy", "max"])
    def test_every_figure_leads_somewhere(self, scene: Scene, name: str) -> None:
        user = getattr(scene.people, name)
        client = Client()
        client.force_login(user)
        page = client.get("/").content.decode()
        links = re.findall(r'class="figure-tile" href="([^"]*)"', page)
        assert page.count('class="figure-tile"') == len(links)
        for address in links:
            if not address.startswith("#"):
                assert client.get(address.replace("&amp;", "&")).status_code == 200, address


class TestNightlyProve:
    def test_keeps_the_result(self, scene: Scene) -> None:
        assert tasks.nightly_prove() == 0
        assert ProofRun.objects.get().violation_count == 0
        assert tasks.nightly_prove.name == "desk.tasks.nightly_prove"

    def test_counts_what_does_not_hold(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(proofs, "discover", lambda: {"nothing holds": lambda: proofs.listed(["a", "b"])})
        assert tasks.nightly_prove() == 2
        assert ProofRun.objects.get().results[0]["examples"] == ["a", "b"]

    def test_is_asked_of_the_worker_by_the_page(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        from core import wakeups

        sent: list[str] = []
        monkeypatch.setattr(wakeups.current_app, "send_task", lambda name, **kwargs: sent.append(name))
        client = Client()
        client.force_login(scene.people.ben)
        assert client.post("/proofs/").status_code == 302
        assert sent == ["desk.tasks.nightly_prove"]
        assert connection.in_atomic_block
