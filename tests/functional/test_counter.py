"""The counter in a real browser: keys, scanner, focus, double Enter, back and resubmit."""

import datetime as dt
import json
import re
from decimal import Decimal
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from accounts import services as accounts
from core import clock
from core.check_digits import ScanLine, build_scan_line
from core.users import system_user
from payments.models import Receipt, ReceiptVoid
from tests.factories.payments import Till, make_debtor, make_till

pytestmark = pytest.mark.browser
PASSWORD = "a long password of a test"


@pytest.fixture
def till(live_office: str) -> Till:
    return make_till(on_date=clock.today())


@pytest.fixture
def counter(page: Any, till: Till) -> Any:
    page.goto("/login/?next=/counter/")
    page.fill("[name=username]", till.clerk.username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r":\d+/counter/$"))
    return page


def debtor(name: str = "Ana Ortiz", amount: str = "61.20", **facts: Any) -> Any:
    return make_debtor(name, amount, due=clock.today(), on_date=clock.today(), **facts)


def scan_line(account: Any, amount: str = "61.20") -> str:
    value = Decimal(amount)
    due = clock.today() + dt.timedelta(days=20)
    return build_scan_line(
        ScanLine(account=account.number, due_date=due, code="0001", amount=value, late_amount=value)
    )


def scan(page: Any, text: str) -> None:
    """What a scanner does: the keys at once, then Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def focused(page: Any) -> str:
    return page.evaluate("document.activeElement.id")


class TestPaidInFull:
    def test_by_check_takes_two_acts(self, counter: Any) -> None:
        account = debtor()
        assert focused(counter) == "find"

        scan(counter, scan_line(account))
        counter.wait_for_url(f"**account={account.number}")
        assert counter.input_value("#amount-1") == "61.20"
        assert focused(counter) == "paper-number-1"
        scan(counter, "1001")
        counter.wait_for_url("**posted=A-000001")

        [tender] = Receipt.objects.get().tenders.all()
        assert (tender.kind, tender.amount, tender.check_number) == ("CHECK", Decimal("61.20"), "1001")
        assert focused(counter) == "find"
        assert "A-000001" in counter.locator("[aria-label='Last receipt']").inner_text()

    def test_in_cash_shows_the_change_in_big_figures(self, counter: Any) -> None:
        account = debtor(amount="136.47")
        scan(counter, account.number)
        counter.wait_for_url(f"**account={account.number}")

        counter.keyboard.press("+")
        counter.keyboard.press("+")
        assert focused(counter) == "cash"
        counter.keyboard.type("140", delay=40)
        counter.wait_for_selector(".change-due")
        assert "3.53" in counter.locator(".change-due").inner_text()
        counter.keyboard.press("Enter")
        counter.wait_for_url("**posted=A-000001")

        assert "3.53" in counter.locator(".counter-change").inner_text()
        assert Receipt.objects.get().change_amount == Decimal("3.53")


class TestKeys:
    def test_fill_the_amount_and_move_between_boxes(self, counter: Any) -> None:
        account = debtor(amount="61.20")
        counter.goto(f"/counter/?account={account.number}")

        counter.keyboard.press("-")
        assert focused(counter) == "amount-1"
        counter.keyboard.type("50+1", delay=40)
        assert counter.input_value("#amount-1") == "50+1"
        counter.keyboard.press("p")
        assert counter.input_value("#amount-1") == "0.00"
        counter.keyboard.press("c")
        assert counter.input_value("#amount-1") == "61.20"
        counter.keyboard.type("12", delay=40)
        counter.wait_for_selector("text=This leaves 49.20 to pay.")
        counter.locator("#amount-1").select_text()
        counter.keyboard.press("*")
        assert counter.input_value("#amount-1") == "61.20"
        counter.keyboard.press("-")
        assert focused(counter) == "find"
        counter.keyboard.press("+")
        assert focused(counter) == "amount-1"

    def test_esc_goes_back_to_the_box_and_loses_nothing(self, counter: Any) -> None:
        account = debtor()
        counter.goto(f"/counter/?account={account.number}")
        counter.keyboard.type("1001", delay=40)

        counter.keyboard.press("Escape")

        assert focused(counter) == "find"
        assert counter.input_value("#paper-number-1") == "1001"

    def test_typing_a_name_finds_with_the_arrow_key(self, counter: Any) -> None:
        account = debtor("Zora Quill")
        counter.keyboard.type("quil", delay=60)
        counter.wait_for_selector(".counter-hit")

        counter.keyboard.press("ArrowDown")
        counter.keyboard.press("Enter")

        counter.wait_for_url(f"**account={account.number}")


class TestSeveralAccounts:
    def test_on_one_check_with_the_difference_in_big_figures(self, counter: Any) -> None:
        first, second = debtor(amount="61.20"), debtor("Bo Lee", "38.80", house_number="9")
        scan(counter, first.number)
        counter.wait_for_url(f"**account={first.number}")
        counter.keyboard.type("77", delay=40)
        counter.fill("#paper-amount-1", "100")
        counter.wait_for_selector("text=Left of the check")
        assert "38.80" in counter.locator(".counter-missing").inner_text()

        counter.keyboard.press("F4")
        assert focused(counter) == "find"
        scan(counter, second.number)
        counter.wait_for_selector("#amount-2")

        assert counter.input_value("#paper-number-1") == "77"
        assert counter.locator("#preview").inner_text().count("100.00") == 2
        counter.locator("#paper-number-1").focus()
        counter.keyboard.press("Enter")
        counter.wait_for_url("**posted=A-000001")
        assert {each.amount for each in Receipt.objects.get().lines.all()} == {
            Decimal("61.20"),
            Decimal("38.80"),
        }

    def test_a_scan_during_a_payment_asks_first(self, counter: Any) -> None:
        first, second = debtor(), debtor("Bo Lee", house_number="9")
        scan(counter, first.number)
        counter.wait_for_url(f"**account={first.number}")
        counter.locator("#payor").focus()

        scan(counter, second.number)
        counter.wait_for_selector("text=is it the next customer?")

        assert counter.locator("[name=account]").count() == 1
        assert counter.input_value("#payor") == "Ana Ortiz"
        counter.keyboard.press("F4")
        counter.wait_for_selector("#amount-2")


class TestOnce:
    def test_double_enter_posts_once(self, counter: Any) -> None:
        account = debtor()
        counter.goto(f"/counter/?account={account.number}")
        counter.fill("#paper-number-1", "1001")

        counter.keyboard.press("Enter")
        counter.keyboard.press("Enter")
        counter.wait_for_url("**posted=A-000001")

        assert Receipt.objects.count() == 1

    def test_back_and_resubmit_posts_once(self, counter: Any) -> None:
        account = debtor()
        counter.goto(f"/counter/?account={account.number}")
        counter.fill("#paper-number-1", "1001")
        counter.keyboard.press("Enter")
        counter.wait_for_url("**posted=A-000001")

        counter.go_back()
        counter.wait_for_selector("#paper-number-1")
        counter.fill("#amount-1", "61.20")
        counter.fill("#paper-number-1", "1001")
        counter.locator("#paper-number-1").press("Enter")
        counter.wait_for_url("**posted=A-000001")

        assert Receipt.objects.count() == 1

    def test_two_raw_sendings_of_one_form_post_once(self, counter: Any) -> None:
        account = debtor()
        counter.goto(f"/counter/?account={account.number}")
        counter.fill("#paper-number-1", "1001")

        answers = counter.evaluate(
            """async () => {
                const body = () => new FormData(document.querySelector("#till"));
                const send = () => fetch("/counter/", {method: "POST", body: body()});
                return (await Promise.all([send(), send(), send()])).map((answer) => answer.url);
            }"""
        )

        assert len(set(answers)) == 1
        assert Receipt.objects.count() == 1


class TestRefused:
    def test_keeps_what_was_typed_and_goes_to_the_box(self, counter: Any) -> None:
        account = debtor()
        counter.goto(f"/counter/?account={account.number}")
        counter.fill("#amount-1", "12,3O")
        counter.fill("#paper-number-1", "1001")
        counter.locator("#paper-number-1").press("Enter")

        counter.wait_for_selector("text=Was 0 meant?")
        assert counter.input_value("#amount-1") == "12,3O"
        assert counter.input_value("#paper-number-1") == "1001"
        assert focused(counter) == "amount-1"
        assert not Receipt.objects.exists()

    def test_shows_no_check_box_for_a_cash_only_account(self, counter: Any) -> None:
        account = debtor()
        accounts.restrict_tenders(
            account=account,
            kind="CASH_ONLY",
            reason="2 returned checks",
            from_date=clock.today(),
            by=system_user(),
        )
        scan(counter, account.number)
        counter.wait_for_url(f"**account={account.number}")

        assert counter.locator("#paper-number-1").count() == 0
        assert "2 returned checks" in counter.locator(".counter-dead").inner_text()
        assert focused(counter) == "cash"


class TestVoid:
    def test_at_the_counter_with_the_second_persons_password(self, counter: Any, till: Till) -> None:
        account = debtor()
        counter.goto(f"/counter/?account={account.number}")
        counter.fill("#paper-number-1", "1001")
        counter.keyboard.press("Enter")
        counter.wait_for_url("**posted=A-000001")

        counter.click("[aria-label='Last receipt'] a:has-text('Void')")
        counter.fill("[name=approver_username]", "ben")
        counter.fill("[name=approver_password]", PASSWORD)
        counter.click("button:has-text('now')")

        counter.wait_for_selector("text=*** VOID ***")
        assert ReceiptVoid.objects.get().request.decided_by == till.supervisor


class TestWithoutScripts:
    def test_a_payment_can_be_taken(self, browser: Any, live_office: str, till: Till) -> None:
        account = debtor()
        context = browser.new_context(base_url=live_office, java_script_enabled=False)
        page = context.new_page()
        page.goto("/login/?next=/counter/")
        page.fill("[name=username]", till.clerk.username)
        page.fill("[name=password]", PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.fill("#find", account.number)
        page.locator("#find").press("Enter")
        page.fill("#paper-number-1", "1001")
        page.locator("#paper-number-1").press("Enter")
        page.wait_for_url("**posted=A-000001")
        context.close()

        assert Receipt.objects.get().total_amount == Decimal("61.20")


class TestForEverybody:
    def test_axe_finds_nothing_on_the_counters_pages(self, counter: Any, till: Till) -> None:
        account = debtor()
        counter.goto(f"/counter/?account={account.number}")
        counter.fill("#paper-number-1", "1001")
        counter.keyboard.press("Enter")
        counter.wait_for_url("**posted=A-000001")
        addresses = [
            "/counter/?posted=A-000001",
            f"/counter/?account={account.number}&amount=12%2C3O",
            f"/drawers/{till.session.pk}/",
            "/receipts/",
            "/receipts/A-000001/",
        ]

        for address in addresses:
            counter.goto(address)
            found = Axe().run(counter, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
            assert not found.response["violations"], address + json.dumps(
                [
                    {"id": each["id"], "nodes": [node["html"] for node in each["nodes"]]}
                    for each in found.response["violations"]
                ],
                indent=1,
            )
