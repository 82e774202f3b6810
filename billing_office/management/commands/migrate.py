"""Django's migrate, as the owner of the tables, followed by the rights of the application's role."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from billing_office.grants import grant_application_role


@contextmanager
def connected_as_owner(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let this connection be the owner's for a while, to whichever database it points at."""
    kept = dict(connection.settings_dict)
    connection.close()
    owner = settings.DATABASE_OWNER
    for part in ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS"):
        connection.settings_dict[part] = owner[part]
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


class Command(DjangoMigrate):
    """Migrate and grant."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        role = connection.settings_dict["USER"]
        with connected_as_owner(connection):
            super().handle(*args, **options)
            if not (options["plan"] or options["check_unapplied"]):
                tables = grant_application_role(connection=connection, role=role)
                if tables and options["verbosity"] > 0:
                    self.stdout.write(f"Rights of {role} set on {tables} tables.")
