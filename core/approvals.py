"""One queue for everything that needs a second person; each app provides its own kinds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps

from core.models import User


@dataclass(frozen=True)
class PendingItem:
    """One thing that waits: what, for how much, on which account, by whom, since when, and where to look."""

    key: str
    title: str
    amount: Decimal | None
    account_number: str
    maker: User
    made_at: dt.datetime
    reason: str
    url: str
    can_decide: bool
    why_not: str = ""
    needs_page: bool = False


@dataclass(frozen=True)
class Provider:
    """A kind of approval: the verb it needs, what is pending for a person, and the two decisions."""

    kind: str
    title: str
    verb: str
    pending: Callable[[User], list[PendingItem]]
    approve: Callable[[str, User, str], str]
    send_back: Callable[[str, User, str], str]


def providers() -> list[Provider]:
    """The providers of every app's ``approvals.py``, in the order of the floors."""
    found: list[Provider] = []
    for config in apps.get_app_configs():
        name = f"{config.name}.approvals"
        if (
            config.name.split(".")[0] not in {"django", "rest_framework", "core"}
            and find_spec(name) is not None
        ):
            found.extend(import_module(name).PROVIDERS)
    return found


def provider(kind: str) -> Provider | None:
    """The provider of that kind, or None."""
    return next((each for each in providers() if each.kind == kind), None)
