"""The demo city: made-up people, thirteen months of reads, twelve months billed and mostly paid by the real services."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Account, Alert, Cycle, Note, Route, TenderRestriction
from billing.models import Bill, BillMessage, BillRun
from billing.services import posting, rate_book, review, runs, workers
from billing.worker_processes import database_url
from core import policy
from core.models import Holiday, User
from core.periods import add_months
from core.users import get_user, system_user
from desk import services as desk
from desk.city import figures, made_up
from desk.city.statistics import analyze
from desk.city.usage_city import check_empty
from ledger import services as ledger
from ledger.services import payment_lists
from metering.models import ReadingException
from payments.models import Drawer
from serviceorders import services as serviceorders

Say = Callable[[str], None]
CYCLES = (("N", "North of the river"), ("S", "South of the river"))
ROUTES_A_CYCLE = 6
LOCKBOX = "1020"
PAYS_IN_FULL, PAYS_PART = 0.90, 0.94
PAYMENTS_AT_ONCE = 5000


class HistoryNotMade(Exception):
    """A process that bills and pays the past of a cycle ended badly."""


@dataclass(frozen=True)
class Demo:
    """What was made."""

    accounts: int
    readings: int
    bills: int
    payments: int
    first_month: dt.date
    last_month: dt.date


def months_until(last_month: dt.date, count: int) -> tuple[dt.date, ...]:
    """The first days of ``count`` months, the last one ``last_month``."""
    first = last_month.replace(day=1)
    return tuple(add_months(first, back) for back in range(1 - count, 1))


def build(*, accounts: int, months: int, seed: int, last_month: dt.date, say: Say) -> Demo:
    """Make the city; the last month is read and not billed. Raises ``DatabaseNotEmpty``."""
    check_empty()
    desk.make_demo_people()
    by = system_user()
    plan = made_up.Plan(accounts=accounts, months=months_until(last_month, months), seed=seed)
    say(f"Writing {accounts:,} accounts with {months} months of reads")
    with transaction.atomic():
        cycles = _office(plan, by)
        readings = made_up.write_city(plan, cycles=cycles, by=by)
    analyze()
    histories = [
        _History(
            runs=tuple(open_run(cycle, month, by).pk for month in plan.months[:-1]),
            seed=seed + 1 + position,
            keeps_statistics=position == 0,
        )
        for position, (cycle, _) in enumerate(cycles)
    ]
    bills, payments = _live_through(histories, say)
    with transaction.atomic():
        _color(plan, by)
    serviceorders.claim_credits(on_date=add_months(plan.months[-1], 1), by=by)
    analyze()
    _remember(plan)
    return Demo(accounts, readings, bills, payments, plan.months[0], plan.months[-1])


def _office(plan: made_up.Plan, by: User) -> list[tuple[Cycle, list[Route]]]:
    first, last = plan.months[0], plan.months[-1]
    for code, (service, unit, name, definition) in figures.RATES.items():
        rate_book.store_version(
            code=code,
            name=name,
            service=service,
            unit=unit,
            definition=definition,
            effective_from=first,
            source_name="demo city",
            source_sha256="",
            ordinance="Ordinance 2024-17 (made up)",
            by=by,
        )
    ledger.ensure_periods(from_date=first, to_date=add_months(last, 8), by=by)
    for parameter, value in (
        ("billing.office_name", figures.OFFICE_NAME),
        ("billing.office_lines", figures.OFFICE_LINES),
    ):
        policy.set_value(parameter=parameter, value=value, from_date=first, by=by, is_placeholder=True)
    for year in range(first.year, last.year + 2):
        for date, name in ((dt.date(year, 1, 1), "New Year"), (dt.date(year, 7, 4), "Independence Day")):
            Holiday.objects.get_or_create(calendar="OFFICE", date=date, defaults={"name": name})
    for code, name in (("D1", "Counter 1"), ("D2", "Counter 2"), ("D3", "Drive-through")):
        Drawer.objects.create(code=code, name=name)
    made = []
    for code, name in CYCLES:
        cycle = Cycle.objects.create(code=code, name=name)
        routes = [
            Route.objects.create(code=f"{code}{number:02d}", name=f"{name}, walk {number}", cycle=cycle)
            for number in range(1, ROUTES_A_CYCLE + 1)
        ]
        made.append((cycle, routes))
    return made


@dataclass(frozen=True)
class _History:
    """The runs of one cycle in the order of their months, and the seed of who pays when; one keeps the statistics."""

    runs: tuple[int, ...]
    seed: int
    keeps_statistics: bool


def open_run(cycle: Cycle, month: dt.date, by: User) -> BillRun:
    """The run of a month. All are opened before any is billed, so that their numbers do not depend on who is first."""
    end = add_months(month, 1)
    return runs.open_run(
        cycle=cycle,
        period_start=month,
        period_end=end,
        bill_date=end,
        due_date=runs.due_date_of(bill_date=end),
        by=by,
    )


def _live_through(histories: Sequence[_History], say: Say) -> tuple[int, int]:
    """Bill and pay each cycle's months in a process of its own; gives the counts of bills and payments.

    Processes of their own, not forks: a fork of a process with threads may never come back.
    """
    environment = {**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL}
    command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "live_demo_history"]
    children = [
        subprocess.Popen(
            [*command, json.dumps(asdict(history))], stdout=subprocess.PIPE, text=True, env=environment
        )
        for history in histories
    ]
    bills = payments = 0
    for child in children:
        output, _ = child.communicate()
        if child.returncode != 0:
            raise HistoryNotMade("A cycle's history could not be made; the message stands above. Start over.")
        made, paid = json.loads(output)
        bills += made
        payments += paid
        say(f"One cycle is billed and paid: {made:,} bills, {paid:,} payments")
    return bills, payments


def live_cycle(*, runs: Sequence[int], seed: int, keeps_statistics: bool) -> tuple[int, int]:
    """Bill and pay the months of one cycle, in the order of its runs; gives the counts of bills and payments."""
    by, chance = system_user(), random.Random(seed)  # noqa: S311 - who pays when in a made-up city
    bills = payments = 0
    with _relaxed_commits():
        for number, run_id in enumerate(runs):
            run = _bill(BillRun.objects.get(pk=run_id), by)
            if keeps_statistics and number in (0, 2):
                analyze()
            bills += Bill.objects.filter(run=run, status=Bill.Status.POSTED).count()
            payments += _pay(run, chance, by)
    return bills, payments


def _bill(run: BillRun, by: User) -> BillRun:
    """One run from open to posted through the services that workers use."""
    supervisor = get_user("supervisor") or by
    runs.start_calculation(run=run, by=by)
    workers.calculate(run_id=run.pk, worker="demo", by=by)
    run.refresh_from_db()
    run = review.approve_run(run=run, figures_hash=run.figures_hash, by=supervisor)
    posting.start_posting(run=run, by=by)
    workers.post(run_id=run.pk, worker="demo", by=by)
    run.refresh_from_db()
    return run


def _pay(run: BillRun, chance: random.Random, by: User) -> int:
    """Most pay what is due, some pay part or nothing; what they left comes with a later bill."""
    bills = list(
        Bill.objects.filter(run=run, status=Bill.Status.POSTED)
        .order_by("number")
        .values_list("account_id", "number", "bill_date", "due_date", "due_amount")
    )
    payments = []
    for account_id, number, bill_date, due_date, due_amount in bills:
        amount, luck = due_amount or Decimal(0), chance.random()
        day = bill_date + dt.timedelta(days=chance.randrange(3, (due_date - bill_date).days + 5))
        while day.weekday() > 4:
            day += dt.timedelta(days=1)
        if luck > PAYS_PART or amount <= 0:
            continue
        paid = (amount / 2).quantize(Decimal(1)) or amount if luck > PAYS_IN_FULL else amount
        payments.append(payment_lists.ListedPayment(account_id, paid, day, day, f"L{number}"))
    for start in range(0, len(payments), PAYMENTS_AT_ONCE):
        with transaction.atomic():
            payment_lists.receive_list(
                name=f"lockbox {run.number}",
                payments=payments[start : start + PAYMENTS_AT_ONCE],
                debit_code=LOCKBOX,
                by=by,
            )
    return len(payments)


def _color(plan: made_up.Plan, by: User) -> None:
    """What makes an office real: notes, warnings, a customer who may not pay by check, reads that look wrong."""
    first, last = plan.months[0], plan.months[-1]
    BillMessage.objects.create(
        text="Leaf collection starts next month. Rake to the curb, not into the street.", from_date=last
    )
    accounts = list(Account.objects.order_by("number")[: min(plan.accounts, 400)])
    for position, account in enumerate(accounts):
        if position % 37 == 3:
            Alert.objects.create(
                account=account, kind="DOG", text="Dog in the back yard", from_date=first, created_by=by
            )
        if position % 61 == 7:
            Alert.objects.create(
                account=account,
                kind="MEDICAL",
                text="Oxygen at home, certificate on file",
                source="Letter of the physician",
                from_date=last,
                to_date=add_months(last, 6),
                created_by=by,
            )
        if position % 83 == 11:
            TenderRestriction.objects.create(
                account=account,
                kind="NO_CHECKS",
                reason="2 returned checks",
                from_date=last,
                to_date=add_months(last, 12),
            )
        if position % 29 == 5:
            Note.objects.create(account=account, text="Asked about the last bill by phone.", written_by=by)
    _doubtful_reads(accounts, plan)


# The last reads that are furthest above what their meter used to show, and the water agreement that each is billed by.
_HIGHEST_READS = """
WITH reads AS (
    SELECT r.id, r.register_id, r.read_date, r.value - lag(r.value) OVER meter AS used,
           (lag(r.value) OVER meter - first_value(r.value) OVER meter)::numeric
               / greatest(row_number() OVER meter - 2, 1) AS usual
    FROM metering_reading r WINDOW meter AS (PARTITION BY r.register_id ORDER BY r.read_at, r.id)
)
SELECT n.id, n.register_id, a.id
FROM reads n
JOIN metering_usagesource u ON u.register_id = n.register_id
JOIN accounts_servicepoint p ON p.id = u.service_point_id AND p.service = 'WATER'
JOIN accounts_serviceagreement a ON a.service_point_id = p.id AND a.status = 'ACTIVE'
WHERE n.read_date = %s AND n.usual > 0
ORDER BY n.used / n.usual DESC NULLS LAST, n.id
LIMIT %s
"""


def _doubtful_reads(accounts: Sequence[Account], plan: made_up.Plan) -> None:
    """A few of the last reads are held: they look too high, and a person must look before they are billed."""
    end = add_months(plan.months[-1], 1)
    with connection.cursor() as cursor:
        cursor.execute(_HIGHEST_READS, [end, min(12, len(accounts) // 31 + 1)])
        found = cursor.fetchall()
    for reading_id, register_id, agreement_id in found:
        ReadingException.objects.create(
            register_id=register_id,
            reading_id=reading_id,
            agreement_id=agreement_id,
            on_date=end,
            code="HIGH",
            severity="SEVERE",
            text="Far above what this meter usually shows. Look at the read before it is billed.",
        )


@contextmanager
def _relaxed_commits() -> Iterator[None]:
    """History of a made-up city need not survive a crash of the machine while it is written: start again then."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")


def _remember(plan: made_up.Plan) -> None:
    """Leave a note for the front door: which month is to be billed."""
    path = Path(settings.OFFICE_VAR) / "demo.json"
    path.write_text(json.dumps({"last_period": f"{plan.months[-1]:%Y-%m}"}) + "\n", encoding="utf-8")
