"""Where an account's mail goes, from a date."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from accounts.models import Account, MailingAddress
from core import audit, permissions
from core.db import lock_rows, raising
from core.models import User

# What the address zone of a bill holds below the addressee.
MOST_LINES = 5


class MailingAddressRefused(ValueError):
    """An address is empty or too long for the envelope, or its dates do not fit the ones already entered."""


def change_mailing_address(
    *,
    account: Account,
    addressee: str,
    lines: str,
    from_date: dt.date,
    by: User,
    to_date: dt.date | None = None,
    source: str = "",
) -> MailingAddress:
    """Send an account's mail elsewhere from a date on, today's or a later one.

    The address that holds on ``from_date`` ends there; one already entered for later stays and ends the new one.
    With ``to_date`` the change is seasonal: the address before comes back that day. A second change from the same
    day corrects the first. Raises ``MailingAddressRefused``, ``PermissionRefused``.
    """
    permissions.check(by, "edit_accounts")
    kept = _checked_lines(addressee, lines)
    if to_date is not None and to_date <= from_date:
        raise MailingAddressRefused(f"The address would end on {to_date}, which is not after {from_date}.")
    overlap = MailingAddressRefused("Another address is entered for some of those days. Choose other dates.")
    with raising({"accounts_mailingaddress_no_overlap": overlap}), transaction.atomic():
        lock_rows(Account, [account.pk])
        rows = MailingAddress.objects.filter(account=account)
        later = rows.filter(from_date__gt=from_date).order_by("from_date", "pk").first()
        before = (
            rows.filter(from_date__lte=from_date)
            .filter(Q(to_date__isnull=True) | Q(to_date__gt=from_date))
            .first()
        )
        end = to_date or (later.from_date if later is not None else None)
        data = {
            "before": before.lines if before else None,
            "after": kept,
            "from_date": from_date,
            "to_date": end,
        }
        new = MailingAddress(
            account=account,
            addressee=addressee.strip(),
            lines=kept,
            from_date=from_date,
            to_date=end,
            source=source,
        )
        row = _put(new, before, is_seasonal=to_date is not None)
        audit.record(
            code="accounts.mailing.changed",
            by=by,
            kind="account",
            key=account.number,
            account_number=account.number,
            summary=f"Mail goes to {kept.splitlines()[0]} from {from_date}"
            + (f" until {end}" if end else ""),
            data=data,
        )
    return row


def _put(new: MailingAddress, before: MailingAddress | None, *, is_seasonal: bool) -> MailingAddress:
    """Write the new address in its place: over one from the same day, else after ending the one before."""
    if before is not None and before.from_date == new.from_date:
        before.addressee, before.lines, before.source = new.addressee, new.lines, new.source
        before.to_date = new.to_date if is_seasonal else before.to_date
        before.save(update_fields=["addressee", "lines", "source", "to_date"])
        return before
    came_back_until = before.to_date if before is not None else None
    if before is not None:
        before.to_date = new.from_date
        before.save(update_fields=["to_date"])
    new.save()
    if before is None or new.to_date is None or not is_seasonal:
        return new
    if came_back_until is None or new.to_date < came_back_until:
        MailingAddress.objects.create(
            account=before.account,
            addressee=before.addressee,
            lines=before.lines,
            from_date=new.to_date,
            to_date=came_back_until,
            source=before.source,
        )
    return new


def _checked_lines(addressee: str, lines: str) -> str:
    kept = [line.strip() for line in lines.splitlines() if line.strip()]
    if not addressee.strip():
        raise MailingAddressRefused("Say whom the mail is addressed to.")
    if not kept:
        raise MailingAddressRefused("The address has no lines. Give street and town.")
    if len(kept) > MOST_LINES:
        raise MailingAddressRefused(f"The address has {len(kept)} lines; the envelope shows {MOST_LINES}.")
    return "\n".join(kept)
