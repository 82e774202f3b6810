"""Voids: asked for with a reason, decided by a second person, only while the receipt's drawer session is open."""

from __future__ import annotations

from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models.functions import Now

from accounts.queries import staff
from core import audit, permissions, small_office
from core.db import lock_rows, raising
from core.models import SmallOfficeReview, User
from core.money import format_amount
from core.states import check_transition
from ledger import services as ledger
from payments import queries
from payments.models import DrawerSession, Receipt, ReceiptVoid, VoidRequest


class VoidRefused(Exception):
    """A void that breaks a rule; each rule has a class of its own below. Nothing was changed."""


class VoidReasonMissing(VoidRefused):
    """A void without a reason tells an auditor nothing."""


class ReceiptAlreadyVoid(VoidRefused):
    """A receipt is voided once; a void is never voided."""


class VoidAlreadyAsked(VoidRefused):
    """A request for this receipt waits for a decision."""


class DrawerNoLongerOpen(VoidRefused):
    """The count of the receipt's drawer has begun."""


class OwnVoid(VoidRefused):
    """Nobody decides on the void they asked for, or of a receipt they took."""


class ApproverNotRecognised(VoidRefused):
    """The name and password typed at the counter are no one's who works here."""


def request_void(*, receipt: Receipt, reason: str, by: User) -> VoidRequest:
    """Ask that ``receipt`` be voided, saying why. Nothing changes in the books until a second person approves.

    Raises ``PermissionRefused``, ``VoidReasonMissing``, ``ReceiptAlreadyVoid``, ``DrawerNoLongerOpen`` or
    ``VoidAlreadyAsked``.
    """
    permissions.check(by, "request_void")
    asked = VoidAlreadyAsked("A void of this receipt was asked for already and waits for a decision.")
    with raising({"payments_voidrequest_one_open": asked}), transaction.atomic(durable=True):
        return _request(receipt, reason, by)


def approve_void(*, request: VoidRequest, by: User, note: str = "") -> ReceiptVoid:
    """Void the receipt of ``request``: reverse its entry in the session's business day; the number stays used.

    Who asked for it, or took the money, is refused, but where the city's small-office mode covers the void on the
    session's business day: then a review is made for another person to sign.
    The reversal takes effect on the receipt's own effective date, so the account is as if it had not been paid.
    Raises ``PermissionRefused``, ``OwnVoid``, ``DrawerNoLongerOpen``, ``ReceiptAlreadyVoid``, ``TransitionRefused``
    (decided before), and what the ledger refuses.
    """
    permissions.check(by, "approve_void")
    with transaction.atomic(durable=True):
        return _approve(request, by, note)


def send_back_void(*, request: VoidRequest, by: User, note: str) -> VoidRequest:
    """Refuse the void, saying why; the receipt stands.

    Raises ``PermissionRefused``, ``OwnVoid``, ``VoidReasonMissing`` or ``TransitionRefused`` (decided before).
    """
    permissions.check(by, "approve_void")
    if not note.strip():
        raise VoidReasonMissing("Say why the void is sent back: the person who asked will read it.")
    with transaction.atomic(durable=True):
        locked = lock_rows(VoidRequest.objects.select_related("receipt__drawer"), [request.pk])[0]
        if locked.requested_by_id == by.pk:
            raise OwnVoid(_not_a_second_person(locked, by))
        _decide(locked, VoidRequest.State.RETURNED, by, note)
        audit.record(
            code="payments.void.sent_back",
            by=by,
            kind="receipt",
            key=locked.receipt.label,
            summary=f"Void of {locked.receipt.label} sent back: {note.strip()}",
        )
    return locked


def void_at_counter(
    *, receipt: Receipt, reason: str, by: User, approver_username: str, approver_password: str
) -> ReceiptVoid:
    """Ask for the void and approve it in one step, the second person typing name and password at the counter.

    A request that waits already is the one decided. Raises ``ApproverNotRecognised`` (the attempt is kept in the
    audit trail) and whatever ``request_void`` and ``approve_void`` raise.
    """
    permissions.check(by, "request_void")
    approver = _approver(receipt, by, approver_username, approver_password)
    permissions.check(approver, "approve_void")
    with transaction.atomic(durable=True):
        # In the house's lock order from the start: accounts, then documents.
        ledger.lock_accounts(_account_ids(receipt))
        waiting = VoidRequest.objects.filter(receipt=receipt, state=VoidRequest.State.REQUESTED).first()
        request = waiting or _request(receipt, reason, by)
        return _approve(request, approver, "At the counter")


def _request(receipt: Receipt, reason: str, by: User) -> VoidRequest:
    words = reason.strip()
    if not words:
        raise VoidReasonMissing("Say why the receipt is void: the reason is kept with it.")
    session = _lock_session(receipt)
    _check_voidable(receipt, session)
    if VoidRequest.objects.filter(receipt=receipt, state=VoidRequest.State.REQUESTED).exists():
        raise VoidAlreadyAsked(f"A void of {receipt.label} was asked for already and waits for a decision.")
    request = VoidRequest.objects.create(receipt=receipt, reason=words[:200], requested_by=by)
    audit.record(
        code="payments.void.requested",
        by=by,
        kind="receipt",
        key=receipt.label,
        summary=f"Void of {receipt.label} ({format_amount(receipt.total_amount)}) asked for: {words}",
    )
    return request


