"""The run console in the hands of its people."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from billing import tasks
from billing.models import BillRun
from billing.services import workers
from core import clock
from metering import services as metering
from metering.models import Reading
from tests.factories import billing as factory

pytestmark = pytest.mark.usefixtures("books")


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Remember what was sent to workers instead of sending it."""
    sent: list[int] = []
    monkeypatch.setattr(tasks, "send", lambda task, run_id: sent.append(run_id))
    return sent


@pytest.fixture
def city() -> factory.City:
    city = factory.make_city(count=4, services=("WATER", "SEWER"))
    factory.read(city, on=dt.date(2015, 1, 30), values=[103, 107, 100, 120])
    return city


def as_user(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


class TestRunConsole:
    def test_takes_a_run_from_open_to_posted(self, city: factory.City, no_broker: list[int]) -> None:
        maker, approver = as_user(city.maker), as_user(city.approver)
        answer = maker.post("/billing/runs/open/", {"cycle": "C1", "month": "2015-01"})
        run = BillRun.objects.get()
        assert (answer.status_code, answer.url) == (302, f"/billing/runs/{run.number}/")
        page = f"/billing/runs/{run.number}/"
        assert maker.post(f"{page}start/").status_code == 302
        assert no_broker == [run.pk, run.pk]
        live = maker.get(page, headers={"HX-Request": "true"})
        assert b"hx-trigger" in live.content
        assert "HX-Refresh" not in live.headers
        workers.calculate(run_id=run.pk, worker="t", by=city.maker)
        assert maker.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
        run.refresh_from_db()
        assert b"has not made this one" in maker.get(page).content
        wrong = approver.post(f"{page}approve/", {"total": "1.00", "figures_hash": run.figures_hash})
        assert (wrong.status_code, BillRun.objects.get().state) == (422, "REVIEW")
        right = approver.post(
            f"{page}approve/", {"total": str(run.total_amount), "figures_hash": run.figures_hash}
        )
        assert (right.status_code, BillRun.objects.get().state) == (302, "APPROVED")
        assert approver.post(f"{page}post/").status_code == 302
        workers.post(run_id=run.pk, worker="t", by=city.maker)
        assert BillRun.objects.get().state == "POSTED"
        assert b"Reverse the run" in approver.get(page).content
        bill = run.bills.order_by("number").first()
        shown = approver.get(f"/billing/bills/{bill.number}/")
        assert "first 5 ccf" in shown.content.decode()

    def test_refuses_the_maker_as_approver(self, city: factory.City) -> None:
        run = factory.calculate(factory.open_run(city), city)
        form = {"total": str(run.total_amount), "figures_hash": run.figures_hash}
        answer = as_user(city.maker).post(f"/billing/runs/{run.number}/approve/", form)
        assert answer.status_code == 422
        assert "somebody else must approve" in answer.content.decode()
        assert BillRun.objects.get().state == "REVIEW"

    def test_takes_an_approved_run_back_where_a_reading_changed(self, city: factory.City) -> None:
        run = factory.approve(factory.calculate(factory.open_run(city), city), city)
        reading = Reading.objects.filter(register=city.registers[0]).latest("read_at")
        metering.supersede_reading(reading=reading, dials="0101", by=city.approver, validate=False)
        answer = as_user(city.approver).post(f"/billing/runs/{run.number}/post/")
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "has changed since" in page
        assert "Calculate the held again" in page
        assert BillRun.objects.get().state == "REVIEW"

    def test_refuses_a_second_run_of_the_same_month(self, city: factory.City) -> None:
        factory.open_run(city)
        answer = as_user(city.maker).post("/billing/runs/open/", {"cycle": "C1", "month": "2015-01"})
        assert answer.status_code == 422
        assert "already has run" in answer.content.decode()
        assert BillRun.objects.count() == 1

    def test_leaves_the_customers_of_a_month_billed_late_the_days_to_pay(self, city: factory.City) -> None:
        as_user(city.maker).post("/billing/runs/open/", {"cycle": "C1", "month": "2015-01"})
        run = BillRun.objects.get()
        assert run.bill_date == clock.today()
        assert (run.due_date - clock.today()).days >= 21

    def test_refuses_who_may_not_make_runs(self, city: factory.City) -> None:
        run = factory.open_run(city)
        clerk = factory.make_user("clerk", "view_ledger")
        assert as_user(clerk).post(f"/billing/runs/{run.number}/start/").status_code == 403
        assert BillRun.objects.get().state == "OPEN"

    @pytest.mark.parametrize(
        "page", ["/billing/", "/billing/?state=OPEN", "/billing/rates/", "/billing/rates/?q=W"]
    )
    def test_lists_answer(self, city: factory.City, page: str) -> None:
        factory.open_run(city)
        assert as_user(city.maker).get(page).status_code == 200
