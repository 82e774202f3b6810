"""A new account in the browser, with the keyboard alone; what was typed survives a refusal; axe on what was filled in."""

import datetime as dt
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts.models import Account, ServiceAgreement
from core import clock
from desk import services as desk
from metering.models import Reading
from tests import cast
from tests.factories import billing
from tests.factories.accounts import make_cycle
from tests.functional.test_axe import GRAVE
from tests.functional.test_desk import log_in

pytestmark = pytest.mark.browser


@pytest.fixture
def office(live_office: str, page) -> Iterator[str]:
    """The rate book, a neighbour, a home that was left yesterday, and Ada at the form."""
    billing.make_rate("WATER-RES", billing.WATER_RATE)
    billing.make_rate("SEWER-RES", billing.SEWER_RATE, service="SEWER")
    eru = {"kind": "fixed", "code": "runoff", "label": "Stormwater", "amount": "7.85", "per": "eru"}
    billing.make_rate(
        "STORM-ERU", {"format": 1, "unit": "each", "inputs": ["eru"], "components": [eru]}, service="STORM"
    )
    make_cycle()
    cast.brown()
    log_in(page, live_office, cast.people().ada)
    return live_office


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def go_to(page, label: str) -> None:
    """Tab until the focus is in the field of that label."""
    wanted = page.get_by_label(label, exact=True)
    for _ in range(40):
        if wanted.count() == 1 and wanted.evaluate("field => field === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {label}")


def grave(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']}" for each in found if each["impact"] in GRAVE]


def settled(page) -> None:
    page.wait_for_load_state("networkidle")


def test_a_stranger_moves_into_a_new_house_by_the_keys(page, office: str) -> None:
    press(page, "a")
    page.wait_for_url("**/accounts/new/")
    page.keyboard.type("tanaka")
    settled(page)
    press(page, "Enter")
    assert page.evaluate("document.activeElement.name") == "name"
    page.keyboard.type("Grace Tanaka")
    go_to(page, "Phone")
    page.keyboard.type("918 555 0142")
    go_to(page, "Number")
    page.keyboard.type("27")
    go_to(page, "Street")
    page.keyboard.type("Willow")
    go_to(page, "Meter")
    page.keyboard.type("N5-200001")
    press(page, "Enter")
    page.keyboard.type("01O0")
    go_to(page, "Size")
    page.keyboard.type('5/8"')
    go_to(page, "Stormwater")
    press(page, "Space")
    page.get_by_label("Runoff units (ERU)").wait_for()
    go_to(page, "Runoff units (ERU)")
    page.keyboard.type("2")
    press(page, "Tab")
    settled(page)
    assert "N5-200001 at 01O0" in page.locator("#opening-summary").inner_text()
    assert grave(page) == []
    press(page, "Control+Enter")

    page.get_by_text('the letter "O"').first.wait_for()
    assert Account.objects.count() == 1
    assert page.get_by_label("Street", exact=True).input_value() == "Willow"
    assert page.get_by_label("Runoff units (ERU)").input_value() == "2"
    assert grave(page) == []
    go_to(page, "Reading at the start")
    press(page, "Control+a")
    page.keyboard.type("0100")
    press(page, "Control+Enter")

    page.wait_for_url("**/account/*/")
    account = Account.objects.order_by("-pk").first()
    assert account is not None
    page.get_by_text(f"Account {account.number} is open").wait_for()
    services = ServiceAgreement.objects.filter(account=account).order_by("service")
    assert [row.service for row in services] == ["SEWER", "STORM", "WATER"]
    assert Reading.objects.filter(register__meter__serial_number="N5-200001").get().dials == "0100"


def test_the_next_tenant_takes_over_a_home_with_its_meter(page, office: str) -> None:
    home = cast.nguyen()
    page.goto("/accounts/new/")
    page.keyboard.type("brown")
    page.get_by_label("Walter Brown").wait_for()
    press(page, "Enter")
    go_to(page, "Find a place by house number and street")
    page.keyboard.type("43 oak")
    page.get_by_label("43 Oak Ave").wait_for()
    press(page, "Enter")
    page.get_by_text(f"Account {home.account.number} takes it here since").first.wait_for()
    assert grave(page) == []
    go_to(page, "Reading at the start")
    page.keyboard.type("0150")
    press(page, "Control+Enter")
    page.get_by_text("Stop that agreement").first.wait_for()

    desk.stop_services(
        account=home.account,
        agreements=[home.water_agreement, home.sewer_agreement],
        to_date=clock.today() - dt.timedelta(days=1),
        by=cast.people().ada,
    )
    assert page.get_by_label("Reading at the start").input_value() == "0150"
    press(page, "Control+Enter")
    page.wait_for_url("**/account/*/")
    assert page.get_by_role("heading", level=1).inner_text() == "Walter Brown"
    assert ServiceAgreement.objects.filter(service_point=home.water, status="ACTIVE").count() == 1
    page.get_by_role("link", name="Stop service").click()
    page.get_by_role("button", name="Stop service").wait_for()
    assert grave(page) == []
