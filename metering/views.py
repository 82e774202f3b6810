"""Pages of readings: what waits for a decision, the decision, and entering one reading."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from core import clock
from core.models import User
from core.permissions import requires
from core.views import OfficeListView, refused
from metering import queries, services
from metering.filters import ExceptionFilter
from metering.forms import ReadingForm, ResolveForm
from metering.models import ReadingException
from metering.validation import UsageBelowZero

NOON = dt.time(12)
READING_REFUSALS = (
    services.DialsNotUnderstood,
    services.ReadingBeyondDials,
    services.ReadingAlreadyRecorded,
)
DECISION_REFUSALS = (
    *READING_REFUSALS,
    services.ExceptionAlreadyResolved,
    services.ResolutionRefused,
    services.EstimateWithoutHistory,
    services.ReadingSuperseded,
    UsageBelowZero,
)


class ExceptionList(OfficeListView):
    """What holds bills, or is worth a look."""

    model = ReadingException
    required_verb = "resolve_exceptions"
    filterset_class = ExceptionFilter
    ordering = ("severity", "on_date", "pk")
    template_name = "metering/exceptions.html"
    results_template_name = "metering/_exceptions.html"
    context_object_name = "exceptions"

    def get_queryset(self) -> QuerySet[Any]:
        """The open ones."""
        self.queryset = queries.exceptions_open()
        return super().get_queryset()


@requires("resolve_exceptions")
@require_http_methods(["GET", "POST"])
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """One exception with the meter's past, and the decision; then the next one."""
    exception = get_object_or_404(queries.exceptions_all(), pk=pk)
    form = ResolveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            done = services.resolve_exception(
                exception=exception,
                resolution=data["resolution"],
                note=data["note"],
                dials=data["dials"] or None,
                by=cast(User, request.user),
            )
        except DECISION_REFUSALS as refusal:
            return refused(
                request,
                refusal,
                template_name="metering/exception.html",
                context=_exception_context(exception, form),
            )
        meter = exception.register.meter.serial_number
        messages.success(request, f"Meter {meter}: {done.get_resolution_display().lower()}.")
        following = queries.exceptions_open().first()
        return redirect("metering:exception", following.pk) if following else redirect("metering:exceptions")
    status = 422 if form.is_bound else 200
    return render(request, "metering/exception.html", _exception_context(exception, form), status=status)


@requires("enter_readings")
@require_http_methods(["GET", "POST"])
def enter(request: HttpRequest) -> HttpResponse:
    """Enter one reading, as from a phone call; what is found in it is said at once."""
    initial = {
        "read_date": clock.today(),
        "meter": request.GET.get("meter", ""),
        "position": 1,
    }
    form = ReadingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        at = dt.datetime.combine(data["read_date"], data["read_time"] or NOON)
        try:
            recorded = services.record_reading(
                register=data["register"],
                read_at=timezone.make_aware(at),
                dials=data["dials"],
                kind=data["kind"],
                source="OFFICE",
                reader=data["reader"],
                by=cast(User, request.user),
            )
        except READING_REFUSALS as refusal:
            return refused(request, refusal, template_name="metering/enter.html", context={"form": form})
        _say(request, recorded)
        return redirect("metering:enter")
    status = 422 if form.is_bound else 200
    return render(request, "metering/enter.html", {"form": form}, status=status)


def _say(request: HttpRequest, recorded: services.RecordedReading) -> None:
    meter = recorded.reading.register.meter.serial_number
    messages.success(request, f"Read {recorded.reading.dials} on meter {meter}.")
    for exception in recorded.exceptions:
        say = messages.error if exception.severity == ReadingException.Severity.SEVERE else messages.warning
        held = " Its bill is held." if exception.severity == ReadingException.Severity.SEVERE else ""
        say(request, f"{exception.text}{held}")


def _exception_context(exception: ReadingException, form: Form) -> dict[str, Any]:
    point = exception.agreement.service_point if exception.agreement else None
    return {
        "exception": exception,
        "form": form,
        "register": exception.register,
        "rows": queries.readings_history(point)[:13] if point else [],
        "months": queries.usage_months(point, as_of=exception.on_date) if point else [],
        "waiting": queries.exceptions_open().count(),
    }
