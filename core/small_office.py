"""Small-office mode: the maker may complete an act that needs two people, and another person signs a review of it.

Off unless the city's policy says otherwise. It never covers an act on the person's own account or above the limit;
write-offs, bank releases and refunds are no acts of it. The database holds the same rules.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from core import audit, permissions, policy
from core.calendar import add_business_days
from core.db import lock_rows, require_transaction
from core.models import Holiday, SmallOfficeReview, User
from core.money import format_amount

MODE = "core.small_office_mode"
LIMIT = "core.small_office_limit"
DAYS_TO_SIGN = 5

Act = SmallOfficeReview.Act


class SmallOfficeRefused(Exception):
    """Small-office mode does not cover the act; each reason has a class of its own below."""


class ModeIsOff(SmallOfficeRefused):
    """The office parts its duties: two people are needed. It carries no words, for there is nothing to explain."""


class AboveLimit(SmallOfficeRefused):
    """The amount is more than one person may complete alone."""


class OwnAccount(SmallOfficeRefused):
    """The act touches an account that the person owes for."""


class ReviewRefused(Exception):
    """A review that cannot be signed; each reason has a class of its own below."""


class ReviewOfOwnAct(ReviewRefused):
    """Nobody signs the review of what they did."""


class ReviewAlreadySigned(ReviewRefused):
    """A review is signed once."""


def is_on(*, on_date: dt.date) -> bool:
    """Whether small-office mode holds on that day."""
    return bool(policy.value(MODE, on_date=on_date))


def check_permits(*, amount: Decimal, on_date: dt.date, own_accounts: Sequence[str] = ()) -> None:
    """Pass if one person may complete an act of ``amount`` alone on ``on_date``.

    ``own_accounts`` are the numbers of accounts in the act that the person owes for. Raises ``ModeIsOff``,
    ``OwnAccount`` or ``AboveLimit``.
    """
    if not is_on(on_date=on_date):
        raise ModeIsOff
    if own_accounts:
        raise OwnAccount(
            f"Small-office mode never covers one's own account, and {own_accounts[0]} is in this one."
        )
    limit = policy.value(LIMIT, on_date=on_date)
    if not isinstance(limit, Decimal) or amount > limit:
        raise AboveLimit(
            f"Small-office mode covers amounts up to {format_amount(Decimal(str(limit)))}; this is"
            f" {format_amount(amount)}."
        )


def permit(
    *,
    act: str,
    kind: str,
    key: str,
    amount: Decimal,
    by: User,
    on_date: dt.date,
    account_number: str = "",
    own_accounts: Sequence[str] = (),
) -> SmallOfficeReview:
    """Let ``by`` complete alone what they made, and put it on the list of reviews, in the act's own transaction.

    Gives the review, to which the act's row must point. Raises what ``check_permits`` raises, and
    ``TransactionRequired`` outside a transaction.
    """
    require_transaction()
    check_permits(amount=amount, on_date=on_date, own_accounts=own_accounts)
    review = SmallOfficeReview.objects.create(
        act=act,
        kind=kind,
        key=key,
        account_number=account_number,
        amount=amount,
        act_date=on_date,
        due_date=_due_date(on_date),
        done_by=by,
    )
    audit.record(
        code="core.small_office.permitted",
        by=by,
        kind=kind,
        key=key,
        account_number=account_number,
        summary=f"{Act(act).label} {key} ({format_amount(amount)}) completed by one person; review by"
        f" {review.due_date:%Y-%m-%d}",
        data={"review": review.pk},
    )
    return review


def check_can_sign(*, review: SmallOfficeReview, by: User) -> None:
    """Pass if this person may sign this review. Raises PermissionRefused, ReviewOfOwnAct, ReviewAlreadySigned."""
    permissions.check(by, "sign_reviews")
    if review.signed_by_id is not None:
        raise ReviewAlreadySigned(f"{review.signed_by} has signed this review already.")
    if review.done_by_id == by.pk:
        raise ReviewOfOwnAct("You did this yourself. Somebody else must sign its review.")


def sign(*, review: SmallOfficeReview, by: User, note: str = "") -> SmallOfficeReview:
    """Say that another person has looked at the act. Raises what ``check_can_sign`` raises."""
    permissions.check(by, "sign_reviews")
    with transaction.atomic(durable=True):
        locked = lock_rows(SmallOfficeReview.objects.select_related("done_by", "signed_by"), [review.pk])[0]
        check_can_sign(review=locked, by=by)
        words = note.strip()[:200]
        SmallOfficeReview.objects.filter(pk=locked.pk).update(signed_by=by, signed_at=Now(), note=words)
        audit.record(
            code="core.small_office.signed",
            by=by,
            kind=locked.kind,
            key=locked.key,
            account_number=locked.account_number,
            summary=f"{locked.get_act_display()} {locked.key} by {locked.done_by} reviewed"
            + (f": {words}" if words else ""),
            data={"review": locked.pk},
        )
    locked.refresh_from_db()
    return locked


def unsigned() -> QuerySet[SmallOfficeReview]:
    """The reviews that wait, the soonest due first, with the people who acted."""
    waiting = SmallOfficeReview.objects.filter(signed_by__isnull=True).select_related("done_by")
    return waiting.order_by("due_date", "pk")


def signed(*, limit: int) -> list[SmallOfficeReview]:
    """The reviews signed last, newest first."""
    done = SmallOfficeReview.objects.filter(signed_by__isnull=False).select_related("done_by", "signed_by")
    return list(done.order_by("-signed_at", "-pk")[:limit])


def overdue_count(*, on_date: dt.date) -> int:
    """How many reviews should have been signed before ``on_date``."""
    return unsigned().filter(due_date__lt=on_date).count()


def _due_date(on_date: dt.date) -> dt.date:
    closed = Holiday.objects.filter(calendar=Holiday.Calendar.OFFICE, date__gt=on_date)
    near = closed.filter(date__lt=on_date + dt.timedelta(days=90))
    return add_business_days(on_date, DAYS_TO_SIGN, set(near.values_list("date", flat=True)))
