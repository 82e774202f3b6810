"""What the run console shows: the steps of a run, what is held, who did what."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404

from accounts.models import SERVICES
from billing.models import Bill, BillLine, BillRun, BillRunItem, BillSegment
from billing.queries.figures import Progress
from billing.rates import explain
from core import audit
from core.models import AuditEvent, User
from core.permissions import check

AT_WORK = (BillRun.State.CALCULATING, BillRun.State.POSTING, BillRun.State.PRINTING)
LOOKED_AT = (BillRunItem.State.HELD, BillRunItem.State.ERROR)

_ORDER = ("OPEN", "CALCULATING", "REVIEW", "APPROVED", "POSTING", "POSTED", "PRINTING", "DONE")


@dataclass(frozen=True)
class Step:
    """One step of the rail: done, now, stopped, or still to come."""

    label: str
    state: str
    count: int | None = None
    detail: str = ""
    url: str = ""


@dataclass(frozen=True)
class ShownLine:
    """A bill line with its arithmetic in words."""

    line: BillLine
    sentences: list[str]


@dataclass(frozen=True)
class ShownSegment:
    """A segment with its lines."""

    segment: BillSegment
    lines: list[ShownLine]


def get_run_for(user: User, number: int) -> BillRun:
    """The run of that number, for somebody who may see the books. Raises PermissionRefused, Http404."""
    check(user, "view_ledger")
    run = BillRun.objects.select_related("cycle", "made_by", "approved_by").filter(number=number).first()
    if run is None:
        raise Http404(f"There is no bill run {number}.")
    return run


def get_bill_for(user: User, number: str) -> Bill:
    """The bill of that number with its account and run. Raises PermissionRefused, Http404."""
    check(user, "view_accounts")
    bill = Bill.objects.select_related("account", "run", "entry").filter(number=number).first()
    if bill is None:
        raise Http404(f"There is no bill {number}.")
    return bill


def steps_of(run: BillRun, progress: Progress) -> list[Step]:
    """The rail of a run: where it stands, with the counts that belong to each step."""
    if run.state in (BillRun.State.CANCELLED, BillRun.State.REVERSED):
        return [Step("Opened", "done", run.item_count), Step(run.get_state_display(), "stop")]
    place = _ORDER.index(run.state)
    rows = [
        ("Calculate", ("CALCULATING",), progress.looked_at),
        ("Review", ("REVIEW",), progress.held + progress.errors),
        ("Approve", ("APPROVED",), None),
        ("Post", ("POSTING",), progress.posted),
        ("Print", ("POSTED", "PRINTING"), None),
    ]
    steps = [Step("Open", "now" if run.state == "OPEN" else "done", run.item_count)]
    for label, states, count in rows:
        if run.state in states:
            state = "stop" if run.is_paused else "now"
        else:
            state = "done" if place > _ORDER.index(states[-1]) else "todo"
        detail = _detail(run, label, progress)
        steps.append(Step(label, state, count if state != "todo" else None, detail))
    return steps


def held_items(*, run: BillRun, limit: int) -> list[BillRunItem]:
    """The first items that are held or in error, errors first, with their accounts."""
    items = run.items.filter(state__in=LOOKED_AT).select_related("account")
    return list(items.order_by("state", "ordinal", "pk")[:limit])


def largest_bills(*, run: BillRun, limit: int) -> list[Bill]:
    """The run's bills with the largest totals, with their accounts: those to look at before somebody approves."""
    bills = Bill.objects.filter(run=run).select_related("account")
    return list(bills.order_by("-total_amount", "pk")[:limit])


def diary_of(run: BillRun) -> list[AuditEvent]:
    """Who did what with a run, newest first; the chunks of its workers are left out."""
    events = audit.events_of(kind="bill_run", key=str(run.number), limit=200)
    return [event for event in events if ".chunk_" not in event.code][:40]


def runs_in_list() -> QuerySet[BillRun]:
    """Runs with what a row of the list shows."""
    return BillRun.objects.select_related("cycle", "made_by", "approved_by")


def shown_segments(bill: Bill) -> list[ShownSegment]:
    """A bill's segments with their lines and the lines' workings in words; two queries."""
    segments = (
        bill.segments.select_related("rate_version__schedule", "agreement__service_point__premise")
        .prefetch_related("lines__charge_type")
        .order_by("agreement_id", "from_date", "pk")
    )
    in_paper_order = sorted(segments, key=lambda segment: SERVICES.index(segment.service))
    return [
        ShownSegment(
            segment,
            [
                ShownLine(line, explain(line.working))
                for line in sorted(segment.lines.all(), key=lambda line: line.position)
            ],
        )
        for segment in in_paper_order
    ]


def _detail(run: BillRun, label: str, progress: Progress) -> str:
    if label == "Review" and progress.errors:
        return f"{progress.errors} in error"
    if label == "Review" and progress.held:
        return "held"
    if label == "Approve" and run.approved_by is not None:
        return str(run.approved_by)
    return "paused" if run.is_paused and label in ("Calculate", "Post") and run.state in AT_WORK else ""
