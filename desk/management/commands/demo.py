"""``manage.py demo``: a made-up city into an empty database."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import clock
from core.periods import MonthNotUnderstood, add_months, month_of
from desk.city import demo_city
from desk.city.usage_city import DatabaseNotEmpty


class Command(BaseCommand):
    help = "Fill an empty database with a made-up city; the same for the same seed and last month."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--accounts", type=int, default=5000)
        parser.add_argument(
            "--months", type=int, default=13, help="months of reads; all but the last are billed"
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--until", metavar="YYYY-MM", help="the last month; otherwise the last complete one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["accounts"] < 1 or options["months"] < 1:
            raise CommandError("--accounts and --months must be 1 or more.", returncode=2)
        try:
            last = (
                month_of(options["until"]).start
                if options["until"]
                else add_months(clock.today().replace(day=1), -1)
            )
        except MonthNotUnderstood as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        started = time.monotonic()
        try:
            made = demo_city.build(
                accounts=options["accounts"],
                months=options["months"],
                seed=options["seed"],
                last_month=last,
                say=self.stderr.write,
            )
        except DatabaseNotEmpty as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        except demo_city.HistoryNotMade as failure:
            raise CommandError(str(failure), returncode=1) from None
        self.stdout.write(
            f"{made.accounts} accounts, {made.readings} readings, {made.bills} bills, {made.payments} payments,"
            f" {made.first_month:%Y-%m} to {made.last_month:%Y-%m}, in {time.monotonic() - started:.0f} seconds"
        )
