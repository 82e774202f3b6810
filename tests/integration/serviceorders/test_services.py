"""Orders: asking, sending out, completing, taking back, and what each writes."""

import datetime as dt

import pytest

from accounts import services as accounts
from accounts.models import PhysicalStatus
from collections_app.queries import ShutoffRefused
from core.models import AuditEvent
from core.permissions import PermissionRefused
from ledger import queries as ledger
from ledger.models import Credit
from metering.models import Reading
from metering.services import DialsNotUnderstood, ReadingBeyondDials
from serviceorders import services
from serviceorders.models import ClaimedCredit, OrderEvent, ServiceOrder
from tests.factories.serviceorders import NOON, TODAY, Scene, ask, done, make_scene, owe, pay, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


class TestRequestOrder:
    def test_numbers_the_order_and_keeps_its_first_event(self, scene: Scene) -> None:
        first, second = ask(scene), ask(scene, "FINAL_READ")
        assert second.number == first.number + 1
        assert [(event.from_state, event.to_state) for event in first.events.all()] == [("", "OPEN")]
        event = AuditEvent.objects.get(kind="order", key=str(first.number))
        assert (event.code, event.actor, event.account_number) == (
            "serviceorders.order.requested",
            scene.people.ada,
            scene.account.number,
        )

    def test_refuses_a_second_of_the_kind_and_names_the_first(self, scene: Scene) -> None:
        first = ask(scene)
        with pytest.raises(services.OrderAlreadyOpen, match=rf"order {first.number}, for Mar 10"):
            ask(scene)
        assert ServiceOrder.objects.count() == 1

    def test_takes_the_same_kind_again_once_the_first_is_done(self, scene: Scene) -> None:
        done(scene, send(scene, ask(scene)))
        assert ask(scene).state == "OPEN"

    def test_refuses_a_shutoff_of_who_owes_nothing_late(self, scene: Scene) -> None:
        pay(scene.account)
        with pytest.raises(ShutoffRefused, match="nothing that allows a shutoff is past due"):
            ask(scene, "SHUTOFF")
        assert not ServiceOrder.objects.exists()

    def test_refuses_a_shutoff_that_a_medical_hold_forbids(self, scene: Scene) -> None:
        accounts.add_alert(
            account=scene.account, kind="MEDICAL", text="oxygen", from_date=TODAY, by=scene.people.ada
        )
        with pytest.raises(ShutoffRefused, match="a medical hold"):
            ask(scene, "SHUTOFF")

    def test_refuses_to_shut_off_where_the_debtor_has_left(self, scene: Scene) -> None:
        order = ask(scene, "SHUTOFF")
        for agreement in scene.account.agreements.all():
            accounts.stop_agreement(agreement=agreement, to_date=TODAY, by=scene.people.ada)
        with pytest.raises(services.ServiceNotTheirs, match="takes no service"):
            send(scene, order)
        services.cancel(order=order, reason="has left", by=scene.people.ben)
        with pytest.raises(services.ServiceNotTheirs):
            ask(scene, "SHUTOFF")
        assert ServiceOrder.objects.count() == 1

    def test_refuses_to_restore_what_is_on(self, scene: Scene) -> None:
        with pytest.raises(services.NothingToRestore):
            ask(scene, "RESTORE")

    def test_refuses_who_may_not(self, scene: Scene) -> None:
        with pytest.raises(PermissionRefused, match="Ask for field work"):
            ask(scene, by=scene.people.joe)


class TestDispatch:
    def test_gives_the_order_to_the_crew(self, scene: Scene) -> None:
        order = send(scene, ask(scene))
        order.refresh_from_db()
        assert (order.state, order.crew) == ("DISPATCHED", scene.people.joe)
        assert order.events.order_by("-pk").first().note == "to Joe Castillo"

    def test_asks_again_whether_the_shutoff_is_owed(self, scene: Scene) -> None:
        order = ask(scene, "SHUTOFF")
        pay(scene.account)
        with pytest.raises(ShutoffRefused):
            send(scene, order)
        assert ServiceOrder.objects.get(pk=order.pk).state == "OPEN"

    def test_refuses_who_may_not(self, scene: Scene) -> None:
        order = ask(scene)
        with pytest.raises(PermissionRefused):
            services.dispatch(order=order, crew=scene.people.joe, on_date=TODAY, by=scene.people.ada)

    def test_refuses_an_order_that_is_done(self, scene: Scene) -> None:
        order = done(scene, send(scene, ask(scene)))
        with pytest.raises(services.OrderNotMovable, match="end of its life"):
            send(scene, order)