def _approve(request: VoidRequest, by: User, note: str) -> ReceiptVoid:
    receipt = Receipt.objects.select_related("drawer", "entry").get(pk=request.receipt_id)
    ledger.lock_accounts(_account_ids(receipt))
    session = _lock_session(receipt)
    locked = lock_rows(VoidRequest.objects.select_related("receipt__drawer"), [request.pk])[0]
    refusal = _not_a_second_person(locked, by)
    review = _review_of(receipt, session, by, refusal) if refusal else None
    _check_voidable(receipt, session)
    _decide(locked, VoidRequest.State.APPROVED, by, note, review=review)
    entry = ledger.reverse_entry(
        entry=receipt.entry,
        reason="VOID",
        effective_date=receipt.effective_date,
        posting_date=session.business_date,
        by=by,
        document_number=receipt.label,
        note=locked.reason,
    )
    void = ReceiptVoid.objects.create(receipt=receipt, request=locked, entry=entry)
    audit.record(
        code="payments.receipt.voided",
        by=by,
        kind="receipt",
        key=receipt.label,
        summary=f"Receipt {receipt.label} ({format_amount(receipt.total_amount)}) voided: {locked.reason}",
        data={"asked_by": locked.requested_by_id, "entry": entry.pk},
    )
    return void


def _account_ids(receipt: Receipt) -> list[int]:
    return queries.account_ids(receipt)


def _lock_session(receipt: Receipt) -> DrawerSession:
    return lock_rows(DrawerSession.objects.select_related("drawer", "user"), [receipt.session_id])[0]


def _check_voidable(receipt: Receipt, session: DrawerSession) -> None:
    if ReceiptVoid.objects.filter(receipt=receipt).exists():
        raise ReceiptAlreadyVoid(f"Receipt {receipt.label} is void already. Nothing was changed.")
    if session.state != DrawerSession.State.OPEN:
        raise DrawerNoLongerOpen(
            f"{session.drawer.name} is {session.get_state_display().lower()}: after the count starts a receipt"
            f" cannot be voided. Make a reversal in the next session, and return the money as a refund."
        )


def why_not_approve(*, request: VoidRequest, by: User) -> str:
    """Why ``approve_void`` would refuse this person as no second person; "" where it would not."""
    refusal = _not_a_second_person(request, by)
    if not refusal:
        return ""
    try:
        _check_small_office(request.receipt, request.receipt.session, by)
    except small_office.SmallOfficeRefused as reason:
        return f"{refusal} {reason}".strip()
    return ""


def _not_a_second_person(request: VoidRequest, by: User) -> str:
    if request.requested_by_id == by.pk:
        return "You asked for this void yourself. Somebody else must decide."
    if request.receipt.received_by_id == by.pk:
        label = request.receipt.label
        return f"You took receipt {label} yourself. Somebody else who may approve voids must decide."
    return ""


def _own_accounts(receipt: Receipt, session: DrawerSession, by: User) -> list[str]:
    return staff.own_accounts(by, _account_ids(receipt), on_date=session.business_date)


def _check_small_office(receipt: Receipt, session: DrawerSession, by: User) -> None:
    small_office.check_permits(
        amount=receipt.total_amount,
        on_date=session.business_date,
        own_accounts=_own_accounts(receipt, session, by),
    )


def _review_of(receipt: Receipt, session: DrawerSession, by: User, refusal: str) -> SmallOfficeReview:
    """The review that another person signs, where small-office mode covers the void; else the refusal."""
    numbers = [line.account.number for line in receipt.lines.select_related("account") if line.account]
    try:
        return small_office.permit(
            act=small_office.Act.VOID,
            kind="receipt",
            key=receipt.label,
            account_number=numbers[0] if len(numbers) == 1 else "",
            amount=receipt.total_amount,
            by=by,
            on_date=session.business_date,
            own_accounts=_own_accounts(receipt, session, by),
        )
    except small_office.SmallOfficeRefused as reason:
        raise OwnVoid(f"{refusal} {reason}".strip()) from reason


def _decide(
    request: VoidRequest, state: str, by: User, note: str, *, review: SmallOfficeReview | None = None
) -> None:
    check_transition(VoidRequest.TRANSITIONS, request.state, state, what="The request")
    VoidRequest.objects.filter(pk=request.pk).update(
        state=state,
        decided_by=by,
        decided_at=Now(),
        decision_note=note.strip()[:200],
        small_office_review=review,
    )
    request.state, request.decided_by, request.decision_note = state, by, note.strip()[:200]


def _approver(receipt: Receipt, by: User, username: str, password: str) -> User:
    """The person whose name and password were typed; a wrong pair is kept as an event of its own."""
    found = authenticate(username=username.strip(), password=password)
    if isinstance(found, User) and found.is_active and not found.is_system:
        return found
    with transaction.atomic(durable=True):
        audit.record(
            code="payments.void.approver_refused",
            by=by,
            kind="receipt",
            key=receipt.label,
            summary=f'Void at the counter: name "{username.strip()[:60]}" and password do not match',
        )
    raise ApproverNotRecognised(
        "The second person's name and password do not match. Nothing was voided. Type them again."
    )
