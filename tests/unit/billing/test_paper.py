"""The bill's page: what stands where, and what goes overleaf."""

import datetime as dt
from decimal import Decimal

import pypdfium2
import pytest

from billing.paper import BillPaper, PaperRow, Printer, months_back, usage_of
from core.check_digits import with_check_digit

# The tear line stands at 7.33 inches from the top of a page of 11.
TEAR_FROM_BOTTOM = (11 - 7.33) * 72


@pytest.fixture(scope="module")
def printer() -> Printer:
    return Printer()


def paper(rows: tuple[PaperRow, ...], **values: object) -> BillPaper:
    given: dict[str, object] = {
        "office_name": "City of Maple Hollow",
        "office_lines": ("1 Main St",),
        "account_number": with_check_digit("0000123456"),
        "bill_number": "7-000012",
        "bill_date": dt.date(2026, 2, 1),
        "due_date": dt.date(2026, 2, 23),
        "addressee": ("Ana Ortiz", "118 Elm St"),
        "service_address": "118 Elm St",
        "service_from": dt.date(2026, 1, 1),
        "service_to": dt.date(2026, 2, 1),
        "previous_amount": Decimal("50.00"),
        "credits_amount": Decimal("50.00"),
        "total_amount": Decimal("64.20"),
        "due_amount": Decimal("64.20"),
        "rows": rows,
    }
    return BillPaper(**{**given, **values})  # type: ignore[arg-type]  # the defaults above have every field


def services(count: int) -> tuple[PaperRow, ...]:
    rows: list[PaperRow] = []
    for number in range(count):
        rows.append(PaperRow(text=f"Service {number}", working="31 days", is_heading=True))
        rows.append(PaperRow(text="Base charge", amount=Decimal("4.00")))
        rows.append(
            PaperRow(
                text="Use", working="6 ccf x $2.00 = $12.00\n2 ccf x $3.00 = $6.00", amount=Decimal("18.00")
            )
        )
    return tuple(rows)


class TestFirstPage:
    @pytest.mark.parametrize("count", [1, 3, 4, 5, 12])
    def test_keeps_the_charges_above_the_tear_line(self, printer: Printer, count: int) -> None:
        content, _ = printer.render(paper(services(count)))
        page = pypdfium2.PdfDocument(content)[0].get_textpage()
        searcher = page.search("Use")
        lowest = 11 * 72.0
        while (found := searcher.get_next()) is not None:
            lowest = min(lowest, page.get_charbox(found[0])[1])
        sums = page.search("The charges go on overleaf.").get_next() or page.search("This bill").get_next()
        assert sums is not None
        assert lowest > TEAR_FROM_BOTTOM
        texts = [page.get_charbox(index) for index in range(page.count_chars())]
        table = [
            box for box in texts if box[0] < 5.35 * 72 and TEAR_FROM_BOTTOM - 6 < box[1] < TEAR_FROM_BOTTOM
        ]
        assert table == []

    def test_gives_every_row_once_over_its_pages(self) -> None:
        bill = paper(services(9))
        assert bill.first_rows + bill.further_rows == bill.rows
        assert bill.further_rows
        assert not bill.first_rows[-1].is_heading

    def test_has_one_page_where_all_fits(self, printer: Printer) -> None:
        assert printer.render(paper(services(3)))[1] == 1

    def test_shows_what_was_paid_as_a_credit(self, printer: Printer) -> None:
        content, _ = printer.render(paper(services(1)))
        assert "50.00 CR" in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()

    def test_asks_for_nothing_when_the_office_owes(self) -> None:
        bill = paper(services(1), due_amount=Decimal("-12.00"))
        assert bill.payable == Decimal("0.00")
        assert bill.scan_line[21:31] == "0000000000"

    def test_prints_markup_in_a_name_as_text(self, printer: Printer) -> None:
        content, _ = printer.render(
            paper(services(1), addressee=("<b>Bobby</b> <img src=file:///etc/passwd>",))
        )
        assert "<B>BOBBY</B>" in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range().upper()


class TestUsage:
    def test_goes_thirteen_months_back_over_a_year_end(self) -> None:
        months = months_back(dt.date(2026, 2, 1), 13)
        assert (months[0], months[-1], len(months)) == (dt.date(2025, 2, 1), dt.date(2026, 2, 1), 13)

    def test_pairs_each_month_with_the_year_before(self) -> None:
        use = {dt.date(2026, 2, 1): Decimal(7), dt.date(2025, 2, 1): Decimal(5)}
        last = usage_of(use, last=dt.date(2026, 2, 1))[-1]
        assert (last.quantity, last.prior) == (Decimal(7), Decimal(5))

    def test_is_empty_without_use(self) -> None:
        assert usage_of({}, last=dt.date(2026, 2, 1)) == ()
