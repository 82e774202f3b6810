"""What is typed, sent or loaded wrongly: a clear answer that names what and where, and not one row more than before.

Through the page where there is one, else through the command or the service.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from billing.models import BillRun, RateSchedule, RateVersion
from billing.services import runs
from core import clock
from core.models import AuditEvent
from core.users import system_user
from ledger import queries as ledger_queries
from ledger import services as ledger
from ledger.models import Period
from payments.models import DrawerSession, Receipt
from payments.services import drawers
from tests import cast
from tests.cast import Household, People
from tests.factories import billing as city_factory
from tests.factories.payments import make_drawer, owe
from tests.factories.use_histories import row_counts, run

pytestmark = pytest.mark.django_db
RATES = Path(__file__).resolve().parent.parent / "rates" / "cedar_flats.owrs"
NO_SUCH_ACCOUNT = "00000999991"


@pytest.fixture
def people() -> People:
    return cast.people()


@pytest.fixture
def ortiz(people: People) -> Household:
    """The Ortiz account, which owes 61.20."""
    today = clock.today()
    found = cast.ortiz()
    owe(found.account, "61.20", due=today, on_date=today)
    return found


@pytest.fixture
def session(people: People) -> DrawerSession:
    return drawers.open_session(
        drawer=make_drawer(), float_amount=Decimal("200.00"), business_date=clock.today(), by=people.ada
    )


@pytest.fixture
def ada(people: People, client: Client) -> Client:
    client.force_login(people.ada)
    return client


@pytest.fixture
def cora(people: People, client: Client) -> Client:
    client.force_login(people.cora)
    return client


def words_of(answer: Any) -> str:
    """The page as it reads, without its marks."""
    return html.unescape(re.sub(r"\s+", " ", answer.content.decode()))


def payment(client: Client, account: Account, amount: str, **changes: str) -> dict[str, str]:
    """The counter's form as the browser sends it, with the key that came with the page."""
    page = words_of(client.get("/counter/", {"account": account.number}))
    key = re.search(r'name="idempotency_key" value="([0-9a-f]{32})"', page)
    assert key is not None
    return {
        "account": account.number,
        "amount": amount,
        "paper_kind": "CHECK",
        "paper_number": "1001",
        "paper_amount": "",
        "cash": "",
        "payor": "Ana Ortiz",
        "note": "paid by the sister",
        "idempotency_key": key[1],
        **changes,
    }


class TestUnknownAccount:
    def test_its_page_is_not_there_and_says_so(self, ada: Client) -> None:
        before = row_counts()
        answer = ada.get(f"/account/{NO_SUCH_ACCOUNT}/")
        assert answer.status_code == 404
        assert NO_SUCH_ACCOUNT in words_of(answer)
        assert row_counts() == before

    def test_the_counter_says_that_nothing_is_called_so(self, ada: Client, session: DrawerSession) -> None:
        before = row_counts()
        answer = ada.post("/counter/", {"find": NO_SUCH_ACCOUNT})
        assert f"Nothing is called “{NO_SUCH_ACCOUNT}”" in words_of(answer)
        assert row_counts() == before

    def test_a_payment_for_it_is_refused(self, ada: Client, ortiz: Household, session: DrawerSession) -> None:
        sent = payment(ada, ortiz.account, "61.20")
        before = row_counts()
        answer = ada.post("/counter/", {**sent, "account": NO_SUCH_ACCOUNT})
        assert answer.status_code == 422
        assert "Scan a bill, or type a name, address or number first." in words_of(answer)
        assert row_counts() == before

    def test_the_interface_for_programs_names_it(self, ada: Client, session: DrawerSession) -> None:
        before = row_counts()
        answer = ada.get(f"/api/v1/accounts/{NO_SUCH_ACCOUNT}/")
        assert answer.status_code == 404
        assert row_counts() == before


class TestClosedDrawer:
    def test_takes_no_more_money(self, ada: Client, ortiz: Household, session: DrawerSession) -> None:
        sent = payment(ada, ortiz.account, "61.20")
        drawers.start_balancing(session=session, by=session.user)
        before = row_counts()
        answer = ada.post("/counter/", sent, follow=True)
        assert "Nothing was posted: Till A is balancing, and takes no more money." in words_of(answer)
        assert row_counts() == before

    def test_a_counted_drawer_offers_to_open_one(
        self, ada: Client, ortiz: Household, session: DrawerSession
    ) -> None:
        sent = payment(ada, ortiz.account, "61.20")
        drawers.start_balancing(session=session, by=session.user)
        session.refresh_from_db()
        drawers.finish_balancing(session=session, by=session.user)
        before = row_counts()
        answer = ada.post("/counter/", sent)
        assert answer.status_code == 422
        assert "Nothing was posted: you have no drawer open." in words_of(answer)
        assert row_counts() == before


