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
    if command in WITHOUT_SERVERS or "--help" in argv or "-h" in argv or not embedded.needed():
        execute_from_command_line(argv)
        return 0
    try:
        lease = embedded.Lease(var=embedded.office_var())
    except embedded.ServersDidNotStart as problem:
        print(problem, file=sys.stderr)
        return 2
    with lease:
        lease.export()
        try:
            execute_from_command_line(argv)
        finally:
            _close_connections()
    return 0


def _close_connections() -> None:
    """Let go of the database before the servers are asked to stop."""
    from django.db import connections

    connections.close_all()
