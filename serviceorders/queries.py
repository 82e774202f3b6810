"""Reads of field work: who sees which orders, the board, and what is known before an order is asked for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, QuerySet, When
from django.http import Http404

from accounts.models import Account, Service, ServiceAgreement
from collections_app import queries as collections
from core import permissions
from core.models import User
from metering import queries as metering
from serviceorders import services
from serviceorders.models import OrderEvent, ServiceOrder

UNDER_WAY = (ServiceOrder.State.OPEN, ServiceOrder.State.DISPATCHED, ServiceOrder.State.NOT_DONE)


@dataclass(frozen=True, slots=True)
class RequestStanding:
    """What the office should know before it asks for an order: the one that stands, and what forbids another."""

    open_order: ServiceOrder | None
    refusal: str = ""
    past_due_amount: Decimal | None = None

    @property
    def is_clear(self) -> bool:
        """Whether nothing stands in the way."""
        return self.open_order is None and not self.refusal


def sees_all_orders(user: User) -> bool:
    """Whether a person sees every order; a crew, which may not look accounts up, sees what it was given."""
    return user.can("view_accounts")


def orders_for(user: User) -> QuerySet[ServiceOrder]:
    """The orders that a person may see, with what a list shows of them. Raises ``PermissionRefused``."""
    permissions.check(user, "view_orders")
    rows = ServiceOrder.objects.select_related("account", "service_point__premise", "crew")
    return rows if sees_all_orders(user) else rows.filter(crew=user)


def get_order_for(user: User, number: int) -> ServiceOrder:
    """The order of that number for a person who may see it. Raises ``PermissionRefused`` or ``Http404``."""
    order = (
        orders_for(user)
        .select_related("agreement", "requested_by", "completed_by", "reading")
        .filter(number=number)
    )
    found = order.first()
    if found is None:
        raise Http404(f"There is no order {number} for you to see.")
    return found


def has_meter(order: ServiceOrder, *, on_date: dt.date) -> bool:
    """Whether there is something to read at the order's service point."""
    return metering.main_register(order.service_point, on_date=on_date) is not None


def events_of(order: ServiceOrder) -> list[OrderEvent]:
    """What happened to an order, newest first."""
    return list(OrderEvent.objects.filter(order=order).select_related("by").order_by("-at", "-pk"))


def crews() -> QuerySet[User]:
    """The people who can be given an order: those who report from the field, the office's own people last."""
    people = User.objects.with_perm("core.complete_orders", include_superusers=False)
    office = User.objects.with_perm("core.view_accounts", include_superusers=False).values("pk")
    found: QuerySet[User] = people.filter(is_active=True, is_system=False).order_by(
        Case(When(pk__in=office, then=1), default=0), "display_name", "pk"
    )
    return found


def orders_of_account(account: Account, *, limit: int) -> list[ServiceOrder]:
    """The newest orders of an account."""
    rows = ServiceOrder.objects.filter(account=account).select_related("requested_by", "service_point")
    return list(rows.order_by("-requested_at", "-pk")[:limit])


def orderable_agreements(account: Account) -> QuerySet[ServiceAgreement]:
    """The services of an account that a crew can be sent to: those that run first, water before the others."""
    rows = ServiceAgreement.objects.filter(account=account).exclude(status=ServiceAgreement.Status.CANCELLED)
    rank = Case(*(When(service=service, then=place) for place, service in enumerate(Service.values)))
    running_first = F("to_date").desc(nulls_first=True)
    return rows.select_related("service_point__premise").order_by(running_first, rank, "-from_date", "pk")


def standing_of_request(
    *, kind: str, account: Account, agreement: ServiceAgreement, on_date: dt.date
) -> RequestStanding:
    """What asking for this order would meet, said before it is asked: nothing is written."""
    point = agreement.service_point
    standing = services.open_order(kind=kind, service_point=point)
    if kind == ServiceOrder.Kind.SHUTOFF:
        shutoff = collections.shutoff_standing(account, on_date=on_date)
        refusal = ""
        if not shutoff.is_allowed:
            try:
                collections.check_shutoff(account, on_date=on_date)
            except collections.ShutoffRefused as error:
                refusal = str(error)
        elif not services.takes_service(account, point, on_date=on_date):
            refusal = "The account takes this service no more: somebody else may live there."
        return RequestStanding(open_order=standing, refusal=refusal, past_due_amount=shutoff.amount)
    if kind == ServiceOrder.Kind.RESTORE and services.is_on(point, on_date=on_date):
        return RequestStanding(
            open_order=standing, refusal="This service is on: there is nothing to restore."
        )
    return RequestStanding(open_order=standing)
