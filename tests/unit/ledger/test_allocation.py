"""Which charges a credit pays."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import allocation
from ledger.allocation import AllocationPolicy, CreditInput, OpenCharge, allocate, allocate_in_turn

MARCH = date(2016, 3, 20)
APRIL = date(2016, 4, 20)
BY_PRIORITY = AllocationPolicy(("preference", "priority", "age"))
BY_AGE = AllocationPolicy(("preference", "age", "priority"))
SHARED = AllocationPolicy(("preference", "priority", "age"), pro_rata_within_group=True)

policies = st.sampled_from([BY_PRIORITY, BY_AGE, SHARED, replace(BY_AGE, pro_rata_within_group=True)])
amounts = st.decimals(Decimal("0.01"), Decimal("500.00"), places=2, allow_nan=False)


@st.composite
def open_charges(draw):
    count = draw(st.integers(0, 10))
    return [
        OpenCharge(
            id=number,
            amount=draw(amounts),
            due_date=MARCH + timedelta(days=draw(st.integers(0, 3))),
            effective_date=MARCH - timedelta(days=draw(st.integers(20, 22))),
            priority=draw(st.integers(1, 3)),
            service=draw(st.sampled_from(["water", "sewer", ""])),
            blocked=draw(st.booleans()),
            rank=draw(st.sampled_from([None, None, None, 1, 2])),
            deferred_until=draw(st.sampled_from([None, None, APRIL])),
        )
        for number in range(1, count + 1)
    ]


credit_inputs = st.builds(
    CreditInput,
    amount=amounts,
    restricted_to=st.sampled_from(
        [None, None, frozenset({"water"}), frozenset({"sewer", "water"}), frozenset()]
    ),
)


def charge(number, amount, *, due=MARCH, priority=1, **more):
    return OpenCharge(
        id=number,
        amount=Decimal(amount),
        due_date=due,
        effective_date=more.pop("effective", due - timedelta(days=20)),
        priority=priority,
        **more,
    )


def paid(amount, charges, policy=BY_PRIORITY, restricted_to=None):
    result = allocate(CreditInput(Decimal(amount), restricted_to), charges, policy)
    return [(each.charge_id, str(each.amount)) for each in result.applied], str(result.unapplied)


class TestAllocate:
    def test_pays_by_priority_and_then_by_age(self):
        charges = [
            charge(1, "30.00", due=MARCH, priority=2),
            charge(2, "20.00", due=APRIL, priority=1),
            charge(3, "10.00", due=MARCH, priority=1),
        ]
        assert paid("45.00", charges) == ([(3, "10.00"), (2, "20.00"), (1, "15.00")], "0.00")

    def test_pays_by_age_and_then_by_priority(self):
        charges = [
            charge(1, "30.00", due=MARCH, priority=2),
            charge(2, "20.00", due=APRIL, priority=1),
            charge(3, "10.00", due=MARCH, priority=1),
        ]
        assert paid("45.00", charges, BY_AGE) == ([(3, "10.00"), (1, "30.00"), (2, "5.00")], "0.00")

    def test_leaves_what_no_charge_takes_unapplied(self):
        assert paid("45.00", [charge(1, "30.00")]) == ([(1, "30.00")], "15.00")
        assert paid("45.00", []) == ([], "45.00")

    def test_follows_the_payers_wish_before_any_rule(self):
        charges = [
            charge(1, "30.00"),
            charge(2, "20.00", priority=9, due=APRIL, rank=1),
            charge(3, "5.00", rank=2),
        ]
        assert paid("40.00", charges) == ([(2, "20.00"), (3, "5.00"), (1, "15.00")], "0.00")

    def test_passes_over_a_disputed_charge_unless_the_payer_names_it(self):
        disputed = charge(1, "30.00", blocked=True)
        assert paid("40.00", [disputed, charge(2, "5.00")]) == ([(2, "5.00")], "35.00")
        assert paid("40.00", [replace(disputed, rank=1), charge(2, "5.00")]) == (
            [(1, "30.00"), (2, "5.00")],
            "5.00",
        )

    def test_counts_a_deferred_charge_from_the_day_it_comes_due(self):
        charges = [
            charge(1, "30.00", deferred_until=APRIL),
            charge(2, "20.00", due=MARCH + timedelta(days=9)),
        ]
        assert paid("25.00", charges) == ([(2, "20.00"), (1, "5.00")], "0.00")

    def test_keeps_restricted_money_to_its_services_even_against_a_wish(self):
        charges = [charge(1, "30.00", service="sewer", rank=1), charge(2, "20.00", service="water")]
        assert paid("40.00", charges, restricted_to=frozenset({"water"})) == ([(2, "20.00")], "20.00")

    def test_shares_within_a_group_by_what_is_open(self):
        base_and_tax = [charge(1, "100.00"), charge(2, "7.00"), charge(3, "50.00", due=APRIL)]
        assert paid("53.50", base_and_tax, SHARED) == ([(1, "50.00"), (2, "3.50")], "0.00")
        assert paid("110.00", base_and_tax, SHARED) == ([(1, "100.00"), (2, "7.00"), (3, "3.00")], "0.00")

    def test_takes_turns_within_a_group_by_effective_date_and_then_id(self):
        charges = [
            charge(7, "10.00", effective=date(2016, 3, 2)),
            charge(9, "10.00", effective=date(2016, 3, 1)),
            charge(3, "10.00", effective=date(2016, 3, 2)),
        ]
        assert paid("25.00", charges) == ([(9, "10.00"), (3, "10.00"), (7, "5.00")], "0.00")

    @given(credit_inputs, open_charges(), policies)
    def test_keeps_the_sum_and_pays_no_charge_more_than_it_is_open(self, credit, charges, policy):
        result = allocate(credit, charges, policy)
        assert sum((each.amount for each in result.applied), result.unapplied) == credit.amount
        open_amounts = {each.id: each.amount for each in charges}
        assert all(Decimal(0) < each.amount <= open_amounts[each.charge_id] for each in result.applied)
        assert len({each.charge_id for each in result.applied}) == len(result.applied)
        assert result.unapplied >= 0

    @given(credit_inputs, open_charges(), policies, st.randoms())
    def test_does_not_mind_in_which_order_the_charges_come(self, credit, charges, policy, random):
        shuffled = list(charges)
        random.shuffle(shuffled)
        assert allocate(credit, shuffled, policy) == allocate(credit, charges, policy)

    @given(credit_inputs, open_charges(), policies)
    def test_leaves_money_over_only_when_all_it_may_pay_is_paid(self, credit, charges, policy):
        result = allocate(credit, charges, policy)
        if result.unapplied:
            services = credit.restricted_to
            may = [
                c
                for c in charges
                if (services is None or c.service in services) and (c.rank or not c.blocked)
            ]
            assert {each.charge_id: each.amount for each in result.applied} == {c.id: c.amount for c in may}

    @given(credit_inputs, open_charges(), policies, amounts)
    def test_pays_no_charge_less_when_the_credit_is_greater(self, credit, charges, policy, more):
        # Shares by largest remainder may move one cent between equals as the sum grows.
        tolerance = Decimal("0.01") if policy.pro_rata_within_group else Decimal("0.00")
        before = {each.charge_id: each.amount for each in allocate(credit, charges, policy).applied}
        greater = replace(credit, amount=credit.amount + more)
        after = {each.charge_id: each.amount for each in allocate(greater, charges, policy).applied}
        assert all(after.get(number, Decimal(0)) >= amount - tolerance for number, amount in before.items())

    @pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.001"])
    def test_refuses_a_credit_that_is_none(self, amount):
        with pytest.raises(allocation.CreditNotPositive):
            paid(amount, [charge(1, "1.00")])

    @pytest.mark.parametrize("amount", ["0.00", "-1.00", "1.001"])
    def test_refuses_a_charge_that_is_not_open(self, amount):
        with pytest.raises(allocation.ChargeNotOpen, match="Charge 8"):
            paid("5.00", [charge(8, amount)])

    def test_refuses_the_same_charge_twice(self):
        with pytest.raises(allocation.ChargeOfferedTwice, match="Charge 8"):
            paid("5.00", [charge(8, "1.00"), charge(8, "2.00")])

    @pytest.mark.parametrize(
        "order", [(), ("age",), ("age", "preference", "priority"), ("preference", "age", "age")]
    )
    def test_refuses_an_order_that_nobody_defined(self, order):
        with pytest.raises(allocation.AllocationOrderUnknown):
            AllocationPolicy(order)


class TestAllocateInTurn:
    def test_gives_each_credit_what_those_before_it_left(self):
        charges = [charge(1, "30.00"), charge(2, "20.00", due=APRIL)]
        credited = [
            CreditInput(Decimal("10.00")),
            CreditInput(Decimal("25.00")),
            CreditInput(Decimal("50.00")),
        ]
        results = allocate_in_turn(credited, charges, BY_PRIORITY)
        assert [[(each.charge_id, each.amount) for each in result.applied] for result in results] == [
            [(1, Decimal("10.00"))],
            [(1, Decimal("20.00")), (2, Decimal("5.00"))],
            [(2, Decimal("15.00"))],
        ]
        assert [result.unapplied for result in results] == [0, 0, Decimal("35.00")]

    @given(st.lists(credit_inputs, max_size=6), open_charges(), policies)
    def test_never_pays_a_charge_more_than_it_is_open(self, credited, charges, policy):
        left = {each.id: each.amount for each in charges}
        results = allocate_in_turn(credited, charges, policy)
        for credit, result in zip(credited, results, strict=True):
            assert sum((each.amount for each in result.applied), result.unapplied) == credit.amount
            for each in result.applied:
                left[each.charge_id] -= each.amount
        assert all(amount >= 0 for amount in left.values())

    @given(st.lists(amounts, min_size=2, max_size=5), open_charges(), st.sampled_from([BY_PRIORITY, BY_AGE]))
    def test_comes_to_the_same_as_one_credit_of_the_sum(self, parts, charges, policy):
        in_turn: dict[int, Decimal] = {}
        for result in allocate_in_turn([CreditInput(part) for part in parts], charges, policy):
            for each in result.applied:
                in_turn[each.charge_id] = in_turn.get(each.charge_id, Decimal(0)) + each.amount
        at_once = allocate(CreditInput(sum(parts, Decimal(0))), charges, policy)
        assert in_turn == {each.charge_id: each.amount for each in at_once.applied}
