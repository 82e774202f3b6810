"""The command that bills months, as scripts rely on it."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import Bill, BillRun
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")


def run_billing(*arguments: str) -> tuple[dict[str, Any], int]:
    out = io.StringIO()
    code = 0
    try:
        call_command("run_billing", *arguments, "--json", stdout=out)
    except SystemExit as end:
        code = int(str(end.code))
    return json.loads(out.getvalue()), code


@pytest.fixture
def city() -> factory.City:
    city = factory.make_city(count=12, services=("WATER", "SEWER"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[100 + n for n in range(12)])
    return city


class TestRunBilling:
    def test_calculates_without_approval(self, city: factory.City) -> None:
        found, code = run_billing("--from", "2015-01", "--to", "2015-01")
        assert code == 0
        assert found["runs"][0]["bills"] == 12
        assert BillRun.objects.get().state == "REVIEW"

    def test_two_worker_processes_make_the_bills_of_one(self, city: factory.City) -> None:
        found, code = run_billing("--from", "2015-01", "--to", "2015-01", "--workers", "2")
        assert code == 0
        assert found["runs"][0]["bills"] == 12
        assert Bill.objects.count() == 12

    def test_refuses_a_month_that_is_none(self) -> None:
        with pytest.raises(CommandError) as refusal:
            run_billing("--from", "2015-13", "--to", "2015-01")
        assert refusal.value.returncode == 2
