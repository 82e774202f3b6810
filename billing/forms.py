"""Forms of the run console: what is typed is checked, nothing is saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Cycle
from billing.models import BillRun
from core import periods
from core.forms import AmountFormField, AmountInput


class _CycleField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        """A cycle by its code and name."""
        return f"{obj.code} {obj.name}"


class OpenRunForm(forms.Form):
    """Which cycle is billed for which month."""

    cycle = _CycleField(
        label="Cycle",
        queryset=Cycle.objects.none(),
        to_field_name="code",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    month = forms.CharField(
        label="Month",
        widget=forms.TextInput(attrs={"class": "form-control", "placeholder": "year and month, as 2026-03"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["cycle"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = Cycle.objects.order_by("code", "pk")

    def clean_month(self) -> periods.DateRange:
        """The calendar month that was typed."""
        try:
            return periods.month_of(self.cleaned_data["month"].strip())
        except periods.MonthNotUnderstood as problem:
            raise ValidationError(str(problem)) from problem


class ApproveForm(forms.Form):
    """The approver types the total that they have seen, and so has looked at it."""

    total = AmountFormField(
        label="Total of the run, as you have checked it",
        smallest=None,
        widget=AmountInput(attrs={"class": "form-control amount-input"}),
    )
    figures_hash = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, run: BillRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run

    def clean_total(self) -> Decimal:
        """The total typed, if it is the run's."""
        typed: Decimal = self.cleaned_data["total"]
        if typed != self.run.total_amount:
            raise ValidationError(
                "That is not the total of this run. Compare the figures with your own again."
            )
        return typed


class ReasonForm(forms.Form):
    """Why something is undone."""

    reason = forms.CharField(
        label="Reason", max_length=200, widget=forms.TextInput(attrs={"class": "form-control"})
    )
