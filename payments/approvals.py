"""Void requests in the approvals queue."""

from __future__ import annotations

from django.urls import reverse

from core.approvals import PendingItem, Provider
from core.models import User
from payments import queries
from payments.models import DrawerSession, VoidRequest
from payments.services import voids

KIND = "void"


class VoidRequestUnknown(LookupError):
    """The request that was decided on is not there."""


def _pending(user: User) -> list[PendingItem]:
    items = []
    for request in queries.pending_voids():
        receipt = request.receipt
        numbers = [line.account.number for line in receipt.lines.all() if line.account is not None]
        why_not = ""
        if voids.why_not_approve(request=request, by=user):
            why_not = "not you: you asked for it or took the money"
        elif receipt.session.state != DrawerSession.State.OPEN:
            why_not = "the drawer's count has begun"
        elif not user.can("approve_void"):
            why_not = "needs the right to approve voids"
        items.append(
            PendingItem(
                key=str(request.pk),
                title=f"Void receipt {receipt.label}",
                amount=receipt.total_amount,
                account_number=numbers[0] if len(numbers) == 1 else "",
                maker=request.requested_by,
                made_at=request.requested_at,
                reason=request.reason,
                url=reverse("payments:receipt", args=[receipt.label]),
                can_decide=not why_not,
                why_not=why_not,
            )
        )
    return items


def _approve(key: str, by: User, note: str) -> str:
    request = _get(key)
    voids.approve_void(request=request, by=by, note=note)
    return f"Receipt {request.receipt.label} voided."


def _send_back(key: str, by: User, note: str) -> str:
    request = _get(key)
    voids.send_back_void(request=request, by=by, note=note)
    return f"Void of {request.receipt.label} sent back to {request.requested_by}."


def _get(key: str) -> VoidRequest:
    request = None
    if key.isdecimal():
        request = (
            VoidRequest.objects.select_related("receipt__drawer", "requested_by").filter(pk=int(key)).first()
        )
    if request is None:
        raise VoidRequestUnknown("That request is not there any more. Look at the queue again.")
    return request


PROVIDERS = [
    Provider(
        kind=KIND,
        title="Voids",
        verb="approve_void",
        pending=_pending,
        approve=_approve,
        send_back=_send_back,
    )
]