class TestComplete:
    def test_writes_the_read(self, scene: Scene) -> None:
        order = done(scene, send(scene, ask(scene)), dials="0211", note="meter is fine")
        order.refresh_from_db()
        assert order.reading is not None
        assert (order.reading.dials, order.reading.read_at, order.reading.kind) == ("0211", NOON, "ACTUAL")
        assert (order.reading.source, order.reading.reader) == ("ORDER", "Joe Castillo")
        assert (order.state, order.completed_by, order.completed_at) == ("COMPLETED", scene.people.joe, NOON)
        assert order.outcome_note == "meter is fine"

    def test_of_a_shutoff_turns_the_service_off(self, scene: Scene) -> None:
        order = done(scene, send(scene, ask(scene, "SHUTOFF")))
        status = PhysicalStatus.objects.get(service_point=scene.home.water, to_date__isnull=True)
        assert (status.status, status.from_date, status.reason) == (
            "OFF_AT_VALVE",
            TODAY,
            f"order {order.number}",
        )
        assert not services.is_on(scene.home.water, on_date=TODAY)

    def test_of_a_restore_turns_it_on_again_the_same_day(self, scene: Scene) -> None:
        done(scene, send(scene, ask(scene, "SHUTOFF")))
        restore = send(scene, ask(scene, "RESTORE"))
        done(scene, restore, done_at=NOON + dt.timedelta(hours=2))
        assert services.is_on(scene.home.water, on_date=TODAY)
        assert PhysicalStatus.objects.filter(service_point=scene.home.water).count() == 2

    def test_of_a_final_read_ends_the_agreement(self, scene: Scene) -> None:
        order = done(scene, send(scene, ask(scene, "FINAL_READ")))
        order.refresh_from_db()
        agreement = scene.home.water_agreement
        agreement.refresh_from_db()
        assert (agreement.status, agreement.to_date) == ("STOPPED", TODAY)
        assert order.reading is not None
        assert order.reading.kind == "FINAL"

    def test_refuses_to_cut_who_has_paid_on_the_way(self, scene: Scene) -> None:
        order = send(scene, ask(scene, "SHUTOFF"))
        pay(scene.account)
        before = Reading.objects.count()
        with pytest.raises(ShutoffRefused):
            done(scene, order)
        assert ServiceOrder.objects.get(pk=order.pk).state == "DISPATCHED"
        assert Reading.objects.count() == before
        assert not PhysicalStatus.objects.exists()

    @pytest.mark.parametrize(
        ("dials", "refusal"), [("02l1", DialsNotUnderstood), ("12345", ReadingBeyondDials)]
    )
    def test_refuses_dials_that_are_none_and_writes_nothing(
        self, scene: Scene, dials: str, refusal: type[Exception]
    ) -> None:
        order = send(scene, ask(scene))
        before = Reading.objects.count()
        with pytest.raises(refusal):
            done(scene, order, dials=dials)
        assert Reading.objects.count() == before
        assert ServiceOrder.objects.get(pk=order.pk).state == "DISPATCHED"

    def test_needs_the_dials_where_a_meter_is(self, scene: Scene) -> None:
        order = send(scene, ask(scene))
        with pytest.raises(services.ReadingNeeded):
            done(scene, order, dials=" ")

    def test_refuses_an_order_that_nobody_took_out(self, scene: Scene) -> None:
        order = ask(scene)
        with pytest.raises(services.OrderNotMovable, match="Send it out first"):
            done(scene, order)

    def test_refuses_who_may_not(self, scene: Scene) -> None:
        order = send(scene, ask(scene))
        with pytest.raises(PermissionRefused):
            done(scene, order, by=scene.people.ada)


