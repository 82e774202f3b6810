"""Filters of the order list, shared by the page and the programming interface."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from serviceorders.models import ServiceOrder

STATES = [*ServiceOrder.State.choices, ("ANY", "Any state")]


class OrderFilter(django_filters.FilterSet):
    """Orders by number, account or street; by state, kind and the day they are planned for.

    Without a state the page shows what is under way; a program that names none gets all.
    """

    q = django_filters.CharFilter(
        label="Order, account or street", method="matching", widget=forms.TextInput(attrs={"type": "search"})
    )
    state = django_filters.ChoiceFilter(
        label="State", choices=STATES, method="in_state", empty_label="Under way"
    )
    kind = django_filters.ChoiceFilter(label="Work", choices=ServiceOrder.Kind.choices, empty_label="Any")
    date_from = django_filters.DateFilter(
        label="Planned from",
        field_name="scheduled_date",
        lookup_expr="gte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    date_to = django_filters.DateFilter(
        label="Planned to",
        field_name="scheduled_date",
        lookup_expr="lte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    account = django_filters.CharFilter(field_name="account__number", widget=forms.HiddenInput)

    class Meta:
        model = ServiceOrder
        fields: list[str] = []

    def matching(self, rows: QuerySet[ServiceOrder], name: str, value: str) -> QuerySet[ServiceOrder]:
        """Orders of that number, of that account, or at a street that contains what was typed."""
        text = value.strip()
        digits = text.replace("-", "").replace(" ", "")
        wanted = Q(service_point__premise__street_name__icontains=text)
        if digits.isdecimal():
            wanted |= Q(account__number=digits)
            if len(digits) < 10:
                wanted |= Q(number=int(digits))
        house, _, street = text.partition(" ")
        if house and street:
            wanted |= Q(
                service_point__premise__house_number__iexact=house,
                service_point__premise__street_name__istartswith=street.split()[0],
            )
        return rows.filter(wanted)

    def in_state(self, rows: QuerySet[ServiceOrder], name: str, value: str) -> QuerySet[ServiceOrder]:
        """Orders in a state, or in any."""
        return rows if value == "ANY" else rows.filter(state=value)
