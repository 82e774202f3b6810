"""What payments may be asked: sessions, receipts, voids, and what a cashier sees of an account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.http import Http404

from accounts.models import Account, AccountRole, Alert, ServiceAgreement, TenderRestriction
from core import permissions
from core.models import AuditEvent, User
from core.money import ZERO
from ledger.models import OpenItem
from payments.models import Drawer, DrawerSession, Receipt, ReceiptLine, Tender, VoidRequest
from payments.tendering import CASH


@dataclass(frozen=True, slots=True)
class Face:
    """Who and where an account is, as said across the counter."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Restriction:
    """Tenders that an account may not use, and why, in words for the clerk."""

    account_id: int
    kind: str
    words: str

    def refuses(self, tender_kind: str) -> bool:
        """Whether a tender of that kind is refused: cash only refuses all paper, no checks refuses checks."""
        if self.kind == TenderRestriction.Kind.CASH_ONLY:
            return tender_kind != CASH
        return tender_kind == "CHECK"


@dataclass(frozen=True, slots=True)
class SessionTotals:
    """How much was done in a session; no cash figure, so that the count stays blind."""

    receipt_count: int
    void_count: int
    undecided_void_count: int


def live_session(user: User) -> DrawerSession | None:
    """The person's session that is not balanced yet, with its drawer, or None."""
    return (
        DrawerSession.objects.exclude(state=DrawerSession.State.BALANCED)
        .filter(user=user)
        .select_related("drawer", "user")
        .first()
    )


def free_drawers() -> QuerySet[Drawer]:
    """The drawers that nobody has open, in the order of their codes."""
    live = DrawerSession.objects.exclude(state=DrawerSession.State.BALANCED).filter(drawer=OuterRef("pk"))
    return Drawer.objects.filter(~Exists(live)).order_by("code", "pk")


def session_totals(session: DrawerSession) -> SessionTotals:
    """Counts of a session's receipts and voids."""
    receipts = Receipt.objects.filter(session=session).aggregate(
        taken=Count("pk", distinct=True),
        voided=Count("void", distinct=True),
        undecided=Count(
            "void_requests",
            filter=Q(void_requests__state=VoidRequest.State.REQUESTED),
            distinct=True,
        ),
    )
    return SessionTotals(
        receipt_count=receipts["taken"],
        void_count=receipts["voided"],
        undecided_void_count=receipts["undecided"],
    )


def get_session_for(user: User, pk: int) -> DrawerSession:
    """The session, for its own person and for whoever may approve voids or see receipts. Raises ``Http404``."""
    session = DrawerSession.objects.filter(pk=pk).select_related("drawer", "user").first()
    if session is None or not (session.user_id == user.pk or user.can("approve_void")):
        raise Http404("There is no such drawer session.")
    return session


def receipts() -> QuerySet[Receipt]:
    """Receipts with what a list of them shows, in no order."""
    joined = Receipt.objects.select_related("drawer", "session", "received_by", "void__request__decided_by")
    return joined.prefetch_related("lines__account", "lines__misc_item", "tenders")


def find_receipt(label: str) -> Receipt | None:
    """The receipt of a printed label such as ``A-000041``, or None."""
    code, _, digits = label.strip().upper().rpartition("-")
    if not code.isalnum() or not digits.isdecimal() or len(digits) > 9:
        return None
    return receipts().filter(drawer__code__iexact=code, number=int(digits)).first()


def get_receipt_for(user: User, label: str) -> Receipt:
    """The receipt, if the person may see receipts. Raises ``PermissionRefused`` or ``Http404``."""
    if not user.can("take_payment"):
        permissions.check(user, "view_receipts")
    receipt = find_receipt(label)
    if receipt is None:
        raise Http404(f"There is no receipt {label}.")
    return receipt


def last_receipt(session: DrawerSession) -> Receipt | None:
    """The newest receipt of a session."""
    return receipts().filter(session=session).order_by("-number", "-pk").first()


def account_ids(receipt: Receipt) -> list[int]:
    """The accounts that a receipt credited, by key."""
    rows = ReceiptLine.objects.filter(receipt=receipt, account__isnull=False)
    return sorted(rows.values_list("account_id", flat=True))


def open_void_request(receipt: Receipt) -> VoidRequest | None:
    """The request that waits for a decision on the receipt, or None."""
    return (
        VoidRequest.objects.filter(receipt=receipt, state=VoidRequest.State.REQUESTED)
        .select_related("requested_by")
        .first()
    )


