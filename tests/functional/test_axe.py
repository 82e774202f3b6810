"""Every main page, in light and dark: nothing that axe calls serious or critical."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts import services as accounts
from core import clock
from payments.services import voids
from tests.factories.payments import line, make_till, pay
from tests.factories.serviceorders import Scene, ask, make_scene, send
from tests.functional.test_desk import log_in

pytestmark = pytest.mark.browser

GRAVE = {"serious", "critical"}


@pytest.fixture
def scene(live_office: str) -> Scene:
    """An account with a little of everything."""
    made = make_scene()
    accounts.add_alert(
        account=made.account, kind="DOG", text="back gate", from_date=clock.today(), by=made.people.ada
    )
    accounts.add_note(account=made.account, text="called", by=made.people.ada)
    return made


def pages_of(scene: Scene) -> dict[str, list[str]]:
    """Each person's pages."""
    till = make_till("D1", on_date=clock.today(), clerk="ada")
    receipt = pay(till, line(scene.account, "20.00"))
    voids.request_void(receipt=receipt, reason="Wrong amount", by=till.clerk)
    order, mine = ask(scene), send(scene, ask(scene, "FINAL_READ"))
    account = f"/account/{scene.account.number}/"
    return {
        "ada": [
            "/",
            account,
            f"{account}?tab=statement",
            f"{account}order/",
            f"{account}notes/new/",
            f"{account}mailing/",
            f"{account}stop/",
            "/search/?q=ortiz",
            "/search/?q=zzqx",
            "/accounts/",
            "/accounts/new/",
            "/counter/",
            f"/counter/?account={scene.account.number}",
            "/receipts/",
            f"/receipts/{receipt.label}/",
            "/orders/",
            f"/orders/{order.number}/",
        ],
        "cora": ["/", "/billing/", "/billing/rates/", "/readings/exceptions/", "/readings/enter/"],
        "ben": [
            "/",
            "/approvals/",
            "/proofs/",
            "/reports/",
            "/reports/aging/",
            "/reports/trial-balance/",
            "/reports/receipts/",
            f"{account}?tab=trail",
            f"/orders/{order.number}/",
        ],
        "joe": ["/", "/orders/", f"/orders/{mine.number}/"],
    }


def test_the_check_finds_what_is_wrong(page, live_office: str) -> None:
    page.goto("/login/")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert {violation["impact"] for violation in Axe().run(page).response["violations"]} & GRAVE


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_can_be_used_by_everybody(page, live_office: str, scene: Scene, theme: str) -> None:
    page.context.add_cookies([{"name": "office_theme", "value": theme, "url": live_office}])
    found = []
    for person, addresses in pages_of(scene).items():
        log_in(page, live_office, getattr(scene.people, person))
        for address in addresses:
            answer = page.goto(address)
            assert answer.status == 200, (person, address)
            page.wait_for_load_state("networkidle")
            for violation in Axe().run(page).response["violations"]:
                if violation["impact"] in GRAVE:
                    where = "; ".join(node["target"][0] for node in violation["nodes"][:3])
                    found.append(f"{person} {address}: {violation['id']} ({violation['help']}): {where}")
    assert not found, "\n".join(found)
