"""The rate book to read."""

from __future__ import annotations

from typing import Any

from billing.filters import RateFilter
from billing.models import RateSchedule
from core.views import OfficeListView


class RateBook(OfficeListView):
    """Rates with their dated versions."""

    model = RateSchedule
    required_verb = "view_ledger"
    filterset_class = RateFilter
    template_name = "billing/rate_list.html"
    results_template_name = "billing/_rate_results.html"
    ordering = ("code", "pk")
    context_object_name = "schedules"

    def get_queryset(self) -> Any:
        """The rates with their versions, loaded at once."""
        return super().get_queryset().prefetch_related("versions__approved_by", "versions__entered_by")
