"""The long trial: `make soak [MINUTES=30]`, or `python -m bench.soak --minutes 30`.

On an office of its own it bills a cycle again and again while workers are killed at random moments and two cashiers
take money, sending some forms twice; each round ends with the proof of the books and a reversal of the run. What it
found is written to docs/soak.md. Exit 1: something was missing, double or out of balance.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bench import machine, offices
from billing_office import embedded

PAGE = Path(__file__).resolve().parent.parent / "docs" / "soak.md"
MOST_KILLS_A_STAGE = 5
CASHIERS = 2
SENT_TWICE = 0.1


@dataclass
class Tally:
    """What was done and what was wrong."""

    runs: int = 0
    bills: int = 0
    kills: int = 0
    payments: int = 0
    repeats: int = 0
    proofs: int = 0
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Fill an office, then try it for as long as was asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--accounts", type=int, default=4000)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        return trial(minutes=options.minutes)
    with offices.servers() as lease, offices.database(lease, "soak") as environment:
        offices.manage("demo", "--accounts", str(options.accounts), "--months", "2", environment=environment)
        command = [sys.executable, "-m", "bench.soak", "--child", "--minutes", str(options.minutes)]
        done = subprocess.run(command, cwd=embedded.ROOT, env={**os.environ, **environment}, check=False)
    return done.returncode


def trial(*, minutes: float) -> int:
    """Rounds until the time is over; writes the page and gives the exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "billing_office.settings")
    import django

    django.setup()
    from accounts.models import Cycle
    from core import proofs
    from core.users import get_user, system_user
    from desk.city.demo_city import open_run as open_run_of

    tally, over = Tally(), threading.Event()
    ends = time.monotonic() + minutes * 60
    cashiers = [
        threading.Thread(target=take_money, args=(place, tally, over), daemon=True)
        for place in range(CASHIERS)
    ]
    for cashier in cashiers:
        cashier.start()
    system, supervisor = system_user(), get_user("supervisor")
    chance = random.Random(7)
    while time.monotonic() < ends or not tally.runs:
        for cycle in Cycle.objects.order_by("code"):
            one_round(
                cycle=cycle,
                tally=tally,
                chance=chance,
                open_run_of=open_run_of,
                system=system,
                supervisor=supervisor,
            )
        for result in proofs.run_all():
            tally.proofs += 1
            # Payments go on meanwhile; a credit is looked at within five minutes, and that proof allows for it.
            tally.wrong += [f"{result.name}: {example}" for example in result.examples]
        print(
            f"{tally.runs} runs, {tally.kills} kills, {tally.payments} payments, {len(tally.wrong)} wrong",
            flush=True,
        )
    over.set()
    for cashier in cashiers:
        cashier.join(timeout=30)
    write_page(tally, minutes)
    return 1 if tally.wrong else 0


def one_round(*, cycle, tally: Tally, chance: random.Random, open_run_of, system, supervisor) -> None:
    """One run of a cycle from open to posted with workers killed on the way, counted, and reversed."""
    from billing.models import Bill, BillRun, BillRunItem
    from billing.services import posting, reversal, review, runs
    from core import clock

    last = BillRun.objects.filter(cycle=cycle).order_by("-period_start", "-pk").first()
    month = last.period_end if last.state != "REVERSED" else last.period_start
    run = open_run_of(cycle, month, system)
    runs.start_calculation(run=run, by=system)
    work(run, "calculate", tally, chance)
    _, figures_hash = review.fingerprint(run_id=run.pk)
    review.approve_run(run=BillRun.objects.get(pk=run.pk), figures_hash=figures_hash, by=supervisor)
    posting.start_posting(run=run, by=system)
    work(run, "post", tally, chance)
    items = BillRunItem.objects.filter(run=run)
    bills = Bill.objects.filter(run=run, status=Bill.Status.POSTED)
    waiting = items.filter(state__in=["PENDING", "CALCULATED", "ERROR"]).count()
    billed = items.filter(state="POSTED").count()
    if waiting or bills.count() != billed or bills.values("account").distinct().count() != billed:
        tally.wrong.append(
            f"run {run.number}: {waiting} items wait, {billed} posted items, {bills.count()} bills"
        )
    tally.runs += 1
    tally.bills += billed
    today = clock.today()
    reversal.reverse_run(
        run=BillRun.objects.get(pk=run.pk),
        reason="long trial",
        effective_date=today,
        posting_date=today,
        by=supervisor,
    )


