"""The named balances, on plain figures."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.balances import OpenPart, balances_of

DAY = date(2026, 3, 25)
ZERO = Decimal("0.00")

cents = st.integers(0, 50_000).map(lambda value: Decimal(value) / 100)
days = st.dates(date(2026, 1, 1), date(2026, 6, 30))
parts = st.builds(
    OpenPart,
    open_amount=cents,
    due_date=days,
    is_curtailable=st.booleans(),
    placement=st.sampled_from(["", "AGENCY", "WRITTEN_OFF"]),
    disputed=cents,
    deferred=st.lists(st.tuples(cents, days), max_size=2).map(tuple),
)


def of(*items, unapplied=ZERO, held=ZERO, pledged=ZERO, as_of=DAY):
    return balances_of(items, unapplied=unapplied, held=held, pledged=pledged, as_of=as_of)


class TestBalancesOf:
    def test_of_an_account_without_charges_are_zero(self):
        assert of().ledger == of().due_now == of().payoff == 0

    def test_show_our_debt_in_the_ledger_balance_alone(self):
        found = of(OpenPart(Decimal("10.00"), DAY), unapplied=Decimal("25.00"))
        assert (found.ledger, found.due_now, found.payoff) == (Decimal("-15.00"), 0, 0)

    def test_count_late_from_the_day_after_the_due_date(self):
        item = OpenPart(Decimal("10.00"), DAY)
        assert of(item).past_due == 0
        assert of(item, as_of=date(2026, 3, 26)).past_due == Decimal("10.00")

    def test_never_defer_or_dispute_more_than_is_open(self):
        item = OpenPart(
            Decimal("10.00"),
            date(2026, 1, 1),
            disputed=Decimal("50.00"),
            deferred=((Decimal("50.00"), date(2026, 5, 1)),),
        )
        found = of(item)
        assert (found.due_now, found.past_due, found.curtailable_past_due, found.ledger) == (0, 0, 0, 10)

    @given(st.lists(parts, max_size=5), cents, cents, days)
    def test_contain_each_other(self, items, unapplied, pledged, as_of):
        found = of(*items, unapplied=unapplied, pledged=pledged, as_of=as_of)
        assert ZERO <= found.curtailable_past_due <= found.to_restore <= found.past_due <= found.due_now
        assert found.due_now <= found.payoff
        assert found.payoff <= max(found.ledger, ZERO)

    @given(st.lists(parts, max_size=5), cents, days)
    def test_do_not_hang_on_the_order_of_the_charges(self, items, unapplied, as_of):
        assert of(*items, unapplied=unapplied, as_of=as_of) == of(
            *reversed(items), unapplied=unapplied, as_of=as_of
        )
