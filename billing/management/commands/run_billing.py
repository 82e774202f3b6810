"""``manage.py run_billing``: bill runs of calendar months, from open to posted."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Cycle
from billing import run_driver
from billing.models import BillRun
from billing.queries import figures
from billing.services import posting, printing, review, runs
from billing.worker_processes import WorkerProcesses, WorkersDied
from core import periods, permissions
from core.models import User
from core.money import ZERO, to_cents
from core.users import get_user, system_user
from ledger import services as ledger

FINISHED = (BillRun.State.POSTED, BillRun.State.PRINTING, BillRun.State.DONE)
REFUSALS = (
    run_driver.RunPaused,
    WorkersDied,
    permissions.PermissionRefused,
    posting.RunNotApproved,
    review.ApproverIsMaker,
    review.DraftsOutdated,
    review.FiguresChanged,
    review.RunHasErrors,
    review.RunNotInReview,
    runs.RunAlreadyStarted,
    ledger.ChargeBatchPostedBefore,
    ledger.ChargeBatchRefused,
    ledger.PeriodNotOpen,
)


@dataclass
class Outcome:
    """What became of one cycle's month."""

    period: str
    cycle: str
    run: BillRun | None = None
    posted_before: BillRun | None = None
    seconds: Decimal = ZERO
    note: str = ""
    refusal: str = ""
    printed_to: Path | None = None

    def as_data(self) -> dict[str, Any]:
        """The month as the contract of the command has it."""
        rows = figures.figures(run_id=self.run.pk) if self.run else []
        progress = figures.progress_of(run_id=self.run.pk) if self.run else None
        bills = progress.bills if progress else 0
        return {
            "period": self.period,
            "cycle": self.cycle,
            "run": self.run.number if self.run else None,
            "state": self.run.state if self.run else None,
            "bills": bills,
            "held": progress.held if progress else 0,
            "held_reasons": figures.held_reasons(run_id=self.run.pk) if self.run else {},
            "errors": progress.errors if progress else 0,
            "amount": str(figures.total_of(run_id=self.run.pk) if self.run else ZERO),
            "by_class": [
                {
                    "class": row.customer_class,
                    "service": row.service.lower(),
                    "bills": row.bills,
                    "units": _plain(row.units),
                    "amount": str(row.amount),
                }
                for row in rows
            ],
            "seconds": float(self.seconds),
            "bills_per_second": _per_second(bills, self.seconds),
            "note": self.note or self.refusal,
            "printed_to": str(self.printed_to) if self.printed_to else None,
        }


