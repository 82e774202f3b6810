"""Payments and balances over JSON."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from core import clock
from payments.models import Receipt
from payments.services import drawers
from tests.factories.accounts import make_user
from tests.factories.payments import CLERK_VERBS, Till, line, make_debtor, make_till, pay

pytestmark = pytest.mark.django_db
URL = "/api/v1/payments/"


@pytest.fixture
def till() -> Till:
    return make_till(on_date=clock.today())


@pytest.fixture
def ada(till: Till, client: Client) -> Client:
    client.force_login(till.clerk)
    return client


def debtor(**facts: Any) -> Any:
    return make_debtor(due=clock.today(), on_date=clock.today(), **facts)


def body(account: Any, amount: Any = "61.20", **changes: Any) -> dict[str, Any]:
    return {
        "payor": "Ana Ortiz",
        "lines": [{"account": getattr(account, "number", account), "amount": amount}],
        "tenders": [{"kind": "CHECK", "amount": "61.20", "check_number": "1001"}],
        **changes,
    }


def post(client: Client, sent: dict[str, Any], key: str = "k-1") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(URL, sent, content_type="application/json", headers=headers)


class TestPost:
    def test_posts_into_the_callers_open_drawer(self, ada: Client, till: Till) -> None:
        account = debtor()

        answer = post(ada, body(account))

        assert answer.status_code == 201
        receipt = Receipt.objects.get()
        assert (receipt.session, receipt.received_by) == (till.session, till.clerk)
        assert answer.json()["label"] == "A-000001"
        assert answer.json()["lines"] == [
            {"account": account.number, "item": None, "amount": "61.20", "description": ""}
        ]

    def test_the_same_key_gives_the_first_receipt_even_after_the_drawer_is_closed(
        self, ada: Client, till: Till
    ) -> None:
        account = debtor()
        first = post(ada, body(account))
        again = post(ada, body(account))
        drawers.start_balancing(session=till.session, by=till.clerk)
        later = post(ada, body(account))

        assert (first.status_code, again.status_code, later.status_code) == (201, 200, 200)
        assert first.json() == again.json() == later.json()
        assert Receipt.objects.count() == 1

    def test_the_same_key_with_another_body_is_a_conflict(self, ada: Client) -> None:
        account = debtor()
        post(ada, body(account))

        answer = post(ada, body(account, payor="Bo Lee"))

        assert answer.status_code == 409
        assert Receipt.objects.count() == 1

    def test_one_persons_key_is_not_anothers(self, ada: Client, client: Client) -> None:
        account = debtor()
        post(ada, body(account))
        eve = make_till("B", clerk="eve", on_date=clock.today()).clerk
        client.force_login(eve)

        assert post(client, body(account)).status_code == 201
        assert Receipt.objects.count() == 2

    @pytest.mark.parametrize("key", ["", "x" * 61])
    def test_refuses_without_a_usable_key(self, ada: Client, key: str) -> None:
        assert post(ada, body(debtor()), key).status_code == 422
        assert not Receipt.objects.exists()

    @pytest.mark.parametrize("amount", [61.2, 61, "12,3O", "", None, "61.205", True])
    def test_refuses_amounts_that_are_no_text_of_an_amount(self, ada: Client, amount: Any) -> None:
        answer = post(ada, body(debtor(), amount))

        assert answer.status_code == 400
        assert "amount" in str(answer.json())
        assert not Receipt.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"lines": [{"account": "99999999999", "amount": "61.20"}]}, "99999999999"),
            ({"tenders": [{"kind": "CHECK", "amount": "61.20"}]}, "needs its number"),
            ({"tenders": [{"kind": "CASH", "amount": "1.00"}]}, "60.20 is missing"),
        ],
    )
    def test_refuses_what_the_counter_refuses_in_its_words(
        self, ada: Client, changes: dict[str, Any], words: str
    ) -> None:
        answer = post(ada, body(debtor(), **changes))

        assert answer.status_code == 422
        assert words in answer.json()["detail"]
        assert not Receipt.objects.exists()

    def test_refuses_without_a_drawer_and_without_the_right(self, client: Client) -> None:
        account = debtor()
        client.force_login(make_user("eve", *CLERK_VERBS))
        assert "no drawer open" in post(client, body(account)).json()["detail"]
        client.force_login(make_user("joe", "view_receipts"))
        assert post(client, body(account)).status_code == 403
        client.logout()
        assert post(client, body(account)).status_code in (302, 401, 403)
        assert not Receipt.objects.exists()


class TestGet:
    def test_lists_filters_and_shows_one(self, ada: Client, till: Till) -> None:
        account = debtor()
        receipt = pay(till, line(account, "61.20"))

        assert ada.get(URL).json()["count"] == 1
        assert ada.get(URL, {"q": "nobody"}).json()["count"] == 0
        assert ada.get(URL, {"account": account.number}).json()["count"] == 1
        shown = ada.get(f"{URL}{receipt.label}/").json()
        assert (shown["total_amount"], shown["void"]) == ("61.20", False)
        assert ada.get(f"{URL}A-999999/").status_code == 404


class TestBalances:
    def test_gives_every_named_balance_as_text(self, ada: Client, till: Till) -> None:
        account = debtor()
        pay(till, line(account, "49.20"))

        shown = ada.get(f"/api/v1/accounts/{account.number}/balances/").json()

        assert (shown["ledger"], shown["past_due"], shown["unapplied"]) == ("12.00", "0.00", "0.00")
        assert Decimal(shown["payoff"]) == Decimal("12.00")

    def test_is_closed_to_who_may_not_look(self, client: Client) -> None:
        account = debtor()
        client.force_login(make_user("joe"))

        assert client.get(f"/api/v1/accounts/{account.number}/balances/").status_code == 403

    def test_answers_404_for_no_account(self, ada: Client) -> None:
        assert ada.get("/api/v1/accounts/99999999999/balances/").status_code == 404
