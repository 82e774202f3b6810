"""``manage.py prove``: every invariant of the books."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from core import proofs


class Command(BaseCommand):
    help = "Prove the books: a line a proof; exit 1 when one does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        results = proofs.run_all()
        total = sum(result.violations for result in results)
        if options["as_json"]:
            body = {
                "proofs": [
                    {"name": r.name, "violations": r.violations, "examples": list(r.examples)}
                    for r in results
                ],
                "violations": total,
            }
            self.stdout.write(json.dumps(body))
        else:
            for result in results:
                mark = "holds" if result.violations == 0 else f"{result.violations} VIOLATIONS"
                self.stdout.write(f"{result.name}: {mark}")
                for example in result.examples:
                    self.stdout.write(f"    {example}")
            self.stdout.write(f"{len(results)} proofs, {total} violations")
        if total:
            sys.exit(1)
