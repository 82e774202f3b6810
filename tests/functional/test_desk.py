"""The desk in the browser, by the keys: find, look, write, ask, approve."""

import pytest
from django.test import Client

from accounts.models import Note
from core import clock
from core.models import User
from payments.models import VoidRequest
from payments.services import voids
from serviceorders.models import ServiceOrder
from tests import cast
from tests.factories.payments import line, make_till, pay
from tests.factories.serviceorders import Scene, ask, make_scene, send

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(live_office: str) -> Scene:
    return make_scene()


def log_in(page, office: str, user: User) -> None:
    client = Client()
    client.force_login(user)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": office}]
    )
    page.goto("/")


class TestFind:
    def test_a_name_is_found_and_opened_without_the_mouse(self, page, live_office: str, scene: Scene) -> None:
        cast.nguyen()
        log_in(page, live_office, scene.people.ada)
        page.keyboard.press("/")
        page.keyboard.type("ortiz")
        page.get_by_role("option", name="Ana Ortiz").wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/account/{scene.account.number}/")
        assert page.get_by_role("heading", level=1).inner_text() == "Ana Ortiz"

    def test_a_whole_number_opens_while_it_is_typed(self, page, live_office: str, scene: Scene) -> None:
        log_in(page, live_office, scene.people.ada)
        page.keyboard.press("/")
        page.keyboard.type(scene.account.number)
        page.wait_for_url(f"**/account/{scene.account.number}/")

    def test_enter_opens_a_receipt(self, page, live_office: str, scene: Scene) -> None:
        receipt = pay(make_till("D1", on_date=clock.today(), clerk="ada"), line(scene.account, "20.00"))
        log_in(page, live_office, scene.people.ada)
        page.keyboard.press("/")
        page.keyboard.type(receipt.label)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/receipts/{receipt.label}/")

    def test_nothing_found_teaches(self, page, live_office: str, scene: Scene) -> None:
        log_in(page, live_office, scene.people.ada)
        page.keyboard.press("/")
        page.keyboard.type("zzqx")
        page.get_by_text("Nothing found for “zzqx”").wait_for()


class TestAccount:
    def test_p_takes_the_account_to_the_counter(self, page, live_office: str, scene: Scene) -> None:
        make_till("D1", on_date=clock.today(), clerk="ada")
        log_in(page, live_office, scene.people.ada)
        page.goto(f"/account/{scene.account.number}/")
        page.keyboard.press("p")
        page.wait_for_url(f"**/counter/?account={scene.account.number}")
        assert page.get_by_text(scene.account.number).first.is_visible()

    def test_n_writes_a_note(self, page, live_office: str, scene: Scene) -> None:
        log_in(page, live_office, scene.people.ada)
        page.goto(f"/account/{scene.account.number}/")
        page.keyboard.press("n")
        page.keyboard.type("Called about the bill")
        page.keyboard.press("Control+Enter")
        page.get_by_text("Called about the bill").first.wait_for()
        assert Note.objects.get().text == "Called about the bill"

    def test_chips_change_the_stream_and_the_address(self, page, live_office: str, scene: Scene) -> None:
        log_in(page, live_office, scene.people.ada)
        page.goto(f"/account/{scene.account.number}/")
        page.get_by_role("link", name="Reads").click()
        page.wait_for_url("**kind=read")
        assert page.locator(".timeline-item").count() == 13
        assert page.locator(".timeline-fee").count() == 0

    def test_more_adds_what_is_older(self, page, live_office: str, scene: Scene) -> None:
        for number in range(20):
            Note.objects.create(account=scene.account, text=f"note {number}", written_by=scene.people.ada)
        log_in(page, live_office, scene.people.ada)
        page.goto(f"/account/{scene.account.number}/")
        assert page.locator(".timeline-item").count() == 25
        page.get_by_role("link", name="More").click()
        page.locator(".timeline-item").nth(25).wait_for()


class TestOrder:
    def test_is_asked_for_with_its_warning_before_it(self, page, live_office: str, scene: Scene) -> None:
        ask(scene)
        log_in(page, live_office, scene.people.ada)
        page.goto(f"/account/{scene.account.number}/")
        page.keyboard.press("o")
        page.get_by_label("Work").select_option("FINAL_READ")
        page.get_by_text("Nothing stands in the way").wait_for()
        page.get_by_label("Work").select_option("REREAD")
        page.get_by_text("There is one already").wait_for()
        page.get_by_label("Work").select_option("FINAL_READ")
        page.get_by_label("Why").fill("moves out")
        page.get_by_role("button", name="Ask for the order").click()
        page.get_by_role("heading", name="Final read, order").wait_for()
        assert ServiceOrder.objects.filter(kind="FINAL_READ", reason="moves out").count() == 1

    def test_is_done_by_the_crew_after_a_slip_of_the_finger(
        self, page, live_office: str, scene: Scene
    ) -> None:
        order = send(scene, ask(scene))
        log_in(page, live_office, scene.people.joe)
        page.get_by_role("link", name=str(order.number), exact=True).click()
        page.get_by_label("The dials, as they read").fill("02l0")
        page.get_by_role("button", name="Reread done").click()
        page.get_by_role("alert").get_by_text("Not done").wait_for()
        assert page.get_by_label("The dials, as they read").input_value() == "02l0"
        page.get_by_label("The dials, as they read").fill("0210")
        page.get_by_role("button", name="Reread done").click()
        page.get_by_text("0210").wait_for()
        assert ServiceOrder.objects.get().state == "COMPLETED"


class TestApprovals:
    def test_j_enter_a_approves_the_second_one(self, page, live_office: str, scene: Scene) -> None:
        till = make_till("D1", on_date=clock.today(), clerk="ada")
        first, second = (
            voids.request_void(
                receipt=pay(till, line(scene.account, amount)), reason="Wrong amount", by=till.clerk
            )
            for amount in ("20.00", "30.00")
        )
        log_in(page, live_office, scene.people.ben)
        page.goto("/approvals/")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Approve 30.00").wait_for()
        page.keyboard.press("a")
        page.get_by_text("voided").wait_for()
        assert VoidRequest.objects.get(pk=second.pk).state == "APPROVED"
        assert VoidRequest.objects.get(pk=first.pk).state == "REQUESTED"

    def test_r_asks_for_the_reason(self, page, live_office: str, scene: Scene) -> None:
        till = make_till("D1", on_date=clock.today(), clerk="ada")
        asked = voids.request_void(receipt=pay(till, line(scene.account, "20.00")), reason="x", by=till.clerk)
        log_in(page, live_office, scene.people.ben)
        page.goto("/approvals/")
        page.keyboard.press("r")
        page.keyboard.type("ask the customer first")
        page.get_by_role("button", name="Send back").click()
        page.get_by_text("sent back").wait_for()
        assert VoidRequest.objects.get(pk=asked.pk).decision_note == "ask the customer first"
