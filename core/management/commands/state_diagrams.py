"""``manage.py state_diagrams``: a page with the diagram of every state machine, made from the tables in the code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from core.states import mermaid

HEADING = """# State machines

Made by `manage.py state_diagrams` from the tables in the code; the database holds the same tables as triggers.
"""


def page() -> str:
    """The page as it should be."""
    parts = [HEADING]
    for model in sorted(apps.get_models(), key=lambda each: each._meta.label):
        table = getattr(model, "TRANSITIONS", None)
        if table is not None:
            summary = (model.__doc__ or "").strip().splitlines()[0]
            parts.append(
                f"## {model._meta.label}\n\n{summary}\n\n```mermaid\n{mermaid(model.__name__, table)}```\n"
            )
    return "\n".join(parts)


class Command(BaseCommand):
    help = "Write docs/reference/state-machines.md, or with --check say whether it is up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "reference" / "state-machines.md"
        text = page()
        if options["check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                self.stderr.write(f"{path.name} is out of date: run manage.py state_diagrams")
                sys.exit(1)
            self.stdout.write(f"{path.name} is up to date")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.stdout.write(f"wrote {path.name}")
