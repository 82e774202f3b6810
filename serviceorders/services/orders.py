"""Asking for field work, sending it out and taking it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from accounts.models import Account, PhysicalStatus, ServiceAgreement, ServicePoint
from collections_app import queries as collections
from core import audit, permissions, sequences, states
from core.db import raising, require_transaction
from core.models import User
from ledger import services as ledger
from serviceorders.models import OrderEvent, ServiceOrder

Kind = ServiceOrder.Kind
State = ServiceOrder.State


class OrderAlreadyOpen(Exception):
    """An open order of this type stands at this service point."""


class OrderNotMovable(Exception):
    """The order is in a state from which this step is not taken."""


class NothingToRestore(Exception):
    """The service is not off."""


class ServiceNotTheirs(collections.ShutoffRefused):
    """The account does not take the service there any more: a shutoff would hit who lives there now."""


def move(
    *, order: ServiceOrder, to_state: str, by: User, note: str = "", also_update: Iterable[str] = ()
) -> ServiceOrder:
    """Take an order from its state to another: lock, check, write, event and audit.

    The order given is brought up to date in place. Raises ``OrderNotMovable`` when the table has no such step.
    """
    require_transaction()
    locked = ServiceOrder.objects.select_for_update().get(pk=order.pk)
    try:
        states.check_transition(
            ServiceOrder.TRANSITIONS, locked.state, to_state, what=f"Order {order.number}"
        )
    except states.TransitionRefused as refusal:
        raise OrderNotMovable(str(refusal)) from None
    was = locked.state
    order.state = to_state
    order.save(update_fields=["state", *also_update])
    OrderEvent.objects.create(order=order, from_state=was, to_state=to_state, by=by, note=note)
    audit.record(
        code=f"serviceorders.order.{to_state.lower()}",
        by=by,
        kind="order",
        key=str(order.number),
        account_number=order.account.number,
        summary=f"{order.get_kind_display()} order {order.number}: {State(to_state).label.lower()}"
        + (f" ({note})" if note else ""),
        data={"from": was, "to": to_state},
    )
    return order


def request_order(
    *,
    kind: str,
    account: Account,
    service_point: ServicePoint,
    scheduled_date: dt.date,
    reason: str,
    on_date: dt.date,
    by: User,
    agreement: ServiceAgreement | None = None,
    priority: int = 5,
) -> ServiceOrder:
    """Ask for field work at a service point.

    Raises ``OrderAlreadyOpen`` (naming the order that stands), ``NothingToRestore``, or for a shutoff
    ``collections_app.queries.ShutoffRefused``.
    """
    permissions.check(by, "request_order")
    with (
        raising({"serviceorders_order_one_open": OrderAlreadyOpen(_duplicate_text(kind, service_point))}),
        transaction.atomic(),
    ):
        ledger.lock_accounts([account.pk])
        standing = open_order(kind=kind, service_point=service_point)
        if standing is not None:
            raise OrderAlreadyOpen(
                f"{_duplicate_text(kind, service_point)} It is order {standing.number},"
                f" for {standing.scheduled_date:%b %-d}."
            )
        if kind == Kind.SHUTOFF:
            check_shutoff(account, service_point, on_date=on_date)
        if kind == Kind.RESTORE and is_on(service_point, on_date=on_date):
            raise NothingToRestore("This service is on: there is nothing to restore.")
        order = ServiceOrder.objects.create(
            number=sequences.take(series="service_order"),
            kind=kind,
            account=account,
            service_point=service_point,
            agreement=agreement,
            scheduled_date=scheduled_date,
            priority=priority,
            reason=reason,
            requested_by=by,
        )
        OrderEvent.objects.create(order=order, to_state=State.OPEN, by=by, note=reason)
        audit.record(
            code="serviceorders.order.requested",
            by=by,
            kind="order",
            key=str(order.number),
            account_number=account.number,
            summary=f"{order.get_kind_display()} order {order.number} for {scheduled_date:%b %-d}: {reason}",
        )
    return order


def dispatch(*, order: ServiceOrder, crew: User, on_date: dt.date, by: User) -> ServiceOrder:
    """Give an order to a crew. A shutoff is asked about again, with the account locked.

    Raises ``OrderNotMovable`` or ``collections_app.queries.ShutoffRefused``.
    """
    permissions.check(by, "dispatch_orders")
    with transaction.atomic():
        ledger.lock_accounts([order.account_id])
        if order.kind == Kind.SHUTOFF:
            check_shutoff(order.account, order.service_point, on_date=on_date)
        order.crew = crew
        return move(order=order, to_state=State.DISPATCHED, by=by, note=f"to {crew}", also_update=["crew"])


def cancel(*, order: ServiceOrder, reason: str, by: User) -> ServiceOrder:
    """Drop an order that is no longer wanted. Raises ``OrderNotMovable``."""
    permissions.check(by, "dispatch_orders")
    with transaction.atomic():
        return move(order=order, to_state=State.CANCELLED, by=by, note=reason)


def recall(*, order: ServiceOrder, reason: str, by: User) -> ServiceOrder:
    """Take an order back from the crew, because its ground is gone. Raises ``OrderNotMovable``."""
    permissions.check(by, "dispatch_orders")
    with transaction.atomic():
        return move(order=order, to_state=State.RECALLED, by=by, note=reason)


def reopen(*, order: ServiceOrder, scheduled_date: dt.date, by: User) -> ServiceOrder:
    """Plan again an order that could not be done, or one taken back from its crew. Raises ``OrderNotMovable``."""
    permissions.check(by, "dispatch_orders")
    with transaction.atomic():
        order.scheduled_date = scheduled_date
        order.crew = None
        return move(
            order=order,
            to_state=State.OPEN,
            by=by,
            note=f"planned for {scheduled_date:%b %-d}",
            also_update=["scheduled_date", "crew"],
        )


def check_shutoff(account: Account, service_point: ServicePoint, *, on_date: dt.date) -> None:
    """Pass if the account may be shut off there: it is late, nothing forbids it, and the service is still its own.

    Raises ``ServiceNotTheirs``, ``collections_app.queries.ShutoffRefused``. Call it with the account locked.
    """
    if not takes_service(account, service_point, on_date=on_date):
        raise ServiceNotTheirs(
            f"Do not shut off: account {account.number} takes no service at {service_point.premise.street_address}"
            f" on {on_date:%b %-d}. Somebody else may live there."
        )
    collections.check_shutoff(account, on_date=on_date)


def takes_service(account: Account, service_point: ServicePoint, *, on_date: dt.date) -> bool:
    """Whether the account has the service at that place on the day."""
    return (
        ServiceAgreement.objects.filter(
            Q(to_date__isnull=True) | Q(to_date__gt=on_date),
            account=account,
            service_point=service_point,
            from_date__lte=on_date,
        )
        .exclude(status=ServiceAgreement.Status.CANCELLED)
        .exists()
    )


def open_order(*, kind: str, service_point: ServicePoint) -> ServiceOrder | None:
    """The order of this type that stands open at a service point, or None."""
    return (
        ServiceOrder.objects.filter(
            kind=kind, service_point=service_point, state__in=[State.OPEN, State.DISPATCHED, State.NOT_DONE]
        )
        .order_by("pk")
        .first()
    )


def is_on(service_point: ServicePoint, *, on_date: dt.date) -> bool:
    """Whether the service is on, as far as the office knows; a point without a history counts as on."""
    status = (
        PhysicalStatus.objects.filter(
            service_point=service_point, from_date__lte=on_date, to_date__isnull=True
        )
        .order_by("-from_date", "-pk")
        .first()
    )
    return status is None or status.status == PhysicalStatus.Status.ON


def _duplicate_text(kind: str, service_point: ServicePoint) -> str:
    return f"There is already an open {Kind(kind).label.lower()} order at this service point."
