"""People and the system's own user."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from core.models import User

SYSTEM_USERNAME = "schedule"


def system_user() -> User:
    """The user that scheduled work acts as; it is made on first use and can never log in."""
    # Two workers may come here first at the same moment; get_or_create lets one of them find the other's row.
    user, _ = User.objects.get_or_create(
        username=SYSTEM_USERNAME,
        defaults={"display_name": "Schedule", "is_system": True, "password": make_password(None)},
    )
    return user


def get_user(username: str) -> User | None:
    """The active user of that name, or None."""
    return User.objects.filter(username=username, is_active=True).first()
