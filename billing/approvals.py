"""Runs in review, in the queue of what needs a second person."""

from __future__ import annotations

from django.urls import reverse

from billing.models import BillRun
from billing.services import review
from core import clock
from core.approvals import PendingItem, Provider
from core.models import User

KIND = "bill_run"


class RunUnknown(LookupError):
    """The run that was decided on is not there."""


def _pending(user: User) -> list[PendingItem]:
    waiting = BillRun.objects.filter(state=BillRun.State.REVIEW).select_related("cycle", "made_by")
    items = []
    for run in waiting.order_by("period_start", "pk"):
        why_not = _why_not(run, user)
        items.append(
            PendingItem(
                key=str(run.number),
                title=f"Bill run {run.number}, cycle {run.cycle.code}, {run.period_start:%B %Y}",
                amount=run.total_amount,
                account_number="",
                maker=run.made_by,
                made_at=run.started_at or run.created_at,
                reason=f"{run.item_count} accounts",
                url=reverse("billing:run", args=[run.number]),
                can_decide=not why_not,
                why_not=why_not,
                # The approver types the total on the run's own page, beside its figures.
                needs_page=True,
            )
        )
    return items


def _why_not(run: BillRun, user: User) -> str:
    if run.made_by_id == user.pk and not review.can_approve(run=run, by=user, on_date=clock.today()):
        return "not you: you made the run"
    return "" if user.can("approve_runs") else "needs the right to approve bill runs"


def _approve(key: str, by: User, note: str) -> str:
    run = _get(key)
    review.approve_run(run=run, figures_hash=run.figures_hash, by=by, on_date=clock.today())
    return f"Bill run {run.number} approved."


def _send_back(key: str, by: User, note: str) -> str:
    run = review.send_back(run=_get(key), note=note, by=by)
    return f"Bill run {run.number} sent back to {run.made_by}."


def _get(key: str) -> BillRun:
    run = BillRun.objects.filter(number=int(key)).first() if key.isdecimal() else None
    if run is None:
        raise RunUnknown("That run is not there any more. Look at the queue again.")
    return run


PROVIDERS = [
    Provider(
        kind=KIND,
        title="Bill runs",
        verb="approve_runs",
        pending=_pending,
        approve=_approve,
        send_back=_send_back,
    )
]