class Command(BaseCommand):
    help = "Calculate bill runs of calendar months, list what is held, and with --approve post them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", required=True, dest="first", metavar="YYYY-MM", help="first month")
        parser.add_argument("--to", required=True, dest="last", metavar="YYYY-MM", help="last month")
        parser.add_argument("--cycle", help="code of one cycle; otherwise every cycle with accounts")
        parser.add_argument("--approve", action="store_true", help="approve and post; needs --by")
        parser.add_argument("--by", metavar="USER", help="who approves; never the maker of the run")
        parser.add_argument("--workers", type=int, metavar="N", help="start N worker processes")
        parser.add_argument(
            "--print", dest="print_to", metavar="DIR", help="print the posted bills into a folder"
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        months = _months(options["first"], options["last"])
        cycles = _cycles(options["cycle"])
        approver = _approver(options)
        if options["workers"] is not None and not 1 <= options["workers"] <= 64:
            raise CommandError("--workers takes a number from 1 to 64.", returncode=2)
        outcomes: list[Outcome] = []
        with contextlib.ExitStack() as stack:
            count = options["workers"]
            processes = stack.enter_context(WorkerProcesses(count)) if count else None
            for month in months:
                for cycle in cycles:
                    outcome = self._bill(cycle, month, approver, processes)
                    if outcome is not None:
                        outcomes.append(outcome)
                        self._print_bills(outcome, options)
                        if not options["as_json"]:
                            self._say(outcome.as_data())
        self._sum_up(outcomes, options)
        if any(each.refusal or each.as_data()["errors"] for each in outcomes):
            sys.exit(1)

    def _bill(
        self, cycle: Cycle, month: periods.DateRange, approver: User | None, processes: WorkerProcesses | None
    ) -> Outcome | None:
        """Take one cycle's month as far as asked; None where the cycle's period does not end in the month."""
        length = cycle.months_per_period
        if month.start.month % length:
            return None
        start = periods.add_months(month.start, 1 - length)
        outcome = Outcome(periods.month_text(month.start), cycle.code)
        started = time.monotonic()
        run = runs.live_run(cycle=cycle, period_start=start)
        if run is not None and run.state in FINISHED:
            outcome.posted_before = run
            outcome.note = f"run {run.number} has posted this month already"
            return outcome
        maker = system_user()
        try:
            if run is None:
                run = runs.open_run(
                    cycle=cycle,
                    period_start=start,
                    period_end=periods.add_months(month.start, 1),
                    bill_date=periods.add_months(month.start, 1),
                    due_date=runs.due_date_of(bill_date=periods.add_months(month.start, 1)),
                    by=maker,
                )
            outcome.run = run
            self._go_on(run, maker, approver, processes)
        except runs.CycleHasNoAccounts as nobody:
            outcome.note = str(nobody)
        except REFUSALS as refusal:
            outcome.refusal = str(refusal)
        if outcome.run is not None:
            outcome.run.refresh_from_db()
        outcome.seconds = to_cents(Decimal(str(time.monotonic() - started)))
        return outcome

    def _go_on(
        self, run: BillRun, maker: User, approver: User | None, processes: WorkerProcesses | None
    ) -> None:
        """From wherever the run stands: a run that was cut off goes on from its state in the database."""
        label = f"{periods.month_text(run.period_start)} run {run.number}"
        if run.state == BillRun.State.OPEN:
            run = runs.start_calculation(run=run, by=maker)
        if run.state == BillRun.State.CALCULATING:
            run_driver.work(run, "calculate", by=maker, processes=processes, label=f"{label} calculating")
            run.refresh_from_db()
        if approver is None:
            return
        if run.state == BillRun.State.REVIEW:
            run = review.approve_run(run=run, figures_hash=run.figures_hash, by=approver)
        if run.state == BillRun.State.APPROVED:
            run = posting.start_posting(run=run, by=approver)
        if run.state == BillRun.State.POSTING:
            run_driver.work(run, "post", by=maker, processes=processes, label=f"{label} posting")

    def _print_bills(self, outcome: Outcome, options: dict[str, Any]) -> None:
        """Print what is posted, a month that was posted before too: its bills come out as they were."""
        run = outcome.run or outcome.posted_before
        if options["print_to"] and run is not None and run.state in FINISHED:
            folder = Path(options["print_to"])
            outcome.printed_to, _ = printing.print_run_to(run=run, folder=folder, by=system_user())

    def _say(self, data: dict[str, Any]) -> None:
        if data["run"] is None:
            printed = f", printed to {data['printed_to']}" if data["printed_to"] else ""
            self.stdout.write(f"{data['period']}  cycle {data['cycle']}: 0 bills, {data['note']}{printed}")
            return
        self.stdout.write(
            f"{data['period']}  cycle {data['cycle']}  run {data['run']} {data['state'].lower()}: "
            f"{data['bills']} bills, {data['amount']}, {data['held']} held, {data['errors']} in error, "
            f"{data['seconds']} s"
        )
        for row in data["by_class"]:
            self.stdout.write(
                f"    {row['class']:<28} {row['service']:<9} {row['bills']:>8} bills {row['units']:>14} units "
                f"{row['amount']:>16}"
            )
        for reason, count in data["held_reasons"].items():
            self.stdout.write(f"    held {count}: {reason}")
        if data["printed_to"]:
            self.stdout.write(f"    printed to {data['printed_to']}")
        if data["note"]:
            self.stdout.write(f"    {data['note']}")

    def _sum_up(self, outcomes: list[Outcome], options: dict[str, Any]) -> None:
        rows = [each.as_data() for each in outcomes]
        bills = sum(row["bills"] for row in rows)
        amount = sum((Decimal(row["amount"]) for row in rows), ZERO)
        seconds = sum((each.seconds for each in outcomes), ZERO)
        totals = {
            "bills": bills,
            "amount": str(amount),
            "seconds": float(seconds),
            "bills_per_second": _per_second(bills, seconds),
        }
        if options["as_json"]:
            self.stdout.write(json.dumps({"runs": rows, "totals": totals}))
        else:
            held = sum(row["held"] for row in rows)
            self.stdout.write(f"{len(rows)} runs, {bills} bills, {amount}, {held} held, {seconds} s")


def _months(first: str, last: str) -> list[periods.DateRange]:
    try:
        return periods.months_between(first, last)
    except (periods.MonthNotUnderstood, periods.MonthsBackwards) as problem:
        raise CommandError(str(problem), returncode=2) from problem


def _cycles(code: str | None) -> list[Cycle]:
    cycles = Cycle.objects.filter(accounts__isnull=False).distinct().order_by("code", "pk")
    if code:
        cycles = cycles.filter(code=code)
    found = list(cycles)
    if not found:
        wanted = f"no cycle {code} with accounts" if code else "no account in any cycle"
        raise CommandError(f"There is {wanted}: nothing can be billed.", returncode=2)
    return found


def _approver(options: dict[str, Any]) -> User | None:
    if not options["approve"]:
        return None
    if not options["by"]:
        raise CommandError("--approve needs --by USER: a second person approves a run.", returncode=2)
    user = get_user(options["by"])
    if user is None:
        raise CommandError(f"There is no user {options['by']}.", returncode=2)
    if user.is_system:
        raise CommandError(f"{user} makes the runs, so somebody else must approve them.", returncode=1)
    try:
        for verb in ("approve_runs", "post_runs"):
            permissions.check(user, verb)
    except permissions.PermissionRefused as refusal:
        raise CommandError(str(refusal), returncode=1) from refusal
    return user


def _plain(units: Decimal) -> str:
    text = f"{units:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _per_second(bills: int, seconds: Decimal) -> int:
    return int(bills / seconds) if seconds > 0 else 0
