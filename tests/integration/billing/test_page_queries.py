"""Pages of billing ask the database a fixed number of times, whatever they show."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.models import Bill
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")
COUNTS = json.loads((Path(settings.BASE_DIR) / "tests" / "architecture" / "query_counts.json").read_text())


def counts_of(client: Client, pages: dict[str, str]) -> dict[str, int]:
    found = {}
    for name, page in pages.items():
        client.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        found[name] = len(queries)
    return found


def test_pages_ask_as_often_as_recorded_and_not_more_for_more_rows() -> None:
    city = factory.make_city(count=8, services=("WATER", "SEWER", "STORM"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[103, 107], registers=city.registers[:2])
    run = factory.calculate(factory.open_run(city), city)
    client = Client()
    client.force_login(city.approver)
    bill = Bill.objects.order_by("number", "pk").first()
    assert bill is not None
    pages = {
        "billing:run-list": "/billing/",
        "billing:run": f"/billing/runs/{run.number}/",
        "billing:bill": f"/billing/bills/{bill.number}/",
        "billing:rate-list": "/billing/rates/",
    }
    few = counts_of(client, pages)
    factory.make_rate("W2", factory.WATER_RATE)
    other = factory.make_city(count=5, services=("WATER",), code="C2")
    factory.open_run(other)
    assert counts_of(client, pages) == few
    assert few == {name: COUNTS[name] for name in pages}
