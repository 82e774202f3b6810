"""``manage.py quote``: bill uses against a rate file or a folder of them, without touching the database."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing import quote as quoting


class Command(BaseCommand):
    help = "Bill the cases of a CSV against rate files and compare; exit 1 on any difference."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "rates", help="a rate file, or a folder whose files the column file or rate_file names"
        )
        parser.add_argument("--cases", required=True, help="CSV of cases")
        parser.add_argument("--out", help="write the cases with our amounts and working to this CSV")
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            rates = quoting.RateFiles(Path(options["rates"]))
        except quoting.RatesNotFound as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        quotes = list(quoting.quote(_cases(Path(options["cases"])), rates=rates))
        if options["out"]:
            _write(Path(options["out"]), quotes)
        compared = [one for one in quotes if one.compared]
        agree = sum(one.agrees for one in compared)
        said = [
            (one, reason) for one in quotes for reason in ([one.refused] if one.refused else one.differences)
        ]
        if options["as_json"]:
            differences = [{"case": _name(one), "difference": reason} for one, reason in said]
            body = {
                "cases": len(quotes),
                "compared": len(compared),
                "agree": agree,
                "differences": differences,
            }
            self.stdout.write(json.dumps(body))
        else:
            for one, reason in said:
                self.stdout.write(f"{_name(one)}: {reason}")
            self.stdout.write(f"{agree} of {len(compared)} agree")
        if agree < len(compared):
            sys.exit(1)


def _cases(path: Path) -> Iterator[Mapping[str, str]]:
    try:
        stream = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise CommandError(f"The cases cannot be read: {path}: {error.strerror}.", returncode=2) from error
    with stream:
        reader = csv.DictReader(stream)
        if not reader.fieldnames:
            raise CommandError(f"The cases are empty: {path}.", returncode=2)
        try:
            yield from reader
        except (csv.Error, UnicodeDecodeError) as error:
            raise CommandError(
                f"The cases cannot be read: {path}, line {reader.line_num}: {error}.", returncode=2
            ) from error


def _write(path: Path, quotes: list[quoting.Quote]) -> None:
    columns = [*(name for name in quotes[0].row if name), *quoting.OUTPUT_COLUMNS] if quotes else []
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(one.output() for one in quotes)
    except OSError as error:
        raise CommandError(
            f"The result cannot be written: {path}: {error.strerror}.", returncode=2
        ) from error


def _name(one: quoting.Quote) -> str:
    return one.row.get("case_id") or f"row {one.number}"
