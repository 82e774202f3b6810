"""A calculated run is a forecast until a second person approves exactly what they have seen."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.queries import staff
from billing.models import BillRun
from billing.queries import drafts
from billing.services import runs
from core import permissions, small_office
from core.db import raising
from core.models import SmallOfficeReview, User
from core.money import ZERO


class ApproverIsMaker(PermissionError):
    """The person who made the run may not approve it."""


class RunNotInReview(ValueError):
    """Only a run in review is approved or sent back."""


class FiguresChanged(ValueError):
    """The drafts are not those that the approver has seen."""


class DraftsOutdated(ValueError):
    """Readings, services or accounts have changed since the drafts were made."""


class RunHasErrors(ValueError):
    """A run with accounts in error is not approved."""


# Everything that a customer would see, and everything it was reckoned from. Bill by bill from its keys: a fresh run has
# no statistics yet, and a plan for all of it at once would be a guess that takes minutes when it is wrong.
_CONTENT = """
SELECT bill.total_amount, concat_ws('|', bill.number, bill.account_id, bill.bill_date, bill.due_date, bill.total_amount,
                                    encode(sha256(convert_to(coalesce(segments.text, ''), 'UTF8')), 'hex'))
FROM billing_billrunitem item JOIN billing_bill bill ON bill.id = item.bill_id
CROSS JOIN LATERAL (
    SELECT string_agg(
        concat_ws('|', segment.agreement_id, segment.service, segment.rate_version_id, segment.from_date,
                  segment.to_date, segment.quantity, segment.unit, segment.usage, segment.amount, lines.text), E'\\n'
        ORDER BY segment.service, segment.agreement_id, segment.from_date) AS text
    FROM billing_billsegment segment
    CROSS JOIN LATERAL (
        SELECT string_agg(
            concat_ws('|', line.position, line.component, line.charge_type_id, line.description, line.quantity,
                      line.unit, line.amount, line.working), E'\\n' ORDER BY line.position) AS text
        FROM billing_billline line WHERE line.segment_id = segment.id
    ) lines
    WHERE segment.bill_id = bill.id
) segments
WHERE item.run_id = %s AND item.ordinal >= %s AND item.ordinal < %s
ORDER BY item.ordinal
"""
_WINDOW = 2000


def fingerprint(*, run_id: int) -> tuple[Decimal, str]:
    """The total of a run's bills, and a hash of all that stands in them; equal bills have equal hashes."""
    total, digest = ZERO, hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(ordinal), 0) FROM billing_billrunitem WHERE run_id = %s", [run_id]
        )
        [last] = cursor.fetchone()
        for first in range(1, last + 1, _WINDOW):
            cursor.execute(_CONTENT, [run_id, first, first + _WINDOW])
            for amount, content in cursor.fetchall():
                total += amount
                digest.update(f"{content}\n".encode())
    return total, digest.hexdigest()


def check_can_approve(*, run: BillRun, by: User, on_date: dt.date | None = None) -> None:
    """Pass if this person may approve this run.

    Its maker may not, but where the city's small-office mode covers the run on ``on_date``.
    Raises PermissionRefused, RunNotInReview, ApproverIsMaker, RunHasErrors.
    """
    permissions.check(by, "approve_runs")
    if run.state != BillRun.State.REVIEW:
        raise RunNotInReview(
            f"Run {run.number} is {run.get_state_display().lower()}: there is nothing to approve."
        )
    if run.made_by_id == by.pk:
        _check_small_office(run, by, on_date)
    errors = run.items.filter(state="ERROR").count()
    if errors:
        raise RunHasErrors(
            f"Run {run.number} has {errors} accounts in error. Calculate them again or ask for help first."
        )


def can_approve(*, run: BillRun, by: User, on_date: dt.date | None = None) -> bool:
    """Whether `check_can_approve` would pass."""
    try:
        check_can_approve(run=run, by=by, on_date=on_date)
    except (PermissionError, permissions.PermissionRefused, RunNotInReview, RunHasErrors):
        return False
    return True


