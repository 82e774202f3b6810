"""Payments and balances for programs: what the counter does, over JSON."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from accounts import queries as account_queries
from core import clock, money
from core.idempotency import IdempotencyKeyReused
from core.models import User
from ledger import queries as ledger_queries
from payments import queries
from payments.filters import ReceiptFilter
from payments.models import DrawerSession, Receipt, ReceiptLine, Tender
from payments.services import receipting
from payments.tendering import KINDS, TenderInput
from payments.views.refusals import PAYMENT_REFUSALS


class Refused(APIException):
    """The domain refused; nothing was posted. 422 with its words and the name of the rule."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "refused"


class KeyConflict(APIException):
    """The idempotency key came with another body before."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "idempotency_key_reused"


class MayReceipts(BasePermission):
    """To read: the right to see receipts. To post: the right to take payments."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for the verb of the method."""
        verb = "view_receipts" if request.method in ("GET", "HEAD", "OPTIONS") else "take_payment"
        return bool(request.user.is_authenticated and request.user.can(verb))


class MayAccounts(BasePermission):
    """The right to look accounts up."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Ask for the verb."""
        return bool(request.user.is_authenticated and request.user.can("view_accounts"))


@extend_schema_field(OpenApiTypes.STR)
class AmountSerializerField(serializers.Field):
    """An amount as text in dollars and cents; a JSON number may have lost its cents and is refused."""

    def to_internal_value(self, data: object) -> Any:
        """Read the text as a person's typing is read, without sums."""
        if not isinstance(data, str):
            raise serializers.ValidationError('Send the amount as text, such as "52.37".')
        try:
            return money.parse_amount(data)
        except money.AmountNotUnderstood as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: Any) -> str:
        """Write the amount with two decimals."""
        return f"{value:.2f}"


class LineInputSerializer(serializers.Serializer):
    """What part of the payment is for."""

    account = serializers.CharField(max_length=20)
    amount = AmountSerializerField()


class TenderInputSerializer(serializers.Serializer):
    """What was handed over."""

    kind = serializers.ChoiceField(choices=KINDS)
    amount = AmountSerializerField()
    check_number = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


class PaymentInputSerializer(serializers.Serializer):
    """A payment to post into the caller's open drawer."""

    payor = serializers.CharField(max_length=160)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    lines = LineInputSerializer(many=True, allow_empty=False)
    tenders = TenderInputSerializer(many=True, allow_empty=False)


class ReceiptLineSerializer(serializers.ModelSerializer):
    """One line of a receipt."""

    account = serializers.CharField(source="account.number", default=None)
    item = serializers.CharField(source="misc_item.code", default=None)

    class Meta:
        model = ReceiptLine
        fields = ["account", "item", "amount", "description"]


class TenderSerializer(serializers.ModelSerializer):
    """One tender of a receipt."""

    class Meta:
        model = Tender
        fields = ["kind", "amount", "tendered_amount", "change_amount", "check_number"]


class ReceiptSerializer(serializers.ModelSerializer):
    """A receipt with its lines and tenders."""

    label = serializers.CharField(read_only=True)  # type: ignore[assignment]  # the receipt's own word, not the field's
    drawer = serializers.CharField(source="drawer.code")
    received_by = serializers.CharField(source="received_by.username")
    void = serializers.SerializerMethodField()
    lines = ReceiptLineSerializer(many=True)
    tenders = TenderSerializer(many=True)

    class Meta:
        model = Receipt
        fields = [
            "label",
            "drawer",
            "number",
            "received_by",
            "received_at",
            "effective_date",
            "posting_date",
            "payor",
            "total_amount",
            "change_amount",
            "note",
            "void",
            "lines",
            "tenders",
        ]

    def get_void(self, receipt: Receipt) -> bool:
        """Whether the receipt was voided."""
        return getattr(receipt, "void", None) is not None


BALANCES = (
    "ledger",
    "due_now",
    "past_due",
    "curtailable_past_due",
    "to_restore",
    "payoff",
    "unapplied",
    "held",
)


