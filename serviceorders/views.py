"""Pages of field work: the list, one order, and asking for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import queries as account_queries
from accounts import services as accounts
from accounts.models import Account
from collections_app import queries as collections
from core import clock, states
from core.models import User
from core.permissions import requires
from core.views import OfficeListView, is_partial
from metering import services as metering
from serviceorders import queries, services
from serviceorders.filters import OrderFilter
from serviceorders.forms import (
    CompleteForm,
    CouldNotForm,
    DispatchForm,
    ReasonForm,
    ReopenForm,
    RequestForm,
)
from serviceorders.models import ServiceOrder

REQUEST_REFUSALS = (services.OrderAlreadyOpen, services.NothingToRestore, collections.ShutoffRefused)
ACT_REFUSALS = (
    services.OrderNotMovable,
    services.ReadingNeeded,
    collections.ShutoffRefused,
    metering.DialsNotUnderstood,
    metering.ReadingBeyondDials,
    metering.ReadingAlreadyRecorded,
    accounts.PremiseRefused,
    accounts.AgreementsDatesRefused,
    states.TransitionRefused,
)


class OrderList(OfficeListView):
    """Orders with their filters; a crew sees its own."""

    model = ServiceOrder
    required_verb = "view_orders"
    filterset_class = OrderFilter
    ordering = ("scheduled_date", "priority", "number", "pk")
    template_name = "serviceorders/list.html"
    results_template_name = "serviceorders/_results.html"

    def get_queryset(self) -> QuerySet[Any]:
        """What the person may see; without a state chosen, what is under way."""
        self.queryset = queries.orders_for(cast(User, self.request.user))
        if not self.request.GET.get("state"):
            self.queryset = self.queryset.filter(state__in=queries.UNDER_WAY)
        return super().get_queryset()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the moment that the list is true for: an order list is obeyed on paper."""
        return super().get_context_data(
            as_of_moment=clock.now(),
            only_under_way=not self.request.GET.get("state"),
            is_filtered=bool(self.request.GET),
            sees_all=queries.sees_all_orders(cast(User, self.request.user)),
            **kwargs,
        )


@requires("view_orders")
@require_GET
def order(request: HttpRequest, number: int) -> HttpResponse:
    """One order: where, why, what happened, and what can be done with it now."""
    return _order_page(request, queries.get_order_for(cast(User, request.user), number))


@requires("request_order")
@require_http_methods(["GET", "POST"])
def request_order(request: HttpRequest, number: str) -> HttpResponse:
    """Ask for an order at one of the account's services; what stands in the way is said before posting."""
    account = account_queries.get_account_for(cast(User, request.user), number)
    today = clock.today()
    if request.method == "GET":
        chosen = request.GET.copy()
        form = RequestForm(
            chosen if is_partial(request) else None, account=account, today=today, initial=_first(request)
        )
        template = "serviceorders/_standing.html" if is_partial(request) else "serviceorders/request.html"
        return render(request, template, _request_context(account, form))
    form = RequestForm(request.POST, account=account, today=today)
    if not form.is_valid():
        return render(request, "serviceorders/request.html", _request_context(account, form), status=422)
    agreement = form.cleaned_data["agreement"]
    try:
        made = services.request_order(
            kind=form.cleaned_data["kind"],
            account=account,
            service_point=agreement.service_point,
            agreement=agreement,
            scheduled_date=form.cleaned_data["scheduled_date"],
            reason=form.cleaned_data["reason"],
            priority=form.cleaned_data["priority"],
            on_date=today,
            by=cast(User, request.user),
        )
    except REQUEST_REFUSALS as refusal:
        context = {**_request_context(account, form), "refusal": str(refusal)}
        return render(request, "serviceorders/request.html", context, status=422)
    messages.success(
        request,
        f"{made.get_kind_display()} order {made.number} is asked for {made.scheduled_date:%a %b %-d}.",
    )
    return redirect("serviceorders:order", number=made.number)


@requires("dispatch_orders")
@require_POST
def dispatch(request: HttpRequest, number: int) -> HttpResponse:
    """Give the order to a crew."""

    def act(order: ServiceOrder, form: DispatchForm, by: User) -> None:
        services.dispatch(order=order, crew=form.cleaned_data["crew"], on_date=clock.today(), by=by)

    return _act(request, number, DispatchForm(request.POST), "dispatch_form", act)


@requires("complete_orders")
@require_POST
def complete(request: HttpRequest, number: int) -> HttpResponse:
    """Report the order as done, with the dials."""

    def act(order: ServiceOrder, form: CompleteForm, by: User) -> None:
        done_at = form.cleaned_data["done_at"]
        services.complete(
            order=order,
            done_at=done_at,
            on_date=timezone.localdate(done_at),
            dials=form.cleaned_data["dials"],
            note=form.cleaned_data["note"],
            by=by,
        )

    has_meter = queries.has_meter(
        queries.get_order_for(cast(User, request.user), number), on_date=clock.today()
    )
    form = CompleteForm(request.POST, now=clock.now(), has_meter=has_meter)
    return _act(request, number, form, "complete_form", act)


