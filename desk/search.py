"""One box finds everything: exact numbers open at once, words give ranked groups."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.urls import reverse

from accounts import queries as accounts
from accounts.models import Account
from accounts.numbers import without_separators
from accounts.queries import SearchHit
from billing.models import Bill
from core.check_digits import ACCOUNT_DIGITS
from core.models import AuditEvent, User
from desk.links import link
from desk.panels import alert_mark
from ledger import queries as ledger
from payments import queries as payments
from payments.models import Receipt, Tender
from serviceorders import queries as orders
from serviceorders.models import ServiceOrder

MOST = 5
MOST_ON_A_PAGE = 25
RECENT = 10
BILL_NUMBER = re.compile(r"\d{1,9}-\d{6}")
ORDER_NUMBER = re.compile(r"(?:order|#)?\s*(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A warning beside a row."""

    code: str
    label: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Row:
    """A thing that was found, as ``components/search_results.html`` shows it."""

    url: str
    title: str
    detail: str = ""
    number: str = ""
    balance: Decimal | None = None
    status: str = ""
    alerts: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one sort under their heading."""

    label: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found; ``suggestion`` is the spelling that was taken instead of what was typed, else ""."""

    groups: list[Group] = field(default_factory=list)
    suggestion: str = ""


def exact_url(text: str, *, user: User) -> str:
    """The page of the one thing that a number names exactly, or "".

    Account, legacy and bill-pay numbers and scan lines; bill numbers; labels of receipts; "order 12" or "#12". A bare
    short number is an order only if no account has it.
    """
    typed = text.strip()
    if not typed:
        return ""
    if user.can("view_accounts"):
        account = accounts.find_account(typed)
        if account is not None:
            return account_url(account.number)
        if BILL_NUMBER.fullmatch(typed) and Bill.objects.filter(number=typed).exists():
            return link("billing:bill", typed)
    if user.can("view_receipts"):
        receipt = payments.find_receipt(typed)
        if receipt is not None:
            return link("payments:receipt", receipt.label)
    order = ORDER_NUMBER.fullmatch(typed)
    if order and user.can("view_orders"):
        named = orders.orders_for(user).filter(number=int(order[1])).first()
        if named is not None and not typed.isdecimal():
            return link("serviceorders:order", named.number)
    return ""


def opens_at_once(text: str) -> bool:
    """Whether a typed text is so long a number that nothing else can be meant: a whole account number or scan line."""
    squeezed = without_separators(text)
    return len(squeezed) >= ACCOUNT_DIGITS and squeezed.isascii() and squeezed.isdigit()


def find(text: str, *, user: User, on_date: dt.date, most: int = MOST) -> Found:
    """Groups of what a text may mean, at most ``most`` rows each: accounts, people, places, meters, orders, papers."""
    typed = text.strip()
    if not typed:
        return Found(groups=_recent(user, on_date))
    groups: list[Group] = []
    suggestion = ""
    if user.can("view_accounts"):
        found, suggestion = accounts.search_groups(typed, limit=most)
        faces = _Faces({hit.account.pk for group in found for hit in group.hits}, on_date)
        groups += [Group(group.label, [faces.row(hit) for hit in group.hits]) for group in found]
    groups += [group for group in (_orders(typed, user), _papers(typed, user)) if group.rows]
    return Found(groups=groups, suggestion=suggestion)


def account_url(number: str) -> str:
    """The account's page."""
    return reverse("desk:account", args=[number])


