"""``manage.py load_usage``: a city from a use history into an empty database."""

from __future__ import annotations

import gzip
import hashlib
import io
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_date
from django.utils.text import slugify

from billing import owrs
from billing.rate_files import AssumptionNotUnderstood, assumptions, new_versions, read_rates
from billing.services import rate_book
from core.users import system_user
from desk import services as desk
from desk.city import usage_city
from desk.city.usage_file import UsageFileRefused, histories, read_uses

DEFAULT_ASSUMPTIONS = {"meter_size": '5/8"', "water_type": "POTABLE"}
REFUSALS = (
    UsageFileRefused,
    owrs.RateFileRefused,
    rate_book.ScheduleDiffers,
    rate_book.VersionExists,
    rate_book.PeriodAlreadyBilled,
    rate_book.CodeTooLong,
)


class Command(BaseCommand):
    help = "Load a city from a use history (CSV or CSV.gz) and its rates into an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", help="use history: cust_id, usage_ccf, usage_month, usage_year, cust_class"
        )
        parser.add_argument("--rates", required=True, help="rate file (.owrs)")
        parser.add_argument(
            "--effective", help="first day of the rates, YYYY-MM-DD; otherwise the file's own"
        )
        parser.add_argument(
            "--assume", nargs="+", default=[], metavar="NAME=VALUE", help="inputs not in the history"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        history, rates = Path(options["file"]), Path(options["rates"])
        effective = parse_date(options["effective"]) if options["effective"] else None
        if options["effective"] and effective is None:
            raise CommandError(
                f"--effective is {options['effective']}; a date YYYY-MM-DD was expected.", returncode=2
            )
        try:
            assume = {**DEFAULT_ASSUMPTIONS, **assumptions(options["assume"])}
        except AssumptionNotUnderstood as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        for path in (history, rates):
            if not path.is_file():
                raise CommandError(f"There is no file {path}.", returncode=2)
        try:
            usage_city.check_empty()
        except usage_city.DatabaseNotEmpty as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        try:
            loaded = self._load(history, rates, effective, assume)
        except REFUSALS as refusal:
            self.stderr.write(f"Refused, nothing was loaded. {refusal}")
            sys.exit(1)
        password_file = desk.make_demo_people()
        self.stdout.write(
            f"Logins as in the manual; the password is in {password_file.name} of the office's folder"
        )
        self.stdout.write(
            f"{loaded.accounts} accounts, {loaded.service_points} meters, {loaded.readings} readings,"
            f" {loaded.first_month:%Y-%m} to {loaded.last_month:%Y-%m}"
        )

    def _load(self, history: Path, rates: Path, effective: Any, assume: dict[str, str]) -> usage_city.Loaded:
        content = history.read_bytes()
        try:
            plain = gzip.decompress(content) if history.suffix == ".gz" else content
            text = plain.decode("utf-8-sig")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            raise UsageFileRefused(f"{history.name} cannot be read: {error}.") from error
        accounts = histories(read_uses(io.StringIO(text, newline=""), file_name=history.name))
        if not accounts:
            raise UsageFileRefused(f"{history.name} has no rows.")
        rate_bytes = rates.read_bytes()
        rate_file = read_rates(rate_bytes, file_name=rates.name)
        prefix = slugify(rate_file.metadata.utility_name)[:40]
        return usage_city.load(
            accounts=accounts,
            versions=new_versions(rate_file, prefix=prefix, effective_from=effective, assume=assume),
            terms=usage_city.Terms(
                rate_prefix=prefix,
                meter_size=assume["meter_size"],
                unit=usage_city.REGISTER_UNITS[rate_file.metadata.unit],
                by=system_user(),
            ),
            source_name=rates.name,
            source_sha256=hashlib.sha256(rate_bytes).hexdigest(),
        )
