"""What models declare, the database holds: a walk over every model, and raw SQL on some."""

import psycopg
import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models, transaction
from psycopg import sql

from core import audit, guards
from core.models import Holiday, Job, PolicyValue, ProofRun
from core.users import system_user

OURS = [
    model
    for model in apps.get_models()
    if model._meta.managed and not model.__module__.startswith(("django.", "rest_framework."))
]
GUARDED = [model for model in OURS if guards.triggers_of(model)]


def existing(table):
    """The guards of a table as the database has them: name -> its definition."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger"
            " WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [f'"{table}"'],
        )
        rows = cursor.fetchall()
    assert all(enabled == "O" for _, _, enabled in rows)
    return {name: definition for name, definition, _ in rows}


@pytest.mark.django_db
class TestEveryModel:
    def test_there_are_some_of_each_kind(self):
        declared = {name for model in GUARDED for name in guards.triggers_of(model)}
        assert declared == guards.NAMES
        assert len(GUARDED) > 20

    @pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
    def test_has_just_the_guards_that_it_declares(self, model):
        wanted = guards.triggers_of(model)
        found = {n: d for n, d in existing(model._meta.db_table).items() if n in guards.NAMES}
        assert found.keys() == wanted.keys()
        for name, definition in found.items():
            # The database writes the statement anew; its arguments, in quotes, stay as they are.
            assert definition.split("EXECUTE FUNCTION ")[1] == wanted[name].split("EXECUTE FUNCTION ")[1]

    @pytest.mark.parametrize("model", GUARDED, ids=lambda model: model._meta.label)
    def test_gives_the_application_no_more_rights_than_it_declares(self, model):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_table_privilege(%s, 'TRUNCATE'), has_table_privilege(%s, 'DELETE'),"
                " has_table_privilege(%s, 'UPDATE'), has_table_privilege(%s, 'TRIGGER'),"
                " ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                "  AND NOT attisdropped AND has_column_privilege(%s, attname, 'UPDATE'))",
                [table] * 6,
            )
            truncate, delete, update, trigger, columns = cursor.fetchone()
        assert (truncate, trigger) == (False, False)
        if "guard_truncate" in guards.triggers_of(model):
            assert (delete, update) == (False, False)
            assert set(columns) == set(guards.columns_that_change(model))

    @pytest.mark.parametrize("model", GUARDED, ids=lambda model: model._meta.label)
    def test_declares_states_and_columns_that_it_has(self, model):
        for name in guards.columns_that_change(model):
            assert name in {field.column for field in model._meta.concrete_fields}
        if hasattr(model, "TRANSITIONS"):
            field = model._meta.get_field(guards.state_column(model))
            assert set(field.choices and dict(field.flatchoices)) == set(model.TRANSITIONS)


class Sample(models.Model):
    """A model of this test's own, which has no table."""

    UPDATE_COLUMNS = ("holiday", "note")

    holiday = models.ForeignKey(Holiday, on_delete=models.PROTECT, related_name="+")
    note = models.TextField()

    class Meta:
        app_label = "core"
        managed = False


class TestColumns:
    def test_may_be_named_by_field_or_by_column(self):
        assert guards.columns_that_change(Sample) == ["holiday_id", "note"]

    def test_that_are_not_there_are_refused(self):
        class Wrong(Sample):
            UPDATE_COLUMNS = ("notes",)

            class Meta:
                proxy = True
                app_label = "core"

        with pytest.raises((KeyError, FieldDoesNotExist)):
            guards.columns_that_change(Wrong)


class TestRawSql:
    """As the owner of the tables, whom no right stops: the triggers alone."""

    @pytest.fixture
    def rows(self, committed_db):
        by = system_user()
        with transaction.atomic():
            audit.record(code="a.b", by=by, kind="x", key="1", summary="Done")
        ProofRun.objects.create(violation_count=0, results=[], seconds="0.10")
        PolicyValue.objects.create(
            parameter="billing.due_days", scope="CITY", value=22, from_date="2026-01-01", entered_by=by
        )
        Job.objects.create(kind="run", key="1", requested_by=by)

    @pytest.mark.parametrize("table", ["core_auditevent", "core_proofrun", "core_policyvalue"])
    @pytest.mark.parametrize("act", ["UPDATE {} SET id = id + 1", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
    def test_changes_nothing_that_is_written(self, rows, owner_connection, table, act):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="is refused"):
            owner_connection.execute(sql.SQL(act).format(sql.Identifier(table)))
        counted = owner_connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        assert counted.fetchone() == (1,)

    def test_takes_a_state_only_along_the_table(self, rows, owner_connection, app_connection):
        move = "UPDATE core_job SET state = %s"
        for raw in (owner_connection, app_connection):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation) as refusal:
                raw.execute(move, ["DONE"])
            assert refusal.value.diag.constraint_name == "core_job_transitions"
            assert "from QUEUED to DONE" in str(refusal.value)
        app_connection.execute(move, ["RUNNING"])
        app_connection.execute(move, ["DONE"])
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            app_connection.execute(move, ["RUNNING"])

    @pytest.mark.parametrize(
        "act",
        [
            "ALTER TABLE core_job DISABLE TRIGGER guard_transitions",
            "DROP TRIGGER guard_transitions ON core_job",
        ],
    )
    def test_of_the_application_cannot_switch_a_guard_off(self, rows, app_connection, act):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_connection.execute(act)
