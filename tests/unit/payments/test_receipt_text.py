"""The paper: 48 columns, everything on it."""

from datetime import date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from payments.receipt_text import COLUMNS, PaidItem, ReceiptFacts, receipt_lines
from payments.tendering import SettledTender


def facts(**changes: object) -> ReceiptFacts:
    values: dict[str, object] = {
        "office": "City of Riverton Utilities",
        "label": "A-000041",
        "received_at": datetime(2026, 3, 10, 15, 42),
        "business_date": date(2026, 3, 10),
        "clerk": "AC",
        "payor": "Ana Ortiz",
        "items": [
            PaidItem(
                name="Ana Ortiz",
                place="118 Elm St",
                amount=Decimal("136.47"),
                account_number="00000000411",
                balance_left=Decimal("0.00"),
                next_due=None,
            )
        ],
        "tenders": [
            SettledTender("CASH", Decimal("136.47"), Decimal("140.00"), Decimal("3.53")),
        ],
        "total": Decimal("136.47"),
        "footer": "Thank you.",
    }
    return ReceiptFacts(**{**values, **changes})  # type: ignore[arg-type]  # a table of any of its fields


class TestReceiptLines:
    def test_prints_what_an_auditor_asks_for(self) -> None:
        paper = "\n".join(receipt_lines(facts()))

        for words in (
            "City of Riverton Utilities",
            "Receipt A-000041",
            "03/10/2026 3:42 pm",
            "Clerk AC",
            "Received from Ana Ortiz",
            "Account 00000000411",
            "118 Elm St",
            "Balance left",
            "TOTAL PAID",
            "Cash",
            "140.00",
            "Change",
            "3.53",
            "Thank you.",
        ):
            assert words in paper

    def test_prints_a_check_with_its_number_and_a_credit_as_such(self) -> None:
        item = PaidItem(
            name="Ana Ortiz",
            amount=Decimal("10.00"),
            account_number="411",
            balance_left=Decimal("-12.00"),
            next_due=date(2026, 4, 1),
        )
        tender = SettledTender("CHECK", Decimal("10.00"), Decimal("10.00"), Decimal("0.00"), "1001")

        paper = "\n".join(receipt_lines(facts(items=[item], tenders=[tender])))

        assert "Check no. 1001" in paper
        assert "12.00 CR" in paper
        assert "04/01/2026" in paper
        assert "Change" not in paper

    @given(name=st.text(min_size=1, max_size=160), note=st.text(max_size=200))
    def test_never_writes_wider_than_the_paper(self, name: str, note: str) -> None:
        items = [PaidItem(name=name, place=name, amount=Decimal("1.00"), account_number="411")]

        lines = receipt_lines(facts(payor=name, office=name, items=items, note=note))

        assert all(len(line) <= COLUMNS for line in lines)
