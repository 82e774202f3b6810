"""The made-up city: whole and proved, and only where nothing is."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import Bill
from core import proofs
from core.models import User
from metering.models import Reading, ReadingException


@pytest.fixture
def office_folder(settings: Any, tmp_path: Path) -> Path:
    settings.OFFICE_VAR = tmp_path
    return tmp_path


def make(accounts: int = 36) -> None:
    call_command(
        "demo", "--accounts", str(accounts), "--months", "3", "--until", "2026-03", stdout=io.StringIO()
    )


def readings() -> list[tuple[str, str]]:
    return list(
        Reading.objects.order_by("register__meter__serial_number", "read_at").values_list("dials", "kind")
    )


class TestDemo:
    def test_makes_a_city_whose_books_prove(self, committed_db: str, office_folder: Path) -> None:
        make()
        assert {each.name: each.examples for each in proofs.run_all() if each.violations} == {}
        # The last month is left for the front door to bill.
        assert Bill.objects.filter(status="POSTED").values("bill_date").distinct().count() == 2
        assert json.loads((office_folder / "demo.json").read_text())["last_period"] == "2026-03"
        assert (office_folder / "demo_password").read_text().strip()
        assert User.objects.filter(username__in=["clerk", "biller", "supervisor", "crew"]).count() == 4

    def test_questions_reads_that_are_high_and_says_whose(
        self, committed_db: str, office_folder: Path
    ) -> None:
        make()
        found = list(ReadingException.objects.select_related("reading", "agreement__account"))
        assert found
        for exception in found:
            assert exception.agreement.account.number
            before = Reading.objects.filter(
                register=exception.register, read_at__lt=exception.reading.read_at
            ).order_by("-read_at")
            assert exception.reading.value > before[0].value

    def test_leaves_an_office_with_accounts_alone(self, committed_db: str, office_folder: Path) -> None:
        make(12)
        before = readings()
        assert len(before) > 12
        with pytest.raises(CommandError):
            make(12)
        assert readings() == before