def pending_voids() -> list[VoidRequest]:
    """Every request that waits, oldest first, with what the approvals queue shows."""
    return list(
        VoidRequest.objects.filter(state=VoidRequest.State.REQUESTED)
        .select_related("receipt__drawer", "receipt__session", "requested_by")
        .prefetch_related("receipt__lines__account")
        .order_by("requested_at", "pk")
    )


def print_count(receipt: Receipt) -> int:
    """How often the receipt was sent to a printer."""
    events = AuditEvent.objects.filter(kind="receipt", key=receipt.label, code="payments.receipt.printed")
    return events.count()


def faces(account_ids: Collection[int], *, on_date: dt.date) -> dict[int, Face]:
    """Name of the holder and service address of each account, in two queries for any number of them.

    A closed account shows the last of each.
    """
    if not account_ids:
        return {}
    names: dict[int, str] = {}
    roles = (
        AccountRole.objects.filter(account_id__in=account_ids, kind=AccountRole.Kind.HOLDER)
        .filter(from_date__lte=on_date)
        .select_related("party")
        .order_by("account_id", "from_date", "pk")
    )
    for role in roles:
        names[role.account_id] = role.party.name
    places: dict[int, str] = {}
    agreements = (
        ServiceAgreement.objects.filter(account_id__in=account_ids)
        .exclude(status=ServiceAgreement.Status.CANCELLED)
        .select_related("service_point__premise")
        .order_by("account_id", "from_date", "pk")
    )
    for agreement in agreements:
        places[agreement.account_id] = agreement.service_point.premise.street_address
    return {pk: Face(name=names.get(pk, ""), place=places.get(pk, "")) for pk in account_ids}


def neighbours(account: Account) -> list[Account]:
    """Other open accounts that take or took a service at the places of this one, by number."""
    places = ServiceAgreement.objects.filter(account=account).values("service_point__premise_id")
    served = ServiceAgreement.objects.filter(service_point__premise_id__in=places)
    there = served.exclude(account=account).exclude(status=ServiceAgreement.Status.CANCELLED)
    rows = Account.objects.filter(pk__in=there.values("account_id"), closed_date__isnull=True)
    return list(rows.order_by("number", "pk"))


def next_due_dates(account_ids: Collection[int]) -> dict[int, dt.date]:
    """The earliest due date among what is open on each account; accounts that owe nothing are left out."""
    found: dict[int, dt.date] = {}
    rows = OpenItem.objects.filter(account_id__in=account_ids, open_amount__gt=0)
    for account_id, due in rows.values_list("account_id", "due_date").order_by("due_date", "pk"):
        found.setdefault(account_id, due)
    return found


def restrictions(account_ids: Iterable[int], *, on_date: dt.date) -> list[Restriction]:
    """The tenders that the accounts may not use on a day, with the reason in words."""
    rows = TenderRestriction.objects.filter(account_id__in=list(account_ids), from_date__lte=on_date).filter(
        Q(to_date__isnull=True) | Q(to_date__gt=on_date)
    )
    found = []
    for row in rows.order_by("account_id", "from_date", "pk"):
        until = f" until {row.to_date:%b} {row.to_date.day}" if row.to_date else ""
        found.append(
            Restriction(
                account_id=row.account_id,
                kind=row.kind,
                words=f"{row.get_kind_display().lower()}{until} ({row.reason})",
            )
        )
    return found


def alerts(account_ids: Iterable[int], *, on_date: dt.date) -> dict[int, list[Alert]]:
    """The alerts in force on each account."""
    found: dict[int, list[Alert]] = {}
    rows = Alert.objects.filter(account_id__in=list(account_ids), from_date__lte=on_date).filter(
        Q(to_date__isnull=True) | Q(to_date__gt=on_date)
    )
    for alert in rows.order_by("account_id", "from_date", "pk"):
        found.setdefault(alert.account_id, []).append(alert)
    return found


def accounts_by_number(numbers: Sequence[str]) -> list[Account]:
    """The accounts of these numbers in the order given; unknown ones are left out."""
    found = {account.number: account for account in Account.objects.filter(number__in=list(numbers))}
    return [found[number] for number in numbers if number in found]


def tender_totals(session: DrawerSession) -> dict[str, Decimal]:
    """What each kind of tender came to in a session, voided receipts left out. For proofs and supervisors only."""
    rows = (
        Tender.objects.filter(receipt__session=session, receipt__void__isnull=True)
        .values("kind")
        .annotate(total=Sum("amount"))
        .order_by("kind")
    )
    return {row["kind"]: row["total"] or ZERO for row in rows}
