"""Which accounts are a staff member's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import AccountRole
from core.models import User


def own_accounts(
    user: User, account_ids: Iterable[int] | QuerySet[Any, Any], *, on_date: dt.date
) -> list[str]:
    """The numbers of those accounts, given by key or as a query of their keys, that ``user`` owes for on that day.

    A person is known as staff by their party, or by the party that theirs was merged into.
    """
    is_theirs = Q(party__staff_user=user) | Q(party__merged_into__staff_user=user)
    in_force = Q(from_date__lte=on_date) & (Q(to_date__isnull=True) | Q(to_date__gt=on_date))
    roles = AccountRole.objects.filter(is_theirs, in_force, is_liable=True, account__in=account_ids)
    return sorted(set(roles.values_list("account__number", flat=True)))
