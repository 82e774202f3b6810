"""The counter's pages without a browser: what they show, refuse and ask of the database."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import services as accounts
from core import clock
from core.users import system_user
from payments.models import DrawerSession, Receipt, ReceiptVoid, VoidRequest
from payments.services import drawers, voids
from tests.factories.accounts import make_account, make_agreement, make_service_point, make_user
from tests.factories.payments import (
    CLERK_VERBS,
    Till,
    cash,
    line,
    make_debtor,
    make_drawer,
    make_till,
    owe,
    pay,
)

pytestmark = pytest.mark.django_db
COUNTER = "/counter/"


@pytest.fixture
def till() -> Till:
    return make_till(on_date=clock.today())


@pytest.fixture
def ada(till: Till, client: Client) -> Client:
    client.force_login(till.clerk)
    return client


def debtor(name: str = "Ana Ortiz", amount: str = "61.20", **facts: Any) -> Any:
    return make_debtor(name, amount, due=clock.today(), on_date=clock.today(), **facts)


def key_of(response: Any) -> str:
    return re.search(r'name="idempotency_key" value="([0-9a-f]{32})"', response.content.decode()).group(1)


def form(account: Any, amount: str, **changes: Any) -> dict[str, Any]:
    return {
        "account": account.number,
        "amount": amount,
        "paper_kind": "CHECK",
        "paper_number": "1001",
        "paper_amount": "",
        "cash": "",
        "payor": "Ana Ortiz",
        "note": "",
        **changes,
    }


class TestWithoutADrawer:
    def test_offers_to_open_one_and_opens_it(self, client: Client) -> None:
        drawer = make_drawer()
        client.force_login(make_user("eve", *CLERK_VERBS))

        assert b"You have no drawer open" in client.get(COUNTER).content
        answer = client.post("/counter/drawer/", {"drawer": drawer.pk, "float_amount": "150+50"})

        assert answer.headers["Location"] == COUNTER
        assert DrawerSession.objects.get().float_amount == Decimal("200.00")

    def test_keeps_what_was_typed_when_the_float_is_no_amount(self, client: Client) -> None:
        drawer = make_drawer()
        client.force_login(make_user("eve", *CLERK_VERBS))

        answer = client.post("/counter/drawer/", {"drawer": drawer.pk, "float_amount": "2OO"})

        assert answer.status_code == 422
        assert b"2OO" in answer.content
        assert not DrawerSession.objects.exists()


class TestFinding:
    def test_a_scan_line_opens_the_account_with_all_that_is_owed(self, ada: Client) -> None:
        account = debtor()

        answer = ada.post(COUNTER, {"find": account.number}, follow=True)

        page = answer.content.decode()
        assert f"?account={account.number}" in answer.redirect_chain[-1][0]
        assert 'value="61.20"' in page
        assert "118 Elm St" in page

    def test_a_name_shows_what_it_may_mean(self, ada: Client) -> None:
        account = debtor()

        for answer in (ada.get(COUNTER, {"find": "ortiz"}), ada.get("/counter/find/", {"find": "ort"})):
            assert account.number.encode() in answer.content
            assert b"118 Elm St" in answer.content

    def test_says_when_nothing_is_found(self, ada: Client) -> None:
        assert "Nothing is called “zzzzqq”" in ada.post(COUNTER, {"find": "zzzzqq"}).content.decode()

    def test_a_second_scan_asks_whose_it_is(self, ada: Client) -> None:
        first, second = debtor(), debtor("Bo Lee", house_number="9")

        asked = ada.post(COUNTER, {**form(first, "50.00"), "find": second.number})
        added = ada.post(COUNTER, {**form(first, "50.00"), "pick_add": second.number})
        told = ada.post(COUNTER, {**form(first, "50.00"), "find": second.number, "adding": "1"})

        assert b"is it the next customer?" in asked.content
        assert asked.content.count(b'name="account"') == 1
        for answer in (added, told):
            assert answer.content.count(b'name="account"') == 2
            assert b'value="50.00"' in answer.content
        assert not Receipt.objects.exists()

    def test_shows_alerts_and_kills_the_check_key_with_the_reason(self, ada: Client) -> None:
        account = debtor()
        accounts.add_alert(
            account=account, kind="DOG", text="Brown, back gate", from_date=clock.today(), by=system_user()
        )
        accounts.restrict_tenders(
            account=account,
            kind="CASH_ONLY",
            reason="2 returned checks",
            from_date=clock.today(),
            by=system_user(),
        )

        page = ada.get(COUNTER, {"account": account.number}).content.decode()

        assert "Brown, back gate" in page
        assert "2 returned checks" in page
        assert 'name="paper_number"' not in page


class TestPosting:
    def test_takes_the_money_and_goes_on_to_the_next(self, ada: Client, till: Till) -> None:
        account = debtor()
        key = key_of(ada.get(COUNTER, {"account": account.number}))

        answer = ada.post(COUNTER, {**form(account, "61.20"), "idempotency_key": key}, follow=True)

        receipt = Receipt.objects.get()
        assert (receipt.total_amount, receipt.session) == (Decimal("61.20"), till.session)
        assert answer.redirect_chain[-1] == (f"{COUNTER}?posted=A-000001", 302)
        assert b"A-000001" in answer.content
        assert key_of(answer) != key

    def test_takes_sums_and_shows_the_change(self, ada: Client) -> None:
        account = debtor()
        key = key_of(ada.get(COUNTER))

        answer = ada.post(
            COUNTER,
            {**form(account, "50+11.20", paper_number="", cash="60+5"), "idempotency_key": key},
            follow=True,
        )

        assert Receipt.objects.get().change_amount == Decimal("3.80")
        assert b"CHANGE" in answer.content

    def test_sent_twice_it_shows_the_first_receipt(self, ada: Client) -> None:
        account = debtor()
        sent = {**form(account, "61.20"), "idempotency_key": key_of(ada.get(COUNTER))}

        first, second = ada.post(COUNTER, sent), ada.post(COUNTER, sent)

        assert first.headers["Location"] == second.headers["Location"]
        assert Receipt.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"amount": "12,3O"}, "Was 0 meant?"),
            ({"amount": "12,34"}, "comma in the wrong place"),
            ({"amount": "61.2O"}, "Was 0 meant?"),
            ({"amount": ""}, "Type the amount to pay"),
            ({"amount": "0"}, "at least 0.01"),
            ({"paper_number": ""}, "Nothing was handed over"),
            ({"paper_number": "", "cash": "6l"}, "Was 1 meant?"),
            ({"paper_number": "", "cash": "60"}, "1.20 is missing"),
            ({"paper_amount": "70"}, "no cash is given on a check"),
            ({"idempotency_key": ""}, "no key"),
        ],
    )
    def test_refuses_with_422_and_keeps_what_was_typed(
        self, ada: Client, changes: dict[str, str], words: str
    ) -> None:
        account = debtor()
        sent = {
            **form(account, "61.20", note="by the sister"),
            "idempotency_key": key_of(ada.get(COUNTER)),
            **changes,
        }

        answer = ada.post(COUNTER, sent)

        page = answer.content.decode().replace("&quot;", '"')
        assert answer.status_code == 422
        assert words in page
        assert "by the sister" in page
        for typed in changes.values():
            assert f'value="{typed}"' in page or not typed
        assert not Receipt.objects.exists()

    def test_refuses_a_drawer_that_was_closed_meanwhile(self, ada: Client, till: Till) -> None:
        account = debtor()
        sent = {**form(account, "61.20"), "idempotency_key": key_of(ada.get(COUNTER))}
        drawers.start_balancing(session=till.session, by=till.clerk)

        answer = ada.post(COUNTER, sent)

        assert answer.headers["Location"] == f"/drawers/{till.session.pk}/"
        assert not Receipt.objects.exists()

    @pytest.mark.parametrize("sent", ["\x00", "A\x00-000001", "x" * 5000, "%", "'", "٣", "\u202e"])
    def test_bears_what_no_keyboard_types(self, ada: Client, sent: str) -> None:
        account = debtor()
        fields = (
            "find",
            "pick",
            "drop",
            "account",
            "amount",
            "cash",
            "payor",
            "note",
            "paper_number",
            "idempotency_key",
        )

        for name in fields:
            assert ada.post(COUNTER, {**form(account, "61.20"), name: sent}).status_code in (200, 302, 422)
            assert ada.get(COUNTER, {name: sent}).status_code in (200, 302)
        assert ada.get("/counter/find/", {"find": sent}).status_code == 200
        assert ada.get("/receipts/", {"q": sent}).status_code == 200
        assert not Receipt.objects.exists()

    def test_refuses_who_may_not(self, client: Client) -> None:
        client.force_login(make_user("joe"))

        assert client.get(COUNTER).status_code == 403
        assert client.post(COUNTER, {}).status_code == 403


class TestPreview:
    def preview(self, ada: Client, account: Any, amount: str, **changes: Any) -> str:
        return ada.post("/counter/preview/", form(account, amount, **changes)).content.decode()

    def test_speaks_in_money(self, ada: Client) -> None:
        account = debtor()

        assert "This leaves 12.00 to pay." in self.preview(ada, account, "49.20")
        assert "38.80 more than owed stays as credit." in self.preview(ada, account, "100")
        assert "Change" in self.preview(ada, account, "61.20", cash="65", paper_number="")
        assert "Still missing" in self.preview(ada, account, "61.20", cash="60", paper_number="")
        assert "no cash is given on a check" in self.preview(ada, account, "61.20", paper_amount="65")
        assert "must be reported" in self.preview(ada, account, "61.20", cash="10000.01", paper_number="")

    def test_says_where_the_money_goes(self, ada: Client) -> None:
        assert "water" in self.preview(ada, debtor(), "49.20")

    def test_asks_when_another_account_at_the_place_owes_just_this(self, ada: Client) -> None:
        today = clock.today()
        first = debtor()
        place = first.agreements.get().service_point.premise
        second = make_account("Bo Lee")
        make_agreement(second, make_service_point(place, service="SEWER"))
        owe(second, "38.80", due=today, on_date=today)

        assert f"owes just this: {second.number} Bo Lee" in self.preview(ada, first, "38.80")
        assert "owes just this" not in self.preview(ada, first, "61.20")
        assert "owes just this" not in self.preview(ada, first, "38.81")

    def test_bears_what_is_half_typed(self, ada: Client) -> None:
        account = debtor()

        for typed in ("", "5+", "abc", "-3", "0"):
            assert ada.post("/counter/preview/", form(account, typed, cash=typed)).status_code == 200


class TestReceiptPage:
    def test_marks_every_paper_but_the_first(self, ada: Client, till: Till) -> None:
        receipt = pay(till, line(debtor(), "61.20"))
        url = f"/receipts/{receipt.label}/"

        first = ada.post(f"{url}print/", follow=True).content.decode()
        second = ada.post(f"{url}print/", follow=True).content.decode()

        assert "REPRINT" not in first
        assert "NOT YET PRINTED" not in first
        assert "REPRINT, COPY 2" in second
        assert "REPRINT, COPY 2" in ada.get(url).content.decode()
        for words in ("61.20", "118 Elm St", receipt.label, "<svg"):
            assert words in first

    def test_asks_for_a_void_and_shows_that_it_waits(self, ada: Client, till: Till) -> None:
        receipt = pay(till, line(debtor(), "61.20"))

        answer = ada.post(
            f"/receipts/{receipt.label}/void/", {"reason": "Wrong account", "note": "was 12 Elm"}, follow=True
        )

        assert VoidRequest.objects.get().reason == "Wrong account: was 12 Elm"
        assert b"It waits for a second person" in answer.content

    def test_voids_with_the_second_persons_password(self, ada: Client, till: Till) -> None:
        receipt = pay(till, line(debtor(), "61.20"))
        sent = {
            "reason": "Wrong account",
            "note": "",
            "approver_username": "ben",
            "approver_password": "a long password of a test",
        }

        wrong = ada.post(f"/receipts/{receipt.label}/void-now/", {**sent, "approver_password": "guess"})
        assert wrong.status_code == 422
        assert b"do not match" in wrong.content
        assert not ReceiptVoid.objects.exists()

        right = ada.post(f"/receipts/{receipt.label}/void-now/", sent, follow=True)
        assert b"*** VOID ***" in right.content
        assert ReceiptVoid.objects.get().request.decided_by == till.supervisor

    def test_says_after_the_count_what_to_do_instead(self, ada: Client, till: Till) -> None:
        receipt = pay(till, line(debtor(), "61.20"))
        drawers.start_balancing(session=till.session, by=till.clerk)

        page = ada.get(f"/receipts/{receipt.label}/").content.decode()
        answer = ada.post(f"/receipts/{receipt.label}/void/", {"reason": "Wrong account"})

        assert "reversal in the next session" in page
        assert answer.status_code == 422

    def test_answers_404_for_a_receipt_that_is_not_there(self, ada: Client) -> None:
        for label in ("A-999999", "nonsense", "A-", "Z-000001"):
            assert ada.get(f"/receipts/{label}/").status_code == 404


class TestReceiptList:
    def test_filters_by_what_a_person_holds_in_hand(self, ada: Client, till: Till) -> None:
        first = pay(till, line(debtor(), "61.20"))
        second = pay(
            till, line(debtor("Bo Lee", house_number="9"), "5.00"), tenders=[cash("5.00")], payor="Bo Lee"
        )
        voids.approve_void(
            request=voids.request_void(receipt=second, reason="x", by=till.clerk), by=till.supervisor
        )

        def found(**query: str) -> set[str]:
            return {each.label for each in ada.get("/receipts/", query).context["receipts"]}

        assert found() == {first.label, second.label}
        assert found(q=first.label) == {first.label}
        assert found(q="1001") == {first.label}
        assert found(q="bo l") == {second.label}
        assert found(q=first.lines.get().account.number) == {first.label}
        assert found(void="true") == {second.label}
        assert found(void="false") == {first.label}
        assert found(drawer="A") == {first.label, second.label}
        assert found(date_to="2020-01-01") == set()

    def test_gives_htmx_the_results_alone(self, ada: Client, till: Till) -> None:
        pay(till, line(debtor(), "61.20"))

        part = ada.get("/receipts/", headers={"HX-Request": "true"}).content.decode()

        assert "<html" not in part
        assert "A-000001" in part


class TestSessionPage:
    def test_closes_the_drawer_in_two_steps_and_shows_no_cash(self, ada: Client, till: Till) -> None:
        pay(till, line(debtor(), "61.20"), tenders=[cash("61.20")])
        url = f"/drawers/{till.session.pk}/"

        page = ada.get(url).content.decode()
        assert "261.20" not in page
        assert b"takes no more payments" in ada.post(f"{url}balancing/", follow=True).content
        assert b"is closed" in ada.post(f"{url}balanced/", follow=True).content
        assert DrawerSession.objects.get().state == "BALANCED"

    def test_is_not_another_clerks_business(self, till: Till, client: Client) -> None:
        client.force_login(make_user("eve", *CLERK_VERBS))

        assert client.get(f"/drawers/{till.session.pk}/").status_code == 404


class TestQueries:
    """Recorded: the count is a promise, and does not grow with rows."""

    def test_of_the_counter(self, ada: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        account = debtor()
        ada.get(COUNTER)

        with django_assert_max_num_queries(21):
            ada.get(COUNTER, {"account": account.number})

    def test_of_the_counter_with_many_accounts(
        self, ada: Client, till: Till, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        found = [debtor(f"Tenant {at}", house_number=str(at)) for at in range(1, 13)]
        ada.get(COUNTER)

        with django_assert_max_num_queries(41):
            ada.get(COUNTER, {"account": [each.number for each in found]})

    def test_of_the_list_for_one_row_and_for_ten(
        self, ada: Client, till: Till, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        account = debtor()
        pay(till, line(account, "1.00"))
        ada.get("/receipts/")
        with django_assert_max_num_queries(10) as one:
            ada.get("/receipts/")
        for _ in range(9):
            pay(till, line(account, "1.00"))
        with django_assert_max_num_queries(10) as ten:
            ada.get("/receipts/")
        assert len(one) == len(ten)
