"""Filters of billing's lists."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet

from accounts.models import Cycle, Service
from billing.models import BillRun, RateSchedule


class RunFilter(django_filters.FilterSet):
    """Runs by state and cycle."""

    state = django_filters.ChoiceFilter(label="State", choices=BillRun.State.choices, empty_label="Any")
    cycle = django_filters.ModelChoiceFilter(
        label="Cycle", queryset=Cycle.objects.order_by("code", "pk"), to_field_name="code", empty_label="Any"
    )

    class Meta:
        model = BillRun
        fields: list[str] = []


class RateFilter(django_filters.FilterSet):
    """Rates by code and service."""

    q = django_filters.CharFilter(label="Code or name", method="matching")
    service = django_filters.ChoiceFilter(label="Service", choices=Service.choices, empty_label="Any")

    class Meta:
        model = RateSchedule
        fields: list[str] = []

    def matching(self, queryset: QuerySet[RateSchedule], _: str, value: str) -> QuerySet[RateSchedule]:
        """Rates whose code or name has the words."""
        return queryset.filter(code__icontains=value) | queryset.filter(name__icontains=value)
