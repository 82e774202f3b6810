"""The office that the benchmarks run in: embedded servers of its own, databases that are made and dropped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from billing_office import embedded

FOLDER = "var/bench"
ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")


class CommandFailed(Exception):
    """A command of the office ended badly; its last words are in the message."""


@contextmanager
def servers() -> Iterator[embedded.Lease]:
    """Servers that write to disk as an office's do; gone with all their data at the end."""
    for name in ADDRESSES:
        os.environ.pop(name, None)
    os.environ["OFFICE_VAR"] = FOLDER
    var = embedded.office_var()
    lease = embedded.Lease(var=var)
    try:
        yield lease
    finally:
        lease.release()
        shutil.rmtree(Path(lease.record.home), ignore_errors=True)
        shutil.rmtree(var, ignore_errors=True)


@contextmanager
def database(lease: embedded.Lease, name: str) -> Iterator[dict[str, str]]:
    """An office's database with every table; gives the environment of those who work on it."""
    with _superuser(lease) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template1 OWNER {}").format(
                sql.Identifier(name), sql.Identifier(embedded.OWNER)
            )
        )
    environment = {
        "DATABASE_URL": lease.record.postgres_url(role=embedded.APPLICATION, database=name),
        "DATABASE_OWNER_URL": lease.record.postgres_url(role=embedded.OWNER, database=name),
        "REDIS_URL": lease.record.redis_url,
    }
    try:
        manage("migrate", "--verbosity", "0", environment=environment)
        yield environment
    finally:
        with _superuser(lease) as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


def manage(*arguments: str, environment: Mapping[str, str]) -> str:
    """Run a command of the office; gives what it prints. Raises CommandFailed."""
    return run([sys.executable, "manage.py", *arguments], environment=environment)


def run(command: list[str], *, environment: Mapping[str, str], may_miss: bool = False) -> str:
    """Run a program in the project's folder; gives what it prints. Raises CommandFailed.

    With ``may_miss`` exit code 1 is an answer too: done, and a goal is missed.
    """
    done = subprocess.run(
        command,
        cwd=embedded.ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0 or (may_miss and done.returncode == 1 and done.stdout.strip()):
        return done.stdout
    words = " ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-3:])
    raise CommandFailed(f"{' '.join(command[1:4])} ended with {done.returncode}: {words[-400:]}")


def server_version(lease: embedded.Lease) -> str:
    """The version of PostgreSQL."""
    with _superuser(lease) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else ""


@contextmanager
def _superuser(lease: embedded.Lease) -> Iterator[psycopg.Connection]:
    url = lease.record.postgres_url(role=embedded.SUPERUSER, database="postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection
