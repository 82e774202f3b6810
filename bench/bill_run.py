"""A whole bill run against its floor: `python -m bench.bill_run [--accounts N]`.

The run opens, calculates and posts N accounts with two services in one process. The floor is what the database alone
needs for the same rows: every row that the run left is copied, in the same chunks, into a database that was cloned just
before the run, so that it has the same indexes, foreign keys and triggers, and none of the rows.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from billing_office import embedded

CHUNK = 1000
GOAL = 4.0
ROOT = Path(__file__).resolve().parent.parent

RATE = {
    "format": 1,
    "unit": "ccf",
    "components": [
        {
            "kind": "fixed",
            "code": "base",
            "label": "Base charge",
            "by": "meter_size",
            "values": {'5/8"': "14.20"},
        },
        {
            "kind": "tiered",
            "code": "use",
            "label": "Use",
            "blocks": [{"to": "8", "price": "2.10"}, {"to": "20", "price": "3.05"}, {"price": "4.80"}],
        },
    ],
}

# Each row's own columns; what a default or a trigger fills in is left to it, in the run as in the floor.
FLOOR_TABLES: dict[str, str] = {
    "billing_billline": "SELECT line.* FROM billing_billline line JOIN billing_billsegment s ON s.id = line.segment_id"
    " JOIN billing_bill b ON b.id = s.bill_id WHERE b.number BETWEEN {first} AND {last}",
    "billing_billsegment": "SELECT s.* FROM billing_billsegment s JOIN billing_bill b ON b.id = s.bill_id"
    " WHERE b.number BETWEEN {first} AND {last}",
    "ledger_journalentry": "SELECT e.* FROM ledger_journalentry e JOIN billing_bill b ON b.entry_id = e.id"
    " WHERE b.number BETWEEN {first} AND {last}",
    "ledger_charge": "SELECT c.* FROM ledger_charge c JOIN billing_bill b ON b.entry_id = c.entry_id"
    " WHERE b.number BETWEEN {first} AND {last}",
    "ledger_posting": "SELECT p.* FROM ledger_posting p JOIN billing_bill b ON b.entry_id = p.entry_id"
    " WHERE b.number BETWEEN {first} AND {last}",
    "billing_segmentcharge": "SELECT m.* FROM billing_segmentcharge m JOIN billing_billsegment s ON s.id = m.segment_id"
    " JOIN billing_bill b ON b.id = s.bill_id WHERE b.number BETWEEN {first} AND {last}",
    "billing_bill": "SELECT b.* FROM billing_bill b WHERE b.number BETWEEN {first} AND {last}",
    "billing_billrunitem": "SELECT i.* FROM billing_billrunitem i WHERE i.ordinal BETWEEN {low} AND {high}",
    "core_auditevent": "SELECT a.* FROM core_auditevent a WHERE a.id > {after} AND a.id <= {until}",
}
LEFT_OUT = {"created_xid", "recorded_at"}
MADE_BY_TRIGGERS = ("ledger_openitem", "ledger_dailytotal")


@dataclass
class Figures:
    """What was measured."""

    accounts: int
    bills: int = 0
    run_seconds: float = 0.0
    calculate_seconds: float = 0.0
    post_seconds: float = 0.0
    floor_seconds: float = 0.0
    run_cpu_seconds: float = 0.0
    floor_cpu_seconds: float = 0.0
    rows: int = 0
    chunk_queries: list[int] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """The figures as they are reported."""
        return {
            "accounts": self.accounts,
            "bills": self.bills,
            "rows": self.rows,
            "bills_per_second": round(self.bills / self.run_seconds),
            "run_seconds": round(self.run_seconds, 2),
            "calculate_seconds": round(self.calculate_seconds, 2),
            "post_seconds": round(self.post_seconds, 2),
            "floor_seconds": round(self.floor_seconds, 2),
            "ratio": round(self.run_seconds / self.floor_seconds, 2),
            "processor_ratio": round(self.run_cpu_seconds / self.floor_cpu_seconds, 2),
            "goal": GOAL,
            "queries_a_chunk": max(self.chunk_queries, default=0),
            "memory_mb_first_chunk": round(self.memory_mb[0], 1),
            "memory_mb_last_chunk": round(self.memory_mb[-1], 1),
        }


def main() -> int:
    """Measure and print; exit 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=int(os.environ.get("BENCH_ACCOUNTS", "20000")))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(accounts=options.accounts).as_data()
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):<24} {value}")
    return 0 if found["ratio"] <= GOAL else 1


def measure(*, accounts: int) -> Figures:
    """Run the benchmark in databases of its own and give its figures."""
    os.environ.setdefault("OFFICE_VAR", "var/bench")
    with embedded.Lease(var=embedded.office_var()) as lease, _databases(lease) as (name, floor_name):
        os.environ["DATABASE_URL"] = lease.record.postgres_url(role=embedded.APPLICATION, database=name)
        os.environ["DATABASE_OWNER_URL"] = lease.record.postgres_url(role=embedded.OWNER, database=name)
        os.environ["REDIS_URL"] = lease.record.redis_url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0, interactive=False)
        cycle, maker, approver = _load_city(accounts)
        connections.close_all()
        _superuser(lease, sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
            sql.Identifier(floor_name), sql.Identifier(name), sql.Identifier(embedded.OWNER)
        ))  # fmt: skip
        figures = Figures(accounts)
        _run(figures, cycle, maker, approver)
        source = lease.record.postgres_url(role=embedded.APPLICATION, database=name)
        target = lease.record.postgres_url(role=embedded.APPLICATION, database=floor_name)
        _floor(figures, source, target)
        connections.close_all()
    return figures


def _run(figures: Figures, cycle: Any, maker: Any, approver: Any) -> None:
    import datetime as dt

    from django.db import connection

    from billing.services import posting, review, runs, workers

    connection.ensure_connection()
    server = connection.connection.info.backend_pid
    started, cpu = time.monotonic(), _cpu_seconds(server)
    run = runs.open_run(
        cycle=cycle,
        period_start=dt.date(2015, 1, 1),
        period_end=dt.date(2015, 2, 1),
        bill_date=dt.date(2015, 2, 1),
        due_date=dt.date(2015, 2, 23),
        by=maker,
    )
    runs.start_calculation(run=run, by=maker)
    with _counted(figures) as on_chunk:
        workers.calculate(run_id=run.pk, worker="bench", by=maker, size=CHUNK, on_chunk=on_chunk)
    run.refresh_from_db()
    calculated = time.monotonic()
    run = review.approve_run(run=run, figures_hash=run.figures_hash, by=approver)
    posting.start_posting(run=run, by=approver)
    with _counted(figures) as on_chunk:
        figures.bills = workers.post(run_id=run.pk, worker="bench", by=maker, size=CHUNK, on_chunk=on_chunk)
    done = time.monotonic()
    figures.calculate_seconds, figures.post_seconds = calculated - started, done - calculated
    figures.run_seconds = done - started
    figures.run_cpu_seconds = _cpu_seconds(server) - cpu


