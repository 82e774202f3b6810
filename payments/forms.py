"""Forms of the counter's smaller acts: opening a drawer, asking for a void, deciding it on the spot."""

from __future__ import annotations

from typing import Any

from django import forms

from core.forms import AmountFormField
from core.money import ZERO
from payments import queries
from payments.models import Drawer

VOID_REASONS = [
    ("Wrong account", "Wrong account"),
    ("Wrong amount", "Wrong amount"),
    ("Wrong tender", "Cash and check mixed up"),
    ("Customer changed their mind", "Customer changed their mind"),
    ("Taken twice", "Taken twice"),
]


class OpenDrawerForm(forms.Form):
    """Which drawer, and the change it starts with."""

    drawer: forms.ModelChoiceField[Drawer] = forms.ModelChoiceField(
        queryset=None,
        label="Drawer",
        empty_label=None,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    float_amount = AmountFormField(label="Change in the drawer", smallest=ZERO)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["drawer"].queryset = queries.free_drawers()  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["drawer"].label_from_instance = lambda drawer: f"{drawer.code} · {drawer.name}"  # type: ignore[attr-defined]  # likewise
        self.fields["float_amount"].widget.attrs.update(
            {"class": "form-control amount-input", "autofocus": True}
        )


class VoidForm(forms.Form):
    """Why a receipt should be void: a reason of the list, and words of one's own."""

    reason = forms.ChoiceField(
        label="Reason", choices=VOID_REASONS, widget=forms.Select(attrs={"class": "form-select"})
    )
    note = forms.CharField(
        label="More about it",
        required=False,
        max_length=150,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def words(self) -> str:
        """The reason and the note as one sentence. Only after ``is_valid``."""
        note = self.cleaned_data["note"].strip()
        reason: str = self.cleaned_data["reason"]
        return f"{reason}: {note}" if note else reason


class CounterVoidForm(VoidForm):
    """A void decided at once: the second person types name and password at the clerk's screen."""

    approver_username = forms.CharField(
        label="Second person's user name",
        max_length=150,
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false", "data-private": ""}
        ),
    )
    approver_password = forms.CharField(
        label="Second person's password",
        strip=False,
        widget=forms.PasswordInput(
            attrs={"class": "form-control", "autocomplete": "off", "data-private": ""}
        ),
    )
