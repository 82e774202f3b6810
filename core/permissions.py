"""Verbs of the office: who may do what is a verb, never a role name in code.

Each app declares its verbs in ``permissions.py`` as ``PERMISSIONS = {verb: description}``; roles are put together
in ``desk.roles``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from core.models import User

PERMISSIONS = {
    "view_approvals": "See the approvals queue",
    "view_audit": "See who did what",
    "manage_users": "Add people and give them roles",
    "manage_policy": "Enter what the city decided",
    "run_proofs": "Run the proof of the books",
    "sign_reviews": "Sign the review of what one person completed alone",
}


class PermissionRefused(PermissionDenied):
    """The person does not hold the verb that the act needs."""


@functools.cache
def all_verbs() -> dict[str, str]:
    """Every verb of every app with its description; two apps may not declare the same verb."""
    verbs: dict[str, str] = {}
    for config in apps.get_app_configs():
        name = f"{config.name}.permissions"
        if config.name.startswith(("django", "rest_framework")) or find_spec(name) is None:
            continue
        declared = getattr(import_module(name), "PERMISSIONS", {})
        doubled = verbs.keys() & declared.keys()
        if doubled:
            raise ValueError(f"{name} declares verbs that another app has: {', '.join(sorted(doubled))}")
        verbs.update(declared)
    return verbs


def check(by: User, verb: str) -> None:
    """Refuse unless ``by`` holds ``verb``. The system's own user holds the verbs of scheduled work.

    Raises ``PermissionRefused`` with a sentence that names the verb in words.
    """
    if by.is_system or by.can(verb):
        return
    description = all_verbs().get(verb, verb)
    raise PermissionRefused(f"{by} may not do this. It needs the right: {description}.")


def requires(verb: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Declare on a view the verb that it needs; the view carries it as ``office_verb`` for the coverage test."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            check(request.user, verb)  # type: ignore[arg-type]  # LoginRequiredMiddleware lets only users in
            return view(request, *args, **kwargs)

        guarded.office_verb = verb  # type: ignore[attr-defined]  # read by the permission coverage test
        return guarded

    return wrap
