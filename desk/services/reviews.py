"""The second look at what one person completed alone."""

from __future__ import annotations

import datetime as dt

from accounts.models import Account
from accounts.queries import staff
from core import small_office
from core.models import SmallOfficeReview, User


class ReviewOfOwnAccount(small_office.ReviewRefused):
    """Nobody signs the review of an act on an account that they owe for."""


def sign_review(
    *, review: SmallOfficeReview, by: User, on_date: dt.date, note: str = ""
) -> SmallOfficeReview:
    """Sign the review of an act that one person completed alone.

    Raises ``PermissionRefused``, ``ReviewOfOwnAccount`` or what ``core.small_office.sign`` raises.
    """
    touched = Account.objects.filter(number=review.account_number).values("pk")
    if review.account_number and staff.own_accounts(by, touched, on_date=on_date):
        raise ReviewOfOwnAccount(
            f"{review.account_number} is your own account. Somebody else must sign its review."
        )
    return small_office.sign(review=review, by=by, note=note)
