"""The bill as paper: what stands on it, as frozen data, and how it becomes a PDF.

The page is Letter with the remittance stub at the bottom. Boxes stand at fixed places and the charges are one fixed
table: measured, that prints two to four times as fast as flowing tables. An account with more lines than the first
page holds goes on overleaf.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from core.charts import UsageMonth, usage_chart
from core.check_digits import ScanLine, build_scan_line

# Heights in points, as the style sheet makes them: what the first page holds, a heading, a line, a line of working.
FIRST_PAGE_POINTS, HEADING_POINTS, LINE_POINTS, WORKING_POINTS = 236.0, 19.2, 15.1, 9.6
# The office's code for "utility bill" in the scan line.
BILL_CODE = "0100"


class OutsideReadRefused(FatalURLFetchingError):
    """A paper asked for something outside itself; papers read nothing from disk or network."""


class NothingOutside(URLFetcher):
    """A fetcher that fetches nothing: whatever a name or a message on a bill says, no file or address is read."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        raise OutsideReadRefused(f"A paper may not read {url}.")


@dataclass(frozen=True)
class PaperRow:
    """One row of the charges: a heading of a service (no amount) or a line with its working."""

    text: str
    working: str = ""
    amount: Decimal | None = None
    is_heading: bool = False

    @property
    def points(self) -> float:
        """The height that the row takes."""
        if self.is_heading:
            return HEADING_POINTS
        under = 0 if self.working_fits_beside else len(self.working.splitlines())
        return LINE_POINTS + WORKING_POINTS * under

    @property
    def working_fits_beside(self) -> bool:
        """Whether one short step of working stands on the line itself."""
        return bool(self.working) and "\n" not in self.working and len(self.text) + len(self.working) < 62


@dataclass(frozen=True)
class BillPaper:
    """Everything that a printed bill says; dates are local, amounts in dollars."""

    office_name: str
    office_lines: tuple[str, ...]
    account_number: str
    bill_number: str
    bill_date: dt.date
    due_date: dt.date
    addressee: tuple[str, ...]
    service_address: str
    service_from: dt.date | None
    service_to: dt.date | None
    previous_amount: Decimal
    credits_amount: Decimal
    total_amount: Decimal
    due_amount: Decimal
    rows: tuple[PaperRow, ...]
    usage: tuple[UsageMonth, ...] = ()
    usage_unit: str = ""
    messages: tuple[str, ...] = ()

    @property
    def payable(self) -> Decimal:
        """What the stub asks for: never below zero, a credit asks for nothing."""
        return max(self.due_amount, Decimal("0.00"))

    @property
    def first_rows(self) -> tuple[PaperRow, ...]:
        """The rows that stand above the tear line."""
        return self.rows[: self._first_count]

    @property
    def further_rows(self) -> tuple[PaperRow, ...]:
        """The rows that go overleaf."""
        return self.rows[self._first_count :]

    @property
    def _first_count(self) -> int:
        left = FIRST_PAGE_POINTS
        for count, row in enumerate(self.rows):
            left -= row.points
            if left < 0:
                # A heading alone at the foot of a page would stand without its lines.
                return count - 1 if count and self.rows[count - 1].is_heading else count
        return len(self.rows)

    @property
    def credits_shown(self) -> Decimal:
        """Payments and credits with the customer's sign: money that came in is a credit."""
        return -self.credits_amount

    @property
    def scan_line(self) -> str:
        """The 42 digits for scanners: account, due date, code, amount, late amount, check digit."""
        return build_scan_line(
            ScanLine(
                account=self.account_number,
                due_date=self.due_date,
                code=BILL_CODE,
                amount=self.payable,
                late_amount=self.payable,
            )
        )

    @property
    def chart(self) -> str:
        """The SVG of the use of thirteen months, with the year before as a line."""
        if not self.usage:
            return ""
        drawn = usage_chart(
            months=self.usage,
            unit=self.usage_unit.lower(),
            chart_id="use",
            title="Your use by month",
            label_every=3,
        )
        return drawn.svg


class Printer:
    """Renders papers; keep one a process, it holds the parsed style sheet and the fonts."""

    def __init__(self) -> None:
        self._fonts = FontConfiguration()
        style = Path(settings.BASE_DIR) / "templates" / "documents" / "bill.css"
        self._css = CSS(
            string=style.read_text(encoding="utf-8"), font_config=self._fonts, url_fetcher=NothingOutside()
        )

    def render(self, paper: BillPaper) -> tuple[bytes, int]:
        """The PDF of one bill and its count of pages. The same paper gives the same page."""
        html = render_to_string("documents/bill.html", {"paper": paper})
        document = HTML(string=html, url_fetcher=NothingOutside()).render(
            stylesheets=[self._css], font_config=self._fonts
        )
        return document.write_pdf(), len(document.pages)


def months_back(last: dt.date, count: int) -> list[dt.date]:
    """The first days of ``count`` months up to and with the month of ``last``, oldest first."""
    index = last.year * 12 + last.month - 1
    return [dt.date((index - back) // 12, (index - back) % 12 + 1, 1) for back in range(count - 1, -1, -1)]


def usage_of(quantities: dict[dt.date, Decimal], *, last: dt.date) -> tuple[UsageMonth, ...]:
    """Thirteen months of use up to ``last`` from quantities by first of month, each with its year before."""
    months = months_back(last, 13)
    if not any(month in quantities for month in months):
        return ()
    return tuple(
        UsageMonth(month=month, quantity=quantities.get(month), prior=quantities.get(_year_before(month)))
        for month in months
    )


def _year_before(month: dt.date) -> dt.date:
    return month.replace(year=month.year - 1)
