"""Posting payments: what is written, and what is refused with nothing written."""

import datetime as dt
from decimal import Decimal

import pytest

from accounts import services as accounts
from core import sequences
from core.idempotency import IdempotencyKeyReused
from core.models import AuditEvent
from core.permissions import PermissionRefused
from core.users import system_user
from ledger import queries as ledger_queries
from ledger import services as ledger
from ledger.models import Allocation, Credit, GLAccount, JournalEntry, Period
from payments import tendering
from payments.models import MiscItem, Receipt, ReceiptLine, Tender
from payments.services import drawers, paper, receipting
from payments.services.receipting import PaymentLine
from tests.factories.accounts import make_user
from tests.factories.payments import TUESDAY, Till, cash, check, line, make_debtor, make_till, owe, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def till() -> Till:
    return make_till()


def nothing_posted() -> bool:
    return not (
        Receipt.objects.exists()
        or Credit.objects.exists()
        or sequences.last_taken(series="receipt:A")
        or AuditEvent.objects.filter(code="payments.receipt.posted").exists()
    )


class TestPostPayment:
    def test_takes_a_check_for_all_that_is_owed(self, till: Till) -> None:
        account = make_debtor(amount="61.20")

        receipt = pay(till, line(account, "61.20"))

        assert (receipt.label, receipt.total_amount, receipt.change_amount) == (
            "A-000001",
            Decimal("61.20"),
            Decimal("0.00"),
        )
        [written] = receipt.lines.all()
        assert (written.account, written.amount, written.credit.amount) == (
            account,
            Decimal("61.20"),
            Decimal("61.20"),
        )
        [tender] = receipt.tenders.all()
        assert (tender.kind, tender.check_number) == ("CHECK", "1001")
        assert ledger_queries.balances(account, as_of=TUESDAY).ledger == 0
        assert AuditEvent.objects.get(code="payments.receipt.posted").account_number == account.number

    def test_debits_the_drawers_cash_once_for_the_whole_receipt(self, till: Till) -> None:
        first, second = make_debtor("Ana Ortiz", "10.00"), make_debtor("Bo Lee", "20.00", house_number="12")

        receipt = pay(till, line(first, "10.00"), line(second, "20.00"))

        postings = receipt.entry.postings.filter(gl_account__code="1010")
        assert [(each.side, each.amount, each.fund.code) for each in postings] == [
            ("D", Decimal("30.00"), "POOL")
        ]
        assert receipt.entry.document_number == receipt.label
        assert {each.account for each in receipt.lines.all()} == {first, second}

    def test_gives_change_in_cash(self, till: Till) -> None:
        receipt = pay(till, line(make_debtor(amount="136.47"), "136.47"), tenders=[cash("140.00")])

        tender = receipt.tenders.get()
        assert receipt.change_amount == tender.change_amount == Decimal("3.53")
        assert tender.amount == Decimal("136.47")

    def test_keeps_an_overpayment_as_the_accounts_credit(self, till: Till) -> None:
        account = make_debtor(amount="61.20")

        pay(till, line(account, "100.00"))

        balances = ledger_queries.balances(account, as_of=TUESDAY)
        assert (balances.unapplied, balances.ledger) == (Decimal("38.80"), Decimal("-38.80"))

    def test_leaves_the_rest_of_a_partial_payment_open(self, till: Till) -> None:
        account = make_debtor(amount="61.20")

        pay(till, line(account, "49.20"))

        assert ledger_queries.balances(account, as_of=TUESDAY).ledger == Decimal("12.00")
        assert Allocation.objects.get().amount == Decimal("49.20")

    def test_sells_an_item_of_the_price_list_into_its_own_account_and_fund(self, till: Till) -> None:
        MiscItem.objects.create(
            code="COPY",
            name="Copy of a plan",
            gl_account=GLAccount.objects.get(code="4400"),
            fund_code="GENERAL",
        )

        receipt = pay(
            till, PaymentLine(amount=Decimal("3.50"), misc_item_code="COPY"), tenders=[cash("5.00")]
        )

        revenue = receipt.entry.postings.get(gl_account__code="4400")
        assert (revenue.side, revenue.amount, revenue.fund.code) == ("C", Decimal("3.50"), "GENERAL")
        assert receipt.lines.get().misc_item.code == "COPY"

    def test_numbers_receipts_of_each_drawer_without_gaps(self, till: Till) -> None:
        other = make_till("B", clerk="eve")
        account = make_debtor(amount="100.00")

        labels = [pay(each, line(account, "1.00")).label for each in (till, till, other, till)]

        assert labels == ["A-000001", "A-000002", "B-000001", "A-000003"]

    def test_keeps_the_words_that_were_printed(self, till: Till) -> None:
        account = make_debtor(amount="61.20")

        receipt = pay(till, line(account, "49.20"), note="Paid by the sister")

        printed = "\n".join(Receipt.objects.get(pk=receipt.pk).printed_lines)
        for words in (
            receipt.label,
            account.number,
            "118 Elm St",
            "12.00",
            "Paid by the sister",
            "Check no. 1001",
        ):
            assert words in printed

    def test_the_same_key_gives_the_first_receipt_and_posts_nothing(self, till: Till) -> None:
        account = make_debtor(amount="61.20")

        first = pay(till, line(account, "61.20"), key="k1")
        again = pay(till, line(account, "61.20"), key="k1")

        assert again == first
        assert (Receipt.objects.count(), JournalEntry.objects.filter(reason__code="PAYMENT").count()) == (
            1,
            1,
        )

    @pytest.mark.parametrize(
        "change",
        [
            {"payor": "Somebody else"},
            {"note": "x"},
            {"tenders": [check("61.20", "1002")]},
            {"tenders": [cash("70.00")]},
        ],
    )
    def test_refuses_the_same_key_with_another_body(self, till: Till, change: dict) -> None:
        account = make_debtor(amount="61.20")
        pay(till, line(account, "61.20"), key="k1")

        with pytest.raises(IdempotencyKeyReused):
            pay(till, line(account, "61.20"), key="k1", **change)
        assert Receipt.objects.count() == 1


