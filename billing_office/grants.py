"""What the application's database role may do, table by table; the owner's role sets it after a migrate.

A model says by a class attribute how much its rows may change:
- `APPEND_ONLY = True`: rows are added and read, never changed or removed;
- `UPDATE_COLUMNS = ("column", ...)`: rows are added and read, and only these columns may change;
- neither: rows are added, read, changed and removed.
Nobody but the owner may empty, alter or drop a table.
"""

from collections.abc import Iterator

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from psycopg import sql

# Written by Django's migrate alone, and by the ledger's own triggers with their owner's rights.
READ_ONLY = frozenset({"django_migrations", "ledger_openitem"})


def _column(model: type[Model], name: str) -> str:
    """Return the column of a field, which may be named by either."""
    for column_field in model._meta.concrete_fields:
        if name in (column_field.name, column_field.column):
            return str(column_field.column)
    raise ImproperlyConfigured(
        f"{model._meta.label}.UPDATE_COLUMNS names {name!r}, which is none of its fields"
    )


def _rules() -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Return for each table with a rule: append-only or not, and the columns that may change."""
    found: dict[str, tuple[bool, tuple[str, ...]]] = {}
    for model in apps.get_models(include_auto_created=True):
        append_only = bool(getattr(model, "APPEND_ONLY", False))
        columns = tuple(getattr(model, "UPDATE_COLUMNS", ()))
        if append_only or columns:
            names = tuple(_column(model, name) for name in columns)
            found[model._meta.db_table] = (append_only, names)
    return found


def _statements(
    role: str, tables: list[str], sequences: list[str], present: set[tuple[str, str]]
) -> Iterator[sql.Composed]:
    who = sql.Identifier(role)
    rules = _rules()
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(who)
    for table in tables:
        name = sql.Identifier(table)
        # Taken away first, columns too: a model that became append-only must lose what it had.
        yield sql.SQL("REVOKE ALL ON TABLE {} FROM {}").format(name, who)
        append_only, columns = rules.get(table, (False, ()))
        # Of a history that was taken back some columns are not there.
        columns_there = [column for column in columns if (table, column) in present]
        if table in READ_ONLY:
            yield sql.SQL("GRANT SELECT ON TABLE {} TO {}").format(name, who)
        elif append_only or columns:
            yield sql.SQL("GRANT SELECT, INSERT ON TABLE {} TO {}").format(name, who)
            if columns_there:
                listed = sql.SQL(", ").join(map(sql.Identifier, columns_there))
                yield sql.SQL("GRANT UPDATE ({}) ON TABLE {} TO {}").format(listed, name, who)
        else:
            yield sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {} TO {}").format(name, who)
    for sequence in sequences:
        yield sql.SQL("GRANT USAGE, SELECT ON SEQUENCE {} TO {}").format(sql.Identifier(sequence), who)


def _relations(connection: BaseDatabaseWrapper, kinds: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE n.nspname = 'public' AND relkind = ANY(%s) AND pg_get_userbyid(relowner) = current_user "
            "ORDER BY relname",
            [list(kinds)],
        )
        return [row[0] for row in cursor.fetchall()]


def _columns(connection: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    """Return every column of a table, by table and name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name::text, column_name::text FROM information_schema.columns "
            "WHERE table_schema = 'public'"
        )
        return set(cursor.fetchall())


def grant_application_role(*, connection: BaseDatabaseWrapper, role: str) -> int:
    """Give `role` its rights on what the connected role owns; return the number of tables.

    Nothing is granted where the connected role is that role: with one role for both, the triggers alone guard
    the books.
    """
    if connection.settings_dict["USER"] == role or not role:
        return 0
    tables = _relations(connection, "rpvm")
    sequences = _relations(connection, "S")
    with connection.cursor() as cursor:
        for statement in _statements(role, tables, sequences, _columns(connection)):
            cursor.execute(statement)
    return len(tables)
