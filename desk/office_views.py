"""Pages that run the office: reviews to sign, what the city decided, who did what."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from core import audit, clock, policy, small_office
from core.models import AuditEvent, SmallOfficeReview, User
from core.permissions import requires
from core.views import OfficeListView
from desk import services as desk
from desk.links import link
from desk.office_forms import AuditFilter, PolicyValueForm, SignForm

SIGNED_ROWS = 50
PAGES = {"receipt": "payments:receipt", "bill_run": "billing:run"}


@requires("view_approvals")
@require_GET
def reviews(request: HttpRequest) -> HttpResponse:
    """What one person completed alone in small-office mode, the soonest due first, then what was signed."""
    return _reviews_page(request)


@requires("sign_reviews")
@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one review. Who did the act is refused by the act of signing itself."""
    review = get_object_or_404(SmallOfficeReview, pk=pk)
    form = SignForm(request.POST)
    if not form.is_valid():
        return _reviews_page(request, status=422, form=form)
    by, note = cast(User, request.user), form.cleaned_data["note"]
    try:
        desk.sign_review(review=review, by=by, on_date=clock.today(), note=note)
    except small_office.ReviewRefused as refusal:
        return _reviews_page(request, status=422, form=form, refusal=str(refusal))
    messages.success(request, f"{review.get_act_display()} {review.key}: review signed.")
    return redirect("desk:reviews")


@requires("view_accounts")
@require_GET
def policy_page(request: HttpRequest) -> HttpResponse:
    """Every parameter with what holds today; the chosen one with its history and a form for a new value."""
    name = request.GET.get("parameter", "")
    if name and name not in policy.parameters():
        raise Http404("There is no such parameter.")
    return _policy_page(request, name)


@requires("manage_policy")
@require_POST
def enter_policy(request: HttpRequest, name: str) -> HttpResponse:
    """Enter a new value of a parameter from a date on."""
    parameter = policy.parameters().get(name)
    if parameter is None:
        raise Http404("There is no such parameter.")
    form = PolicyValueForm(request.POST, parameter=parameter)
    if not form.is_valid():
        return _policy_page(request, name, status=422, form=form)
    try:
        row = policy.set_value(parameter=name, by=cast(User, request.user), **form.cleaned_data)
    except policy.PolicyValueRefused as refusal:
        return _policy_page(request, name, status=422, form=form, refusal=str(refusal))
    messages.success(request, f"{name} is {policy.in_words(row.value)} from {row.from_date:%b %d, %Y}.")
    return redirect(f"{reverse('desk:policy')}?{urlencode({'parameter': name})}")


class AuditList(OfficeListView):
    """The audit trail, newest first."""

    model = AuditEvent
    required_verb = "view_audit"
    filterset_class = AuditFilter
    ordering = ("-at", "-pk")
    template_name = "desk/audit.html"
    results_template_name = "desk/_audit_results.html"

    def get_queryset(self) -> QuerySet[Any]:
        """Give the events with their actors loaded."""
        return super().get_queryset().select_related("actor")


def _reviews_page(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    user, today = cast(User, request.user), clock.today()
    waiting = [
        {
            "review": review,
            "url": _page_of(review),
            "is_late": review.due_date < today,
            "is_own": review.done_by_id == user.pk,
        }
        for review in small_office.unsigned()
    ]
    signed = [
        {"review": review, "url": _page_of(review)} for review in small_office.signed(limit=SIGNED_ROWS)
    ]
    context = {
        "waiting": waiting,
        "signed": signed,
        "mode_is_on": small_office.is_on(on_date=today),
        "limit": policy.value(small_office.LIMIT, on_date=today),
        **given,
    }
    return render(request, "desk/reviews.html", context, status=status)


def _page_of(review: SmallOfficeReview) -> str:
    page = PAGES.get(review.kind)
    return link(page, review.key) if page else ""


def _policy_page(request: HttpRequest, name: str, *, status: int = 200, **given: Any) -> HttpResponse:
    user, today = cast(User, request.user), clock.today()
    rows = [
        {"standing": each, "words": policy.in_words(each.value), "is_here": each.parameter.name == name}
        for each in policy.standing(on_date=today)
    ]
    context: dict[str, Any] = {"rows": rows, "here": next((row for row in rows if row["is_here"]), None)}
    if name:
        context["history"] = [
            {"value": row, "words": policy.in_words(row.value), "holds": _holds(row, today)}
            for row in policy.rows_of(name)
        ]
        if user.can("manage_policy"):
            context["form"] = PolicyValueForm(
                parameter=policy.parameters()[name], initial={"from_date": today}
            )
        if user.can("view_audit"):
            context["events"] = audit.events_of(kind="policy", key=name)
    return render(request, "desk/policy.html", {**context, **given}, status=status)


def _holds(row: Any, today: Any) -> bool:
    return bool(row.from_date <= today and (row.to_date is None or row.to_date > today))