class TestRefusals:
    @pytest.mark.parametrize("amount", ["0.00", "-5.00", "1.005"])
    def test_refuses_an_amount_that_is_none(self, till: Till, amount: str) -> None:
        account = make_debtor()

        with pytest.raises(receipting.PaymentAmountNotPositive, match=account.number):
            pay(till, line(account, amount), tenders=[cash("100.00")])
        assert nothing_posted()

    def test_refuses_an_unknown_account_naming_it(self, till: Till) -> None:
        with pytest.raises(receipting.AccountUnknown, match="99999999999"):
            pay(till, line("99999999999", "5.00"))
        assert nothing_posted()

    def test_refuses_an_account_twice(self, till: Till) -> None:
        account = make_debtor()

        with pytest.raises(receipting.AccountTwice, match=account.number):
            pay(till, line(account, "5.00"), line(account, "6.00"))
        assert nothing_posted()

    def test_refuses_a_payment_of_nothing_or_by_nobody(self, till: Till) -> None:
        account = make_debtor()

        with pytest.raises(receipting.NothingToPay):
            pay(till, tenders=[cash("1.00")])
        with pytest.raises(receipting.PayorMissing):
            pay(till, line(account, "5.00"), payor=" ")
        with pytest.raises(receipting.IdempotencyKeyMissing):
            pay(till, line(account, "5.00"), key="  ")
        with pytest.raises(receipting.LineWithoutTarget):
            pay(till, PaymentLine(amount=Decimal("5.00")))
        with pytest.raises(receipting.MiscItemUnknown, match="COPY"):
            pay(till, PaymentLine(amount=Decimal("5.00"), misc_item_code="COPY"))
        with pytest.raises(receipting.TooManyLines):
            pay(till, *[line(f"{at:011d}", "1.00") for at in range(201)])
        assert nothing_posted()

    def test_refuses_too_little_and_change_on_a_check(self, till: Till) -> None:
        account = make_debtor()

        with pytest.raises(tendering.TenderTooSmall):
            pay(till, line(account, "61.20"), tenders=[check("60.00")])
        with pytest.raises(tendering.ChangeWithoutCash):
            pay(till, line(account, "61.20"), tenders=[check("65.00")])
        assert nothing_posted()

    def test_refuses_another_persons_drawer(self, till: Till) -> None:
        other = make_till("B", clerk="eve")

        with pytest.raises(receipting.DrawerNotYours, match="Ada Clerk"):
            pay(till, line(make_debtor(), "5.00"), by=other.clerk)
        assert nothing_posted()

    @pytest.mark.parametrize("state", ["BALANCING", "BALANCED"])
    def test_refuses_a_drawer_that_is_not_open(self, till: Till, state: str) -> None:
        account = make_debtor()
        drawers.start_balancing(session=till.session, by=till.clerk)
        if state == "BALANCED":
            drawers.finish_balancing(session=till.session, by=till.clerk)

        with pytest.raises(receipting.DrawerNotOpen, match=state.lower()):
            pay(till, line(account, "5.00"))
        assert nothing_posted()

    def test_refuses_another_day_than_the_sessions(self, till: Till) -> None:
        account = make_debtor()

        with pytest.raises(receipting.NotTheBusinessDate, match="Mar 10"):
            pay(till, line(account, "5.00"), posting_date=TUESDAY + dt.timedelta(days=1))
        with pytest.raises(receipting.NotTheBusinessDate):
            pay(till, line(account, "5.00"), effective_date=TUESDAY + dt.timedelta(days=1))
        assert nothing_posted()

    def test_refuses_a_closed_period(self, till: Till) -> None:
        account = make_debtor()
        period = Period.objects.get(start_date__lte=TUESDAY, end_date__gt=TUESDAY)
        april = dt.date(2026, 4, 2)
        ledger.soft_close(period=period, on_date=april, by=system_user())

        with pytest.raises(ledger.PeriodNotOpen):
            pay(till, line(account, "5.00"))
        assert nothing_posted()

    @pytest.mark.parametrize(
        ("kind", "tender"), [("CASH_ONLY", "CHECK"), ("CASH_ONLY", "MONEY_ORDER"), ("NO_CHECKS", "CHECK")]
    )
    def test_refuses_a_tender_that_the_account_may_not_use(self, till: Till, kind: str, tender: str) -> None:
        account = make_debtor()
        accounts.restrict_tenders(
            account=account, kind=kind, reason="2 returned checks", from_date=TUESDAY, by=system_user()
        )
        tender_input = tendering.TenderInput(tender, Decimal("5.00"), "7")

        with pytest.raises(receipting.TenderRestricted, match="2 returned checks"):
            pay(till, line(account, "5.00"), tenders=[tender_input])
        assert nothing_posted()
        assert pay(till, line(account, "5.00"), tenders=[cash("5.00")]).number == 1

    def test_takes_a_check_again_when_the_restriction_has_ended(self, till: Till) -> None:
        account = make_debtor()
        accounts.restrict_tenders(
            account=account,
            kind="CASH_ONLY",
            reason="Returned",
            from_date=TUESDAY - dt.timedelta(days=30),
            to_date=TUESDAY,
            by=system_user(),
        )

        assert pay(till, line(account, "5.00")).number == 1

    def test_refuses_who_may_not_take_money(self, till: Till) -> None:
        with pytest.raises(PermissionRefused):
            pay(till, line(make_debtor(), "5.00"), by=make_user("joe"))
        assert nothing_posted()

    def test_a_refused_payment_gives_its_number_back(self, till: Till) -> None:
        account = make_debtor()
        with pytest.raises(receipting.AccountUnknown):
            pay(till, line(account, "1.00"), line("99999999999", "1.00"))

        assert pay(till, line(account, "1.00")).number == 1


class TestRecordPrint:
    def test_counts_the_copies(self, till: Till) -> None:
        receipt = pay(till, line(make_debtor(), "5.00"))

        copies = [paper.record_print(receipt=receipt, by=till.clerk) for _ in range(3)]

        assert copies == [1, 2, 3]
        assert AuditEvent.objects.filter(code="payments.receipt.printed", key=receipt.label).count() == 3


def test_rows_of_a_receipt_are_as_many_as_its_lines_and_tenders(till: Till) -> None:
    account = make_debtor()
    owe(account, "5.00")

    pay(till, line(account, "66.20"), tenders=[check("60.00"), cash("10.00")])

    assert (ReceiptLine.objects.count(), Tender.objects.count()) == (1, 2)
