"""Filters of the receipts list, shared by the page and the programming interface."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from payments.models import Drawer, Receipt


class ReceiptFilter(django_filters.FilterSet):
    """Receipts by number, payor, account or check number; by day, drawer, and whether they are void."""

    q = django_filters.CharFilter(
        label="Number, payor, account or check",
        method="matching",
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    date_from = django_filters.DateFilter(
        label="From",
        field_name="posting_date",
        lookup_expr="gte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    date_to = django_filters.DateFilter(
        label="To",
        field_name="posting_date",
        lookup_expr="lte",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    drawer = django_filters.ModelChoiceFilter(
        label="Drawer",
        queryset=Drawer.objects.order_by("code", "pk"),
        to_field_name="code",
        empty_label="Any",
    )
    account = django_filters.CharFilter(label="Account", method="of_account", widget=forms.HiddenInput)
    void = django_filters.BooleanFilter(
        label="Void",
        field_name="void",
        lookup_expr="isnull",
        exclude=True,
        widget=forms.Select(choices=[("", "Any"), ("true", "Void only"), ("false", "Not void")]),
    )

    class Meta:
        model = Receipt
        fields: list[str] = []

    def matching(self, rows: QuerySet[Receipt], name: str, value: str) -> QuerySet[Receipt]:
        """Receipts whose label, payor, account or check number is, or contains, what was typed."""
        text = value.strip()
        wanted = Q(payor__icontains=text) | Q(tenders__check_number=text)
        digits = text.replace("-", "").replace(" ", "")
        if digits.isdecimal():
            wanted |= Q(lines__account__number=digits)
            if len(digits) < 10:
                wanted |= Q(number=int(digits))
        code, dash, number = text.rpartition("-")
        if dash and number.isdecimal() and len(number) < 10:
            wanted |= Q(drawer__code__iexact=code, number=int(number))
        return rows.filter(pk__in=Receipt.objects.filter(wanted).values("pk"))

    def of_account(self, rows: QuerySet[Receipt], name: str, value: Any) -> QuerySet[Receipt]:
        """Receipts with a line for the account of that number."""
        number = str(value).replace("-", "").strip()
        return rows.filter(pk__in=Receipt.objects.filter(lines__account__number=number).values("pk"))
