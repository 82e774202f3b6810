"""A run that its maker approves: refused, unless small-office mode covers it, and then reviewed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import psycopg
import pytest
from django.db import transaction

from accounts.models import Party
from billing.models import BillRun
from billing.services import review
from core import policy, small_office
from core.models import SmallOfficeReview
from core.users import system_user
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")

THE_DAY = dt.date(2015, 2, 2)


@pytest.fixture
def city() -> factory.City:
    city = factory.make_city(count=3, services=("WATER", "SEWER"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[103, 107, 100])
    return city


@pytest.fixture
def in_review(city: factory.City) -> BillRun:
    return factory.calculate(factory.open_run(city), city)


def turn_on(limit: Decimal | str) -> None:
    by = system_user()
    first = dt.date(2015, 1, 1)
    policy.set_value(parameter=small_office.MODE, value=True, from_date=first, by=by)
    policy.set_value(parameter=small_office.LIMIT, value=limit, from_date=first, by=by)


def approve(run: BillRun, city: factory.City, *, on_date: dt.date | None = THE_DAY) -> BillRun:
    return review.approve_run(run=run, figures_hash=run.figures_hash, by=city.maker, on_date=on_date)


def state_of(run: BillRun) -> tuple[str, int]:
    run.refresh_from_db()
    return run.state, SmallOfficeReview.objects.count()


class TestByService:
    def test_is_refused_while_the_mode_is_off(self, city: factory.City, in_review: BillRun) -> None:
        with pytest.raises(review.ApproverIsMaker):
            approve(in_review, city)
        assert state_of(in_review) == ("REVIEW", 0)

    def test_is_done_and_put_on_the_list(self, city: factory.City, in_review: BillRun) -> None:
        turn_on(in_review.total_amount)
        assert review.can_approve(run=in_review, by=city.maker, on_date=THE_DAY)

        approve(in_review, city)

        in_review.refresh_from_db()
        found = SmallOfficeReview.objects.get()
        assert (in_review.state, in_review.small_office_review) == ("APPROVED", found)
        assert (found.act, found.key) == ("BILL_RUN", str(in_review.number))
        assert (found.amount, found.done_by) == (in_review.total_amount, city.maker)
        assert (found.act_date, found.due_date) == (THE_DAY, dt.date(2015, 2, 9))
        assert factory.post(in_review, city).state == "POSTED"

    def test_is_refused_a_cent_above_the_limit(self, city: factory.City, in_review: BillRun) -> None:
        turn_on(in_review.total_amount - Decimal("0.01"))
        with pytest.raises(review.ApproverIsMaker, match="covers amounts up to"):
            approve(in_review, city)
        assert state_of(in_review) == ("REVIEW", 0)

    def test_is_refused_with_one_s_own_account_in_it(self, city: factory.City, in_review: BillRun) -> None:
        turn_on("1000000")
        Party.objects.filter(roles__account=city.accounts[1], roles__kind="HOLDER").update(
            staff_user=city.maker
        )
        with pytest.raises(review.ApproverIsMaker, match=f"own account, and {city.accounts[1].number}"):
            approve(in_review, city)
        assert state_of(in_review) == ("REVIEW", 0)

    def test_is_refused_without_a_date(self, city: factory.City, in_review: BillRun) -> None:
        turn_on("1000000")
        with pytest.raises(review.ApproverIsMaker):
            approve(in_review, city, on_date=None)
        assert state_of(in_review) == ("REVIEW", 0)

    def test_of_a_second_person_needs_no_review(self, city: factory.City, in_review: BillRun) -> None:
        turn_on("1000000")
        factory.approve(in_review, city)
        assert state_of(in_review) == ("APPROVED", 0)


class TestByTheDatabase:
    APPROVE = (
        "UPDATE billing_billrun SET state = 'APPROVED', approved_by_id = %s, approved_at = now(),"
        " small_office_review_id = %s WHERE id = %s"
    )

    def refused(self, raw: psycopg.Connection, *values: object) -> str:
        with pytest.raises(psycopg.errors.IntegrityError) as refusal:
            raw.execute(self.APPROVE, values)
        return refusal.value.diag.constraint_name or ""

    def make_review(self, run: BillRun, by: object, **facts: object) -> int:
        values = {"key": str(run.number), "amount": run.total_amount, "act": "BILL_RUN", **facts}
        with transaction.atomic():
            return SmallOfficeReview.objects.create(
                kind="bill_run", act_date=THE_DAY, due_date=dt.date(2015, 2, 9), done_by=by, **values
            ).pk

    def test_wants_a_review_of_this_very_run(
        self, city: factory.City, in_review: BillRun, app_connection: psycopg.Connection
    ) -> None:
        turn_on("1000000")
        maker = city.maker
        assert self.refused(app_connection, maker.pk, None, in_review.pk) == "billing_billrun_second_person"
        for facts in (
            {"key": "999"},
            {"amount": Decimal("0.01")},
            {"act": "VOID"},
            {"done_by": city.approver},
        ):
            other = self.make_review(in_review, facts.pop("done_by", maker), **facts)
            assert self.refused(app_connection, maker.pk, other, in_review.pk) == "billing_billrun_review"
        own = self.make_review(in_review, maker)
        Party.objects.filter(roles__account=city.accounts[0], roles__kind="HOLDER").update(staff_user=maker)
        assert self.refused(app_connection, maker.pk, own, in_review.pk) == "billing_billrun_own_account"
        assert state_of(in_review)[0] == "REVIEW"
        Party.objects.filter(staff_user=maker).update(staff_user=None)
        app_connection.execute(self.APPROVE, (maker.pk, own, in_review.pk))
        assert state_of(in_review)[0] == "APPROVED"