class _Faces:
    """Names, places, balances and warnings of the found accounts, asked for once for all of them."""

    def __init__(self, account_ids: Collection[int], on_date: dt.date) -> None:
        ids = sorted(account_ids)
        self.faces = payments.faces(ids, on_date=on_date)
        self.balances = ledger.balances_for(ids, as_of=on_date) if ids else {}
        self.alerts = payments.alerts(ids, on_date=on_date) if ids else {}
        self.on_date = on_date

    def row(self, hit: SearchHit) -> Row:
        """The account of a hit, with why it was found."""
        face = self.faces[hit.account.pk]
        why = "" if hit.text in (face.name, face.place, hit.account.number) else hit.text
        if why and not hit.is_current:
            why = f"{why}, no longer"
        return self.of(hit.account, why=why)

    def of(self, account: Account, *, why: str = "") -> Row:
        """An account as a row."""
        face = self.faces[account.pk]
        closed = account.closed_date is not None and account.closed_date <= self.on_date
        return Row(
            url=account_url(account.number),
            title=face.name or "Nobody holds it",
            detail=" · ".join(part for part in (face.place, why) if part),
            number=account.number,
            balance=self.balances[account.pk].ledger,
            status="CLOSED" if closed else "",
            alerts=tuple(_mark(alert.kind) for alert in self.alerts.get(account.pk, [])[:2]),
        )


def _mark(kind: str) -> Mark:
    mark = alert_mark(kind)
    return Mark(code=kind, label=mark.label, tone=mark.tone, icon=mark.icon)


def _orders(typed: str, user: User) -> Group:
    number = ORDER_NUMBER.fullmatch(typed)
    if number is None or not user.can("view_orders"):
        return Group("Orders", [])
    rows = orders.orders_for(user).filter(number=int(number[1])).order_by("pk")[:MOST]
    return Group("Orders", [_order(row) for row in rows])


def _order(row: ServiceOrder) -> Row:
    return Row(
        url=link("serviceorders:order", row.number),
        title=f"{row.get_kind_display()}, order {row.number}",
        detail=f"{row.service_point.premise} · {row.reason}",
        number=row.account.number,
        status=row.state,
    )


def _papers(typed: str, user: User) -> Group:
    rows: list[Row] = []
    if user.can("view_accounts") and BILL_NUMBER.fullmatch(typed):
        bills = Bill.objects.filter(number=typed).select_related("account").order_by("pk")
        rows += [
            Row(link("billing:bill", bill.number), f"Bill {bill.number}", f"{bill.bill_date:%b %-d, %Y}",
                bill.account.number, bill.total_amount, bill.status)
            for bill in bills
        ]  # fmt: skip
    if user.can("view_receipts"):
        rows += [_receipt(receipt) for receipt in _receipts(typed)]
    return Group("Papers", rows[:MOST])


def _receipts(typed: str) -> Sequence[Receipt]:
    """Receipts of that label, or paid by a check of that number."""
    named = payments.find_receipt(typed)
    if named is not None:
        return [named]
    if not typed.isdecimal() or len(typed) > 20:
        return []
    paid = Tender.objects.filter(check_number=typed).values("receipt")
    return list(payments.receipts().filter(pk__in=paid).order_by("-received_at", "-pk")[:MOST])


def _receipt(receipt: Receipt) -> Row:
    checks = ", ".join(
        f"check {tender.check_number}" for tender in receipt.tenders.all() if tender.check_number
    )
    return Row(
        url=link("payments:receipt", receipt.label),
        title=f"Receipt {receipt.label}",
        detail=" · ".join(part for part in (receipt.payor, checks) if part),
        number=f"{receipt.posting_date:%b %-d, %Y}",
        balance=-receipt.total_amount,
        status="VOID" if hasattr(receipt, "void") else "",
    )


def _recent(user: User, on_date: dt.date) -> list[Group]:
    """The accounts that the person last did something on."""
    if not user.can("view_accounts"):
        return []
    events = AuditEvent.objects.filter(actor=user).exclude(account_number="").order_by("-at", "-pk")
    numbers = list(dict.fromkeys(events.values_list("account_number", flat=True)[:100]))[:RECENT]
    found = payments.accounts_by_number(numbers)
    faces = _Faces({account.pk for account in found}, on_date)
    return [Group("You worked on", [faces.of(account) for account in found])] if found else []