def _cpu_seconds(server: int) -> float:
    """Processor time of this process and of the server's process that works for it: what others do does not count."""
    fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _counted(figures: Figures) -> Iterator[Callable[[int], None]]:
    """Count the statements of each chunk, and look at the memory after it."""
    from django.db import connection

    count = 0

    def wrapper(execute: Any, statement: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal count
        count += 1
        return execute(statement, params, many, context)

    def on_chunk(_: int) -> None:
        nonlocal count
        figures.chunk_queries.append(count)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        figures.memory_mb.append(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
        count = 0

    with connection.execute_wrapper(wrapper):
        yield on_chunk


def _floor(figures: Figures, source: str, target: str) -> None:
    """Copy the run's rows into the clone, a chunk a transaction; only the copying in is timed."""
    with psycopg.connect(source) as rows, psycopg.connect(target) as clone:
        columns = {
            table: _columns(rows, table) for table in (*FLOOR_TABLES, "billing_billrun", "ledger_period")
        }
        run_number = rows.execute("SELECT number FROM billing_billrun").fetchone()[0]
        for table in ("billing_billrun", "ledger_period"):
            data = _copied_out(rows, f"SELECT {columns[table]} FROM {table}")
            # Rows that the clone has already stay: neither runs nor periods are ever taken away.
            names = sql.SQL(columns[table])
            clone.execute(
                sql.SQL("CREATE TEMP TABLE arriving (LIKE {}) ON COMMIT DROP").format(sql.Identifier(table))
            )
            _copy_in(clone, "arriving", columns[table], data)
            clone.execute(
                sql.SQL("INSERT INTO {} ({}) SELECT {} FROM arriving ON CONFLICT DO NOTHING").format(
                    sql.Identifier(table), names, names
                )
            )
            clone.execute("DROP TABLE arriving")
        clone.commit()
        first_event, events = _last_event(clone), _last_event(rows) - _last_event(clone)
        for low in range(1, figures.accounts + 1, CHUNK):
            high = min(low + CHUNK - 1, figures.accounts)
            window = {
                "first": f"'{run_number}-{low:06d}'", "last": f"'{run_number}-{high:06d}'", "low": low, "high": high,
                # The diary is not kept by account: each chunk gets its share.
                "after": first_event + events * (low - 1) // figures.accounts,
                "until": first_event + events * high // figures.accounts,
            }  # fmt: skip
            chunk = {
                table: _copied_out(
                    rows, f"SELECT {columns[table]} FROM ({query.format(**window)}) x ORDER BY id"
                )
                for table, query in FLOOR_TABLES.items()
            }
            started, cpu = time.monotonic(), _cpu_seconds(clone.info.backend_pid)
            for table, data in chunk.items():
                _copy_in(clone, table, columns[table], data)
            clone.commit()
            figures.floor_seconds += time.monotonic() - started
            figures.floor_cpu_seconds += _cpu_seconds(clone.info.backend_pid) - cpu
            figures.rows += sum(data.count(b"\n") for data in chunk.values())
        for table in (*FLOOR_TABLES, *MADE_BY_TRIGGERS[:1]):
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            left, copied = rows.execute(count).fetchone(), clone.execute(count).fetchone()
            assert left == copied, f"{table}: the run left {left}, the floor has {copied}"


def _last_event(connection: psycopg.Connection) -> int:
    return connection.execute("SELECT coalesce(max(id), 0) FROM core_auditevent").fetchone()[0]


def _columns(connection: psycopg.Connection, table: str) -> str:
    found = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        [table],
    ).fetchall()
    return ", ".join(row[0] for row in found if row[0] not in LEFT_OUT)


def _copied_out(connection: psycopg.Connection, query: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
        return b"".join(bytes(part) for part in copy)


def _copy_in(connection: psycopg.Connection, table: str, columns: str, data: bytes) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        copy.write(data)


@contextmanager
def _databases(lease: embedded.Lease) -> Iterator[tuple[str, str]]:
    name = f"bench_{os.getpid()}"
    floor_name = f"{name}_floor"
    _superuser(lease, sql.SQL("CREATE DATABASE {} TEMPLATE template1 OWNER {}").format(
        sql.Identifier(name), sql.Identifier(embedded.OWNER)
    ))  # fmt: skip
    try:
        yield name, floor_name
    finally:
        for each in (floor_name, name):
            _superuser(lease, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(each)))


def _superuser(lease: embedded.Lease, statement: sql.Composed) -> None:
    url = lease.record.postgres_url(role=embedded.SUPERUSER, database="postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _load_city(accounts: int) -> tuple[Any, Any, Any]:
    """A city of so many accounts, each with a water meter that sewer bills by too."""
    from django.db import connection, transaction

    from accounts.models import Cycle
    from billing.models import RateSchedule, RateVersion
    from core.models import User

    with transaction.atomic(), connection.cursor() as cursor:
        maker = User.objects.create_superuser("maker", password="nobody logs in")
        approver = User.objects.create_superuser("approver", password="nobody logs in")
        cycle = Cycle.objects.create(code="B1", name="Bench")
        for code, service in (("W", "WATER"), ("S", "SEWER")):
            schedule = RateSchedule.objects.create(code=code, name=code, service=service, unit="ccf")
            RateVersion.objects.create(
                schedule=schedule,
                effective_from="2010-01-01",
                status="APPROVED",
                definition=RATE,
                entered_by=maker,
            )
        for statement in _CITY:
            cursor.execute(statement, {"n": accounts, "cycle": cycle.pk, "maker": maker.pk})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    owner_url = os.environ["DATABASE_OWNER_URL"]
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("ANALYZE")
    return cycle, maker, approver


_CITY = (
    (
        "INSERT INTO accounts_account (number, kind, cycle_id, opened_date)"
        " SELECT lpad(n::text, 11, '0'), 'REGULAR', %(cycle)s, '2015-01-01' FROM generate_series(1, %(n)s) n"
    ),
    (
        "INSERT INTO accounts_accountclass (account_id, purpose, value, from_date)"
        " SELECT id, 'CUSTOMER', 'RESIDENTIAL', '2015-01-01' FROM accounts_account"
    ),
    (
        "INSERT INTO accounts_premise (house_number, street_prefix, street_name, street_type, street_suffix, unit, city,"
        " state, postal_code, parcel_number, location_note)"
        " SELECT n::text, '', 'Elm', 'St', '', '', 'Oakford', 'TX', '75000', '', '' FROM generate_series(1, %(n)s) n"
    ),
    (
        "INSERT INTO accounts_servicepoint (premise_id, service, number)"
        " SELECT id, service, 1 FROM accounts_premise, unnest(ARRAY['WATER', 'SEWER']) service"
    ),
    (
        "INSERT INTO accounts_serviceagreement (account_id, service_point_id, service, rate_code, status, from_date)"
        " SELECT account.id, point.id, point.service, left(point.service, 1), 'ACTIVE', '2015-01-01'"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM accounts_account) account"
        " JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM accounts_premise) premise USING (n)"
        " JOIN accounts_servicepoint point ON point.premise_id = premise.id"
    ),
    (
        "INSERT INTO metering_meter (serial_number, size, make, status)"
        " SELECT 'M' || n, '5/8\"', '', 'INSTALLED' FROM generate_series(1, %(n)s) n"
    ),
    (
        "INSERT INTO metering_register (meter_id, position, dial_count, multiplier, unit)"
        " SELECT id, 1, 6, 1, 'CCF' FROM metering_meter"
    ),
    (
        "INSERT INTO metering_usagesource (service_point_id, register_id, sign, share, from_date)"
        " SELECT point.id, register.id, 1, 1, '2015-01-01'"
        " FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM metering_register) register"
        " JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM accounts_premise) premise USING (n)"
        " JOIN accounts_servicepoint point ON point.premise_id = premise.id"
    ),
    (
        "INSERT INTO metering_reading (register_id, read_at, read_date, dials, value, kind, source, reader,"
        " recorded_by_id)"
        " SELECT id, '2015-01-01 12:00+00', '2015-01-01', '1000', 1000, 'ACTUAL', 'BENCH', '', %(maker)s"
        " FROM metering_register"
    ),
    (
        "INSERT INTO metering_reading (register_id, read_at, read_date, dials, value, kind, source, reader,"
        " recorded_by_id)"
        " SELECT id, '2015-01-30 12:00+00', '2015-01-30', (1000 + id %% 37)::text, 1000 + id %% 37, 'ACTUAL', 'BENCH',"
        " '', %(maker)s FROM metering_register"
    ),
)

if __name__ == "__main__":
    raise SystemExit(main())
