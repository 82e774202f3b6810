"""Opening and closing drawers."""

from decimal import Decimal

import psycopg
import pytest
from django.db import IntegrityError, transaction

from core.models import AuditEvent
from core.permissions import PermissionRefused
from core.states import TransitionRefused
from payments.models import DrawerSession
from payments.services import drawers, voids
from tests.factories.accounts import make_user
from tests.factories.payments import TUESDAY, line, make_debtor, make_drawer, make_till, pay

pytestmark = pytest.mark.django_db


class TestOpenSession:
    def test_opens_a_free_drawer_and_says_so(self) -> None:
        till = make_till()

        assert till.session.state == "OPEN"
        assert AuditEvent.objects.filter(code="payments.session.opened", actor=till.clerk).count() == 1

    def test_refuses_a_drawer_that_somebody_has(self) -> None:
        till = make_till()
        eve = make_user("eve", "open_drawer")

        with pytest.raises(drawers.DrawerInUse, match="Ada Clerk"):
            drawers.open_session(
                drawer=till.drawer, float_amount=Decimal("0.00"), business_date=TUESDAY, by=eve
            )
        assert DrawerSession.objects.count() == 1

    def test_refuses_a_second_drawer_for_one_person(self) -> None:
        till = make_till()

        with pytest.raises(drawers.PersonHasAnotherDrawer, match="Till A"):
            drawers.open_session(
                drawer=make_drawer("B"), float_amount=Decimal("0.00"), business_date=TUESDAY, by=till.clerk
            )

    @pytest.mark.parametrize("amount", ["-1.00", "0.005"])
    def test_refuses_a_float_that_is_no_amount(self, amount: str) -> None:
        with pytest.raises(drawers.FloatNotAnAmount):
            drawers.open_session(
                drawer=make_drawer(),
                float_amount=Decimal(amount),
                business_date=TUESDAY,
                by=make_user("eve", "open_drawer"),
            )

    def test_refuses_who_may_not(self) -> None:
        with pytest.raises(PermissionRefused):
            drawers.open_session(
                drawer=make_drawer(), float_amount=Decimal("0.00"), business_date=TUESDAY, by=make_user("eve")
            )


class TestBalancing:
    def test_goes_from_open_through_balancing_to_balanced_and_frees_the_drawer(self) -> None:
        till = make_till()

        drawers.start_balancing(session=till.session, by=till.clerk)
        drawers.finish_balancing(session=till.session, by=till.clerk)

        session = DrawerSession.objects.get(pk=till.session.pk)
        assert session.state == "BALANCED"
        assert session.closed_at is not None
        assert make_till().session.state == "OPEN"

    def test_refuses_to_skip_the_count(self) -> None:
        till = make_till()

        with pytest.raises(TransitionRefused):
            drawers.finish_balancing(session=till.session, by=till.clerk)

    def test_refuses_another_persons_drawer(self) -> None:
        till = make_till()

        with pytest.raises(drawers.SessionNotYours, match="Ada Clerk"):
            drawers.start_balancing(session=till.session, by=make_user("eve", "open_drawer"))

    def test_lets_a_supervisor_end_a_session_whose_person_has_gone(self) -> None:
        till = make_till()
        drawers.start_balancing(session=till.session, by=till.clerk)

        drawers.finish_balancing(session=till.session, by=till.supervisor)

        assert DrawerSession.objects.get(pk=till.session.pk).state == "BALANCED"

    def test_refuses_while_a_void_waits(self) -> None:
        till = make_till()
        receipt = pay(till, line(make_debtor(), "61.20"))
        voids.request_void(receipt=receipt, reason="Wrong account", by=till.clerk)

        with pytest.raises(drawers.VoidsUndecided, match="1 void of this drawer still waits"):
            drawers.start_balancing(session=till.session, by=till.clerk)


class TestTheDatabase:
    def test_has_one_open_session_per_drawer_and_per_person(self) -> None:
        till = make_till()
        eve = make_user("eve")

        with pytest.raises(IntegrityError, match="payments_session_one_per_drawer"), transaction.atomic():
            DrawerSession.objects.create(
                drawer=till.drawer, user=eve, business_date=TUESDAY, float_amount=Decimal("0.00")
            )
        with pytest.raises(IntegrityError, match="payments_session_one_per_person"), transaction.atomic():
            DrawerSession.objects.create(
                drawer=make_drawer("B"), user=till.clerk, business_date=TUESDAY, float_amount=Decimal("0.00")
            )

    def test_refuses_a_step_back_and_a_changed_float(self) -> None:
        till = make_till()
        rows = DrawerSession.objects.filter(pk=till.session.pk)

        with pytest.raises(IntegrityError, match="cannot go from OPEN to BALANCED"), transaction.atomic():
            rows.update(state="BALANCED")
        with pytest.raises(Exception, match="permission denied") as refused, transaction.atomic():
            rows.update(float_amount=Decimal("1.00"))
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
