"""Small-office mode: one person may complete what two must, within bounds, and another signs a review of it."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError

from accounts.models import Account, Party
from core import policy, small_office
from core.models import AuditEvent, Holiday, SmallOfficeReview, User
from core.permissions import PermissionRefused
from core.users import system_user
from desk import roles
from desk import services as desk
from ledger import queries as ledger_queries
from payments import approvals as void_queue
from payments.models import Receipt, ReceiptVoid, VoidRequest
from payments.services import voids
from tests.cast import People, people
from tests.factories.accounts import make_user
from tests.factories.payments import CLERK_VERBS, TUESDAY, Till, line, make_debtor, make_till, pay

pytestmark = pytest.mark.django_db

BEFORE = dt.date(2026, 1, 1)


def turn_on(limit: str = "100.00", *, from_date: dt.date = BEFORE) -> None:
    """The city decides for small-office mode, up to a limit."""
    by = system_user()
    policy.set_value(parameter=small_office.MODE, value=True, from_date=from_date, by=by)
    policy.set_value(parameter=small_office.LIMIT, value=limit, from_date=from_date, by=by)


def run(sql: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def refused(act: Callable[[], Any], words: str) -> None:
    def act_and_settle() -> None:
        with transaction.atomic():
            act()
            run("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises((IntegrityError, ProgrammingError), match=words):
        act_and_settle()


@pytest.fixture
def till() -> Till:
    return make_till()


@pytest.fixture
def account() -> Account:
    return make_debtor()


@pytest.fixture
def receipt(till: Till, account: Account) -> Receipt:
    return pay(till, line(account, "61.20"))


@pytest.fixture
def ada(till: Till) -> User:
    """The only clerk of the office: she takes the money, asks for voids and may approve them."""
    return make_user("ada", *CLERK_VERBS, "approve_void")


@pytest.fixture
def request_(receipt: Receipt, ada: User) -> VoidRequest:
    return voids.request_void(receipt=receipt, reason="Wrong account", by=ada)


@pytest.fixture
def ben(till: Till) -> User:
    return make_user("ben", "sign_reviews", "view_approvals")


def unchanged() -> bool:
    return (
        not ReceiptVoid.objects.exists()
        and not SmallOfficeReview.objects.exists()
        and VoidRequest.objects.get().state == "REQUESTED"
    )


class TestVoid:
    def test_is_refused_while_the_mode_is_off(self, request_: VoidRequest, ada: User) -> None:
        with pytest.raises(voids.OwnVoid, match=r"Somebody else must decide\.$"):
            voids.approve_void(request=request_, by=ada)
        assert unchanged()

    def test_is_done_within_the_limit_and_put_on_the_list(
        self, request_: VoidRequest, ada: User, account: Account
    ) -> None:
        turn_on()

        void = voids.approve_void(request=request_, by=ada)

        review = SmallOfficeReview.objects.get()
        request_.refresh_from_db()
        assert request_.small_office_review == review
        assert (review.act, review.kind, review.key) == ("VOID", "receipt", void.receipt.label)
        assert (review.account_number, review.amount) == (account.number, Decimal("61.20"))
        assert (review.done_by, review.signed_by) == (ada, None)
        # Tuesday and five business days.
        assert (review.act_date, review.due_date) == (TUESDAY, dt.date(2026, 3, 17))
        assert ledger_queries.balances(account, as_of=TUESDAY).ledger == Decimal("61.20")
        assert AuditEvent.objects.filter(code="core.small_office.permitted").count() == 1

    def test_counts_the_days_to_sign_by_the_offices_calendar(self, request_: VoidRequest, ada: User) -> None:
        turn_on()
        Holiday.objects.create(calendar="OFFICE", date=dt.date(2026, 3, 12), name="Founders' day")
        Holiday.objects.create(calendar="BANK", date=dt.date(2026, 3, 13), name="Not the office's")
        voids.approve_void(request=request_, by=ada)
        assert SmallOfficeReview.objects.get().due_date == dt.date(2026, 3, 18)

    @pytest.mark.parametrize(("limit", "passes"), [("61.19", False), ("61.20", True), ("61.21", True)])
    def test_keeps_to_the_limit_to_the_cent(
        self, request_: VoidRequest, ada: User, limit: str, passes: bool
    ) -> None:
        turn_on(limit)
        if passes:
            voids.approve_void(request=request_, by=ada)
            assert SmallOfficeReview.objects.count() == 1
        else:
            with pytest.raises(voids.OwnVoid, match=r"amounts up to 61\.19; this is 61\.20"):
                voids.approve_void(request=request_, by=ada)
            assert unchanged()

    def test_covers_nothing_until_the_city_says_up_to_how_much(
        self, request_: VoidRequest, ada: User
    ) -> None:
        policy.set_value(parameter=small_office.MODE, value=True, from_date=BEFORE, by=system_user())
        with pytest.raises(voids.OwnVoid, match=r"up to 0\.00"):
            voids.approve_void(request=request_, by=ada)
        assert unchanged()

    def test_never_covers_one_s_own_account(self, request_: VoidRequest, ada: User, account: Account) -> None:
        turn_on()
        Party.objects.filter(roles__account=account).update(staff_user=ada)
        with pytest.raises(voids.OwnVoid, match=f"own account, and {account.number}"):
            voids.approve_void(request=request_, by=ada)
        assert unchanged()

    def test_never_covers_the_account_of_a_merged_party(
        self, request_: VoidRequest, ada: User, account: Account
    ) -> None:
        turn_on()
        known = Party.objects.create(kind="PERSON", name="Ada Reyes", staff_user=ada)
        Party.objects.filter(roles__account=account).update(merged_into=known)
        with pytest.raises(voids.OwnVoid, match="own account"):
            voids.approve_void(request=request_, by=ada)

    def test_covers_who_took_the_money(self, receipt: Receipt, ada: User) -> None:
        asked = voids.request_void(receipt=receipt, reason="Wrong", by=make_user("eve", "request_void"))
        with pytest.raises(voids.OwnVoid, match="took receipt"):
            voids.approve_void(request=asked, by=ada)
        turn_on()
        voids.approve_void(request=asked, by=ada)
        assert SmallOfficeReview.objects.get().done_by == ada

    def test_holds_from_its_date_on(self, request_: VoidRequest, ada: User) -> None:
        turn_on(from_date=TUESDAY + dt.timedelta(days=1))
        with pytest.raises(voids.OwnVoid):
            voids.approve_void(request=request_, by=ada)
        assert unchanged()

    def test_still_needs_the_right(self, receipt: Receipt, till: Till) -> None:
        turn_on()
        asked = voids.request_void(receipt=receipt, reason="Wrong", by=till.clerk)
        with pytest.raises(PermissionRefused):
            voids.approve_void(request=asked, by=till.clerk)

    def test_of_a_second_person_needs_no_review(self, request_: VoidRequest, till: Till) -> None:
        turn_on()
        voids.approve_void(request=request_, by=till.supervisor)
        assert not SmallOfficeReview.objects.exists()

    def test_can_be_decided_on_the_page_of_approvals(self, request_: VoidRequest, ada: User) -> None:
        [provider] = void_queue.PROVIDERS
        assert [item.can_decide for item in provider.pending(ada)] == [False]
        turn_on()
        assert [item.can_decide for item in provider.pending(ada)] == [True]


class TestTheDatabase:
    DECIDE = (
        "UPDATE payments_voidrequest SET state = 'APPROVED', decided_by_id = %s, decided_at = now(),"
        " small_office_review_id = %s WHERE id = %s"
    )

    def review(self, request_: VoidRequest, by: User, **facts: Any) -> int:
        values = {
            "key": request_.receipt.label,
            "amount": request_.receipt.total_amount,
            "act": "VOID",
            **facts,
        }
        return SmallOfficeReview.objects.create(
            kind="receipt", act_date=TUESDAY, due_date=dt.date(2026, 3, 17), done_by=by, **values
        ).pk

    def test_wants_a_review_of_who_decides_alone(self, request_: VoidRequest, ada: User) -> None:
        turn_on()
        refused(lambda: run(self.DECIDE, ada.pk, None, request_.pk), "payments_voidrequest_second_person")
        run(self.DECIDE, ada.pk, self.review(request_, ada), request_.pk)

    def test_makes_no_review_while_the_mode_is_off(self, request_: VoidRequest, ada: User) -> None:
        refused(lambda: self.review(request_, ada), "small-office mode is off on 2026-03-10")

    def test_makes_no_review_above_the_limit(self, request_: VoidRequest, ada: User) -> None:
        turn_on("61.19")
        refused(lambda: self.review(request_, ada), "covers up to 61.19, not 61.20")

    def test_makes_no_review_without_a_limit(self, request_: VoidRequest, ada: User) -> None:
        policy.set_value(parameter=small_office.MODE, value=True, from_date=BEFORE, by=system_user())
        refused(lambda: self.review(request_, ada), "covers up to 0")

    def test_takes_no_review_of_another_act(self, request_: VoidRequest, ada: User, till: Till) -> None:
        turn_on()
        for facts in ({"key": "A-000999"}, {"amount": Decimal("1.00")}, {"act": "BILL_RUN"}):
            other = self.review(request_, ada, **facts)
            refused(lambda other=other: run(self.DECIDE, ada.pk, other, request_.pk), "of another act")
        of_ben = self.review(request_, till.supervisor)
        refused(lambda: run(self.DECIDE, ada.pk, of_ben, request_.pk), "of another act")

    def test_takes_no_review_of_one_s_own_account(
        self, request_: VoidRequest, ada: User, account: Account
    ) -> None:
        turn_on()
        Party.objects.filter(roles__account=account).update(staff_user=ada)
        own = self.review(request_, ada)
        refused(lambda: run(self.DECIDE, ada.pk, own, request_.pk), "an account of who decides")

    def test_keeps_the_review_and_its_one_signature(
        self, request_: VoidRequest, ada: User, ben: User
    ) -> None:
        turn_on()
        key = self.review(request_, ada)
        refused(lambda: run("UPDATE core_smallofficereview SET amount = 1"), "permission denied")
        refused(lambda: run("DELETE FROM core_smallofficereview"), "permission denied")
        sign = "UPDATE core_smallofficereview SET signed_by_id = %s, signed_at = now() WHERE id = %s"
        refused(lambda: run(sign, ada.pk, key), "core_smallofficereview_second_person")
        run(sign, ben.pk, key)
        refused(lambda: run(sign, make_user("eve").pk, key), "is signed already")

    def test_begins_a_review_unsigned(self, request_: VoidRequest, ada: User, ben: User) -> None:
        turn_on()
        refused(
            lambda: self.review(request_, ada, signed_by=ben, signed_at="2026-03-10T12:00Z"),
            "begins unsigned",
        )


class TestSign:
    @pytest.fixture
    def review(self, request_: VoidRequest, ada: User) -> SmallOfficeReview:
        turn_on()
        voids.approve_void(request=request_, by=ada)
        return SmallOfficeReview.objects.get()

    def test_is_for_another_person(self, review: SmallOfficeReview, ben: User) -> None:
        signed = desk.sign_review(review=review, by=ben, on_date=TUESDAY, note=" Looked right ")
        assert (signed.signed_by, signed.note) == (ben, "Looked right")
        assert signed.signed_at is not None
        assert not small_office.unsigned().exists()
        assert AuditEvent.objects.filter(code="core.small_office.signed", actor=ben).count() == 1

    def test_refuses_who_did_it(self, review: SmallOfficeReview, ada: User) -> None:
        make_user("ada", "sign_reviews")
        ada = User.objects.get(pk=ada.pk)
        with pytest.raises(small_office.ReviewOfOwnAct):
            desk.sign_review(review=review, by=ada, on_date=TUESDAY)
        review.refresh_from_db()
        assert review.signed_by is None

    def test_refuses_a_second_signature(self, review: SmallOfficeReview, ben: User) -> None:
        desk.sign_review(review=review, by=ben, on_date=TUESDAY)
        with pytest.raises(small_office.ReviewAlreadySigned):
            desk.sign_review(review=review, by=make_user("eve", "sign_reviews"), on_date=TUESDAY)

    def test_refuses_who_may_not(self, review: SmallOfficeReview) -> None:
        with pytest.raises(PermissionRefused):
            desk.sign_review(review=review, by=make_user("eve"), on_date=TUESDAY)

    def test_refuses_who_owes_for_the_account(
        self, review: SmallOfficeReview, ben: User, account: Account
    ) -> None:
        Party.objects.filter(roles__account=account).update(staff_user=ben)
        with pytest.raises(desk.ReviewOfOwnAccount):
            desk.sign_review(review=review, by=ben, on_date=TUESDAY)

    def test_is_late_after_its_day(self, review: SmallOfficeReview, ben: User) -> None:
        assert small_office.overdue_count(on_date=review.due_date) == 0
        assert small_office.overdue_count(on_date=review.due_date + dt.timedelta(days=1)) == 1
        desk.sign_review(review=review, by=ben, on_date=TUESDAY)
        assert small_office.overdue_count(on_date=review.due_date + dt.timedelta(days=1)) == 0


class TestDuties:
    @pytest.fixture
    def staff(self) -> People:
        return people()

    def test_may_be_one_person_s_while_the_mode_is_on(self, staff: People) -> None:
        turn_on()
        with pytest.raises(desk.DutiesNotApart):
            desk.give_role(user=staff.ada, role=roles.SUPERVISOR, by=staff.max, on_date=dt.date(2025, 12, 31))
        with pytest.raises(desk.DutiesNotApart):
            desk.give_role(user=staff.ada, role=roles.SUPERVISOR, by=staff.max)
        desk.give_role(user=staff.ada, role=roles.SUPERVISOR, by=staff.max, on_date=TUESDAY)
        assert Group.objects.filter(user=staff.ada, name="Supervisor").exists()
        assert User.objects.get(pk=staff.ada.pk).can("approve_void")
