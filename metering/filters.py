"""Filters of the list of exceptions."""

from __future__ import annotations

import django_filters
from django import forms

from accounts.models import Cycle
from metering.models import ReadingException

SELECT = {"class": "form-select"}


class ExceptionFilter(django_filters.FilterSet):
    """Exceptions by what is wrong, whether they hold a bill, and the cycle of the account."""

    code = django_filters.ChoiceFilter(
        label="What",
        choices=ReadingException.Code.choices,
        empty_label="Any",
        widget=forms.Select(attrs=SELECT),
    )
    severity = django_filters.ChoiceFilter(
        label="Holds the bill",
        choices=[("SEVERE", "Yes"), ("WARNING", "No, a warning")],
        empty_label="Any",
        widget=forms.Select(attrs=SELECT),
    )
    cycle = django_filters.ModelChoiceFilter(
        label="Cycle",
        field_name="agreement__account__cycle",
        queryset=Cycle.objects.order_by("code", "pk"),
        to_field_name="code",
        empty_label="Any",
        widget=forms.Select(attrs=SELECT),
    )

    class Meta:
        model = ReadingException
        fields: list[str] = []
