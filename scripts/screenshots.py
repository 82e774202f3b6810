"""Take the pictures of the documentation from a running demo office: `python scripts/screenshots.py [PORT]`.

`make run` must be up. The pictures go to docs/images; they show the office as it is, made-up people only. It changes
the office a little, as a clerk's first hour does: a drawer is opened and one payment taken.
"""

from __future__ import annotations

import io
import os
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
# Screens have few colours; a palette makes the files a third of their size.
COLOURS = 128


def sign_in(browser: Browser, base: str, user: str, password: str) -> Page:
    """A page of somebody who is logged in, at the size of a counter PC."""
    page = browser.new_context(viewport={"width": 1366, "height": 860}).new_page()
    page.goto(f"{base}/login/")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{base}/")
    return page


def shoot(page: Page, name: str) -> None:
    """One picture; it waits until the page is at rest."""
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)
    sys.stdout.write(f"{name}.png\n")


def first(page: Page, start: str) -> str:
    """The address of the page's first link of that kind."""
    found = page.locator(f"main a[href^='{start}']").first.get_attribute("href")
    if not found:
        raise SystemExit(f"{page.url} has no link to {start}")
    return found


def as_clerk(page: Page, base: str) -> None:
    """Home, search, an account that owes, and a payment from its first key to the receipt."""
    page.goto(f"{base}/counter/")
    if page.locator("input[name=float_amount]").count():
        page.fill("input[name=float_amount]", "200.00")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    page.goto(f"{base}/")
    shoot(page, "home-clerk")
    page.keyboard.press("/")
    page.keyboard.type("garcia")
    page.wait_for_timeout(900)
    shoot(page, "search")
    page.goto(f"{base}/accounts/")
    shoot(page, "accounts")
    page.goto(f"{base}/search/?q=garcia")
    account = first(page, "/account/")
    page.goto(base + account)
    shoot(page, "account")
    number = account.strip("/").split("/")[-1]
    page.goto(f"{base}/counter/?account={number}")
    owed = page.locator("input[name=amount]").first.input_value() or "50.00"
    page.locator("input[name=amount]").first.fill(owed)
    page.locator("input[name=cash]").fill(str(int(float(owed)) // 20 * 20 + 20))
    page.wait_for_timeout(900)
    shoot(page, "counter")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{base}/receipts/")
    page.goto(base + first(page, "/receipts/"))
    shoot(page, "receipt")
    page.goto(base + account + "order/?kind=REREAD")
    shoot(page, "order-request")


def as_biller(page: Page, base: str) -> None:
    """Home, readings to decide, runs, one run, one bill, the rates."""
    shoot(page, "home-biller")
    page.goto(f"{base}/readings/exceptions/")
    shoot(page, "exceptions")
    page.goto(f"{base}/billing/")
    shoot(page, "runs")
    runs = page.locator("main a[href^='/billing/runs/']")
    addresses = [each.get_attribute("href") or "" for each in runs.all()]
    page.goto(base + next(each for each in addresses if re.fullmatch(r"/billing/runs/\d+/", each)))
    shoot(page, "run")
    page.goto(f"{base}/search/?q=garcia")
    page.goto(base + first(page, "/account/"))
    page.goto(base + first(page, "/billing/bills/"))
    shoot(page, "bill")
    page.goto(f"{base}/billing/rates/")
    shoot(page, "rates")


def as_supervisor(page: Page, base: str) -> None:
    """Home, approvals, field work, reports."""
    shoot(page, "home-supervisor")
    page.goto(f"{base}/approvals/")
    shoot(page, "approvals")
    page.goto(f"{base}/orders/")
    shoot(page, "orders")
    page.goto(f"{base}/reports/aging/")
    shoot(page, "aging")


def main() -> None:
    """Walk the pages as the clerk, the billing clerk and the supervisor."""
    port = sys.argv[1] if len(sys.argv) > 1 else "8000"
    base = f"http://127.0.0.1:{port}"
    office = Path(os.environ.get("OFFICE_VAR", ROOT / "var"))
    password = (office / "demo_password").read_text(encoding="utf-8").strip()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for user, walk in (("clerk", as_clerk), ("biller", as_biller), ("supervisor", as_supervisor)):
            walk(sign_in(browser, base, user, password), base)
        browser.close()


if __name__ == "__main__":
    main()
