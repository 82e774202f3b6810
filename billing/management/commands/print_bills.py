"""``manage.py print_bills``: let the worker print the posted bills of a month."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing import tasks
from billing.models import BillRun
from billing.services import printing
from core.periods import MonthNotUnderstood, month_of
from core.users import system_user


class Command(BaseCommand):
    help = "Let the worker print the posted bills of a month; the run console shows how far it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("period", metavar="YYYY-MM")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            month = month_of(options["period"])
        except MonthNotUnderstood as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        posted = BillRun.objects.filter(period_start=month.start, state=BillRun.State.POSTED).order_by(
            "number"
        )
        for run in posted:
            # The row says that it prints; a lost message costs seconds, because the sweep looks at the row.
            printing.start_printing(run=run, by=system_user())
            tasks.send(tasks.print_run, run_id=run.pk)
            self.stdout.write(f"run {run.number} is being printed")
        self.stdout.write(f"{len(posted)} runs of {options['period']}")
