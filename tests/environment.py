"""The tests' own office: a folder, servers and databases that nothing else uses, also beside a running one.

prepare() is called before Django reads its settings; the servers start when a test first asks for a database.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from billing_office import embedded

ROOT = Path(__file__).resolve().parent.parent
CLONE_PREFIX = "test_"
TEMPLATE_PREFIX = "template_"


def prepare() -> None:
    """Point the settings at the tests' office, whatever the shell has set."""
    os.environ["OFFICE_VAR"] = os.environ.get("TEST_OFFICE_VAR", "var/test")
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "OFFICE_HTTPS", "OFFICE_HASHED_STATIC"):
        os.environ.pop(name, None)
    os.environ["OFFICE_SECRET_KEY"] = "known-to-everybody-and-good-for-nothing-but-the-tests"
    os.environ["OFFICE_DEBUG"] = "0"
    os.environ["OFFICE_TIME_ZONE"] = "America/Chicago"
    os.environ["OFFICE_ALLOWED_HOSTS"] = "localhost,127.0.0.1,testserver"
    os.environ.pop("OFFICE_BROKER_PREFIX", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "billing_office.settings"
    import hypothesis
    from django.conf import settings

    # The same made-up cases every time; `make soak` looks for new ones.
    hypothesis.settings.register_profile("fixed", derandomize=True, deadline=None)
    hypothesis.settings.load_profile("fixed")
    # A test that makes a user should not wait for a slow hash.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class Databases:
    """Makes and drops the tests' databases: one template with every migration applied, and clones of it."""

    def __init__(self, lease: embedded.Lease) -> None:
        self.lease = lease
        self.record = lease.record
        self.template = f"{TEMPLATE_PREFIX}{_schema_digest()}"
        # Held as long as this process clones it, so that a run of other files does not take it away.
        self._in_use = (lease.var / f"{self.template}.lock").open("w")
        fcntl.flock(self._in_use, fcntl.LOCK_SH)

    def url(self, *, role: str, database: str) -> str:
        return self.record.postgres_url(role=role, database=database)

    @contextmanager
    def _superuser(self) -> Iterator[psycopg.Connection]:
        url = self.url(role=embedded.SUPERUSER, database="postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection

    def names(self, prefix: str) -> list[str]:
        with self._superuser() as connection:
            rows = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
            )
            return [row[0] for row in rows]

    def create(self, name: str, *, template: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
            sql.Identifier(name), sql.Identifier(template), sql.Identifier(embedded.OWNER)
        )
        # One at a time: the server refuses a copy of what another is just copying.
        with self.alone("clone"), self._superuser() as connection:
            connection.execute(statement)

    def drop(self, name: str) -> None:
        with self._superuser() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def rename(self, old: str, new: str) -> None:
        with self._superuser() as connection:
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
            )

    def clone(self) -> str:
        """Make a fresh copy of the template, named after this process so that leftovers can be told."""
        name = f"{CLONE_PREFIX}{os.getpid()}_{secrets.token_hex(4)}"
        self.create(name, template=self.template)
        return name

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Hold what only one test process may do at a time."""
        with (self.lease.var / f"{what}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def drop_unused_templates(self) -> None:
        """Drop the templates of older files that no test process clones."""
        for name in self.names(TEMPLATE_PREFIX):
            path = self.lease.var / f"{name}.lock"
            with path.open("w") as lock, contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.drop(name)
                path.unlink()

    def drop_leftovers(self) -> None:
        """Drop the clones of test processes that were killed."""
        for name in self.names(CLONE_PREFIX):
            pid = name.removeprefix(CLONE_PREFIX).split("_")[0]
            if not Path(f"/proc/{pid}").exists():
                self.drop(name)


def _schema_digest() -> str:
    """Return a name for the schema as the files have it: when they change, a new template is made."""
    digest = hashlib.sha256()
    files = [ROOT / "billing_office" / "grants.py", ROOT / "requirements" / "base.txt"]
    for app in sorted(path.parent for path in ROOT.glob("*/apps.py")):
        files += sorted((app / "migrations").rglob("*.py")) + sorted((app / "migrations").rglob("*.sql"))
        # The rights of the application's role stand in the models.
        files += sorted(app.glob("models.py")) + sorted(app.glob("models/*.py"))
    for file in files:
        digest.update(str(file.relative_to(ROOT)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
