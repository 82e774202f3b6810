"""Pages that run the office: reviews to sign, what the city decided, who did what."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from core import audit, policy, small_office
from core.models import AuditEvent, PolicyValue, SmallOfficeReview, User
from core.users import system_user
from tests.cast import People, people

pytestmark = pytest.mark.django_db

LONG_AGO = dt.date(2020, 1, 1)


@pytest.fixture
def staff() -> People:
    return people()


def at_desk(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def read(user: User, address: str) -> str:
    answer = at_desk(user).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


class TestReviews:
    @pytest.fixture
    def review(self, staff: People) -> SmallOfficeReview:
        by = system_user()
        policy.set_value(parameter=small_office.MODE, value=True, from_date=LONG_AGO, by=by)
        policy.set_value(parameter=small_office.LIMIT, value="100.00", from_date=LONG_AGO, by=by)
        with transaction.atomic():
            return small_office.permit(
                act="VOID",
                kind="receipt",
                key="A-000001",
                amount=Decimal("61.20"),
                by=staff.ada,
                on_date=dt.date(2026, 3, 10),
            )

    def sign(self, user: User, review: SmallOfficeReview, note: str = ""):
        return at_desk(user).post(f"/approvals/reviews/{review.pk}/sign/", {"note": note})

    def test_are_listed_with_what_is_late(self, staff: People, review: SmallOfficeReview) -> None:
        page = read(staff.ben, "/approvals/reviews/")
        for words in ("Void of a receipt A-000001", "61.20", "Ada Reyes", "late", "/receipts/A-000001/"):
            assert words in page
        assert f"/approvals/reviews/{review.pk}/sign/" in page

    def test_show_a_looker_no_button(self, staff: People, review: SmallOfficeReview) -> None:
        assert f"/approvals/reviews/{review.pk}/sign/" not in read(staff.ivy, "/approvals/reviews/")

    def test_are_signed_once_by_another(self, staff: People, review: SmallOfficeReview) -> None:
        assert self.sign(staff.ben, review, "Seen the paper").status_code == 302
        review.refresh_from_db()
        assert (review.signed_by, review.note) == (staff.ben, "Seen the paper")
        again = self.sign(staff.max, review)
        assert again.status_code == 422
        assert "signed this review already" in again.content.decode()

    def test_are_not_signed_by_who_did_it(self, staff: People, review: SmallOfficeReview) -> None:
        with transaction.atomic():
            own = small_office.permit(
                act="VOID", kind="receipt", key="A-000002", amount=Decimal("1.00"), by=staff.ben,
                on_date=dt.date(2026, 3, 10),
            )  # fmt: skip
        assert "not you: you did it" in read(staff.ben, "/approvals/reviews/")
        answer = self.sign(staff.ben, own)
        assert answer.status_code == 422
        assert "Somebody else must sign" in answer.content.decode()
        own.refresh_from_db()
        assert own.signed_by is None

    @pytest.mark.parametrize("name", ["ada", "cora", "joe", "ivy"])
    def test_are_refused_to_who_may_not(self, staff: People, review: SmallOfficeReview, name: str) -> None:
        assert self.sign(getattr(staff, name), review).status_code == 403
        review.refresh_from_db()
        assert review.signed_by is None

    def test_that_are_late_stand_on_the_supervisor_s_home(
        self, staff: People, review: SmallOfficeReview
    ) -> None:
        page = read(staff.ben, "/")
        assert "1 review of what one person did alone is late." in page
        assert "Reviews to sign" in page
        assert "did alone" not in read(staff.ada, "/")
        self.sign(staff.ben, review)
        assert "did alone" not in read(staff.ben, "/")

    def test_of_nothing_teach(self, staff: People) -> None:
        page = read(staff.ben, "/approvals/reviews/")
        assert "Nothing to sign" in page
        assert "Small-office mode is off" in page


class TestPolicy:
    ENTRY = {"value": "25", "from_date": "2026-07-01", "scope": "CITY", "ordinance": "Ord. 2026-11"}

    def enter(self, user: User, name: str = "billing.due_days", **changes: str):
        return at_desk(user).post(f"/policy/{name}/", {**self.ENTRY, **changes})

    def test_shows_every_parameter(self, staff: People) -> None:
        page = read(staff.ada, "/policy/")
        for name, parameter in policy.parameters().items():
            assert name in page, name
            assert parameter.governs
        assert "core.small_office_mode" in page

    def test_shows_one_with_its_rows_and_where_they_stand(self, staff: People) -> None:
        policy.set_value(
            parameter="billing.due_days", value="25", from_date=LONG_AGO, ordinance="Ord. 7", source="Code 13.04",
            is_placeholder=True, by=staff.ben,
        )  # fmt: skip
        policy.set_value(
            parameter="billing.due_days", value="30", from_date=LONG_AGO, scope="CLASS", scope_key="INDUSTRIAL",
            by=staff.ben,
        )  # fmt: skip
        page = read(staff.ivy, "/policy/?parameter=billing.due_days")
        for words in (
            "25 days",
            "Ord. 7",
            "Code 13.04",
            "placeholder",
            "INDUSTRIAL",
            "bill date",
            "Who did what",
        ):
            assert words in page, words
        assert "Enter a new value" not in page
        assert "Enter a new value" in read(staff.ben, "/policy/?parameter=billing.due_days")

    def test_takes_a_new_value(self, staff: People) -> None:
        assert self.enter(staff.ben).status_code == 302
        on = dt.date(2026, 7, 1)
        assert policy.value("billing.due_days", on_date=on) == 25
        assert policy.value("billing.due_days", on_date=on - dt.timedelta(days=1)) == 21
        row = PolicyValue.objects.get()
        assert (row.ordinance, row.entered_by) == ("Ord. 2026-11", staff.ben)
        assert AuditEvent.objects.filter(code="core.policy.entered", actor=staff.ben).count() == 1

    def test_takes_yes_and_no_and_lines(self, staff: People) -> None:
        assert self.enter(staff.max, "core.small_office_mode", value="yes").status_code == 302
        assert policy.value("core.small_office_mode", on_date=dt.date(2026, 7, 1)) is True
        summary = AuditEvent.objects.get(code="core.policy.entered").summary
        assert summary == "core.small_office_mode is yes from 2026-07-01"
        assert self.enter(staff.max, "billing.summer_months", value="6\n7\n\n8 ").status_code == 302
        assert policy.value("billing.summer_months", on_date=dt.date(2026, 7, 1)) == ["6", "7", "8"]

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"value": "soon"}, "takes a whole number"),
            ({"value": "2.5"}, "takes a whole number"),
            ({"scope": "CLASS"}, "Say for whom the value is"),
            ({"scope_key": "X"}, "Say for whom the value is"),
            ({"from_date": ""}, "From: This field is required."),
        ],
    )
    def test_refuses_in_words(self, staff: People, changes: dict[str, str], words: str) -> None:
        answer = self.enter(staff.ben, **changes)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not PolicyValue.objects.exists()

    def test_refuses_a_date_that_has_one(self, staff: People) -> None:
        self.enter(staff.ben)
        answer = self.enter(staff.ben, value="26")
        assert answer.status_code == 422
        assert "Choose a later date" in answer.content.decode()
        assert PolicyValue.objects.count() == 1

    @pytest.mark.parametrize("name", ["ada", "cora", "joe", "ivy"])
    def test_is_entered_by_none_but_those_who_may(self, staff: People, name: str) -> None:
        assert self.enter(getattr(staff, name)).status_code == 403
        assert not PolicyValue.objects.exists()

    def test_of_an_unknown_parameter_is_not_found(self, staff: People) -> None:
        assert at_desk(staff.ben).get("/policy/?parameter=nothing").status_code == 404
        assert self.enter(staff.ben, "nothing").status_code == 404


class TestAudit:
    @pytest.fixture
    def events(self, staff: People) -> None:
        with transaction.atomic():
            audit.record(
                code="payments.receipt.voided", by=staff.ben, kind="receipt", key="A-000001",
                account_number="123-4", summary="Receipt voided",
            )  # fmt: skip
            audit.record(
                code="billing.run.approved", by=staff.ben, kind="bill_run", key="7", summary="Run approved"
            )
            audit.record(code="desk.note", by=staff.ada, kind="x", key="1", summary="Something noted")

    @pytest.mark.parametrize(
        ("query", "shown", "hidden"),
        [
            ("", ["Receipt voided", "Run approved", "Something noted"], []),
            ("?code=payments.", ["Receipt voided"], ["Run approved", "Something noted"]),
            ("?account=123-4", ["Receipt voided"], ["Run approved", "Something noted"]),
            ("?actor={ada}", ["Something noted"], ["Receipt voided", "Run approved"]),
            ("?date_from={today}", ["Receipt voided", "Run approved"], []),
            ("?date_to={today}", ["Receipt voided", "Run approved"], []),
            ("?date_from={tomorrow}", ["No events"], ["Receipt voided", "Run approved"]),
            ("?date_to={yesterday}", ["No events"], ["Receipt voided", "Run approved"]),
        ],
    )
    def test_is_filtered(
        self, staff: People, events: None, query: str, shown: list[str], hidden: list[str]
    ) -> None:
        today, day = timezone.localdate(), dt.timedelta(days=1)
        asked = query.format(ada=staff.ada.pk, today=today, tomorrow=today + day, yesterday=today - day)
        page = read(staff.ivy, f"/audit/{asked}")
        assert [words for words in shown if words not in page] == []
        assert [words for words in hidden if words in page] == []

    @pytest.mark.parametrize("name", ["ada", "cora", "joe"])
    def test_is_shut_to_others(self, staff: People, name: str) -> None:
        assert at_desk(getattr(staff, name)).get("/audit/").status_code == 403

    def test_asks_as_often_for_many_as_for_few(
        self, staff: People, events: None, django_assert_max_num_queries
    ) -> None:
        with transaction.atomic():
            for number in range(20):
                audit.record(code="desk.note", by=staff.ada, kind="x", key=str(number), summary="Noted")
        client = at_desk(staff.ivy)
        with django_assert_max_num_queries(12):
            client.get("/audit/")