class BalancesSerializer(serializers.Serializer):
    """The named balances of an account, in dollars; what the account owes is positive."""

    account = serializers.CharField()
    as_of = serializers.DateField()
    ledger = AmountSerializerField()
    due_now = AmountSerializerField()
    past_due = AmountSerializerField()
    curtailable_past_due = AmountSerializerField()
    to_restore = AmountSerializerField()
    payoff = AmountSerializerField()
    unapplied = AmountSerializerField()
    held = AmountSerializerField()


class PaymentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Receipts; POST takes a payment into the caller's open drawer session."""

    permission_classes = [MayReceipts]
    serializer_class = ReceiptSerializer
    filterset_class = ReceiptFilter
    lookup_field = "label"
    lookup_value_regex = "[^/]+"

    def get_queryset(self) -> Any:
        """Receipts, newest first."""
        return queries.receipts().order_by("-received_at", "-pk")

    def get_object(self) -> Receipt:
        """The receipt of the label in the address."""
        receipt = queries.find_receipt(self.kwargs["label"])
        if receipt is None:
            raise Http404
        return receipt

    @extend_schema(
        request=PaymentInputSerializer,
        responses={201: ReceiptSerializer, 200: ReceiptSerializer},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                required=True,
                description="Any text up to 60 characters. The same key with the same body gives the first receipt.",
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Post a payment. 201 with the receipt; 200 with the first receipt when the key came before."""
        sent = PaymentInputSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key or len(key) > 60:
            raise Refused("Send the header Idempotency-Key with up to 60 characters of your own choice.")
        by = cast(User, request.user)
        key = f"api:{by.pk}:{key}"
        # A second sending is told its first answer even when the drawer was closed or the day changed in between.
        first = Receipt.objects.select_related("session").filter(idempotency_key=key).first()
        session = first.session if first else self._session(by)
        today = first.effective_date if first else clock.today()
        try:
            receipt = receipting.post_payment(
                session=session,
                lines=[
                    receipting.PaymentLine(account_number=line["account"], amount=line["amount"])
                    for line in sent.validated_data["lines"]
                ],
                tenders=[
                    TenderInput(
                        kind=tender["kind"],
                        tendered_amount=tender["amount"],
                        check_number=tender["check_number"],
                    )
                    for tender in sent.validated_data["tenders"]
                ],
                payor=sent.validated_data["payor"],
                note=sent.validated_data["note"],
                effective_date=today,
                posting_date=today,
                idempotency_key=key,
                by=by,
            )
        except IdempotencyKeyReused as error:
            raise KeyConflict(str(error)) from error
        except PAYMENT_REFUSALS as error:
            raise Refused(str(error), code=type(error).__name__) from error
        shown = ReceiptSerializer(queries.find_receipt(receipt.label))
        return Response(shown.data, status=status.HTTP_200_OK if first else status.HTTP_201_CREATED)

    def _session(self, by: User) -> DrawerSession:
        session = queries.live_session(by)
        if session is None:
            raise Refused("You have no drawer open. Open one at the counter first.", code="DrawerNotOpen")
        return session


class BalancesView(APIView):
    """The named balances of one account today."""

    permission_classes = [MayAccounts]

    @extend_schema(responses=BalancesSerializer)
    def get(self, request: Request, number: str) -> Response:
        """Balances by name, in dollars as text."""
        account = account_queries.get_account_for(cast(User, request.user), number.replace("-", ""))
        today = clock.today()
        balances = ledger_queries.balances(account, as_of=today)
        shown = {name: getattr(balances, name) for name in BALANCES}
        return Response(BalancesSerializer({**shown, "account": account.number, "as_of": today}).data)


API_ROUTES = [("payments", PaymentViewSet, "payment")]
API_URLS = [path("accounts/<str:number>/balances/", BalancesView.as_view(), name="account-balances")]

_router = SimpleRouter()
for _prefix, _viewset, _basename in API_ROUTES:
    _router.register(_prefix, _viewset, basename=_basename)
urlpatterns = [*API_URLS, *_router.urls]