class TestAmounts:
    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("0", "at least 0.01"),
            ("12,3O", "Was 0 meant?"),
            ("12,34", "comma in the wrong place"),
            ("-5.00", "-5.00"),
            ("61.201", "61.201"),
            ("", "Type the amount to pay"),
        ],
    )
    def test_an_amount_that_is_none_is_named_and_kept_in_its_box(
        self, ada: Client, ortiz: Household, session: DrawerSession, typed: str, words: str
    ) -> None:
        sent = payment(ada, ortiz.account, typed)
        before = row_counts()
        answer = ada.post("/counter/", sent)
        page = words_of(answer)
        assert answer.status_code == 422
        assert words in page
        assert f'value="{typed}"' in page
        assert "paid by the sister" in page
        assert row_counts() == before


class TestTheSameFormTwice:
    def test_gives_the_first_receipt_again(
        self, ada: Client, ortiz: Household, session: DrawerSession
    ) -> None:
        sent = payment(ada, ortiz.account, "61.20")
        first = ada.post("/counter/", sent)
        assert Receipt.objects.count() == 1
        before = row_counts()
        second = ada.post("/counter/", sent)
        assert second.headers["Location"] == first.headers["Location"]
        assert row_counts() == before
        assert ledger_queries.balances(ortiz.account, as_of=clock.today()).ledger == 0

    def test_with_another_amount_it_is_refused_and_names_what_was_posted(
        self, ada: Client, ortiz: Household, session: DrawerSession
    ) -> None:
        sent = payment(ada, ortiz.account, "61.20")
        ada.post("/counter/", sent)
        before = row_counts()
        answer = ada.post("/counter/", {**sent, "amount": "16.20"})
        assert answer.status_code == 422
        assert "already" in words_of(answer)
        assert row_counts() == before


class TestReadings:
    @pytest.mark.parametrize(
        ("dials", "words"),
        [("02l4", "letter"), ("O214", "letter"), ("-214", "-214"), ("99999", "4 dials"), ("", "required")],
    )
    def test_dials_that_are_none_are_named_and_kept(
        self, cora: Client, ortiz: Household, dials: str, words: str
    ) -> None:
        before = row_counts()
        sent = {
            "meter": "N5-100118",
            "position": "1",
            "dials": dials,
            "read_date": "2026-02-01",
            "kind": "ACTUAL",
        }
        answer = cora.post(reverse("metering:enter"), sent)
        page = words_of(answer)
        assert answer.status_code == 422
        assert words in page
        assert 'value="N5-100118"' in page
        assert f'value="{dials}"' in page or not dials
        assert row_counts() == before

    def test_a_meter_that_nobody_has_is_named(self, cora: Client, ortiz: Household) -> None:
        before = row_counts()
        sent = {
            "meter": "N5-9",
            "position": "1",
            "dials": "0214",
            "read_date": "2026-02-01",
            "kind": "ACTUAL",
        }
        answer = cora.post(reverse("metering:enter"), sent)
        assert (answer.status_code, "There is no meter N5-9" in words_of(answer)) == (422, True)
        assert row_counts() == before


ONE_CLASS = """\
metadata: {effective_date: 2024-07-01, utility_name: Cedar Flats}
rate_structure:
  COMMERCIAL:
    service_charge: 12.5
    flat_rate: 2.77
    commodity_charge: flat_rate*usage_ccf
    bill: commodity_charge + service_charge
"""


class TestRateFiles:
    @pytest.mark.parametrize(
        ("changed", "names"),
        [
            (
                ("    flat_rate: 2.77", "    service_charge: 2.77"),
                ("service_charge", "duplicate key", "line 5"),
            ),
            (("bill: commodity_charge +", "bill: comodity_charge +"), ("COMMERCIAL", "comodity_charge")),
            (("flat_rate: 2.77", "flat_rate: 2.7O"), ("COMMERCIAL", "2.7O")),
        ],
    )
    def test_a_mistake_is_named_and_nothing_is_imported(
        self, people: People, tmp_path: Path, changed: tuple[str, str], names: tuple[str, ...]
    ) -> None:
        file = tmp_path / "cedar.owrs"
        file.write_text(ONE_CLASS.replace(*changed, 1), encoding="utf-8")
        before = row_counts()
        said, code = run("import_rates", str(file))
        assert code == 1, said
        for name in ("cedar.owrs", *names):
            assert name in said
        assert row_counts() == before

    def test_a_class_with_a_mistake_leaves_nothing_beside_those_without(
        self, people: People, tmp_path: Path
    ) -> None:
        file = tmp_path / "cedar.owrs"
        text = RATES.read_text(encoding="utf-8")
        file.write_text(text.replace("bill: commodity_charge +", "bill: comodity_charge +"), encoding="utf-8")
        said, code = run("import_rates", str(file))
        assert (code, "1 rates imported, 1 classes refused" in said) == (1, True), said
        assert "class COMMERCIAL" in said
        assert ["RESIDENTIAL_SINGLE" in each.code for each in RateSchedule.objects.all()] == [True]
        assert RateVersion.objects.count() == 1