class TestCouldNot:
    def test_keeps_the_reason_and_can_be_planned_again(self, scene: Scene) -> None:
        order = services.could_not(order=send(scene, ask(scene)), reason="Dog", by=scene.people.joe)
        assert (order.state, order.outcome_note) == ("NOT_DONE", "Dog")
        again = services.reopen(order=order, scheduled_date=TODAY + dt.timedelta(days=1), by=scene.people.ben)
        again.refresh_from_db()
        assert (again.state, again.crew, again.scheduled_date) == ("OPEN", None, dt.date(2026, 3, 11))

    def test_still_counts_as_the_open_one(self, scene: Scene) -> None:
        services.could_not(order=send(scene, ask(scene)), reason="Dog", by=scene.people.joe)
        with pytest.raises(services.OrderAlreadyOpen):
            ask(scene)


class TestCancelAndRecall:
    def test_cancels_what_waits_and_frees_the_kind(self, scene: Scene) -> None:
        order = services.cancel(order=ask(scene), reason="asked twice", by=scene.people.ben)
        assert order.state == "CANCELLED"
        assert ask(scene).state == "OPEN"

    def test_does_not_cancel_what_is_with_a_crew_but_recalls_it(self, scene: Scene) -> None:
        order = send(scene, ask(scene))
        with pytest.raises(services.OrderNotMovable):
            services.cancel(order=order, reason="x", by=scene.people.ben)
        recalled = services.recall(
            order=ServiceOrder.objects.get(pk=order.pk), reason="x", by=scene.people.ben
        )
        assert recalled.state == "RECALLED"

    @pytest.mark.parametrize("act", [services.cancel, services.recall])
    def test_refuses_who_may_not(self, scene: Scene, act) -> None:
        order = ask(scene)
        with pytest.raises(PermissionRefused):
            act(order=order, reason="x", by=scene.people.ada)
        assert ServiceOrder.objects.get(pk=order.pk).state == "OPEN"


class TestClaimCredits:
    def test_recalls_the_shutoff_of_who_has_paid(self, scene: Scene) -> None:
        order = send(scene, ask(scene, "SHUTOFF"))
        pay(scene.account)
        assert services.claim_credits(on_date=TODAY, by=scene.people.ben) == 1
        order.refresh_from_db()
        assert order.state == "RECALLED"
        assert OrderEvent.objects.filter(order=order).order_by("-pk").first().note == (
            "the amount that allowed it was paid"
        )
        claimed = ClaimedCredit.objects.get(credit__account=scene.account)
        assert claimed.recalled_count == 1

    def test_leaves_it_while_something_late_is_left(self, scene: Scene) -> None:
        order = send(scene, ask(scene, "SHUTOFF"))
        pay(scene.account, "80.00")
        assert ledger.balances(scene.account, as_of=TODAY).past_due > 0
        assert services.claim_credits(on_date=TODAY, by=scene.people.ben) == 0
        order.refresh_from_db()
        assert order.state == "DISPATCHED"

    def test_looks_at_each_credit_once(self, scene: Scene) -> None:
        pay(scene.account)
        services.claim_credits(on_date=TODAY, by=scene.people.ben)
        assert ClaimedCredit.objects.count() == Credit.objects.count() == 1
        owe(scene.account, "50.00")
        order = ask(scene, "SHUTOFF")
        assert services.claim_credits(on_date=TODAY, by=scene.people.ben) == 0
        order.refresh_from_db()
        assert order.state == "OPEN"

    def test_does_not_touch_other_kinds(self, scene: Scene) -> None:
        ask(scene, "SHUTOFF")
        reread = ask(scene)
        pay(scene.account)
        assert services.claim_credits(on_date=TODAY, by=scene.people.ben) == 1
        reread.refresh_from_db()
        assert reread.state == "OPEN"
