"""``manage.py live_demo_history``: a part of ``demo``; bills and pays the months of one cycle in a process of its own."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from desk.city import demo_city


class Command(BaseCommand):
    help = "Part of `demo`: bill and pay the past of one cycle, given as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("history")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(demo_city.live_cycle(**json.loads(options["history"]))))
