"""Which services are due, from when to when, and what holds an account."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from billing.assembly import (
    AccountFact,
    AgreementFact,
    DraftBill,
    Held,
    NotDue,
    PeriodFact,
    SourceFact,
    VersionFact,
    assemble,
    share_of,
)
from billing.proration import PeriodRule, Share, Span
from billing.rates import compile_rate
from billing.usage import ReadingFact

JANUARY, FEBRUARY, MARCH = dt.date(2015, 1, 1), dt.date(2015, 2, 1), dt.date(2015, 3, 1)
PERIOD = PeriodFact(
    start=FEBRUARY,
    end=MARCH,
    bills_when_read=False,
    rule=PeriodRule(30, 25, 35),
    summer_months=frozenset({5, 6, 7, 8, 9, 10}),
)
WATER = compile_rate(
    {
        "format": 1,
        "unit": "ccf",
        "components": [
            {"kind": "fixed", "code": "base", "label": "Base", "amount": "10.00"},
            {"kind": "uniform", "code": "use", "label": "Use", "price": "2.00"},
        ],
    }
)
STORM = compile_rate(
    {
        "format": 1,
        "unit": "each",
        "components": [{"kind": "fixed", "code": "base", "label": "Storm", "amount": "3.00"}],
    }
)
CREDIT = compile_rate(
    {
        "format": 1,
        "unit": "ccf",
        "components": [{"kind": "fixed", "code": "base", "label": "Credit", "amount": "-1.00"}],
    }
)


class Rates:
    """A rate book of three rates, W from 2014, and NEW without a version."""

    versions = {"W": VersionFact(1, WATER), "D": VersionFact(2, STORM), "C": VersionFact(3, CREDIT)}

    def has(self, code: str) -> bool:
        return code in self.versions or code == "NEW"

    def find(self, code: str, on_date: dt.date) -> VersionFact | None:
        return self.versions.get(code) if on_date.year >= 2014 else None


def read(day: dt.date, value: int, kind: str = "ACTUAL", key: int = 1) -> ReadingFact:
    return ReadingFact(key, day, Decimal(value), kind)


def source(**changes: Any) -> SourceFact:
    plain = SourceFact(
        register_id=1,
        serial_number="M1",
        meter_size='5/8"',
        unit="ccf",
        dial_count=4,
        multiplier=Decimal(1),
        sign=1,
        share=Decimal(1),
        to_date=None,
        start=read(FEBRUARY, 100),
        end=read(dt.date(2015, 2, 28), 107),
    )
    return replace(plain, **changes)


def agreement(**changes: Any) -> AgreementFact:
    plain = AgreementFact(
        id=1,
        service="WATER",
        rate_code="W",
        from_date=JANUARY,
        to_date=None,
        start=FEBRUARY,
        sources=(source(),),
    )
    return replace(plain, **changes)


def account(*agreements: AgreementFact, **changes: Any) -> AccountFact:
    plain = AccountFact(1, "1", "RESIDENTIAL", "NORMAL", "", agreements or (agreement(),))
    return replace(plain, **changes)


def bill(found: Any) -> DraftBill:
    assert isinstance(found, DraftBill), found
    return found


def reasons(found: Any) -> list[str]:
    assert isinstance(found, Held), found
    return [reason.text for reason in found.reasons]


class TestAssemble:
    def test_bills_from_the_last_segment_to_the_reading(self) -> None:
        [segment] = bill(assemble(account(), period=PERIOD, rates=Rates())).segments
        assert (segment.from_date, segment.to_date) == (FEBRUARY, dt.date(2015, 2, 28))
        assert (segment.quantity, segment.amount) == (7, Decimal("24.00"))
        assert [line.charge_type for line in segment.lines] == ["WATER", "WATER"]

    def test_bills_an_unmetered_service_for_the_period(self) -> None:
        storm = agreement(id=2, service="STORM", rate_code="D", sources=())
        [segment] = bill(assemble(account(storm), period=PERIOD, rates=Rates())).segments
        assert (segment.from_date, segment.to_date, segment.quantity) == (FEBRUARY, MARCH, None)

    def test_bills_nothing_twice(self) -> None:
        done = agreement(start=MARCH)
        assert isinstance(assemble(account(done), period=PERIOD, rates=Rates()), NotDue)

    def test_marks_an_estimate(self) -> None:
        estimated = agreement(sources=(source(end=read(dt.date(2015, 2, 28), 107, "ESTIMATE")),))
        [segment] = bill(assemble(account(estimated), period=PERIOD, rates=Rates())).segments
        assert segment.is_estimated

    def test_adds_meters_and_deducts_others(self) -> None:
        sources = (source(), source(register_id=2, sign=-1, end=read(dt.date(2015, 2, 27), 103, key=9)))
        [segment] = bill(assemble(account(agreement(sources=sources)), period=PERIOD, rates=Rates())).segments
        assert segment.quantity == 4

    @pytest.mark.parametrize("status", ["NO_BILL", "FINAL_BILLED"])
    def test_leaves_out_who_is_not_billed(self, status: str) -> None:
        found = assemble(account(billing_status=status, status_reason="x"), period=PERIOD, rates=Rates())
        assert isinstance(found, NotDue)


class TestHold:
    def test_names_the_class_without_a_rate(self) -> None:
        unknown = account(agreement(rate_code="?"), customer_class="OTHER")
        assert reasons(assemble(unknown, period=PERIOD, rates=Rates())) == ["no rate for class OTHER"]

    def test_names_the_rate_without_a_price_on_the_last_day(self) -> None:
        found = assemble(account(agreement(rate_code="NEW")), period=PERIOD, rates=Rates())
        assert reasons(found) == ["no price of rate NEW on 2015-02-27"]

    def test_a_missing_reading_holds_and_is_reported(self) -> None:
        unread = agreement(sources=(source(end=read(FEBRUARY, 100)),))
        found = assemble(account(unread), period=PERIOD, rates=Rates())
        assert reasons(found) == ["no reading in the period"]
        assert isinstance(found, Held)
        assert [(one.register_id, one.agreement_id) for one in found.missing] == [(1, 1)]

    def test_one_meter_of_two_unread_holds(self) -> None:
        sources = (source(), source(register_id=2, serial_number="M2", end=read(FEBRUARY, 100)))
        found = assemble(account(agreement(sources=sources)), period=PERIOD, rates=Rates())
        assert reasons(found) == ["no reading of meter M2 in the period"]

    def test_a_meter_without_an_opening_reading_holds(self) -> None:
        found = assemble(account(agreement(sources=(source(start=None),))), period=PERIOD, rates=Rates())
        assert reasons(found) == ["no opening reading of meter M1"]

    def test_a_questioned_reading_holds(self) -> None:
        doubted = agreement(sources=(source(exceptions=("Use is nine times the average.",)),))
        assert reasons(assemble(account(doubted), period=PERIOD, rates=Rates())) == [
            "Use is nine times the average."
        ]

    def test_one_held_service_holds_the_whole_account(self) -> None:
        both = account(agreement(), agreement(id=2, service="STORM", rate_code="?", sources=()))
        assert reasons(assemble(both, period=PERIOD, rates=Rates())) == ["no rate for class RESIDENTIAL"]

    def test_charges_below_nothing_hold(self) -> None:
        found = assemble(account(agreement(rate_code="C")), period=PERIOD, rates=Rates())
        assert reasons(found) == ["the WATER charges come to 1.00 in the customer's favour"]

    def test_negative_use_holds(self) -> None:
        sources = (source(), source(register_id=2, sign=-1, end=read(dt.date(2015, 2, 28), 150)))
        found = assemble(account(agreement(sources=sources)), period=PERIOD, rates=Rates())
        assert reasons(found) == ["the use is negative: -43.000 ccf"]

    def test_metered_prices_without_a_meter_hold(self) -> None:
        found = assemble(account(agreement(sources=())), period=PERIOD, rates=Rates())
        assert reasons(found) == ["missing usage"]

    @pytest.mark.parametrize(
        ("fall", "holds"), [((150, 140), True), ((9000, 4001), True), ((9990, 4), False)]
    )
    def test_dials_that_fell_too_far_for_a_rollover_hold(self, fall: tuple[int, int], holds: bool) -> None:
        fallen = source(start=read(FEBRUARY, fall[0]), end=read(dt.date(2015, 2, 28), fall[1]))
        found = assemble(account(agreement(sources=(fallen,))), period=PERIOD, rates=Rates())
        if holds:
            assert reasons(found) == [
                f"meter M1 reads {fall[1]} on 2015-02-28, below the {fall[0]} of 2015-02-01 where this bill begins"
            ]
        else:
            assert bill(found).segments[0].quantity == 14

    def test_suspended_billing_holds_with_its_reason(self) -> None:
        found = assemble(
            account(billing_status="SUSPENDED", status_reason="fire"), period=PERIOD, rates=Rates()
        )
        assert reasons(found) == ["billing is suspended: fire"]


class TestNewAndStopped:
    def test_a_service_begun_in_the_period_and_not_yet_read_waits(self) -> None:
        begun = dt.date(2015, 2, 20)
        new = agreement(
            from_date=begun, start=begun, sources=(source(start=read(begun, 5), end=read(begun, 5)),)
        )
        assert isinstance(assemble(account(new), period=PERIOD, rates=Rates()), NotDue)

    def test_a_stopped_service_is_billed_to_its_end(self) -> None:
        end = dt.date(2015, 2, 27)
        stopped = agreement(to_date=end, sources=(source(end=read(dt.date(2015, 2, 26), 104, "FINAL")),))
        [segment] = bill(assemble(account(stopped), period=PERIOD, rates=Rates())).segments
        assert (segment.to_date, segment.quantity) == (end, 4)

    def test_a_stopped_service_without_a_final_reading_is_held(self) -> None:
        stopped = agreement(
            to_date=dt.date(2015, 2, 20), sources=(source(end=read(dt.date(2015, 2, 10), 104)),)
        )
        assert reasons(assemble(account(stopped), period=PERIOD, rates=Rates())) == [
            "no final reading on 2015-02-20"
        ]

    def test_the_meter_that_was_taken_out_before_is_no_final_reading(self) -> None:
        exchanged, left = dt.date(2015, 2, 10), dt.date(2015, 2, 20)
        old = source(to_date=exchanged, end=read(exchanged, 104, "REMOVE"))
        new = source(register_id=2, start=read(exchanged, 0, "SET"), end=read(exchanged, 0, "SET"))
        stopped = agreement(to_date=left, sources=(old, new))
        assert reasons(assemble(account(stopped), period=PERIOD, rates=Rates())) == [
            "no final reading on 2015-02-20"
        ]

    def test_a_service_that_stopped_before_the_period_is_billed_by_its_final_reading(self) -> None:
        end = dt.date(2015, 1, 20)
        late = agreement(
            start=JANUARY,
            to_date=end,
            sources=(source(start=read(JANUARY, 90), end=read(dt.date(2015, 1, 19), 95, "FINAL")),),
        )
        [segment] = bill(assemble(account(late), period=PERIOD, rates=Rates())).segments
        assert (segment.from_date, segment.to_date, segment.quantity) == (JANUARY, end, 5)


class TestBillsWhenRead:
    period = replace(PERIOD, bills_when_read=True)

    def test_skips_what_was_not_read_in_the_period(self) -> None:
        unread = agreement(start=JANUARY, sources=(source(end=read(FEBRUARY, 100)),))
        assert isinstance(assemble(account(unread), period=self.period, rates=Rates()), NotDue)

    def test_bills_what_was_read_whatever_the_others(self) -> None:
        unread = agreement(id=2, start=JANUARY, sources=(source(register_id=2, end=read(FEBRUARY, 100)),))
        found = bill(assemble(account(agreement(), unread), period=self.period, rates=Rates()))
        assert [segment.agreement_id for segment in found.segments] == [1]

    def test_never_scales_by_days(self) -> None:
        assert share_of(Span(dt.date(2014, 10, 1), MARCH), self.period) is None


class TestShareOf:
    @pytest.mark.parametrize(
        ("days", "expected"),
        [
            (25, None),
            (30, None),
            (35, None),
            (24, Share(0, 24, 30)),
            (36, Share(0, 36, 30)),
            (60, Share(0, 2, 1)),
            (92, Share(0, 3, 1)),
        ],
    )
    def test_is_whole_by_days_or_several_wholes(self, days: int, expected: Share | None) -> None:
        assert share_of(Span(FEBRUARY, FEBRUARY + dt.timedelta(days=days)), PERIOD) == expected
