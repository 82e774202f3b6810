"""The form of a new account: checks what was typed and puts it together, saves nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from accounts.models import SERVICES, AccountClass, Cycle, Party, Premise, Service
from billing.queries.schedules import RateChoice
from desk import services as desk
from metering.models import Register

DATE = {"type": "date"}
LANGUAGES = (("en", "English"), ("es", "Spanish"), ("vi", "Vietnamese"), ("zh", "Chinese"), ("tl", "Tagalog"))
USUAL_CLASSES = ("RESIDENTIAL", "MULTIFAMILY", "COMMERCIAL", "IRRIGATION")
# Dials and unit of the meters that most offices set.
USUAL_METER = {"ELECTRIC": (5, Register.Unit.KWH), "GAS": (4, Register.Unit.THERM)}
OTHER_METER = (4, Register.Unit.CCF)
METER_FIELDS = ("reading", "serial", "size", "dials", "unit", "multiplier")


class OpeningForm(forms.Form):
    """Person, place, services with rate, meter and facts, terms, mail; ``typed`` decides which facts are asked."""

    idempotency_key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    person_find = forms.CharField(label="Find a person by name, phone, e-mail or account", required=False)
    party = forms.ModelChoiceField(queryset=Party.objects.order_by("pk"), required=False)
    name = forms.CharField(label="Name", max_length=160, required=False)
    kind = forms.ChoiceField(label="Kind", choices=Party.Kind.choices)
    phone = forms.CharField(
        label="Phone", max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = forms.CharField(label="E-mail", max_length=160, required=False)
    language = forms.ChoiceField(label="Language", choices=LANGUAGES)
    place_find = forms.CharField(label="Find a place by house number and street", required=False)
    premise = forms.ModelChoiceField(queryset=Premise.objects.order_by("pk"), required=False)
    house_number = forms.CharField(label="Number", max_length=12, required=False)
    street_prefix = forms.CharField(label="N, S, E, W", max_length=4, required=False)
    street_name = forms.CharField(label="Street", max_length=80, required=False)
    street_type = forms.CharField(label="St, Ave", max_length=12, required=False)
    street_suffix = forms.CharField(label="Suffix", max_length=4, required=False)
    unit = forms.CharField(label="Unit", max_length=20, required=False)
    city = forms.CharField(label="Town", max_length=60, required=False)
    state = forms.CharField(label="State", max_length=2, required=False)
    postal_code = forms.CharField(label="Postal code", max_length=10, required=False)
    start_date = forms.DateField(
        label="Service starts on", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
    cycle = forms.ModelChoiceField(
        label="Cycle", queryset=Cycle.objects.order_by("code", "pk"), empty_label=None, to_field_name="code"
    )
    customer_class = forms.ChoiceField(label="Customer class")
    elsewhere = forms.BooleanField(label="Mail goes elsewhere than to the service address", required=False)
    addressee = forms.CharField(label="Addressed to", max_length=160, required=False)
    lines = forms.CharField(label="Address", required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, typed: Mapping[str, Any], rates: list[RateChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rates = {choice.code: choice for choice in rates}
        cycle = self.fields["cycle"]
        cycle.label_from_instance = lambda row: row.name  # type: ignore[attr-defined]  # the field's own hook
        self.fields["customer_class"].choices = _classes()  # type: ignore[attr-defined]  # a choice field
        for service in SERVICES:
            self._add_service(service, typed)
        for field in self.fields.values():
            if not isinstance(field.widget, forms.CheckboxInput | forms.HiddenInput):
                look = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
                field.widget.attrs |= {"class": look, "autocomplete": "off"}

    def _add_service(self, service: str, typed: Mapping[str, Any]) -> None:
        label = Service(service).label
        choices = [
            (choice.code, f"{choice.name} ({choice.code})")
            for choice in self.rates.values()
            if choice.service == service
        ]
        fields = self.fields
        fields[f"take_{service}"] = forms.BooleanField(label=label, required=False)
        first = [("", "Choose a rate")] if len(choices) != 1 else []
        fields[f"rate_{service}"] = forms.ChoiceField(
            label="Rate", required=False, choices=[*first, *choices]
        )
        chosen = self.chosen_rate(service, typed)
        if not chosen:
            return
        for name in chosen.facts:
            fields[f"fact_{service}_{name}"] = forms.CharField(
                label=words_of(name), max_length=80, required=False
            )
        if chosen.is_metered:
            fields |= _meter_fields(service)

    def chosen_rate(self, service: str, typed: Mapping[str, Any]) -> RateChoice | None:
        """The rate of a service that is taken; the only one there is needs no choosing."""
        if not typed.get(f"take_{service}"):
            return None
        code = typed.get(f"rate_{service}", "")
        own = [choice for choice in self.rates.values() if choice.service == service]
        if not code and len(own) == 1:
            return own[0]
        return next((choice for choice in own if choice.code == code), None)

    def clean(self) -> dict[str, Any]:
        """Ask for a person, a place, a service, and a rate for each service."""
        cleaned = super().clean() or {}
        if not cleaned.get("party") and not cleaned.get("name", "").strip():
            self.add_error("name", "Find a person above, or give the name of a new one.")
        if not cleaned.get("premise"):
            for name, words in (
                ("street_name", "Find a place above, or give the street of a new one."),
                ("city", "Give the town."),
                ("state", "Give the state in two letters."),
                ("postal_code", "Give the postal code."),
            ):
                if not cleaned.get(name, "").strip():
                    self.add_error(name, words)
        taken = [service for service in SERVICES if cleaned.get(f"take_{service}")]
        if not taken:
            self.add_error("take_WATER", "Choose at least one service.")
        for service in taken:
            if not cleaned.get(f"rate_{service}") and f"rate_{service}" not in self.errors:
                self.add_error(f"rate_{service}", "Choose a rate.")
        if cleaned.get("elsewhere") and not cleaned.get("lines", "").strip():
            self.add_error("lines", "Give the address, or take back that mail goes elsewhere.")
        return cleaned

    def request(self) -> dict[str, Any]:
        """What was typed, as the act of opening takes it; only after ``is_valid``."""
        data = self.cleaned_data
        person = data["party"] or desk.NewPerson(
            name=data["name"],
            kind=data["kind"],
            phone=data["phone"],
            email=data["email"],
            language=data["language"],
        )
        parts = ("house_number", "street_prefix", "street_name", "street_type", "street_suffix", "unit")
        place = data["premise"] or desk.NewPlace(
            **{name: data[name] for name in (*parts, "city", "state", "postal_code")}
        )
        name = data["addressee"] or (person.name if data["elsewhere"] else "")
        return {
            "person": person,
            "place": place,
            "taken": [self._taken(service) for service in SERVICES if data[f"take_{service}"]],
            "cycle": data["cycle"],
            "customer_class": data["customer_class"],
            "start_date": data["start_date"],
            "mailing": desk.Mailing(name, data["lines"]) if data["elsewhere"] else None,
            "idempotency_key": data["idempotency_key"],
        }

    def _taken(self, service: str) -> desk.ServiceTaken:
        data = self.cleaned_data
        prefix = f"fact_{service}_"
        facts = {name.removeprefix(prefix): data[name] for name in self.fields if name.startswith(prefix)}
        given = {name: data.get(f"{name}_{service}") for name in METER_FIELDS}
        meter = desk.MeterAtStart(
            reading=given["reading"] or "",
            serial_number=given["serial"] or "",
            size=given["size"] or "",
            dial_count=given["dials"],
            unit=given["unit"] or "",
            multiplier=Decimal(1) if given["multiplier"] is None else given["multiplier"],
        )
        return desk.ServiceTaken(service, data[f"rate_{service}"], meter, facts)


def words_of(name: str) -> str:
    """An input of a rate as people read it: "eru" is ERU, "lot_size" is Lot size."""
    if name == "eru":
        return "Runoff units (ERU)"
    return re.sub(r"[_\s]+", " ", name).strip().capitalize()


def start_date_of(typed: Mapping[str, Any], *, otherwise: dt.date) -> dt.date:
    """The start date as typed so far; rates are those of that day."""
    try:
        return dt.date.fromisoformat(str(typed.get("start_date", "")))
    except ValueError:
        return otherwise


def _classes() -> list[tuple[str, str]]:
    known = AccountClass.objects.filter(purpose=AccountClass.Purpose.CUSTOMER)
    values = [*USUAL_CLASSES, *known.order_by("value").values_list("value", flat=True).distinct()]
    return [(value, value.replace("_", " ").capitalize()) for value in dict.fromkeys(values)]


def _meter_fields(service: str) -> dict[str, forms.Field]:
    dials, unit = USUAL_METER.get(service, OTHER_METER)
    return {
        f"serial_{service}": forms.CharField(label="Meter", max_length=40, required=False),
        f"reading_{service}": forms.CharField(
            label="Reading at the start",
            max_length=12,
            required=False,
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        ),
        f"size_{service}": forms.CharField(label="Size", max_length=12, required=False),
        f"dials_{service}": forms.IntegerField(
            label="Dials", min_value=1, max_value=12, required=False, initial=dials
        ),
        f"unit_{service}": forms.ChoiceField(
            label="Unit", choices=Register.Unit.choices, required=False, initial=unit
        ),
        f"multiplier_{service}": forms.DecimalField(
            label="Multiplier",
            min_value=0,
            max_digits=12,
            decimal_places=4,
            required=False,
            initial=1,
        ),
    }
