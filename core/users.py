"""People and the system's own user."""

from __future__ import annotations

from core.models import User

SYSTEM_USERNAME = "schedule"


def system_user() -> User:
    """The user that scheduled work acts as; it is made on first use and can never log in."""
    user = User.objects.filter(username=SYSTEM_USERNAME).first()
    if user is None:
        user = User(username=SYSTEM_USERNAME, display_name="Schedule", is_system=True, is_active=True)
        user.set_unusable_password()
        user.save()
    return user


def get_user(username: str) -> User | None:
    """The active user of that name, or None."""
    return User.objects.filter(username=username, is_active=True).first()
