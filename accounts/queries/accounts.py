"""One account and what holds on a date: holder, address, agreements, class, warnings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from accounts.models import (
    Account,
    AccountClass,
    AccountRole,
    Alert,
    Cycle,
    Identifier,
    MailingAddress,
    Premise,
    SearchEntry,
    ServiceAgreement,
)
from accounts.numbers import without_separators
from core import permissions
from core.check_digits import ACCOUNT_DIGITS, SCAN_LINE_DIGITS, ScanLineRefused, parse_scan_line
from core.models import User


def holds_on(on_date: dt.date) -> Q:
    """The condition that a dated row (half-open) holds on a day."""
    return Q(from_date__lte=on_date) & (Q(to_date__isnull=True) | Q(to_date__gt=on_date))


def find_account(number_or_identifier: str) -> Account | None:
    """The one account that a number names exactly, or None.

    Takes an account number with or without dashes and leading zeros, a legacy or bill-pay number as it was once
    printed, and the whole scan line of a bill. A number that names several accounts names none.
    """
    typed = number_or_identifier.strip()
    squeezed = without_separators(typed)
    if not squeezed:
        return None
    if len(squeezed) == SCAN_LINE_DIGITS and squeezed.isascii() and squeezed.isdigit():
        try:
            squeezed = typed = parse_scan_line(squeezed).account
        except ScanLineRefused:
            return None
    padded = squeezed.zfill(ACCOUNT_DIGITS) if squeezed.isascii() and squeezed.isdigit() else squeezed
    account = Account.objects.filter(number=padded).first()
    if account is not None:
        return account
    # Neither sorted nor cut off: with a limit the planner walks the whole table in key order to find the first.
    named = Identifier.objects.filter(value__in={typed, squeezed}, account__isnull=False)
    ids = set(named.values_list("account_id", flat=True))
    if not ids:
        as_searched = "".join(character for character in squeezed.lower() if character.isalnum())
        entries = SearchEntry.objects.filter(kind=SearchEntry.Kind.IDENTIFIER, text=as_searched)
        ids = set(entries.values_list("account_id", flat=True))
    return Account.objects.get(pk=ids.pop()) if len(ids) == 1 else None


def get_account_for(user: User, number: str) -> Account:
    """The account of that number for a person who may look accounts up.

    Raises ``PermissionRefused``; ``Http404`` with a sentence where there is no such account.
    """
    permissions.check(user, "view_accounts")
    account = Account.objects.select_related("cycle").filter(number=number).first()
    if account is None:
        raise Http404(f"There is no account {number}.")
    return account


def holder_on(account: Account, *, on_date: dt.date) -> AccountRole | None:
    """Who holds the account on a day, with the party loaded."""
    roles = AccountRole.objects.filter(holds_on(on_date), account=account, kind=AccountRole.Kind.HOLDER)
    return roles.select_related("party").first()


def mailing_address_on(account: Account, *, on_date: dt.date) -> MailingAddress | None:
    """Where the account's mail goes on a day; None means to the service address."""
    return MailingAddress.objects.filter(holds_on(on_date), account=account).first()


def agreements_on(account: Account, *, on_date: dt.date) -> list[ServiceAgreement]:
    """The agreements that hold on a day, not the cancelled ones, with service point and premise loaded."""
    rows = ServiceAgreement.objects.filter(holds_on(on_date), account=account)
    rows = rows.exclude(status=ServiceAgreement.Status.CANCELLED)
    return list(rows.select_related("service_point__premise").order_by("service", "pk"))


def account_class_on(
    account: Account, *, on_date: dt.date, purpose: str = AccountClass.Purpose.CUSTOMER
) -> str:
    """The account's class for a purpose on a day; "" where none is entered."""
    row = AccountClass.objects.filter(holds_on(on_date), account=account, purpose=purpose).first()
    return row.value if row else ""


def alerts_on(account: Account, *, on_date: dt.date) -> list[Alert]:
    """The warnings that hold on a day, oldest first."""
    return list(Alert.objects.filter(holds_on(on_date), account=account).order_by("from_date", "pk"))


def open_accounts_of_cycle(cycle: Cycle, *, on_date: dt.date) -> QuerySet[Account]:
    """The accounts of a cycle that are open on a day, by number."""
    rows = Account.objects.filter(cycle=cycle, opened_date__lte=on_date)
    return rows.filter(Q(closed_date__isnull=True) | Q(closed_date__gt=on_date)).order_by("number", "pk")


def account_for_list() -> QuerySet[Account]:
    """Accounts with what a list shows of each: ``holder_name`` and ``premise_id``, in one query.

    Both are of the newest role and agreement, so that a closed account shows its last ones.
    """
    holders = AccountRole.objects.filter(account=OuterRef("pk"), kind=AccountRole.Kind.HOLDER)
    newest = ServiceAgreement.objects.filter(account=OuterRef("pk")).exclude(
        status=ServiceAgreement.Status.CANCELLED
    )
    premise = newest.order_by("-from_date", "pk").values("service_point__premise_id")[:1]
    return Account.objects.select_related("cycle").annotate(
        holder_name=Subquery(holders.order_by("-from_date", "pk").values("party__name")[:1]),
        premise_id=Subquery(premise),
    )


def with_places(accounts: Iterable[Account]) -> list[Account]:
    """Accounts of ``account_for_list`` with ``service_address`` set ("" where none), by one more query."""
    rows = list(accounts)
    ids = {row.premise_id for row in rows if row.premise_id}  # type: ignore[attr-defined]  # annotated
    places = Premise.objects.in_bulk(ids)
    for row in rows:
        place = places.get(row.premise_id)  # type: ignore[attr-defined]  # annotated
        row.service_address = place.street_address if place else ""  # type: ignore[attr-defined]  # for the page
    return rows