@requires("complete_orders")
@require_POST
def could_not(request: HttpRequest, number: int) -> HttpResponse:
    """Report that the order could not be done, and why."""

    def act(order: ServiceOrder, form: CouldNotForm, by: User) -> None:
        services.could_not(order=order, reason=form.words(), by=by)

    return _act(request, number, CouldNotForm(request.POST), "could_not_form", act)


@requires("dispatch_orders")
@require_POST
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Drop the order, with the reason."""

    def act(order: ServiceOrder, form: ReasonForm, by: User) -> None:
        services.cancel(order=order, reason=form.cleaned_data["reason"], by=by)

    return _act(request, number, ReasonForm(request.POST), "reason_form", act)


@requires("dispatch_orders")
@require_POST
def recall(request: HttpRequest, number: int) -> HttpResponse:
    """Take the order back, with the reason."""

    def act(order: ServiceOrder, form: ReasonForm, by: User) -> None:
        services.recall(order=order, reason=form.cleaned_data["reason"], by=by)

    return _act(request, number, ReasonForm(request.POST), "reason_form", act)


@requires("dispatch_orders")
@require_POST
def reopen(request: HttpRequest, number: int) -> HttpResponse:
    """Plan the order for another day."""

    def act(order: ServiceOrder, form: ReopenForm, by: User) -> None:
        services.reopen(order=order, scheduled_date=form.cleaned_data["scheduled_date"], by=by)

    return _act(request, number, ReopenForm(request.POST), "reopen_form", act)


def _act(
    request: HttpRequest, number: int, form: Any, name: str, act: Callable[[ServiceOrder, Any, User], None]
) -> HttpResponse:
    """Check the form, do the one act, and show the order; a refusal shows it again with what was typed."""
    by = cast(User, request.user)
    found = queries.get_order_for(by, number)
    if not form.is_valid():
        return _order_page(request, found, status=422, form=form, **{name: form})
    try:
        act(found, form, by)
    except ACT_REFUSALS as refusal:
        as_it_is = queries.get_order_for(by, number)
        return _order_page(request, as_it_is, status=422, refusal=str(refusal), **{name: form})
    messages.success(request, f"Order {found.number}: {found.get_state_display().lower()}.")
    return redirect("serviceorders:order", number=found.number)


def _order_page(
    request: HttpRequest, found: ServiceOrder, *, status: int = 200, **given: Any
) -> HttpResponse:
    """The order with the forms of the steps that its state and the person's verbs allow."""
    may_dispatch, may_complete = request.user.can("dispatch_orders"), request.user.can("complete_orders")  # type: ignore[union-attr]  # nobody is anonymous here
    state = ServiceOrder.State(found.state)

    def goes(to: str) -> bool:
        return states.can_transition(ServiceOrder.TRANSITIONS, state, to)

    context: dict[str, Any] = {
        "order": found,
        "events": queries.events_of(found),
        "sees_account": queries.sees_all_orders(cast(User, request.user)),
        "as_of_moment": clock.now(),
        "warnings": account_queries.alerts_on(found.account, on_date=clock.today()),
    }
    if may_dispatch and goes("DISPATCHED"):
        context["dispatch_form"] = DispatchForm()
    if may_complete and goes("COMPLETED"):
        context["complete_form"] = CompleteForm(
            now=clock.now(), has_meter=queries.has_meter(found, on_date=clock.today())
        )
        context["could_not_form"] = CouldNotForm()
    if may_dispatch and goes("OPEN"):
        context["reopen_form"] = ReopenForm(initial={"scheduled_date": clock.today()})
    if may_dispatch and (goes("CANCELLED") or goes("RECALLED")):
        context["reason_form"] = ReasonForm()
        context["can_cancel"], context["can_recall"] = goes("CANCELLED"), goes("RECALLED")
    return render(request, "serviceorders/order.html", {**context, **given}, status=status)


def _first(request: HttpRequest) -> dict[str, Any]:
    return {
        "scheduled_date": clock.today(),
        "kind": request.GET.get("kind", ServiceOrder.Kind.REREAD),
        "agreement": request.GET.get("agreement"),
    }


def _request_context(account: Account, form: RequestForm) -> dict[str, Any]:
    """The form, and what the chosen work at the chosen service would meet."""
    today = clock.today()
    agreements = list(form.fields["agreement"].queryset)  # type: ignore[attr-defined]  # a ModelChoiceField
    kind = str(form["kind"].value() or "")
    wanted = str(form["agreement"].value() or "")
    agreement = next(
        (each for each in agreements if str(each.pk) == wanted), agreements[0] if agreements else None
    )
    standing = None
    if agreement is not None and kind in ServiceOrder.Kind.values:
        standing = queries.standing_of_request(kind=kind, account=account, agreement=agreement, on_date=today)
    holder = account_queries.holder_on(account, on_date=today)
    return {
        "account": account,
        "holder_name": holder.party.name if holder else "",
        "form": form,
        "standing": standing,
        "has_services": bool(agreements),
        "trail": [
            {"label": account.number, "url": f"/account/{account.number}/"},
            {"label": "Ask for an order", "url": ""},
        ],
    }
