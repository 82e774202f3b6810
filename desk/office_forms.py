"""Forms of the pages that run the office: policy values, reviews, the audit trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from core.models import AuditEvent, PolicyValue, User
from core.policy import Parameter

TEXT = {"class": "form-control", "autocomplete": "off"}
DATE = {"type": "date", "class": "form-control"}
SELECT = {"class": "form-select"}


class PolicyValueForm(forms.Form):
    """A new value of one parameter, from a date on."""

    from_date = forms.DateField(label="From", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"))
    scope = forms.ChoiceField(
        label="For", choices=PolicyValue.Scope.choices, widget=forms.Select(attrs=SELECT)
    )
    scope_key = forms.CharField(
        label="Service, class or account number",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs=TEXT),
    )
    ordinance = forms.CharField(
        label="Ordinance", required=False, max_length=200, widget=forms.TextInput(attrs=TEXT)
    )
    source = forms.CharField(
        label="Where it stands", required=False, max_length=300, widget=forms.TextInput(attrs=TEXT)
    )
    is_placeholder = forms.BooleanField(label="A placeholder, not the city's own decision", required=False)

    def __init__(self, *args: Any, parameter: Parameter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parameter = parameter
        self.fields["value"] = _value_field(parameter)
        self.order_fields(["value"])

    def clean_value(self) -> Any:
        """The text as the policy takes it: yes and no as a boolean, lines as a list, the rest as text."""
        typed = self.cleaned_data["value"]
        if self.parameter.kind == "boolean":
            return typed == "yes"
        if self.parameter.kind == "list":
            return [line.strip() for line in str(typed).splitlines() if line.strip()]
        return str(typed).strip()


def _value_field(parameter: Parameter) -> forms.Field:
    label = f"Value, in {parameter.unit}" if parameter.unit and parameter.kind != "list" else "Value"
    if parameter.kind == "boolean":
        choices = [("yes", "Yes"), ("no", "No")]
        return forms.ChoiceField(label=label, choices=choices, widget=forms.Select(attrs=SELECT))
    if parameter.kind == "list":
        widget = forms.Textarea(attrs={**TEXT, "rows": 4})
        return forms.CharField(label=label, help_text="One on a line.", widget=widget)
    return forms.CharField(label=label, max_length=500, widget=forms.TextInput(attrs=TEXT))


class SignForm(forms.Form):
    """What the second person found."""

    note = forms.CharField(
        label="What you found", required=False, max_length=200, widget=forms.TextInput(attrs=TEXT)
    )


class AuditFilter(django_filters.FilterSet):
    """Events by person, what was done, account and day."""

    actor = django_filters.ModelChoiceFilter(
        label="Who", queryset=User.objects.order_by("username", "pk"), empty_label="Everybody"
    )
    code = django_filters.CharFilter(
        label="What (such as payments.void)",
        lookup_expr="startswith",
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    account = django_filters.CharFilter(
        label="Account", field_name="account_number", widget=forms.TextInput(attrs={"type": "search"})
    )
    date_from = django_filters.DateFilter(
        label="From", method="since", widget=forms.DateInput(attrs={"type": "date"})
    )
    date_to = django_filters.DateFilter(
        label="To", method="until", widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = AuditEvent
        fields: tuple[str, ...] = ()

    def since(self, events: QuerySet[AuditEvent], name: str, day: dt.date) -> QuerySet[AuditEvent]:
        """Leave the events from the beginning of that day in the office."""
        return events.filter(at__gte=_beginning(day))

    def until(self, events: QuerySet[AuditEvent], name: str, day: dt.date) -> QuerySet[AuditEvent]:
        """Leave the events up to the end of that day in the office."""
        return events.filter(at__lt=_beginning(day + dt.timedelta(days=1)))


def _beginning(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
