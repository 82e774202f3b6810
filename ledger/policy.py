"""What the city decides about paying charges off."""

import datetime as dt
from typing import cast

from core import policy
from core.policy import Parameter
from ledger.allocation import AllocationPolicy

PRIORITY_FIRST = "priority, age"
AGE_FIRST = "age, priority"

PARAMETERS = [
    Parameter(
        name="ledger.allocation_order",
        kind="text",
        default=PRIORITY_FIRST,
        unit="",
        governs=(
            "Which charges a payment settles first, after those that the payer named: by the priority of their type"
            f' and then by age ("{PRIORITY_FIRST}"), or the reverse ("{AGE_FIRST}")'
        ),
        governed_by="act date",
    ),
    Parameter(
        name="ledger.allocation_pro_rata",
        kind="boolean",
        default=False,
        unit="",
        governs="Whether charges of the same priority and age share a payment too small for all of them",
        governed_by="act date",
    ),
]


class AllocationOrderNotKnown(ValueError):
    """The city's order of payment is none that the ledger knows."""


def allocation_policy(*, on_date: dt.date) -> AllocationPolicy:
    """The order of payment that holds on a day. Raises AllocationOrderNotKnown."""
    order = cast(str, policy.value("ledger.allocation_order", on_date=on_date))
    pro_rata = cast(bool, policy.value("ledger.allocation_pro_rata", on_date=on_date))
    if order == PRIORITY_FIRST:
        return AllocationPolicy(order=("preference", "priority", "age"), pro_rata_within_group=pro_rata)
    if order == AGE_FIRST:
        return AllocationPolicy(order=("preference", "age", "priority"), pro_rata_within_group=pro_rata)
    raise AllocationOrderNotKnown(
        f'ledger.allocation_order is "{order}"; it must be "{PRIORITY_FIRST}" or "{AGE_FIRST}".'
    )
