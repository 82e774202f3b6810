"""The rate book: versions from files and from the office, dated so that one follows another."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from billing.models import RateSchedule, RateVersion
from billing.rates import BlocksNotRising, compile_rate
from billing.services import rate_book
from core.db import TransactionRequired
from core.models import AuditEvent
from core.users import system_user
from tests.factories import billing as factory

FILES = Path(__file__).parents[2] / "rates"
FLAT = {"format": 1, "unit": "ccf", "components": [{"code": "base", "kind": "flat", "amount": "5.00"}]}
DEARER = {"format": 1, "unit": "ccf", "components": [{"code": "base", "kind": "flat", "amount": "6.00"}]}


def store(*, start: date, definition: dict[str, Any] = FLAT, **more: Any) -> RateVersion:
    facts = {
        "code": "W1",
        "name": "Water",
        "service": "WATER",
        "unit": "ccf",
        "source_name": "",
        "source_sha256": "",
    }
    return rate_book.store_version(
        **{**facts, **more}, definition=definition, effective_from=start, by=system_user()
    )


def dates() -> list[tuple[date, date | None]]:
    versions = RateVersion.objects.order_by("effective_from", "pk")
    return [(version.effective_from, version.effective_to) for version in versions]


@pytest.mark.django_db
class TestStoreVersion:
    def test_ends_the_version_before(self) -> None:
        store(start=date(2023, 1, 1))
        version = store(start=date(2024, 7, 1), definition=DEARER)
        assert dates() == [(date(2023, 1, 1), date(2024, 7, 1)), (date(2024, 7, 1), None)]
        assert version.status == RateVersion.Status.APPROVED
        assert AuditEvent.objects.filter(code="billing.rate_version.stored", key="W1").count() == 2

    def test_ends_where_a_later_version_starts(self) -> None:
        store(start=date(2024, 7, 1))
        store(start=date(2023, 1, 1), definition=DEARER)
        assert dates() == [(date(2023, 1, 1), date(2024, 7, 1)), (date(2024, 7, 1), None)]

    def test_does_not_store_the_same_twice(self) -> None:
        assert store(start=date(2023, 1, 1)).pk == store(start=date(2023, 1, 1)).pk

    def test_refuses_another_version_from_the_same_date(self) -> None:
        store(start=date(2023, 1, 1))
        with pytest.raises(rate_book.VersionExists, match="W1 already has another version from 2023-01-01"):
            store(start=date(2023, 1, 1), definition=DEARER)
        assert RateVersion.objects.count() == 1

    def test_refuses_a_schedule_of_another_unit(self) -> None:
        store(start=date(2023, 1, 1))
        with pytest.raises(
            rate_book.ScheduleDiffers, match="W1 is a rate for WATER in ccf, not for WATER in kgal"
        ):
            store(start=date(2024, 1, 1), unit="kgal")

    def test_refuses_a_code_without_room(self) -> None:
        with pytest.raises(rate_book.CodeTooLong):
            store(start=date(2024, 1, 1), code="W" * 200)
        assert not RateSchedule.objects.exists()

    def test_refuses_a_definition_that_cannot_price(self) -> None:
        tiers = [{"to": "8", "price": "1"}, {"to": "8", "price": "1"}, {"price": "2"}]
        bad = {**FLAT, "components": [{"code": "use", "kind": "tiered", "blocks": tiers}]}
        with pytest.raises(BlocksNotRising):
            store(start=date(2024, 1, 1), definition=bad)
        assert not RateSchedule.objects.exists()


class TestStoreVersionAfterBilling:
    def test_starts_no_earlier_than_what_was_billed(self, books: str) -> None:
        city = factory.make_city(count=1, services=("WATER",))
        factory.read(city, on=date(2015, 1, 30), values=[103])
        factory.calculate(factory.open_run(city), city)
        with transaction.atomic(), pytest.raises(rate_book.PeriodAlreadyBilled) as refusal:
            store(start=date(2015, 1, 29), definition=DEARER)
        assert "W1 has billed up to 2015-01-30 at the prices from 2010-01-01" in str(refusal.value)
        assert RateVersion.objects.filter(schedule__code="W1").count() == 1
        with transaction.atomic():
            store(start=date(2015, 1, 30), definition=DEARER)
        assert RateVersion.objects.get(
            schedule__code="W1", effective_from=date(2010, 1, 1)
        ).effective_to == date(2015, 1, 30)


class TestStoreVersionOutsideAnAct:
    def test_is_refused(self, committed_db: str) -> None:
        with pytest.raises(TransactionRequired):
            store(start=date(2024, 1, 1))


class TestImportRates:
    def run(self, capsys: Any, *arguments: str) -> tuple[int, list[str]]:
        try:
            call_command("import_rates", *arguments)
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, capsys.readouterr().out.splitlines()

    def test_stores_a_version_a_class_that_prices_as_the_file_does(
        self, committed_db: str, capsys: Any
    ) -> None:
        path = FILES / "maple_hollow.owrs"
        code, said = self.run(capsys, str(path))
        assert (code, said[-1]) == (0, "5 rates imported, 0 classes refused")
        version = RateVersion.objects.select_related("schedule").get(
            schedule__code="town-of-maple-hollow:RESIDENTIAL_SINGLE"
        )
        assert (version.effective_from, version.effective_to) == (date(2024, 7, 1), None)
        assert (version.schedule.service, version.schedule.unit) == ("WATER", "kgal")
        assert version.source_name == "maple_hollow.owrs"
        assert version.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert version.entered_by.username == "schedule"
        bill = compile_rate(version.definition).price({"usage": "11", "meter_size": '5/8"'})
        assert str(bill.exact_total) == "34.105"
        # The same file again changes nothing.
        assert self.run(capsys, str(path))[0] == 0
        assert RateVersion.objects.count() == 5

    def test_takes_a_date_a_prefix_and_assumptions(self, committed_db: str, capsys: Any) -> None:
        arguments = ("--effective", "2024-01-01", "--prefix", "MH", "--assume", 'meter_size=5/8"')
        self.run(capsys, str(FILES / "maple_hollow.owrs"), *arguments)
        version = RateVersion.objects.get(schedule__code="MH:RESIDENTIAL_SINGLE")
        assert version.effective_from == date(2024, 1, 1)
        assert str(compile_rate(version.definition).price({"usage": "10"}).total) == "31.00"

    def test_says_refused_classes_and_exits_1(self, committed_db: str, capsys: Any) -> None:
        code, said = self.run(capsys, str(FILES / "broken_classes.owrs"))
        assert (code, said[0], said[-1]) == (
            1,
            "broken-bow:GOOD from 2024-07-01, in ccf",
            "1 rates imported, 12 classes refused",
        )
        assert "Refused: broken_classes.owrs: class NO_BILL: no bill formula" in said

    def test_checks_without_storing(self, committed_db: str, capsys: Any) -> None:
        code, said = self.run(capsys, str(FILES / "maple_hollow.owrs"), "--check", "--json")
        found = json.loads("\n".join(said))
        assert (code, len(found["rates"]), found["stored"]) == (0, 5, False)
        assert not RateSchedule.objects.exists()

    def test_refuses_a_bad_file_whole(self, committed_db: str, capsys: Any, tmp_path: Path) -> None:
        path = tmp_path / "twice.owrs"
        path.write_text(
            "metadata: {effective_date: 2024-07-01, utility_name: T}\nmetadata: {}\n", encoding="utf-8"
        )
        code, said = self.run(capsys, str(path))
        assert code == 1
        assert said == ["Refused: twice.owrs: YAML: duplicate key 'metadata', line 2. Nothing was changed."]
        assert not RateSchedule.objects.exists()

    def test_stores_all_of_a_file_or_nothing(self, committed_db: str, capsys: Any, tmp_path: Path) -> None:
        path = tmp_path / "maple_hollow.owrs"
        text = (FILES / "maple_hollow.owrs").read_text(encoding="utf-8")
        self.run(capsys, str(FILES / "maple_hollow.owrs"))
        # A new class comes first, then one whose prices changed under the same date.
        text = text.replace(
            "rate_structure:\n", "rate_structure:\n  NEW: {service_charge: 1, bill: service_charge}\n"
        )
        path.write_text(text.replace("9*number", "10*number"), encoding="utf-8")
        code, said = self.run(capsys, str(path))
        assert code == 1
        assert "RESIDENTIAL_MULTI already has another version from 2024-07-01" in said[-1]
        assert RateVersion.objects.count() == 5

    @pytest.mark.parametrize(
        "arguments",
        [
            ("nowhere.owrs",),
            (str(FILES / "maple_hollow.owrs"), "--effective", "soon"),
            (str(FILES / "maple_hollow.owrs"), "--assume", "meter_size"),
        ],
    )
    def test_exits_2_where_it_cannot_start(self, arguments: tuple[str, ...]) -> None:
        with pytest.raises(CommandError) as refusal:
            call_command("import_rates", *arguments)
        assert refusal.value.returncode == 2
