"""Filters of the accounts list, shared by the page and the programming interface."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import QuerySet

from accounts.models import Account, Cycle
from accounts.queries import search

MOST_FOUND = 200


class AccountFilter(django_filters.FilterSet):
    """Accounts by anything that search takes; by cycle, kind, and whether they are open."""

    q = django_filters.CharFilter(
        label="Name, address, number, phone or meter",
        method="found",
        widget=forms.TextInput(attrs={"type": "search", "class": "form-control"}),
    )
    cycle = django_filters.ModelChoiceFilter(
        label="Cycle",
        queryset=Cycle.objects.order_by("code", "pk"),
        to_field_name="code",
        empty_label="Any",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    kind = django_filters.ChoiceFilter(
        label="Kind",
        choices=Account.Kind.choices,
        empty_label="Any",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    open = django_filters.BooleanFilter(
        label="Open",
        field_name="closed_date",
        lookup_expr="isnull",
        widget=forms.Select(
            attrs={"class": "form-select"}, choices=[("", "Any"), ("true", "Open"), ("false", "Closed")]
        ),
    )

    class Meta:
        model = Account
        fields: list[str] = []

    def found(self, rows: QuerySet[Account], name: str, value: str) -> QuerySet[Account]:
        """The accounts that search finds, at most two hundred."""
        return rows.filter(pk__in={hit.account.pk for hit in search(value, limit=MOST_FOUND)})
