"""People and organisations, and the ways to reach them."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from accounts.models import Account, AccountRole, ContactPoint, Party
from accounts.numbers import digits_of
from core import audit, permissions
from core.db import lock_rows
from core.models import User

SHORTEST_PHONE = 7


class PartyRefused(ValueError):
    """A person or organisation cannot be entered, renamed or merged like this."""


class ContactPointRefused(ValueError):
    """A phone number or e-mail address is not one, or its dates run backwards."""


def create_party(
    *,
    name: str,
    by: User,
    kind: str = Party.Kind.PERSON,
    language: str = "en",
    is_confidential: bool = False,
    staff_user: User | None = None,
) -> Party:
    """Enter a person or organisation under the name as given. Raises ``PartyRefused`` without a name."""
    if not name.strip():
        raise PartyRefused("A person or organisation needs a name.")
    with transaction.atomic():
        party = Party.objects.create(
            kind=kind,
            name=name.strip(),
            language=language,
            is_confidential=is_confidential,
            staff_user=staff_user,
        )
        audit.record(
            code="accounts.party.created",
            by=by,
            kind="party",
            key=str(party.pk),
            summary=f"Entered {party.name}",
        )
    return party


def rename_party(*, party: Party, name: str, by: User) -> Party:
    """Correct or change a party's name; search follows. Raises ``PartyRefused`` without a name."""
    if not name.strip():
        raise PartyRefused("A person or organisation needs a name.")
    with transaction.atomic():
        (row,) = lock_rows(Party, [party.pk])
        before, row.name = row.name, name.strip()
        row.save(update_fields=["name"])
        audit.record(
            code="accounts.party.renamed",
            by=by,
            kind="party",
            key=str(row.pk),
            summary=f"Renamed {before} to {row.name}",
            data={"before": before, "after": row.name},
        )
    return row


def merge_parties(*, duplicate: Party, into: Party, by: User) -> Party:
    """Say that two entries are the same person: the duplicate points at the one that is kept, for ever.

    Its roles stay where they are, so that papers of the past keep their names.
    Raises ``PartyRefused`` if both are the same, one is merged already, or it would go round in a circle.
    """
    with transaction.atomic():
        rows = {row.pk: row for row in lock_rows(Party, {duplicate.pk, into.pk})}
        if duplicate.pk == into.pk:
            raise PartyRefused("A person cannot be merged into themselves. Choose the other entry.")
        if rows[duplicate.pk].merged_into_id is not None:
            raise PartyRefused(f"{rows[duplicate.pk].name} is merged already.")
        if rows[into.pk].merged_into_id is not None:
            raise PartyRefused(f"{rows[into.pk].name} is itself merged into another entry. Choose that one.")
        row = rows[duplicate.pk]
        row.merged_into = rows[into.pk]
        row.save(update_fields=["merged_into"])
        audit.record(
            code="accounts.party.merged",
            by=by,
            kind="party",
            key=str(row.pk),
            summary=f"Merged {row.name} into {rows[into.pk].name}",
            data={"into": into.pk},
        )
    return row


def add_contact_point(
    *, party: Party, kind: str, value: str, from_date: dt.date, by: User, purpose: str = "ANY"
) -> ContactPoint:
    """Add a phone, mobile or e-mail address from a date on.

    Raises ``ContactPointRefused`` for a phone of fewer than seven digits or an e-mail address without its "@".
    """
    permissions.check(by, "edit_accounts")
    written, digits = value.strip(), ""
    if kind == ContactPoint.Kind.EMAIL:
        name, at, place = written.partition("@")
        if not (name and at and "." in place) or " " in written:
            raise ContactPointRefused(f'"{written}" is no e-mail address; one looks like ana@example.org.')
    else:
        digits = digits_of(written)
        if not SHORTEST_PHONE <= len(digits) <= 15:
            raise ContactPointRefused(
                f'"{written}" has {len(digits)} digits; a phone number has {SHORTEST_PHONE} to 15.'
            )
    with transaction.atomic():
        point = ContactPoint.objects.create(
            party=party, kind=kind, purpose=purpose, value=written, digits=digits, from_date=from_date
        )
        audit.record(
            code="accounts.contact.added",
            by=by,
            kind="party",
            key=str(party.pk),
            summary=f"Added {ContactPoint.Kind(kind).label.lower()} {written} of {party.name}",
            data={"contact_point": point.pk, "from_date": from_date},
        )
    return point


def end_contact_point(*, contact_point: ContactPoint, to_date: dt.date, by: User) -> ContactPoint:
    """End a contact point on a date. Raises ``ContactPointRefused`` if that is not after its start."""
    permissions.check(by, "edit_accounts")
    with transaction.atomic():
        (row,) = lock_rows(ContactPoint, [contact_point.pk])
        if to_date <= row.from_date:
            raise ContactPointRefused(f"{row.value} began on {row.from_date}; it must end on a later day.")
        row.to_date = to_date
        row.save(update_fields=["to_date"])
        audit.record(
            code="accounts.contact.ended",
            by=by,
            kind="party",
            key=str(row.party_id),
            summary=f"Ended {row.value}",
            data={"contact_point": row.pk, "to_date": to_date},
        )
    return row


def replace_phone(*, party: Party, value: str, from_date: dt.date, by: User) -> ContactPoint:
    """Make ``value`` the party's phone from a date on; phones of that kind that are open end there.

    Raises ``ContactPointRefused``.
    """
    with transaction.atomic():
        open_phones = party.contact_points.filter(
            kind=ContactPoint.Kind.PHONE, to_date__isnull=True, from_date__lt=from_date
        )
        for point in open_phones.order_by("pk"):
            end_contact_point(contact_point=point, to_date=from_date, by=by)
        return add_contact_point(
            party=party, kind=ContactPoint.Kind.PHONE, value=value, from_date=from_date, by=by
        )


def change_phone(*, account: Account, value: str, from_date: dt.date, by: User) -> ContactPoint:
    """Make ``value`` the phone of who holds the account on that day.

    Raises ``ContactPointRefused``, also where nobody holds it; ``PermissionRefused``.
    """
    with transaction.atomic():
        roles = AccountRole.objects.filter(
            Q(to_date__isnull=True) | Q(to_date__gt=from_date),
            account=account,
            kind=AccountRole.Kind.HOLDER,
            from_date__lte=from_date,
        )
        role = roles.select_related("party").order_by("pk").first()
        if role is None:
            raise ContactPointRefused(
                f"Account {account.number} has no holder on {from_date}. Give it one first."
            )
        return replace_phone(party=role.party, value=value, from_date=from_date, by=by)
