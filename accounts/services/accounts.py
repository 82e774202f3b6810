"""Accounts, who is who on them, and their dated classes, statuses and warnings."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.models import (
    Account,
    AccountClass,
    AccountRole,
    Alert,
    BillingStatus,
    Cycle,
    Identifier,
    MailingAddress,
    Party,
    ServiceAgreement,
    TenderRestriction,
)
from accounts.numbers import account_number
from core import audit, permissions, sequences
from core.db import lock_rows, raising
from core.models import User

# Roles that owe what the account owes unless it is said otherwise.
LIABLE = frozenset({AccountRole.Kind.HOLDER, AccountRole.Kind.CO_HOLDER, AccountRole.Kind.GUARANTOR})


class HolderOverlaps(ValueError):
    """The account has a holder on some of those days."""


class RoleOverlaps(ValueError):
    """The party has that role on some of those days, or the role would end before it began."""


class DatesRunBackwards(ValueError):
    """A dated fact would end before it starts, or one from that day or later is entered already."""


class AccountStillServed(ValueError):
    """An account cannot be closed while it takes a service."""


def open_account(
    *,
    holder: Party,
    cycle: Cycle,
    opened_date: dt.date,
    by: User,
    kind: str = Account.Kind.REGULAR,
    customer_class: str = "",
    addressee: str = "",
    mailing_lines: str = "",
) -> Account:
    """Open an account with its number, its holder, and (where given) its customer class and mailing address.

    The number is the next of the series ``account`` with a check digit, eleven digits; it is an identifier at once.
    Agreements are started separately. Raises ``PermissionRefused``.
    """
    permissions.check(by, "open_accounts")
    with transaction.atomic():
        number = account_number(sequences.take(series="account"))
        account = Account.objects.create(number=number, kind=kind, cycle=cycle, opened_date=opened_date)
        Identifier.objects.create(
            kind=Identifier.Kind.ACCOUNT_NUMBER, value=number, account=account, from_date=opened_date
        )
        AccountRole.objects.create(
            account=account,
            party=holder,
            kind=AccountRole.Kind.HOLDER,
            is_liable=True,
            from_date=opened_date,
        )
        if customer_class:
            AccountClass.objects.create(
                account=account,
                purpose=AccountClass.Purpose.CUSTOMER,
                value=customer_class,
                from_date=opened_date,
            )
        if mailing_lines.strip():
            MailingAddress.objects.create(
                account=account,
                addressee=addressee or holder.name,
                lines=mailing_lines.strip(),
                from_date=opened_date,
            )
        _record(account, "opened", by, f"Opened account {number} for {holder.name}")
    return account


def close_account(*, account: Account, closed_date: dt.date, by: User) -> Account:
    """Close an account that takes no service any more; what it owes stays owed.

    Raises ``AccountStillServed`` naming the services, ``DatesRunBackwards``, ``PermissionRefused``.
    """
    permissions.check(by, "open_accounts")
    with transaction.atomic():
        (row,) = lock_rows(Account, [account.pk])
        if closed_date < row.opened_date:
            raise DatesRunBackwards(f"Account {row.number} was opened on {row.opened_date}.")
        served = ServiceAgreement.objects.filter(
            account=row, status__in=[ServiceAgreement.Status.ACTIVE, ServiceAgreement.Status.PENDING]
        )
        names = [agreement.get_service_display().lower() for agreement in served.order_by("service", "pk")]
        if names:
            raise AccountStillServed(
                f"Account {row.number} still takes {', '.join(names)}. Stop service first."
            )
        row.closed_date = closed_date
        row.save(update_fields=["closed_date"])
        _record(row, "closed", by, f"Closed as of {closed_date}")
    return row


def add_role(
    *,
    account: Account,
    party: Party,
    kind: str,
    from_date: dt.date,
    by: User,
    is_liable: bool | None = None,
    to_date: dt.date | None = None,
) -> AccountRole:
    """Give a party a role on an account from a date on; without ``is_liable`` holders, co-holders and guarantors owe.

    Raises ``HolderOverlaps`` for a second holder at one time (use ``change_holder``), ``RoleOverlaps``.
    """
    label = AccountRole.Kind(kind).label
    refusals = {
        "accounts_accountrole_one_holder": HolderOverlaps(
            f"Account {account.number} has a holder on some of those days. End that role first."
        ),
        "accounts_accountrole_no_overlap": RoleOverlaps(
            f"{party.name} is {label.lower()} of account {account.number} on some of those days already."
        ),
        "accounts_accountrole_dates": RoleOverlaps("The role would end before it begins."),
        "accounts_accountrole_holder_liable": RoleOverlaps("A holder always owes what the account owes."),
    }
    with raising(refusals), transaction.atomic():
        role = AccountRole.objects.create(
            account=account,
            party=party,
            kind=kind,
            is_liable=kind in LIABLE if is_liable is None else is_liable,
            from_date=from_date,
            to_date=to_date,
        )
        _record(account, "role_added", by, f"{party.name} is {label.lower()} from {from_date}", role=role.pk)
    return role


def end_role(*, role: AccountRole, to_date: dt.date, by: User) -> AccountRole:
    """End a role on a date, the first day it no longer holds. Raises ``RoleOverlaps`` if that is not after its start."""
    with transaction.atomic():
        (row,) = lock_rows(AccountRole.objects.select_related("account", "party"), [role.pk])
        if to_date <= row.from_date:
            raise RoleOverlaps(f"The role began on {row.from_date}; it must end on a later day.")
        row.to_date = to_date
        row.save(update_fields=["to_date"])
        label = row.get_kind_display().lower()
        _record(row.account, "role_ended", by, f"{row.party.name} is {label} until {to_date}", role=row.pk)
    return row


def change_holder(*, account: Account, party: Party, from_date: dt.date, by: User) -> AccountRole:
    """Put an account into another name from a date on (marriage, death, a roommate); the holder before ends there.

    Raises ``RoleOverlaps``, ``HolderOverlaps``.
    """
    with transaction.atomic():
        lock_rows(Account, [account.pk])
        holders = AccountRole.objects.filter(
            account=account, kind=AccountRole.Kind.HOLDER, to_date__isnull=True
        )
        for role in holders.order_by("pk"):
            end_role(role=role, to_date=from_date, by=by)
        return add_role(
            account=account, party=party, kind=AccountRole.Kind.HOLDER, from_date=from_date, by=by
        )


def set_class(*, account: Account, purpose: str, value: str, from_date: dt.date, by: User) -> AccountClass:
    """Set an account's class for one purpose from a date on; the class before ends there.

    Raises ``DatesRunBackwards`` if a class from that day or later is entered already.
    """
    refusal = DatesRunBackwards(f"A class from {from_date} or later is entered already. Choose a later date.")
    with (
        raising({"accounts_accountclass_no_overlap": refusal, "accounts_accountclass_dates": refusal}),
        transaction.atomic(),
    ):
        lock_rows(Account, [account.pk])
        AccountClass.objects.filter(account=account, purpose=purpose, to_date__isnull=True).update(
            to_date=from_date
        )
        row = AccountClass.objects.create(account=account, purpose=purpose, value=value, from_date=from_date)
        _record(account, "class_set", by, f"{row.get_purpose_display()} is {value} from {from_date}")
    return row


def set_billing_status(
    *, account: Account, status: str, from_date: dt.date, reason: str, by: User
) -> BillingStatus:
    """Say from which date an account is billed normally, is suspended, never billed, or final billed.

    Raises ``DatesRunBackwards`` if a status from that day or later is entered already.
    """
    refusal = DatesRunBackwards(
        f"A status from {from_date} or later is entered already. Choose a later date."
    )
    with (
        raising({"accounts_billingstatus_no_overlap": refusal, "accounts_billingstatus_dates": refusal}),
        transaction.atomic(),
    ):
        lock_rows(Account, [account.pk])
        BillingStatus.objects.filter(account=account, to_date__isnull=True).update(to_date=from_date)
        row = BillingStatus.objects.create(account=account, status=status, from_date=from_date, reason=reason)
        _record(
            account,
            "billing_status",
            by,
            f"Billing is {row.get_status_display().lower()} from {from_date}: {reason}",
        )
    return row


def add_alert(
    *,
    account: Account,
    kind: str,
    text: str,
    from_date: dt.date,
    by: User,
    to_date: dt.date | None = None,
    source: str = "",
) -> Alert:
    """Put a warning on every screen of the account between two dates. Raises ``DatesRunBackwards``."""
    refusal = DatesRunBackwards("The warning would end before it starts.")
    with raising({"accounts_alert_dates": refusal}), transaction.atomic():
        row = Alert.objects.create(
            account=account,
            kind=kind,
            text=text,
            source=source,
            from_date=from_date,
            to_date=to_date,
            created_by=by,
        )
        _record(account, "alert_added", by, f"Warning: {text}")
    return row


def restrict_tenders(
    *,
    account: Account,
    kind: str,
    reason: str,
    from_date: dt.date,
    by: User,
    to_date: dt.date | None = None,
) -> TenderRestriction:
    """Let an account pay only by some tenders for a time, with the reason. Raises ``DatesRunBackwards``."""
    refusal = DatesRunBackwards("The restriction would end before it starts.")
    with raising({"accounts_tenderrestriction_dates": refusal}), transaction.atomic():
        row = TenderRestriction.objects.create(
            account=account, kind=kind, reason=reason, from_date=from_date, to_date=to_date
        )
        _record(account, "tenders_restricted", by, f"{row.get_kind_display()} from {from_date}: {reason}")
    return row


def _record(account: Account, word: str, by: User, summary: str, **data: object) -> None:
    audit.record(
        code=f"accounts.account.{word}",
        by=by,
        kind="account",
        key=account.number,
        account_number=account.number,
        summary=summary,
        data=data,
    )