def approve_run(*, run: BillRun, figures_hash: str, by: User, on_date: dt.date | None = None) -> BillRun:
    """Approve a run as it was shown: ``figures_hash`` is that of the figures the approver has seen.

    ``on_date`` is the day of the act; without it the maker is refused whatever the city's small-office mode says.
    Raises what `check_can_approve` raises, FiguresChanged if a draft is no longer what it was, and DraftsOutdated.
    """
    own = ApproverIsMaker(f"{by} made run {run.number}; somebody else must approve it.")
    with raising({"billing_billrun_second_person": own}), transaction.atomic(durable=True):
        locked = runs.lock_run(run.pk)
        check_can_approve(run=locked, by=by, on_date=on_date)
        total, now_hash = fingerprint(run_id=run.pk)
        if figures_hash != now_hash:
            raise FiguresChanged(
                f"The figures of run {run.number} are not those that were shown. Look at the run again, then approve."
            )
        check_drafts(locked)
        runs.move(
            locked,
            BillRun.State.APPROVED,
            code="approved",
            by=by,
            summary=f"Run {run.number} approved for {total}",
            approved_by=by,
            approved_at=Now(),
            small_office_review=_review_of(locked, total, by, on_date),
        )
    return locked


def check_drafts(run: BillRun) -> None:
    """Pass if the facts of every draft stand as they were calculated. Raises DraftsOutdated, naming the first."""
    outdated = drafts.outdated_items(run_id=run.pk)
    if outdated:
        first = run.items.select_related("account").get(pk=outdated[0])
        more = f" and {len(outdated) - 1} more" if len(outdated) > 1 else ""
        raise DraftsOutdated(
            f"Account {first.account.number}{more}: a reading, the service or the billing status has changed since"
            f" run {run.number} was calculated. Calculate the run again, then look at it anew."
        )


def withdraw_approval(run: BillRun, *, by: User) -> None:
    """Take a locked, approved run back to review, where it can be calculated again."""
    runs.move(
        run,
        BillRun.State.REVIEW,
        code="approval_withdrawn",
        by=by,
        summary=f"Run {run.number} is back in review: facts of its bills have changed since they were calculated",
        approved_by=None,
        approved_at=None,
        small_office_review=None,
    )


def send_back(*, run: BillRun, note: str, by: User) -> BillRun:
    """Say why a run is not approved; it stays in review for its maker. Raises PermissionRefused, RunNotInReview."""
    permissions.check(by, "approve_runs")
    with transaction.atomic(durable=True):
        locked = runs.lock_run(run.pk)
        if locked.state != BillRun.State.REVIEW:
            raise RunNotInReview(f"Run {run.number} is {locked.get_state_display().lower()}, not in review.")
        runs.record_act(locked, "sent_back", by, f"Run {run.number} sent back: {note}", {"note": note})
    return locked


def _own_accounts(run: BillRun, by: User, on_date: dt.date) -> list[str]:
    return staff.own_accounts(by, run.items.values("account_id"), on_date=on_date)


def _check_small_office(run: BillRun, by: User, on_date: dt.date | None) -> None:
    """Refuse the maker, unless small-office mode lets them approve."""
    refusal = f"{by} made run {run.number}; somebody else must approve it."
    if on_date is None or run.total_amount is None:
        raise ApproverIsMaker(refusal)
    try:
        small_office.check_permits(
            amount=run.total_amount, on_date=on_date, own_accounts=_own_accounts(run, by, on_date)
        )
    except small_office.SmallOfficeRefused as reason:
        raise ApproverIsMaker(f"{refusal} {reason}".strip()) from reason


def _review_of(run: BillRun, total: Decimal, by: User, on_date: dt.date | None) -> SmallOfficeReview | None:
    """The review that another person signs, where the maker approves; None where a second person does."""
    if run.made_by_id != by.pk or on_date is None:
        return None
    return small_office.permit(
        act=small_office.Act.BILL_RUN,
        kind="bill_run",
        key=str(run.number),
        amount=total,
        by=by,
        on_date=on_date,
        own_accounts=_own_accounts(run, by, on_date),
    )
