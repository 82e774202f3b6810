"""Forms of readings: they check what was typed, and save nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from core import clock
from metering import queries
from metering.models import Reading, Register

DIALS = {"inputmode": "numeric", "autocomplete": "off", "data-private": ""}


class ReadingForm(forms.Form):
    """One reading of one meter, as its dials read."""

    meter = forms.CharField(
        label="Meter", max_length=40, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"})
    )
    position = forms.IntegerField(
        label="Register", initial=1, min_value=1, help_text="1 unless the meter has several."
    )
    dials = forms.CharField(
        label="Dials",
        max_length=12,
        widget=forms.TextInput(attrs=DIALS),
        help_text="All digits, zeros in front too.",
    )
    read_date = forms.DateField(
        label="Read on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    read_time = forms.TimeField(
        label="At",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="Noon if it is not known.",
    )
    kind = forms.ChoiceField(
        label="Read by",
        choices=[(Reading.Kind.ACTUAL, "A reader"), (Reading.Kind.CUSTOMER, "The customer")],
    )
    reader = forms.CharField(label="Reader", max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def clean_read_date(self) -> dt.date:
        """Refuse a day to come: such a reading would wait unseen and be billed when its day has come."""
        day: dt.date = self.cleaned_data["read_date"]
        if day > clock.today():
            raise forms.ValidationError(
                f"{day:%Y-%m-%d} is still to come. Give the day on which the meter was read."
            )
        return day

    def clean(self) -> dict[str, Any]:
        """Find the register: ``cleaned_data["register"]``."""
        cleaned = super().clean() or {}
        serial = cleaned.get("meter")
        if serial:
            meter = queries.find_meter(serial)
            if meter is None:
                self.add_error("meter", f"There is no meter {serial}. Check the number on its lid.")
                return cleaned
            position = cleaned.get("position") or 1
            register = Register.objects.filter(meter=meter, position=position).select_related("meter").first()
            if register is None:
                self.add_error("position", f"Meter {meter.serial_number} has no register {position}.")
            cleaned["register"] = register
        return cleaned


class ResolveForm(forms.Form):
    """What a person decided about an exception; which button was pressed is the decision."""

    dials = forms.CharField(
        label="Dials",
        max_length=12,
        required=False,
        help_text="For a correction or a reread.",
        widget=forms.TextInput(attrs={**DIALS, "class": "form-control"}),
    )
    note = forms.CharField(
        label="Note",
        max_length=300,
        required=False,
        help_text="Why, when a reading that holds the bill is accepted.",
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    resolution = forms.ChoiceField(
        choices=[(code, code) for code in ("ACCEPTED", "ESTIMATED", "CORRECTED", "REREAD")]
    )
