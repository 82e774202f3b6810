"""``manage.py work_on_runs``: the worker process of ``run_billing --workers N``; it takes orders on standard input."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.services import calculation, workers
from billing.tasks import worker_name
from core.users import system_user


class Command(BaseCommand):
    help = "Work on bill runs as told on standard input: 'calculate 12' or 'post 12', a line an order."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--chunk", type=int, default=calculation.CHUNK_SIZE, help="accounts a transaction"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stages = {"calculate": workers.calculate, "post": workers.post}
        for line in sys.stdin:
            stage, run_id = line.split()
            count = stages[stage](
                run_id=int(run_id), worker=worker_name(), by=system_user(), size=options["chunk"]
            )
            self.stdout.write(f"{stage} {run_id} {count}")
            self.stdout.flush()
