"""What completing an order writes: the read, the physical status, the agreement's end, in one transaction."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts import services as accounts
from accounts.models import PhysicalStatus
from core import permissions
from core.models import User
from ledger import services as ledger
from metering import queries as metering_queries
from metering import services as metering
from metering.models import Reading
from serviceorders.models import ServiceOrder
from serviceorders.services.orders import OrderNotMovable, check_shutoff, move

Kind = ServiceOrder.Kind

READING_KIND = {
    Kind.SHUTOFF: Reading.Kind.ACTUAL,
    Kind.RESTORE: Reading.Kind.ACTUAL,
    Kind.REREAD: Reading.Kind.ACTUAL,
    Kind.FINAL_READ: Reading.Kind.FINAL,
}


class ReadingNeeded(Exception):
    """The order cannot be completed without what the meter showed."""


def complete(
    *, order: ServiceOrder, done_at: dt.datetime, on_date: dt.date, dials: str, by: User, note: str = ""
) -> ServiceOrder:
    """Report an order as done, with what the meter showed (``dials`` as they read; blank where no meter is).

    One transaction writes the reading, the physical status (shutoff, restore), the agreement's end (final read) and
    the order. A shutoff is asked about once more with the account locked: whoever has paid is not recorded as cut.
    Raises ``ReadingNeeded``, ``OrderNotMovable``, ``ShutoffRefused`` or the metering app's refusal of the dials.
    """
    permissions.check(by, "complete_orders")
    with transaction.atomic():
        ledger.lock_accounts([order.account_id])
        if order.state != ServiceOrder.State.DISPATCHED:
            raise OrderNotMovable(f"Order {order.number} is not with a crew. Send it out first.")
        if order.kind == Kind.SHUTOFF:
            check_shutoff(order.account, order.service_point, on_date=on_date)
        register = metering_queries.main_register(order.service_point, on_date=on_date)
        if register is not None:
            if not dials.strip():
                raise ReadingNeeded("Enter what the meter showed. Without it the order stays open.")
            recorded = metering.record_reading(
                register=register,
                read_at=done_at,
                dials=dials,
                kind=READING_KIND[Kind(order.kind)],
                source="ORDER",
                reader=str(order.crew or by),
                by=by,
            )
            order.reading = recorded.reading
        if order.kind in (Kind.SHUTOFF, Kind.RESTORE):
            accounts.set_physical_status(
                service_point=order.service_point,
                status=PhysicalStatus.Status.OFF_AT_VALVE
                if order.kind == Kind.SHUTOFF
                else PhysicalStatus.Status.ON,
                from_date=on_date,
                reason=f"order {order.number}",
                by=by,
            )
        if order.kind == Kind.FINAL_READ and order.agreement is not None:
            accounts.stop_agreement(agreement=order.agreement, to_date=on_date, by=by)
        order.completed_at = done_at
        order.completed_by = by
        order.outcome_note = note
        return move(
            order=order,
            to_state=ServiceOrder.State.COMPLETED,
            by=by,
            note=note,
            also_update=["completed_at", "completed_by", "outcome_note", "reading"],
        )


def could_not(*, order: ServiceOrder, reason: str, by: User) -> ServiceOrder:
    """Report that an order could not be done, and why; it waits to be planned again. Raises ``OrderNotMovable``."""
    permissions.check(by, "complete_orders")
    with transaction.atomic():
        order.outcome_note = reason
        return move(
            order=order,
            to_state=ServiceOrder.State.NOT_DONE,
            by=by,
            note=reason,
            also_update=["outcome_note"],
        )
