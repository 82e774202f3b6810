"""``manage.py import_rates``: a rate file into dated rate versions, one schedule a customer class."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.text import slugify

from billing import owrs
from billing.rate_files import assumptions, new_versions, read_rates
from billing.services import rate_book
from core.users import system_user


class Command(BaseCommand):
    help = "Import an OWRS rate file as dated rate versions; exit 1 when something in it is refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="rate file (.owrs)")
        parser.add_argument(
            "--effective", help="first day of the rates, YYYY-MM-DD; otherwise the file's own date"
        )
        parser.add_argument(
            "--assume", nargs="+", default=[], metavar="NAME=VALUE", help="inputs no account brings"
        )
        parser.add_argument("--prefix", help="first half of each code; otherwise the utility's name")
        parser.add_argument(
            "--check", action="store_true", help="say what would be imported, and change nothing"
        )
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        path = Path(options["file"])
        effective = _effective(options["effective"])
        assume = _assume(options["assume"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(
                f"The rate file cannot be read: {path}: {error.strerror}.", returncode=2
            ) from error
        try:
            rate_file = read_rates(content, file_name=path.name)
        except owrs.RateFileRefused as refusal:
            self._say(
                {"file": path.name, "refused": str(refusal), "rates": [], "classes_refused": {}}, options
            )
            sys.exit(1)
        prefix = options["prefix"] or slugify(rate_file.metadata.utility_name)[:40]
        versions = new_versions(rate_file, prefix=prefix, effective_from=effective, assume=assume)
        if not options["check"]:
            try:
                rate_book.import_versions(
                    versions=versions,
                    source_name=path.name,
                    source_sha256=hashlib.sha256(content).hexdigest(),
                    by=system_user(),
                )
            except (
                rate_book.ScheduleDiffers,
                rate_book.VersionExists,
                rate_book.PeriodAlreadyBilled,
                rate_book.CodeTooLong,
            ) as refusal:
                self._say(
                    {"file": path.name, "refused": str(refusal), "rates": [], "classes_refused": {}}, options
                )
                sys.exit(1)
        rates = [
            {"code": one.code, "effective_from": one.effective_from.isoformat(), "unit": one.unit}
            for one in versions
        ]
        classes_refused = {name: rate_file.why_not(name) for name in rate_file.refused}
        body = {"file": path.name, "refused": "", "rates": rates, "classes_refused": classes_refused}
        self._say(body, options)
        if rate_file.refused:
            sys.exit(1)

    def _say(self, body: Mapping[str, Any], options: Mapping[str, Any]) -> None:
        if options["as_json"]:
            self.stdout.write(json.dumps({**body, "stored": not options["check"] and not body["refused"]}))
            return
        for rate in body["rates"]:
            self.stdout.write(f"{rate['code']} from {rate['effective_from']}, in {rate['unit']}")
        for reason in body["classes_refused"].values():
            self.stdout.write(f"Refused: {reason}")
        if body["refused"]:
            self.stdout.write(f"Refused: {body['refused']}. Nothing was changed.")
            return
        done = "would be imported, nothing was changed" if options["check"] else "imported"
        self.stdout.write(
            f"{len(body['rates'])} rates {done}, {len(body['classes_refused'])} classes refused"
        )


def _effective(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"--effective is not a date: {text!r}; write it as 2024-07-01.", returncode=2
        ) from error


def _assume(pairs: list[str]) -> dict[str, str]:
    try:
        return assumptions(pairs)
    except ValueError as error:
        raise CommandError(str(error), returncode=2) from error
