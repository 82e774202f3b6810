"""Calculating a run: who is billed, who is held and why, and the same bills whoever calculates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from accounts.models import Determinant
from billing.models import Bill, BillLine, BillRun, BillSegment
from billing.queries import figures
from billing.rates import explain
from core import clock
from metering.models import Reading, ReadingException
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

    def test_holds_a_missing_read_and_raises_its_exception_once(self) -> None:
        city = factory.make_city(count=2, services=("WATER", "SEWER"))
        factory.read(city, on=dt.date(2015, 1, 30), values=[103], registers=city.registers[:1])
        run = factory.calculate(factory.open_run(city), city)
        assert figures.held_reasons(run_id=run.pk) == {"no reading in the period": 1}
        [raised] = ReadingException.objects.all()
        assert (raised.register_id, raised.code, raised.severity) == (
            city.registers[1].pk,
            "MISSING",
            "SEVERE",
        )
        factory.calculate(run, city)
        assert ReadingException.objects.count() == 1
        factory.read(city, on=dt.date(2015, 1, 31), values=[150], registers=city.registers[1:])
        factory.calculate(run, city)
        assert figures.progress_of(run_id=run.pk).calculated == 2

    def test_never_bills_a_reading_with_an_open_severe_exception(self) -> None:
        city = factory.make_city(count=1, services=("WATER",))
        [reading] = factory.read(city, on=dt.date(2015, 1, 30), values=[999])
        exception = ReadingException.objects.create(
            register=city.registers[0], reading=reading, on_date=reading.read_date, code="HIGH", severity="SEVERE",
            text="Nine times the average.",
        )  # fmt: skip
        run = factory.calculate(factory.open_run(city), city)
        assert figures.held_reasons(run_id=run.pk) == {"Nine times the average.": 1}
        assert Bill.objects.count() == 0
        exception.resolved_at, exception.resolved_by, exception.resolution = (
            clock.now(),
            city.maker,
            "ACCEPTED",
        )
        exception.save()
        factory.calculate(run, city)
        assert BillSegment.objects.get().quantity == 899

    def test_reads_superseded_were_never_there(self) -> None:
        city = factory.make_city(count=1, services=("WATER",))
        [wrong] = factory.read(city, on=dt.date(2015, 1, 30), values=[130])
        [right] = factory.read(city, on=dt.date(2015, 1, 30), values=[103])
        Reading.objects.filter(pk=wrong.pk).update(superseded_by=right)
        factory.calculate(factory.open_run(city), city)
        assert BillSegment.objects.get().quantity == 3

    def test_prices_by_the_facts_of_the_service(self) -> None:
        city = factory.make_city(count=1, services=("STORM",))
        per_eru = {"kind": "fixed", "code": "base", "label": "Storm", "amount": "3.00", "per": "eru"}
        factory.make_rate("ERU", {"format": 1, "unit": "each", "components": [per_eru]}, service="STORM")
        agreement = city.agreements[0]
        agreement.rate_code = "ERU"
        agreement.save(update_fields=["rate_code"])
        Determinant.objects.create(
            service_point=agreement.service_point,
            kind="eru",
            value="2.5",
            from_date=factory.JANUARY,
            source="plat",
        )
        factory.calculate(factory.open_run(city), city)
        assert Bill.objects.get().total_amount == Decimal("7.50")

    def test_a_cycle_that_bills_what_was_read_passes_over_the_rest(self) -> None:
        city = factory.make_city(count=2, services=("WATER",), bills_when_read=True)
        factory.read(city, on=dt.date(2015, 1, 31), values=[103], registers=city.registers[:1])
        run = factory.calculate(factory.open_run(city), city)
        found = figures.progress_of(run_id=run.pk)
        assert (found.calculated, found.not_due, found.held) == (1, 1, 0)
        assert ReadingException.objects.count() == 0

    def test_the_working_stands_on_the_line(self) -> None:
        city = factory.make_city(count=1, services=("WATER",))
        factory.read(city, on=dt.date(2015, 1, 30), values=[107])
        factory.calculate(factory.open_run(city), city)
        line = BillLine.objects.get(component="use")
        assert explain(line.working) == [
            "5 ccf x $2.00 = $10.00 (block 1: the first 5 ccf)",
            "2 ccf x $3.50 = $7.00 (block 2: above 5 ccf)",
        ]
        assert BillSegment.objects.get().usage[0]["to_value"] == "107"
