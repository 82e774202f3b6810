"""The database's own guards, taken from what the models declare.

``APPEND_ONLY`` models refuse UPDATE, DELETE and TRUNCATE; ``UPDATE_COLUMNS`` models let only those columns change and
refuse DELETE; a model with ``TRANSITIONS`` refuses a change of state that the table does not list. Each app calls
``guards_for`` in the last migration of its chain; calling it again in a later migration brings the triggers up to date.
"""

from __future__ import annotations

from django.apps import apps as installed
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from core.states import trigger_arguments

NAMES = frozenset({"guard_append_only", "guard_columns", "guard_truncate", "guard_transitions"})


def state_column(model: type[models.Model]) -> str:
    """The column that holds a model's state: ``state``, else ``status``."""
    names = {field.name for field in model._meta.get_fields()}
    return "state" if "state" in names else "status"


def columns_that_change(model: type[models.Model]) -> list[str]:
    """The columns that ``UPDATE_COLUMNS`` names; each may be named by its field or its column."""
    fields = {str(field.column): str(field.column) for field in model._meta.concrete_fields}
    fields |= {field.name: str(field.column) for field in model._meta.concrete_fields}
    return [fields[name] for name in getattr(model, "UPDATE_COLUMNS", ())]


def triggers_of(model: type[models.Model]) -> dict[str, str]:
    """The triggers that a model's declarations ask for: name -> the SQL after ``CREATE OR REPLACE TRIGGER name``."""
    table = model._meta.db_table
    wanted: dict[str, str] = {}
    if getattr(model, "APPEND_ONLY", False):
        wanted["guard_append_only"] = (
            f'BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION core_refuse_change()'
        )
    columns = columns_that_change(model)
    if columns:
        arguments = ", ".join(f"'{column}'" for column in columns)
        wanted["guard_columns"] = (
            f'BEFORE UPDATE OR DELETE ON "{table}" FOR EACH ROW EXECUTE FUNCTION core_guard_columns({arguments})'
        )
    if wanted:
        wanted["guard_truncate"] = (
            f'BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_change()'
        )
    transitions = getattr(model, "TRANSITIONS", None)
    if transitions is not None:
        column = state_column(model)
        arguments = ", ".join(f"'{each}'" for each in [column, *trigger_arguments(transitions)])
        wanted["guard_transitions"] = (
            f'BEFORE UPDATE OF "{column}" ON "{table}" FOR EACH ROW'
            f' WHEN (OLD."{column}" IS DISTINCT FROM NEW."{column}")'
            f" EXECUTE FUNCTION core_guard_transitions({arguments})"
        )
    return wanted


def guards_for(app_label: str) -> list[migrations.RunPython]:
    """The migration operations that put an app's guards in place, and take them away in reverse."""

    def forwards(state_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for model, triggers in _existing(app_label, state_apps):
            for name, body in triggers.items():
                schema_editor.execute(f"CREATE OR REPLACE TRIGGER {name} {body}", params=None)
            for name in NAMES - triggers.keys():
                # A declaration that the model no longer makes.
                schema_editor.execute(
                    f'DROP TRIGGER IF EXISTS {name} ON "{model._meta.db_table}"', params=None
                )

    def backwards(state_apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for model, triggers in _existing(app_label, state_apps):
            for name in triggers:
                schema_editor.execute(
                    f'DROP TRIGGER IF EXISTS {name} ON "{model._meta.db_table}"', params=None
                )

    return [migrations.RunPython(forwards, backwards)]


def _existing(app_label: str, state_apps: StateApps) -> list[tuple[type[models.Model], dict[str, str]]]:
    """The app's models that have a table at this point of the history, with their triggers."""
    tables = {model._meta.db_table for model in state_apps.get_app_config(app_label).get_models()}
    return [
        (model, triggers_of(model))
        for model in installed.get_app_config(app_label).get_models()
        if model._meta.managed and model._meta.db_table in tables
    ]
