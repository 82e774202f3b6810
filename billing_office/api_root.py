"""The way in to the programming interface: what it has, by address."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

ROUTES = {
    "accounts": "account-list",
    "payments": "payment-list",
    "orders": "api-order-list",
    "schema": "api-schema",
    "documentation": "api-docs",
}


@extend_schema(responses={200: dict[str, str]})
@api_view(["GET"])
def api_root(request: Request) -> Response:
    """Name the collections with their addresses."""
    return Response({name: request.build_absolute_uri(reverse(route)) for name, route in ROUTES.items()})
