"""The order of locks: accounts by their key first, then everything that hangs on them."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import Account
from core.db import require_transaction


class AccountsToLockMissing(LookupError):
    """Some of the accounts to post to are not there."""


def lock_accounts(ids: Iterable[int]) -> None:
    """Lock the accounts until the transaction ends, always in the order of their keys.

    Everything that moves money on an account takes this lock first, so that two tills at one account wait for each
    other and never lock up. Rows that only refer to the account may still be written by others.
    Raises TransactionRequired, AccountsToLockMissing.
    """
    require_transaction()
    wanted = set(ids)
    if not wanted:
        return
    locked = (
        Account.objects.filter(pk__in=wanted)
        .order_by("pk")
        .select_for_update(no_key=True)
        .values_list("pk", flat=True)
    )
    missing = wanted.difference(locked)
    if missing:
        raise AccountsToLockMissing(
            f"There is no account with the key {', '.join(str(pk) for pk in sorted(missing))}."
        )
