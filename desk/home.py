"""What a home page shows: a person's own work first, put together from their verbs, never from a role's name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Alert
from billing.models import BillRun, BillRunItem
from core import approvals, small_office
from core.approvals import PendingItem
from core.charts import AgingBucket
from core.models import ProofRun, User
from core.money import ZERO, format_amount
from desk.links import link
from desk.panels import AlertMark, aging_buckets, alert_mark
from ledger import queries as ledger
from metering import queries as metering
from metering.models import ReadingException
from payments import queries as payments
from payments.models import DrawerSession, Receipt
from serviceorders import queries as orders
from serviceorders.models import ServiceOrder

ROWS = 8
RUNS_DONE = (BillRun.State.DONE, BillRun.State.CANCELLED, BillRun.State.REVERSED)


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure, what it is, and the page with the rows behind it."""

    label: str
    value: str
    note: str
    icon: str
    url: str
    is_money: bool = False


@dataclass(frozen=True, slots=True)
class RunRow:
    """A bill run with its counts."""

    run: BillRun
    url: str
    total: int
    done: int
    held: int


@dataclass(frozen=True, slots=True)
class DrawerRow:
    """An open drawer session, without a cash figure: the count stays blind."""

    session: DrawerSession
    url: str
    receipt_count: int


@dataclass(frozen=True, slots=True)
class AlertRow:
    """A warning on an account, as its page shows it."""

    alert: Alert
    mark: AlertMark


@dataclass(frozen=True, slots=True)
class Proof:
    """The last proof of the books, with every line that does not hold."""

    at: dt.datetime
    seconds: Decimal
    violation_count: int
    lines: tuple[dict[str, Any], ...]
    broken: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class Home:
    """The panels of one person's home page; those that are None are not theirs."""

    tiles: list[Tile] = field(default_factory=list)
    session: DrawerSession | None = None
    takes_payments: bool = False
    receipts: list[Receipt] | None = None
    alerts: list[AlertRow] | None = None
    runs: list[RunRow] | None = None
    exceptions: list[ReadingException] | None = None
    pending: list[PendingItem] | None = None
    proof: Proof | None = None
    shows_proof: bool = False
    drawers: list[DrawerRow] | None = None
    aging: list[AgingBucket] | None = None
    orders: list[ServiceOrder] | None = None
    late_reviews: int = 0


def home(user: User, *, on_date: dt.date) -> Home:
    """The home page of a person on a day: the panels of every verb they hold."""
    made = Home()
    for verb, fill in PARTS:
        if user.can(verb):
            fill(made, user, on_date)
    return made


def _counter(made: Home, user: User, on_date: dt.date) -> None:
    made.takes_payments = True
    made.session = payments.live_session(user)
    mine = Receipt.objects.filter(received_by=user, posting_date=on_date)
    figures = mine.filter(void__isnull=True).aggregate(total=Sum("total_amount"), number=Count("pk"))
    made.receipts = list(payments.receipts().filter(received_by=user).order_by("-received_at", "-pk")[:ROWS])
    day = {"date_from": on_date.isoformat(), "date_to": on_date.isoformat()}
    made.tiles.append(
        Tile(
            "Taken by you today",
            format_amount(figures["total"] or ZERO),
            f"{figures['number']} receipts",
            "cash",
            f"{link('payments:receipt-list')}?{urlencode(day)}",
            is_money=True,
        )
    )
    _warnings(made, on_date)


def _warnings(made: Home, on_date: dt.date) -> None:
    in_force = Alert.objects.filter(Q(to_date__isnull=True) | Q(to_date__gt=on_date), from_date__lte=on_date)
    rows = in_force.select_related("account").order_by("-from_date", "-pk")[:ROWS]
    made.alerts = [AlertRow(row, alert_mark(row.kind, row.text)) for row in rows]


def _billing(made: Home, user: User, on_date: dt.date) -> None:
    made.runs = _runs()
    held = sum(row.held for row in made.runs)
    made.tiles.append(
        Tile(
            "Runs under way",
            str(sum(row.run.state not in (*RUNS_DONE, BillRun.State.POSTED) for row in made.runs)),
            f"{held} bills held",
            "file-invoice",
            link("billing:run-list"),
        )
    )


