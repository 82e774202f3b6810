"""One box: exact numbers open at once, words give groups, nothing found teaches."""

import pytest
from django.test import Client

from tests import cast
from tests.factories.billing import make_city, run_to_posted
from tests.factories.payments import check, line, make_till, owe, pay
from tests.factories.serviceorders import Scene, ask, make_scene

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def clerk(scene: Scene) -> Client:
    client = Client()
    client.force_login(scene.people.ada)
    return client


def search(client: Client, text: str, **extra):
    return client.get("/search/", {"q": text}, **extra)


class TestEnter:
    def test_opens_an_account_by_its_number(self, scene: Scene, clerk: Client) -> None:
        number = scene.account.number
        for typed in (number, f" {number[:5]}-{number[5:]} ", number.lstrip("0"), "12-00345-03"):
            answer = search(clerk, typed)
            assert (answer.status_code, answer.headers.get("Location")) == (302, f"/account/{number}/"), typed

    def test_opens_a_receipt_by_its_label(self, scene: Scene, clerk: Client) -> None:
        receipt = pay(make_till("D1"), line(scene.account, "20.00"))
        assert receipt.label == "D1-000001"
        assert search(clerk, "d1-000001")["Location"] == "/receipts/D1-000001/"

    def test_opens_an_order_when_it_is_called_one(self, scene: Scene, clerk: Client) -> None:
        order = ask(scene)
        assert search(clerk, f"order {order.number}")["Location"] == f"/orders/{order.number}/"
        assert search(clerk, f"#{order.number}")["Location"] == f"/orders/{order.number}/"

    def test_opens_a_bill_by_its_number(self, clerk: Client) -> None:
        from tests.factories.billing import FEBRUARY, read

        city = make_city(count=1, code="C9")
        read(city, on=FEBRUARY, values=[107])
        bill = run_to_posted(city).bills.get()
        assert search(clerk, bill.number)["Location"] == f"/billing/bills/{bill.number}/"

    def test_shows_a_page_of_groups_for_words(self, scene: Scene, clerk: Client) -> None:
        cast.nguyen()
        page = search(clerk, "ortiz").content.decode()
        assert "<html" in page
        assert "Ana Ortiz" in page
        assert scene.account.number in page
        assert "84.10" in page
        assert "Nguyễn" not in page

    def test_keeps_orders_from_a_crew_that_they_were_not_given_to(self, scene: Scene) -> None:
        order = ask(scene)
        crew = Client()
        crew.force_login(scene.people.joe)
        assert search(crew, f"order {order.number}").status_code == 200
        assert search(crew, scene.account.number).status_code == 200

    def test_teaches_when_nothing_is_found(self, scene: Scene, clerk: Client) -> None:
        page = search(clerk, "zzqx").content.decode()
        assert "Nothing found for “zzqx”" in page
        assert "Try a last name" in page


class TestTyping:
    def test_gives_groups_alone(self, scene: Scene, clerk: Client) -> None:
        part = search(clerk, "118 elm", headers=HTMX).content.decode()
        assert "<html" not in part
        assert "Places" in part
        assert "Ana Ortiz" in part

    def test_finds_by_phone_meter_and_misspelt_name(self, scene: Scene, clerk: Client) -> None:
        for typed in ("5550123", "N5-100118", "ortis"):
            assert scene.account.number in search(clerk, typed, headers=HTMX).content.decode(), typed

    def test_opens_at_once_only_what_can_mean_nothing_else(self, scene: Scene, clerk: Client) -> None:
        order = ask(scene)
        whole = search(clerk, scene.account.number, headers=HTMX)
        assert whole["HX-Redirect"] == f"/account/{scene.account.number}/"
        assert "HX-Redirect" not in search(clerk, str(order.number), headers=HTMX)

    def test_offers_orders_and_receipts_by_their_numbers(self, scene: Scene, clerk: Client) -> None:
        order = ask(scene)
        pay(make_till(), line(scene.account, "20.00"), tenders=[check("20.00", "778899")])
        assert f"/orders/{order.number}/" in search(clerk, str(order.number), headers=HTMX).content.decode()
        assert "A-000001" in search(clerk, "778899", headers=HTMX).content.decode()

    def test_without_words_shows_what_the_person_worked_on(self, scene: Scene, clerk: Client) -> None:
        ask(scene)
        part = search(clerk, "", headers=HTMX).content.decode()
        assert "You worked on" in part
        assert scene.account.number in part

    def test_asks_the_same_number_of_questions_for_one_hit_and_for_five(
        self, scene: Scene, clerk: Client, django_assert_max_num_queries
    ) -> None:
        for number in range(5):
            home = cast.household(
                f"Elmira Stone{number}",
                house_number=str(200 + number),
                street_name="Pine",
                serial_number=f"X-{number}",
            )
            owe(home.account, "5.00")
        search(clerk, "elmira", headers=HTMX)
        with django_assert_max_num_queries(22):
            assert search(clerk, "elmira", headers=HTMX).content.decode().count("palette-row") == 5