def work(run, stage: str, tally: Tally, chance: random.Random) -> None:
    """Two workers do a stage while one of them is killed now and then."""
    from billing.models import BillRun
    from billing.worker_processes import WorkerProcesses

    done = {"calculate": {"REVIEW"}, "post": {"POSTED"}}[stage]
    over = threading.Event()
    with WorkerProcesses(2) as processes:

        def kill_now_and_then() -> None:
            for _ in range(MOST_KILLS_A_STAGE):
                if over.wait(chance.uniform(0.3, 2.5)):
                    return
                with suppress(ProcessLookupError, IndexError):
                    os.kill(chance.choice(processes.processes).pid, signal.SIGKILL)
                    tally.kills += 1

        killer = threading.Thread(target=kill_now_and_then, daemon=True)
        killer.start()
        processes.work(
            f"{stage} {run.pk}",
            is_done=lambda: BillRun.objects.get(pk=run.pk).state in done,
            watch=lambda: None,
        )
        over.set()
        killer.join()
    state = BillRun.objects.get(pk=run.pk).state
    if state not in done:
        tally.wrong.append(f"run {run.number} is {state} after its workers went")


def take_money(place: int, tally: Tally, over: threading.Event) -> None:
    """A cashier at a drawer of their own: random accounts, random amounts, some forms sent twice."""
    from django.db import connection

    from accounts.models import Account
    from core import clock
    from core.models import User
    from payments.models import Drawer, Receipt
    from payments.services import drawers, receipting
    from payments.tendering import TenderInput

    chance = random.Random(100 + place)
    user, _ = User.objects.get_or_create(username=f"cashier-{place}", defaults={"is_superuser": True})
    drawer, _ = Drawer.objects.get_or_create(code=f"S{place}", defaults={"name": f"Trial {place}"})
    session = drawers.open_session(
        drawer=drawer, float_amount=Decimal("100.00"), business_date=clock.today(), by=user
    )
    numbers = list(Account.objects.order_by("pk").values_list("number", flat=True))
    taken = 0
    while not over.is_set():
        amount = Decimal(chance.randrange(100, 20_000)) / 100
        given = {
            "session": session,
            "lines": [receipting.PaymentLine(amount=amount, account_number=chance.choice(numbers))],
            "tenders": [TenderInput(kind="CASH", tendered_amount=amount)],
            "payor": "Long trial",
            "effective_date": session.business_date,
            "posting_date": session.business_date,
            "idempotency_key": str(uuid.uuid4()),
            "by": user,
        }
        first = receipting.post_payment(**given)
        taken += 1
        tally.payments += 1
        if chance.random() < SENT_TWICE:
            tally.repeats += 1
            if receipting.post_payment(**given).pk != first.pk:
                tally.wrong.append(f"receipt {first.number} of {drawer.code} was made twice")
        time.sleep(0.2)
    count = Receipt.objects.filter(drawer=drawer).count()
    if count != taken:
        tally.wrong.append(f"{count} receipts in drawer {drawer.code} for {taken} payments")
    connection.close()


def write_page(tally: Tally, minutes: float) -> None:
    """Keep the last result."""
    lines = [
        "# The long trial",
        "",
        (
            f"Written by `make soak MINUTES={minutes:g}` on {dt.datetime.now(dt.UTC):%Y-%m-%d},"
            f" {machine.facts(postgresql='')['Processor']}."
        ),
        "",
        "| what | count |",
        "|---|---|",
        f"| runs billed, posted, proved and reversed | {tally.runs} |",
        f"| bills posted in them | {tally.bills:,} |",
        f"| workers killed (-9) at random moments | {tally.kills} |",
        f"| payments taken meanwhile | {tally.payments:,} |",
        f"| forms sent twice | {tally.repeats} |",
        f"| proofs run | {tally.proofs} |",
        f"| missing, double or out of balance | {len(tally.wrong)} |",
        "",
        *[f"- {each}" for each in tally.wrong[:20]],
    ]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