def _runs() -> list[RunRow]:
    """The runs that are not finished, and the last finished one where there is none, with their counts."""
    runs = BillRun.objects.select_related("cycle").order_by("-number", "-pk")
    found = list(runs.exclude(state__in=RUNS_DONE)[:ROWS]) or list(runs[:1])
    state = BillRunItem.State
    counts = {
        row["run"]: row
        for row in BillRunItem.objects.filter(run__in=found)
        .values("run")
        .annotate(
            total=Count("pk"),
            done=Count("pk", filter=Q(state__in=[state.CALCULATED, state.NOT_DUE, state.POSTED])),
            held=Count("pk", filter=Q(state__in=[state.HELD, state.ERROR])),
        )
        .order_by("run")
    }
    nothing = {"total": 0, "done": 0, "held": 0}
    return [
        RunRow(run, link("billing:run", run.number), figures["total"], figures["done"], figures["held"])
        for run in found
        for figures in [counts.get(run.pk, nothing)]
    ]


def _reads(made: Home, user: User, on_date: dt.date) -> None:
    waiting = metering.exceptions_open()
    made.exceptions = list(waiting[:ROWS])
    count = ReadingException.objects.filter(resolved_at__isnull=True).count()
    severe = ReadingException.objects.filter(
        resolved_at__isnull=True, severity=ReadingException.Severity.SEVERE
    ).count()
    made.tiles.append(
        Tile(
            "Reads to decide",
            f"{count:,}",
            f"{severe:,} of them hold a bill",
            "gauge",
            link("metering:exceptions"),
        )
    )


def _approvals(made: Home, user: User, on_date: dt.date) -> None:
    made.pending = pending_items(user)
    yours = sum(item.can_decide for item in made.pending)
    made.tiles.append(
        Tile(
            "Waiting for approval",
            str(len(made.pending)),
            f"{yours} for you",
            "checks",
            reverse("desk:approvals"),
        )
    )


def pending_items(user: User) -> list[PendingItem]:
    """Everything that waits for a second person, oldest first."""
    found = [item for provider in approvals.providers() for item in provider.pending(user)]
    return sorted(found, key=lambda item: (item.made_at, item.key))


def _reviews(made: Home, user: User, on_date: dt.date) -> None:
    made.late_reviews = small_office.overdue_count(on_date=on_date)
    count = small_office.unsigned().count()
    if count:
        made.tiles.append(
            Tile(
                "Reviews to sign",
                str(count),
                f"{made.late_reviews} late",
                "signature",
                reverse("desk:reviews"),
            )
        )


def _proof(made: Home, user: User, on_date: dt.date) -> None:
    made.shows_proof = True
    made.proof = last_proof()


def last_proof() -> Proof | None:
    """The last proof that ran, or None where none has."""
    run = ProofRun.objects.order_by("-at", "-pk").first()
    if run is None:
        return None
    broken = tuple(result for result in run.results if result["violations"])
    return Proof(run.at, run.seconds, run.violation_count, tuple(run.results), broken)


def _drawers(made: Home, user: User, on_date: dt.date) -> None:
    sessions = DrawerSession.objects.exclude(state=DrawerSession.State.BALANCED)
    rows = (
        sessions.select_related("drawer", "user")
        .annotate(receipt_count=Count("receipts"))
        .order_by("opened_at", "pk")
    )
    made.drawers = [DrawerRow(row, link("payments:session", row.pk), row.receipt_count) for row in rows]
    note = ", ".join(f"{row.session.drawer.code} {row.session.user}" for row in made.drawers) or "none open"
    made.tiles.append(Tile("Drawers open", str(len(made.drawers)), note, "cash-register", "#drawers"))


def _aging(made: Home, user: User, on_date: dt.date) -> None:
    made.aging = aging_buckets(ledger.aging(as_of=on_date))


def _field(made: Home, user: User, on_date: dt.date) -> None:
    under_way = orders.orders_for(user).filter(state__in=orders.UNDER_WAY)
    if not orders.sees_all_orders(user):
        made.orders = list(under_way.order_by("scheduled_date", "priority", "number", "pk")[:30])
        return
    counts = under_way.aggregate(
        all=Count("pk"), cut=Count("pk", filter=Q(kind=ServiceOrder.Kind.SHUTOFF)),
        late=Count("pk", filter=Q(scheduled_date__lt=on_date)),
    )  # fmt: skip
    made.tiles.append(
        Tile("Orders under way", str(counts["all"]), f"{counts['cut']} shutoffs, {counts['late']} late", "tool",
             link("serviceorders:list"))
    )  # fmt: skip


# In the order of the page: what a person does most comes first.
PARTS: tuple[tuple[str, Callable[[Home, User, dt.date], None]], ...] = (
    ("take_payment", _counter),
    ("view_approvals", _approvals),
    ("sign_reviews", _reviews),
    ("view_orders", _field),
    ("resolve_exceptions", _reads),
    ("post_runs", _billing),
    ("run_proofs", _proof),
    ("export_reports", _drawers),
    ("export_reports", _aging),
)
