"""Pages that let service begin and end: a new account, and the end of services of one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import queries as accounts
from accounts import services as account_services
from accounts.models import SERVICES, Party, Premise, Service, ServiceAgreement
from billing.queries.schedules import rates_on
from core import clock
from core.idempotency import IdempotencyKeyReused
from core.models import User
from core.permissions import requires
from core.states import TransitionRefused
from desk import opening
from desk import services as desk
from desk.opening_form import METER_FIELDS, OpeningForm, start_date_of

M = TypeVar("M", Party, Premise)
PARTS = {
    "people": "desk/_opening_people.html",
    "places": "desk/_opening_places.html",
    "services": "desk/_opening_services.html",
}
SENT_BEFORE = (
    "This form was sent before with other facts, and an account was opened. Find it, or open the page afresh."
)


@requires("open_accounts")
@require_http_methods(["GET", "POST"])
def open_account(request: HttpRequest) -> HttpResponse:
    """Open an account: everything on one page, checked beside it, done in one act."""
    today = clock.today()
    if request.method != "POST":
        initial = {
            "idempotency_key": uuid.uuid4().hex,
            "start_date": today,
            "take_WATER": True,
            "take_SEWER": True,
            **opening.default_town(),
            **{
                name: value
                for name, value in request.GET.items()
                if name in ("party", "premise", "start_date")
            },
        }
        return _page(request, initial, _form(initial, today))
    typed = request.POST.dict()
    form = _form(typed, today, bound=True)
    if form.is_valid():
        try:
            account = desk.open_account_with_services(**form.request(), by=cast(User, request.user))
        except desk.OpeningRefused as refusal:
            form.add_error(refusal.place if refusal.place in form.fields else None, _refused_words(refusal))
        except IdempotencyKeyReused:
            form.add_error(None, SENT_BEFORE)
        else:
            start = form.cleaned_data["start_date"]
            messages.success(
                request, f"Account {account.number} is open from {start:%b} {start.day}, {start.year}."
            )
            return redirect(account.get_absolute_url())
    return _page(request, typed, form, status=422)


@requires("open_accounts")
@require_POST
def look(request: HttpRequest, part: str) -> HttpResponse:
    """A part of the page for what is typed so far; nothing is kept."""
    if part not in PARTS:
        raise Http404("The page has no such part.")
    typed, today = request.POST.dict(), clock.today()
    context: dict[str, Any] = {"typed": typed, "is_part": True}
    if part == "services":
        context |= _services(typed, _form(typed, today), today)
    elif part == "people":
        context["people"] = opening.people(
            typed.get("person_find", ""), chosen=_chosen(Party, typed, "party")
        )
    else:
        context["places"] = opening.places(
            typed.get("place_find", ""),
            chosen=_chosen(Premise, typed, "premise"),
            on_date=start_date_of(typed, otherwise=today),
        )
    return render(request, PARTS[part], context)


class StopForm(forms.Form):
    """Which services end, and the first day that is no longer the customer's."""

    agreements = forms.ModelMultipleChoiceField(
        label="Services",
        queryset=ServiceAgreement.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    to_date = forms.DateField(
        label="First day without service",
        widget=forms.DateInput(attrs={"type": "date", "class": "form-control"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, agreements: QuerySet[ServiceAgreement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelMultipleChoiceField, self.fields["agreements"])
        field.queryset = agreements
        field.label_from_instance = _agreement_words  # type: ignore[assignment,method-assign]  # the field's own hook


@requires("edit_accounts")
@require_http_methods(["GET", "POST"])
def stop_service(request: HttpRequest, number: str) -> HttpResponse:
    """End services of an account on a date."""
    user = cast(User, request.user)
    account = accounts.get_account_for(user, number)
    rows = ServiceAgreement.objects.filter(account=account, status=ServiceAgreement.Status.ACTIVE)
    rows = rows.select_related("service_point__premise").order_by("service", "pk")
    initial = {"to_date": clock.today(), "agreements": [row.pk for row in rows]}
    form = StopForm(request.POST or None, agreements=rows, initial=initial)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        day: dt.date = form.cleaned_data["to_date"]
        try:
            stopped = desk.stop_services(
                account=account, agreements=list(form.cleaned_data["agreements"]), to_date=day, by=user
            )
        except (account_services.AgreementsDatesRefused, TransitionRefused) as refused:
            refusal = str(refused)
        else:
            names = ", ".join(row.get_service_display().lower() for row in stopped)
            messages.success(request, f"Service ends on {day:%b} {day.day}, {day.year}: {names}.")
            return redirect(account.get_absolute_url())
    context = {
        "account": account,
        "form": form,
        "refusal": refusal,
        "has_services": rows.exists(),
        "holder": accounts.holder_on(account, on_date=clock.today()),
        "trail": [
            {"label": account.number, "url": account.get_absolute_url()},
            {"label": "Stop service", "url": ""},
        ],
    }
    return render(request, "desk/stop_service.html", context, status=422 if form.is_bound else 200)


def _refused_words(refusal: desk.OpeningRefused) -> str:
    """The refusal with its service in front: several services have a field of the same name."""
    service = next((each for each in SERVICES if f"_{each}" in refusal.place), "")
    return f"{Service(service).label}: {refusal}" if service else str(refusal)


def _agreement_words(row: Any) -> str:
    return f"{row.get_service_display()} at {row.service_point.premise.street_address}, since {row.from_date}"


def _form(typed: Mapping[str, Any], today: dt.date, *, bound: bool = False) -> OpeningForm:
    rates = rates_on(start_date_of(typed, otherwise=today))
    values = {key: value for key, value in typed.items() if value != ""}
    if bound:
        return OpeningForm(typed, typed=typed, rates=rates)
    return OpeningForm(initial=values, typed=typed, rates=rates)


def _page(
    request: HttpRequest, typed: Mapping[str, Any], form: OpeningForm, *, status: int = 200
) -> HttpResponse:
    today = clock.today()
    context = {
        "form": form,
        "people": opening.people("", chosen=_chosen(Party, typed, "party")),
        "places": opening.places("", chosen=_chosen(Premise, typed, "premise"), on_date=today),
        **_services(typed, form, today),
    }
    return render(request, "desk/open_account.html", context, status=status)


def _services(typed: Mapping[str, Any], form: OpeningForm, today: dt.date) -> dict[str, Any]:
    """The services with their fields, and everything in words, to be checked before it is done."""
    on_date = start_date_of(typed, otherwise=today)
    party, premise = _chosen(Party, typed, "party"), _chosen(Premise, typed, "premise")
    known = opening.at_place(premise, on_date=on_date)
    water_meter = known[Service.WATER].serial_number
    by_water = bool(typed.get("take_WATER")) or bool(water_meter)
    rows = []
    for service in SERVICES:
        rate = form.chosen_rate(service, typed)
        own = known[service].serial_number
        # Read once: with water where both are taken, here where the water meter counts for sewer alone.
        is_fed_by_water = service == Service.SEWER and (
            bool(typed.get("take_WATER")) and own == water_meter if own else by_water
        )
        meter = {name: form[f"{name}_{service}"] for name in METER_FIELDS} if rate and rate.is_metered else {}
        prefix = f"fact_{service}_"
        rows.append(
            {
                "service": service,
                "label": Service(service).label,
                "take": form[f"take_{service}"],
                "is_taken": bool(typed.get(f"take_{service}")),
                "rate": form[f"rate_{service}"],
                "chosen": rate,
                "known": known[service],
                "meter": meter,
                "is_fed_by_water": is_fed_by_water and bool(meter),
                "facts": [form[name] for name in form.fields if name.startswith(prefix)],
                "typed_reading": typed.get(f"reading_{service}", ""),
                "typed_serial": typed.get(f"serial_{service}", ""),
            }
        )
    return {
        "form": form,
        "rows": rows,
        "summary": {
            "name": party.name if party else typed.get("name", ""),
            "place": premise.street_address if premise else _typed_address(typed),
            "start": on_date,
            "taken": [row for row in rows if row["is_taken"]],
            "mail": typed.get("lines", "") if typed.get("elsewhere") else "",
        },
    }


def _typed_address(typed: Mapping[str, Any]) -> str:
    parts = ("house_number", "street_prefix", "street_name", "street_type", "street_suffix", "unit")
    return " ".join(str(typed[name]).strip() for name in parts if str(typed.get(name, "")).strip())


def _chosen(model: type[M], typed: Mapping[str, Any], name: str) -> M | None:
    key = str(typed.get(name, ""))
    return model._default_manager.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 19 else None
