"""The database as services use it: transactions, locks, named constraints, SQL files and COPY."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, migrations, transaction
from django.db.models import Model, QuerySet
from psycopg import sql

M = TypeVar("M", bound=Model)


class TransactionRequired(RuntimeError):
    """A writer that must be part of a larger act was called outside a transaction."""


class RowsToLockMissing(LookupError):
    """Some of the rows to lock are not there."""


def require_transaction(*, using: str = DEFAULT_DB_ALIAS) -> None:
    """Pass inside `transaction.atomic`. Raises TransactionRequired elsewhere."""
    if not transaction.get_connection(using).in_atomic_block:
        raise TransactionRequired(
            "This write is part of an act: call it in the act's transaction, so that all is kept or none."
        )


def lock_rows(rows: type[M] | QuerySet[M], pks: Iterable[Any]) -> list[M]:
    """Lock rows until the transaction ends, and give them fresh, in the order of their keys.

    Always in that order, so that two acts over the same rows wait for each other and never lock up.
    Rows joined by the queryset are not locked.
    Raises TransactionRequired, RowsToLockMissing (naming the keys).
    """
    queryset = rows.all() if isinstance(rows, QuerySet) else rows._default_manager.all()
    require_transaction(using=queryset.db)
    wanted = set(pks)
    locked = list(queryset.filter(pk__in=wanted).order_by("pk").select_for_update(of=("self",)))
    missing = wanted - {row.pk for row in locked}
    if missing:
        names = ", ".join(sorted(str(pk) for pk in missing))
        raise RowsToLockMissing(f"No {queryset.model._meta.verbose_name} with the key {names}.")
    return locked


def constraint_name(error: DatabaseError) -> str:
    """Give the name of the constraint (or of the guard trigger) that refused the write, else ""."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


@contextmanager
def raising(refusals: Mapping[str, Callable[[], Exception] | Exception]) -> Iterator[None]:
    """Turn the database's refusal by a named constraint into the domain's own exception.

    Values are an exception, an exception class, or a function that makes one when needed. A refusal by
    any other constraint goes through untouched. After a refusal the transaction is spent, as always:
    let the exception leave the atomic block. A deferred constraint speaks at commit, so for that one
    put this around the atomic block.
    """
    try:
        yield
    except DatabaseError as error:
        refusal = refusals.get(constraint_name(error))
        if refusal is None:
            raise
        raise (refusal if isinstance(refusal, Exception) else refusal()) from error


def sql_file(app_dir: str | Path, name: str) -> migrations.RunSQL:
    """Make the migration step of `<app>/migrations/sql/<name>.sql`, undone by `<name>.reverse.sql`.

    `app_dir` is the app's directory, or the `__file__` of one of its migrations.
    Raises FileNotFoundError if either file is missing: what cannot be undone is not applied.
    """
    path = Path(app_dir)
    folder = (path.parent if path.suffix == ".py" else path / "migrations") / "sql"
    return migrations.RunSQL(
        sql=(folder / f"{name}.sql").read_text(encoding="utf-8"),
        reverse_sql=(folder / f"{name}.reverse.sql").read_text(encoding="utf-8"),
    )


def copy_rows(table: str | type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows with COPY inside the current transaction and give their number.

    `columns` are column names of the database (`account_id`), in the order of each row. The rows may
    be a generator: they are streamed. Constraints and triggers hold as for any other write, and their
    errors come as Django's.
    Raises TransactionRequired.
    """
    require_transaction()
    name = table if isinstance(table, str) else table._meta.db_table
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(*name.split(".")), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def reserve_ids(table: str | type[Model], count: int) -> list[int]:
    """Take `count` surrogate ids of a table from its sequence, for rows that will be written with COPY.

    One query whatever the count. Ids taken and not used leave gaps, which surrogate ids may have.
    """
    name = table if isinstance(table, str) else table._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [name, count]
        )
        return [row[0] for row in cursor.fetchall()]
