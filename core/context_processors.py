"""What every page frame shows: the office's name, the business date, permissions and preferences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

THEMES = ("light", "dark", "contrast")


class Permissions(Mapping[str, bool]):
    """A template's view of what a person may do: `can.take_payment` asks once and remembers."""

    def __init__(self, user: Any) -> None:
        self._user = user
        self._answers: dict[str, bool] = {}

    def __getitem__(self, verb: str) -> bool:
        if verb not in self._answers:
            self._answers[verb] = bool(self._user.is_authenticated and self._user.can(verb))
        return self._answers[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(self._answers)

    def __len__(self) -> int:
        return len(self._answers)


def office(request: HttpRequest) -> dict[str, Any]:
    """Give templates `can`, `office_name`, `business_date`, `theme`, `incognito` and `single_keys`.

    Theme, incognito and single keys are cookies of this computer, not of the person: a counter PC keeps its
    look. A cookie with any other value counts as absent.
    """
    theme = request.COOKIES.get("office_theme", "")
    return {
        "can": Permissions(request.user) if hasattr(request, "user") else {},
        "office_name": getattr(settings, "OFFICE_NAME", "") or "Utility Billing",
        "business_date": timezone.localdate(),
        "theme": theme if theme in THEMES else "",
        "incognito": request.COOKIES.get("office_incognito") == "1",
        "single_keys": request.COOKIES.get("office_single_keys") != "0",
    }
