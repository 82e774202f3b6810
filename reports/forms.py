"""What reports ask for. Every field has a beginning value, so that a report shows something at once."""

from __future__ import annotations

from typing import Any

from django import forms

from payments.models import Drawer

DATE = {"type": "date", "class": "form-control"}
SELECT = {"class": "form-select"}
BASES = [("effective", "Effective date: what customers see"), ("posting", "Posting date: what the books say")]


class AgingForm(forms.Form):
    """As of which day, and by which of the dates."""

    as_of = forms.DateField(label="As of", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"))
    basis = forms.ChoiceField(
        label="By", choices=BASES, initial="effective", widget=forms.Select(attrs=SELECT)
    )


class TrialBalanceForm(forms.Form):
    """As of which day of the books."""

    as_of = forms.DateField(label="Posted up to", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"))


class ReceiptsForm(forms.Form):
    """Which day, and which drawer."""

    as_of = forms.DateField(label="Posting day", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"))
    drawer = forms.ModelChoiceField(
        label="Drawer",
        queryset=Drawer.objects.none(),
        to_field_name="code",
        required=False,
        empty_label="All drawers",
        widget=forms.Select(attrs=SELECT),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["drawer"]
        field.queryset = Drawer.objects.order_by("code", "pk")  # type: ignore[attr-defined]  # a ModelChoiceField
        field.label_from_instance = lambda drawer: f"{drawer.code} · {drawer.name}"  # type: ignore[attr-defined]  # likewise
