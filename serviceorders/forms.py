"""Forms of field work: they check what was typed, and save nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Account, ServiceAgreement
from core.models import User
from serviceorders import queries
from serviceorders.models import ServiceOrder

REASONS = [
    ("Could not get in", "Could not get in"),
    ("Could not read the meter", "Could not read the meter"),
    ("Meter not found", "Meter not found"),
    ("Dog", "Dog"),
    ("Valve broken or stuck", "Valve broken or stuck"),
    ("Unsafe", "Unsafe"),
]

TEXT = {"class": "form-control", "autocomplete": "off"}
SELECT = {"class": "form-select"}
DATE = {"type": "date", "class": "form-control"}


class _AgreementChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        until = f", ended {obj.to_date:%b} {obj.to_date.day}, {obj.to_date.year}" if obj.to_date else ""
        return f"{obj.get_service_display()} at {obj.service_point.premise.street_address}{until}"


class RequestForm(forms.Form):
    """What work, at which service, when, and why."""

    kind = forms.ChoiceField(
        label="Work", choices=ServiceOrder.Kind.choices, widget=forms.Select(attrs=SELECT)
    )
    agreement = _AgreementChoice(
        label="Where",
        queryset=ServiceAgreement.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs=SELECT),
    )
    scheduled_date = forms.DateField(
        label="Planned for", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
    reason = forms.CharField(label="Why", max_length=200, widget=forms.TextInput(attrs=TEXT))
    priority = forms.TypedChoiceField(
        label="Urgency",
        choices=[(5, "Ordinary"), (1, "Today, before others"), (9, "When there is time")],
        coerce=int,
        initial=5,
        widget=forms.Select(attrs=SELECT),
    )

    def __init__(self, *args: Any, account: Account, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["agreement"].queryset = queries.orderable_agreements(account)  # type: ignore[attr-defined]  # a ModelChoiceField

    def clean_scheduled_date(self) -> dt.date:
        """Refuse a day that is past."""
        day: dt.date = self.cleaned_data["scheduled_date"]
        if day < self.today:
            raise ValidationError("That day is past. Choose today or a later day.")
        return day


class DispatchForm(forms.Form):
    """Who goes."""

    crew = forms.ModelChoiceField(
        label="Crew", queryset=User.objects.none(), empty_label=None, widget=forms.Select(attrs=SELECT)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["crew"].queryset = queries.crews()  # type: ignore[attr-defined]  # a ModelChoiceField


class CompleteForm(forms.Form):
    """What the meter showed, when, and what to say about it."""

    dials = forms.CharField(
        label="The dials, as they read",
        required=False,
        max_length=12,
        help_text="With the zeros in front, as 00417.",
        error_messages={"required": "Enter what the meter showed. Without it the order stays open."},
        widget=forms.TextInput(attrs={**TEXT, "inputmode": "numeric", "data-focus": ""}),
    )
    done_at = forms.DateTimeField(
        label="When",
        required=False,
        help_text="Now, unless it was done earlier.",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": "form-control"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    note = forms.CharField(label="Note", required=False, max_length=300, widget=forms.TextInput(attrs=TEXT))

    def __init__(self, *args: Any, now: dt.datetime, has_meter: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        self.fields["dials"].required = has_meter
        if not has_meter:
            self.fields["dials"].help_text = "There is no meter here: leave it out."

    def clean_done_at(self) -> dt.datetime:
        """The moment typed, or now. Refuses a moment that has not come yet."""
        moment: dt.datetime | None = self.cleaned_data["done_at"]
        if moment is not None and moment > self.now:
            raise ValidationError("That moment has not come yet.")
        return moment or self.now


class CouldNotForm(forms.Form):
    """Why an order could not be done."""

    reason = forms.ChoiceField(label="Why not", choices=REASONS, widget=forms.Select(attrs=SELECT))
    more = forms.CharField(
        label="More about it", required=False, max_length=200, widget=forms.TextInput(attrs=TEXT)
    )

    def words(self) -> str:
        """The reason and what was added, as one text. Only after ``is_valid``."""
        reason, more = self.cleaned_data["reason"], self.cleaned_data["more"].strip()
        return f"{reason}: {more}" if more else str(reason)


class ReasonForm(forms.Form):
    """Why an order is dropped or taken back."""

    reason = forms.CharField(label="Why", max_length=200, widget=forms.TextInput(attrs=TEXT))


class ReopenForm(forms.Form):
    """The day an order is planned for again."""

    scheduled_date = forms.DateField(
        label="Planned for", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d")
    )
