"""Field work for programs: orders to read. Acts are done on the pages, where the refusals are seen."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from rest_framework import serializers, viewsets
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from core.models import User
from serviceorders import queries
from serviceorders.filters import OrderFilter
from serviceorders.models import ServiceOrder


class MayOrders(BasePermission):
    """The right to see field work."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for the verb."""
        return bool(request.user.is_authenticated and request.user.can("view_orders"))


class OrderSerializer(serializers.ModelSerializer[ServiceOrder]):
    """An order as it stands."""

    account = serializers.CharField(source="account.number")
    address = serializers.CharField(source="service_point.premise.street_address")
    service = serializers.CharField(source="service_point.service")
    crew = serializers.CharField(source="crew.username", default=None)

    class Meta:
        model = ServiceOrder
        fields = (
            "number",
            "kind",
            "state",
            "account",
            "address",
            "service",
            "scheduled_date",
            "priority",
            "reason",
            "crew",
            "requested_at",
            "completed_at",
            "outcome_note",
        )


class OrderViewSet(viewsets.ReadOnlyModelViewSet[ServiceOrder]):
    """Orders by number; a crew gets its own."""

    serializer_class = OrderSerializer
    permission_classes = [MayOrders]
    filterset_class = OrderFilter
    lookup_field = "number"
    lookup_value_regex = "[0-9]+"
    queryset = ServiceOrder.objects.none()

    def get_queryset(self) -> QuerySet[ServiceOrder]:
        """What the person may see, in the order of the board."""
        rows = queries.orders_for(cast(User, self.request.user))
        return rows.order_by("scheduled_date", "priority", "number", "pk")


router = SimpleRouter()
router.register("orders", OrderViewSet, basename="api-order")
urlpatterns = router.urls
