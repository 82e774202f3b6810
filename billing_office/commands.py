"""Run one manage.py command, with the embedded servers up for as long as it takes."""

import os
import sys

from billing_office import embedded

# These read and write no database, so none is started for them.
WITHOUT_SERVERS = frozenset(
    {
        "check",
        "check_file",
        "collectstatic",
        "compilemessages",
        "findstatic",
        "help",
        "makemessages",
        "makemigrations",
        "quote",
        "spectacular",
        "sqlmigrate",
        "startapp",
        "state_diagrams",
        "version",
        "--help",
        "--version",
        "-h",
    }
)


def run(argv: list[str]) -> int:
    """Run the command line and return its exit code; 2 when the servers could not be started."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")
    from django.core.management import execute_from_command_line

    command = argv[1] if len(argv) > 1 else "help"
    if command in WITHOUT_SERVERS or "--help" in argv or "-h" in argv:
        execute_from_command_line(argv)
        return 0
    if not embedded.needed():
        return _execute(argv)
    try:
        lease = embedded.Lease(var=embedded.office_var())
    except embedded.ServersDidNotStart as problem:
        print(problem, file=sys.stderr)
        return 2
    with lease:
        lease.export()
        try:
            return _execute(argv)
        finally:
            _close_connections()


def _execute(argv: list[str]) -> int:
    """Run the command; 2 with a plain sentence when the database is down or its tables are not made yet."""
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError, connection
    from psycopg.errors import UndefinedTable

    try:
        execute_from_command_line(argv)
    except OperationalError as problem:
        if connection.connection is not None:
            raise
        print(f"The database does not answer: {str(problem).strip()}", file=sys.stderr)
        return 2
    except ProgrammingError as problem:
        if not isinstance(problem.__cause__, UndefinedTable):
            raise
        print(
            "The database has no tables of an office yet: run `./manage.py migrate` first.", file=sys.stderr
        )
        return 2
    return 0


def _close_connections() -> None:
    """Let go of the database before the servers are asked to stop."""
    from django.db import connections

    connections.close_all()
