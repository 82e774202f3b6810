"""Who holds which role, and the logins of a demo office."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q

from core import audit, permissions, small_office
from core.db import lock_rows
from core.models import OfficePermission, User
from core.users import system_user
from desk import roles


class DutiesNotApart(Exception):
    """Somebody would hold two verbs that must stay apart."""


def sync_roles() -> int:
    """Bring the groups and their permissions up to ``desk.roles``; gives the count of roles. Harmless to repeat."""
    verbs = permissions.all_verbs()
    with transaction.atomic():
        system_user()
        content_type = ContentType.objects.get_for_model(OfficePermission)
        for verb, description in verbs.items():
            Permission.objects.update_or_create(
                content_type=content_type, codename=verb, defaults={"name": description[:255]}
            )
        Permission.objects.filter(content_type=content_type).exclude(codename__in=verbs).delete()
        for role in roles.ROLES:
            group, _ = Group.objects.get_or_create(name=role.name)
            group.permissions.set(
                Permission.objects.filter(content_type=content_type, codename__in=role.verbs)
            )
    return len(roles.ROLES)


def check_duties_apart(verbs: frozenset[str]) -> None:
    """Refuse a set of verbs that holds a forbidden pair. Raises ``DutiesNotApart`` naming the pair in words."""
    described = permissions.all_verbs()
    for first, second in roles.APART:
        if first in verbs and second in verbs:
            raise DutiesNotApart(
                "One person may not hold both: "
                f"{described.get(first, first)}; {described.get(second, second)}."
            )


def give_role(*, user: User, role: roles.Role, by: User, on_date: dt.date | None = None) -> None:
    """Give a person a role.

    Where small-office mode is on, on ``on_date``, their roles together may hold a forbidden pair; elsewhere, and
    without a date, they may not. Raises ``PermissionRefused`` or ``DutiesNotApart``.
    """
    permissions.check(by, "manage_users")
    with transaction.atomic():
        # Two roles given at once must not make a pair that neither makes alone.
        lock_rows(User, [user.pk])
        alone = on_date is not None and small_office.is_on(on_date=on_date)
        if not alone:
            check_duties_apart(held_verbs(user) | role.verbs)
        user.groups.add(Group.objects.get(name=role.name))
        audit.record(
            code="desk.role.given",
            by=by,
            kind="user",
            key=user.username,
            summary=f"{user} is now {role.name}",
            data={"small_office": alone},
        )


def held_verbs(user: User) -> frozenset[str]:
    """The verbs that a person holds by their roles or in their own right."""
    of_office = Permission.objects.filter(content_type=ContentType.objects.get_for_model(OfficePermission))
    held = of_office.filter(Q(group__user=user) | Q(user=user))
    return frozenset(held.values_list("codename", flat=True))


def make_demo_people() -> Path:
    """Make the logins of a demo office, all with one made-up password; gives the file that holds it.

    For demo and test offices only: the caller makes sure that the database is one.
    """
    path = Path(settings.OFFICE_VAR) / "demo_password"
    if path.exists():
        password = path.read_text(encoding="utf-8").strip()
    else:
        password = "-".join(secrets.token_hex(3) for _ in range(3))
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(password + "\n")
    sync_roles()
    with transaction.atomic():
        system = system_user()
        for username, name, initials, role in roles.DEMO_PEOPLE:
            user, made = User.objects.get_or_create(
                username=username, defaults={"display_name": name, "initials": initials}
            )
            # A made-up password that changed must be everybody's: the file is where people look it up.
            if made or not user.check_password(password):
                user.set_password(password)
                user.save(update_fields=["password"])
            give_role(user=user, role=role, by=system)
    return path
