"""Forms of accounts: they check what was typed, and save nothing."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from accounts.numbers import digits_of
from accounts.services.mailing import MOST_LINES
from accounts.services.parties import SHORTEST_PHONE

DATE = {"type": "date"}


class _OfficeForm(forms.Form):
    """The page draws the form element and its buttons; crispy draws the fields."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class NoteForm(_OfficeForm):
    """A note, and whether it stays on top."""

    text = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}))
    is_pinned = forms.BooleanField(label="Keep on top", required=False)


class MailingForm(_OfficeForm):
    """Where mail goes, from which day, and until when if it is for a season."""

    addressee = forms.CharField(label="Addressed to", max_length=160)
    lines = forms.CharField(
        label="Address",
        help_text=f"Up to {MOST_LINES} lines, as they go on the envelope.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    from_date = forms.DateField(
        label="From",
        help_text="Today or a later day.",
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )
    to_date = forms.DateField(
        label="Until",
        required=False,
        help_text="Only for a season: that day the address before comes back.",
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )
    source = forms.CharField(
        label="Known from",
        max_length=120,
        required=False,
        help_text="Who said so, and how: by phone, a form.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse an end that is not after the beginning."""
        cleaned = super().clean() or {}
        start, end = cleaned.get("from_date"), cleaned.get("to_date")
        if start and end and end <= start:
            self.add_error("to_date", f"This must be after {start:%b} {start.day}, {start.year}.")
        return cleaned


class PhoneForm(_OfficeForm):
    """The phone of the account's holder, from a day on."""

    value = forms.CharField(
        label="Phone", max_length=40, widget=forms.TextInput(attrs={"type": "tel", "autofocus": True})
    )
    from_date = forms.DateField(label="From", widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"))

    def clean_value(self) -> str:
        """Refuse what has too few digits to be called."""
        value = str(self.cleaned_data["value"])
        count = len(digits_of(value))
        if count < SHORTEST_PHONE:
            raise forms.ValidationError(
                f"This has {count} digits; a phone number has at least {SHORTEST_PHONE}."
            )
        return value
