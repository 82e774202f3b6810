"""Take the pictures of the documentation from a running demo office: `python scripts/screenshots.py [PORT]`.

`make run` must be up. The pictures go to docs/images; they show the office as it is, made-up people only.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]


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
    page.screenshot(path=IMAGES / f"{name}.png")
    sys.stdout.write(f"{name}.png\n")


def main() -> None:
    """Walk the pages as the clerk, the billing clerk and the supervisor."""
    port = sys.argv[1] if len(sys.argv) > 1 else "8000"
    base = f"http://127.0.0.1:{port}"
    office = Path(os.environ.get("OFFICE_VAR", ROOT / "var"))
    password = (office / "demo_password").read_text(encoding="utf-8").strip()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        clerk = sign_in(browser, base, "clerk", password)
        shoot(clerk, "home-clerk")
        clerk.keyboard.press("/")
        clerk.keyboard.type("garcia")
        clerk.wait_for_timeout(900)
        shoot(clerk, "search")
        clerk.goto(f"{base}/accounts/")
        shoot(clerk, "accounts")
        number = clerk.locator("a[href^='/account/']").first.get_attribute("href") or "/"
        clerk.goto(base + number)
        shoot(clerk, "account")
        clerk.goto(f"{base}/counter/")
        shoot(clerk, "counter")
        biller = sign_in(browser, base, "biller", password)
        shoot(biller, "home-biller")
        biller.goto(f"{base}/billing/runs/")
        shoot(biller, "runs")
        biller.locator("table a").first.click()
        shoot(biller, "run")
        supervisor = sign_in(browser, base, "supervisor", password)
        shoot(supervisor, "home-supervisor")
        supervisor.goto(f"{base}/reports/aging/")
        shoot(supervisor, "aging")
        browser.close()


if __name__ == "__main__":
    main()
