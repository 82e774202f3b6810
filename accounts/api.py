"""Accounts for programs: a list and one account, read only."""

from __future__ import annotations

from typing import Any

from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter

from accounts import queries
from accounts.filters import AccountFilter
from accounts.models import Account, ServiceAgreement


class MayViewAccounts(BasePermission):
    """The right to look accounts up."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for the verb."""
        return bool(request.user.is_authenticated and request.user.can("view_accounts"))


class AgreementSerializer(serializers.ModelSerializer):
    """A service that the account takes or took, and where."""

    service_address = serializers.CharField(source="service_point.premise.street_address")

    class Meta:
        model = ServiceAgreement
        fields = ["service", "service_address", "rate_code", "status", "from_date", "to_date"]


class AccountSerializer(serializers.ModelSerializer):
    """An account as a list shows it."""

    cycle = serializers.CharField(source="cycle.code")
    holder = serializers.CharField(source="holder_name", allow_null=True)

    class Meta:
        model = Account
        fields = ["number", "kind", "cycle", "holder", "opened_date", "closed_date"]


class AccountDetailSerializer(AccountSerializer):
    """One account with its services and the numbers that find it."""

    agreements = AgreementSerializer(many=True)
    identifiers = serializers.SerializerMethodField()

    class Meta(AccountSerializer.Meta):
        fields = [*AccountSerializer.Meta.fields, "agreements", "identifiers"]

    def get_identifiers(self, account: Account) -> list[dict[str, str]]:
        """The account's numbers, current and past."""
        return [{"kind": row.kind, "value": row.value} for row in account.identifiers.all()]


class AccountViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    """Accounts by their numbers; ``q`` takes what the search box takes."""

    permission_classes = [MayViewAccounts]
    filterset_class = AccountFilter
    lookup_field = "number"
    lookup_value_regex = "[0-9]+"

    def get_queryset(self) -> Any:
        """Accounts by number; one account comes with its services and numbers."""
        rows = queries.account_for_list().order_by("number", "pk")
        if self.action == "retrieve":
            rows = rows.prefetch_related("agreements__service_point__premise", "identifiers")
        return rows

    def get_serializer_class(self) -> Any:
        """The long form for one account."""
        return AccountDetailSerializer if self.action == "retrieve" else AccountSerializer


API_ROUTES = [("accounts", AccountViewSet, "account")]

router = SimpleRouter()
for prefix, viewset, basename in API_ROUTES:
    router.register(prefix, viewset, basename=basename)

urlpatterns = router.urls
