"""What the database refuses about orders, whoever asks."""

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from serviceorders.models import OrderEvent, ServiceOrder
from tests.factories.serviceorders import Scene, ask, make_scene, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def run(sql: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


class TestOrder:
    def test_refuses_a_step_that_the_table_does_not_have(self, scene: Scene) -> None:
        order = ask(scene)
        with pytest.raises(DatabaseError, match="COMPLETED"):
            run(
                "UPDATE serviceorders_serviceorder SET state = 'COMPLETED', completed_at = now(), completed_by_id = %s"
                " WHERE id = %s",
                scene.people.joe.pk,
                order.pk,
            )
        order.refresh_from_db()
        assert order.state == "OPEN"

    def test_refuses_a_way_back_from_the_end(self, scene: Scene) -> None:
        order = ask(scene)
        run("UPDATE serviceorders_serviceorder SET state = 'CANCELLED' WHERE id = %s", order.pk)
        with pytest.raises(DatabaseError):
            run("UPDATE serviceorders_serviceorder SET state = 'OPEN' WHERE id = %s", order.pk)

    def test_refuses_done_without_who_and_when(self, scene: Scene) -> None:
        order = send(scene, ask(scene))
        with pytest.raises(IntegrityError, match="serviceorders_order_completed_pair"):
            run("UPDATE serviceorders_serviceorder SET state = 'COMPLETED' WHERE id = %s", order.pk)

    def test_refuses_a_second_open_one_of_a_kind(self, scene: Scene) -> None:
        order = ask(scene)
        order.pk, order.number = None, 999_999
        with pytest.raises(IntegrityError, match="serviceorders_order_one_open"), transaction.atomic():
            order.save(force_insert=True)
        assert ServiceOrder.objects.count() == 1

    def test_refuses_an_unknown_kind(self, scene: Scene) -> None:
        with pytest.raises(IntegrityError, match="serviceorders_order_codes"):
            run("UPDATE serviceorders_serviceorder SET kind = 'PAINT' WHERE id = %s", ask(scene).pk)


class TestEvents:
    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE serviceorders_orderevent SET note = 'x'",
            "DELETE FROM serviceorders_orderevent",
            "TRUNCATE serviceorders_orderevent",
        ],
    )
    def test_are_never_changed(self, scene: Scene, sql: str) -> None:
        ask(scene)
        with pytest.raises(DatabaseError):
            run(sql)
        assert OrderEvent.objects.count() == 1

    @pytest.mark.parametrize("table", ["serviceorders_orderevent", "serviceorders_claimedcredit"])
    def test_the_application_s_role_may_not_even_try(
        self, app_connection: psycopg.Connection, table: str
    ) -> None:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_connection.execute(f"DELETE FROM {table}")