class TestUseHistories:
    @pytest.mark.parametrize(
        ("lines", "words"),
        [
            (
                "cust_id,usage_ccf,usage_month,usage_year,cust_class\n1,-3,1,2021,COMMERCIAL\n",
                "use.csv, line 2: usage_ccf is -3",
            ),
            (
                "cust_id,usage_month,usage_year,cust_class\n1,1,2021,COMMERCIAL\n",
                "the column usage_ccf is missing",
            ),
        ],
    )
    def test_a_mistake_is_named_and_no_city_is_made(self, tmp_path: Path, lines: str, words: str) -> None:
        file = tmp_path / "use.csv"
        file.write_text(lines, encoding="utf-8")
        before = row_counts()
        said, code = run("load_usage", str(file), "--rates", str(RATES))
        assert (code, words in said) == (1, True), said
        assert row_counts() == before


class TestClosedPeriod:
    def test_a_payment_of_that_day_is_refused_at_the_counter(
        self, ada: Client, people: People, ortiz: Household, session: DrawerSession
    ) -> None:
        sent = payment(ada, ortiz.account, "61.20")
        today = clock.today()
        period = Period.objects.get(start_date__lte=today, end_date__gt=today)
        ledger.soft_close(period=period, on_date=period.end_date, by=people.ben)
        before = row_counts()
        answer = ada.post("/counter/", sent)
        page = words_of(answer)
        assert answer.status_code == 422
        assert "no open period takes the posting date" in page
        assert "paid by the sister" in page
        assert row_counts() == before

    def test_an_entry_is_refused_by_the_ledger_naming_the_day(self, people: People, ortiz: Household) -> None:
        ledger.ensure_periods(from_date=dt.date(2025, 3, 1), to_date=dt.date(2025, 3, 31), by=people.ben)
        march = Period.objects.get(start_date=dt.date(2025, 3, 1))
        ledger.soft_close(period=march, on_date=dt.date(2025, 4, 1), by=people.ben)
        ledger.close(period=march, on_date=dt.date(2025, 4, 1), by=people.ben)
        before = row_counts()
        with pytest.raises(ledger.PeriodNotOpen, match="2025-03-10"), transaction.atomic():
            ledger.make_charge(
                account=ortiz.account,
                charge_type="WATER",
                amount=Decimal("10.00"),
                due_date=dt.date(2025, 4, 1),
                effective_date=dt.date(2025, 3, 10),
                posting_date=dt.date(2025, 3, 10),
                by=system_user(),
                service="WATER",
            )
        assert row_counts() == before


class TestPostedCycle:
    def test_a_second_run_is_refused_naming_the_first(self, people: People, client: Client) -> None:
        ledger.ensure_periods(from_date=city_factory.JANUARY, to_date=city_factory.APRIL, by=system_user())
        city = city_factory.make_city(count=2)
        city_factory.read(city, on=city_factory.FEBRUARY, values=[107, 104])
        posted = city_factory.run_to_posted(city)
        assert posted.state == BillRun.State.POSTED
        client.force_login(people.cora)
        before = row_counts()
        answer = client.post("/billing/runs/open/", {"cycle": city.cycle.code, "month": "2015-01"})
        page = words_of(answer)
        assert answer.status_code == 422
        assert re.search(rf"\b[Rr]un {posted.number}\b", page)
        assert 'value="2015-01"' in page
        with pytest.raises(runs.PeriodAlreadyRun, match=str(posted.number)):
            city_factory.open_run(city)
        assert row_counts() == before


class TestWithoutThePermission:
    @pytest.mark.parametrize(
        ("who", "address"),
        [
            ("ivy", "/counter/"),
            ("joe", "/counter/"),
            ("cora", "/counter/"),
            ("ada", "/billing/runs/open/"),
            ("ada", "/readings/enter/"),
            ("ada", "/approvals/"),
            ("joe", "/accounts/"),
        ],
    )
    def test_the_page_names_the_right_that_is_missing(
        self, people: People, client: Client, who: str, address: str
    ) -> None:
        client.force_login(getattr(people, who))
        for answer in (client.get(address), client.post(address, {"amount": "61.20"})):
            if answer.status_code == 405:
                continue
            page = words_of(answer)
            assert answer.status_code == 403
            assert "Not allowed" in page
            assert "right" in page or "role" in page

    def test_a_payment_by_the_auditor_leaves_nothing(
        self, people: People, ortiz: Household, session: DrawerSession, client: Client
    ) -> None:
        client.force_login(people.ada)
        sent = payment(client, ortiz.account, "61.20")
        client.force_login(people.ivy)
        before = {name: count for name, count in row_counts().items() if name != "django_session"}
        answer = client.post("/counter/", sent)
        after = {name: count for name, count in row_counts().items() if name != "django_session"}
        assert answer.status_code == 403
        assert after == before
        assert not AuditEvent.objects.filter(code="payments.receipt.posted").exists()
