"""Calculating a run: who is billed, who is held and why, and the same bills whoever calculates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from billing.models import Bill, BillRun, BillSegment
from billing.queries import figures
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")


class TestCalculateRun:
    def test_bills_each_service_from_the_last_reading_to_the_new_one(self) -> None:
        city = factory.make_city(count=3, services=("WATER", "SEWER", "STORM"))
        factory.read(city, on=dt.date(2015, 1, 30), values=[103, 107, 100])
        run = factory.calculate(factory.open_run(city), city)
        assert run.state == BillRun.State.REVIEW
        bills = list(Bill.objects.order_by("number", "pk"))
        assert [bill.number for bill in bills] == [f"{run.number}-{n:06d}" for n in (1, 2, 3)]
        # 12 + 3 x 2 | 8 + 3 x 1.25 | 4.50, and so on: 7 ccf are 5 x 2 + 2 x 3.50.
        assert [bill.total_amount for bill in bills] == [Decimal("34.25"), Decimal("50.25"), Decimal("24.50")]
        water = BillSegment.objects.get(bill=bills[0], service="WATER")
        assert (water.from_date, water.to_date) == (dt.date(2015, 1, 1), dt.date(2015, 1, 30))
        assert water.quantity == 3
        storm = BillSegment.objects.get(bill=bills[0], service="STORM")
        assert (storm.from_date, storm.to_date, storm.quantity) == (factory.JANUARY, factory.FEBRUARY, None)
        assert run.total_amount == Decimal("109.00")

    def test_holds_an_account_without_a_rate_and_names_its_class(self) -> None:
        city = factory.make_city(count=2, services=("WATER",), customer_class="OTHER")
        factory.read(city, on=dt.date(2015, 1, 30), values=[103, 107])
        agreement = city.agreements[0]
        agreement.rate_code = "NOWHERE"
        agreement.save(update_fields=["rate_code"])
        run = factory.calculate(factory.open_run(city), city)
        assert figures.held_reasons(run_id=run.pk) == {"no rate for class OTHER": 1}
        assert figures.progress_of(run_id=run.pk).calculated == 1
