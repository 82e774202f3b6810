"""Opening and closing periods."""

from datetime import date

import pytest

from core.models import AuditEvent
from core.permissions import PermissionRefused
from core.states import TransitionRefused
from core.users import system_user
from ledger import services as ledger
from ledger.models import Period
from tests.factories import ledger as make

pytestmark = pytest.mark.django_db

LATER = date(2026, 12, 31)


@pytest.fixture
def periods():
    return ledger.ensure_periods(from_date=date(2026, 1, 1), to_date=date(2026, 3, 31), by=system_user())


class TestEnsurePeriods:
    def test_makes_the_missing_months_alone(self, periods):
        more = ledger.ensure_periods(from_date=date(2026, 3, 5), to_date=date(2026, 4, 2), by=system_user())
        assert [(period.start_date, period.end_date) for period in more] == [
            (date(2026, 4, 1), date(2026, 5, 1))
        ]
        assert Period.objects.count() == 4


class TestOpenPeriod:
    def test_refuses_days_of_another_period(self, periods):
        with pytest.raises(ledger.PeriodDatesTaken):
            ledger.open_period(
                start_date=date(2026, 3, 15),
                end_date=date(2026, 4, 15),
                fiscal_year=2027,
                number=1,
                by=system_user(),
            )

    def test_opens_a_thirteenth_over_the_same_days(self, periods):
        period = ledger.open_period(
            start_date=date(2026, 3, 1),
            end_date=date(2026, 4, 1),
            fiscal_year=2026,
            number=13,
            by=system_user(),
        )
        assert period.state == "OPEN"


class TestClose:
    def test_goes_by_soft_closed_and_leaves_a_trace(self, periods):
        make.charge(make.account(), "40.00", effective_date=date(2026, 1, 5))
        january = periods[0]
        with pytest.raises(TransitionRefused):
            ledger.close(period=january, on_date=LATER, by=system_user())
        ledger.soft_close(period=january, on_date=LATER, by=system_user())
        ledger.close(period=january, on_date=LATER, by=system_user())
        january.refresh_from_db()
        assert january.state == "CLOSED"
        codes = (
            AuditEvent.objects.filter(kind="period", key="2026-01")
            .order_by("pk")
            .values_list("code", flat=True)
        )
        assert list(codes) == ["ledger.period.opened", "ledger.period.soft_closed", "ledger.period.closed"]
        with pytest.raises(ledger.PeriodNotOpen):
            make.charge(make.account(), "40.00", effective_date=date(2026, 1, 5))

    def test_keeps_the_order_of_the_months(self, periods):
        ledger.soft_close(period=periods[1], on_date=LATER, by=system_user())
        with pytest.raises(ledger.EarlierPeriodOpen, match="period 1 of 2026"):
            ledger.close(period=periods[1], on_date=LATER, by=system_user())

    def test_waits_for_the_end_of_the_month(self, periods):
        with pytest.raises(ledger.PeriodNotOver):
            ledger.soft_close(period=periods[0], on_date=date(2026, 1, 31), by=system_user())

    def test_may_be_taken_back_while_soft(self, periods):
        ledger.soft_close(period=periods[0], on_date=LATER, by=system_user())
        ledger.reopen(period=periods[0], on_date=LATER, by=system_user())
        make.charge(make.account(), "40.00", effective_date=date(2026, 1, 5))

    def test_refuses_whom_it_is_not_given_to(self, periods):
        with pytest.raises(PermissionRefused):
            ledger.soft_close(period=periods[0], on_date=LATER, by=make.ada())
