"""Forms of the desk."""

from __future__ import annotations

from django import forms

TEXT = {"class": "form-control", "autocomplete": "off"}


class DecisionForm(forms.Form):
    """A second person's answer to what waits; sending back needs a word why."""

    act = forms.ChoiceField(choices=[("approve", "Approve"), ("send_back", "Send back")])
    note = forms.CharField(
        label="Note to who asked", required=False, max_length=200, widget=forms.TextInput(attrs=TEXT)
    )

    def clean(self) -> dict[str, object]:
        """Refuse a send-back without a reason: who asked must know what to do next."""
        cleaned: dict[str, object] = super().clean() or {}
        if cleaned.get("act") == "send_back" and not str(cleaned.get("note", "")).strip():
            self.add_error("note", "Say why it goes back.")
        return cleaned
