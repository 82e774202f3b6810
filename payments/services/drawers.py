"""Drawer sessions: one person at one drawer, open, then balancing, then balanced."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Now

from core import audit, permissions
from core.db import lock_rows, raising
from core.models import User
from core.money import format_amount, is_in_cents
from core.states import check_transition
from payments.models import Drawer, DrawerSession, VoidRequest


class DrawerInUse(Exception):
    """Somebody has the drawer open or is balancing it."""


class PersonHasAnotherDrawer(Exception):
    """One person answers for one drawer at a time."""


class FloatNotAnAmount(ValueError):
    """The money that a drawer starts with is below zero or not whole cents."""


class SessionNotYours(Exception):
    """The drawer session belongs to somebody else."""


class VoidsUndecided(Exception):
    """The count cannot start while voids of the session wait for a second person."""


def open_session(*, drawer: Drawer, float_amount: Decimal, business_date: dt.date, by: User) -> DrawerSession:
    """Start ``by``'s session at ``drawer`` with ``float_amount`` dollars of change in it.

    Raises ``PermissionRefused``, ``FloatNotAnAmount``, ``DrawerInUse`` or ``PersonHasAnotherDrawer``; the same two
    rules are unique constraints of the table, so two people who press the button at once cannot both win.
    """
    permissions.check(by, "open_drawer")
    if float_amount < 0 or not is_in_cents(float_amount):
        raise FloatNotAnAmount(f"The float is {float_amount}. Count the change and type it as 200.00.")
    in_use = DrawerInUse(f"{drawer.name} is in use. Close it first, or take another drawer.")
    other = PersonHasAnotherDrawer("You have another drawer open. Close it first.")
    with (
        raising({"payments_session_one_per_drawer": in_use, "payments_session_one_per_person": other}),
        transaction.atomic(durable=True),
    ):
        _check_free(drawer, by)
        session = DrawerSession.objects.create(
            drawer=drawer, user=by, business_date=business_date, float_amount=float_amount
        )
        audit.record(
            code="payments.session.opened",
            by=by,
            kind="drawer_session",
            key=str(session.pk),
            summary=f"{drawer.name} opened for {business_date:%Y-%m-%d} with {format_amount(float_amount)} of change",
            data={"drawer": drawer.code, "float": float_amount},
        )
    return session


def _check_free(drawer: Drawer, by: User) -> None:
    """Say who has the drawer, or which other drawer the person has: the constraint alone cannot name them."""
    live = DrawerSession.objects.exclude(state=DrawerSession.State.BALANCED).select_related("user", "drawer")
    at_drawer = live.filter(drawer=drawer).first()
    if at_drawer is not None and at_drawer.user_id != by.pk:
        raise DrawerInUse(
            f"{drawer.name} is in use by {at_drawer.user}. Take another drawer, or ask them to close it."
        )
    of_person = live.filter(user=by).first()
    if of_person is not None:
        raise PersonHasAnotherDrawer(f"You have {of_person.drawer.name} open. Close it first.")


def start_balancing(*, session: DrawerSession, by: User) -> DrawerSession:
    """Close the session for payments: from here on no receipt is added and none is voided.

    Payments under way in the drawer are waited for. Raises ``PermissionRefused``, ``SessionNotYours``,
    ``TransitionRefused`` (not open) or ``VoidsUndecided``.
    """
    permissions.check(by, "open_drawer")
    with transaction.atomic(durable=True):
        locked = _lock(session)
        if locked.user_id != by.pk:
            raise SessionNotYours(
                f"{locked.drawer.name} is {locked.user}'s. Only {locked.user} can close it."
            )
        check_transition(
            DrawerSession.TRANSITIONS, locked.state, DrawerSession.State.BALANCING, what=locked.drawer.name
        )
        waiting = VoidRequest.objects.filter(
            receipt__session=locked, state=VoidRequest.State.REQUESTED
        ).count()
        if waiting:
            raise VoidsUndecided(
                f"{waiting} void{'s' if waiting > 1 else ''} of this drawer still wait{'' if waiting > 1 else 's'}"
                " for a second person. Have them decided first: after the count starts no receipt can be voided."
            )
        _move(locked, DrawerSession.State.BALANCING, by, "payments.session.balancing", "closed for counting")
    return locked


def finish_balancing(*, session: DrawerSession, by: User) -> DrawerSession:
    """End the session; the drawer is free for the next person.

    Its own person does it, or somebody who may approve voids. Raises ``PermissionRefused`` or
    ``TransitionRefused`` (not balancing).
    """
    permissions.check(by, "open_drawer" if session.user_id == by.pk else "approve_void")
    with transaction.atomic(durable=True):
        locked = _lock(session)
        check_transition(
            DrawerSession.TRANSITIONS, locked.state, DrawerSession.State.BALANCED, what=locked.drawer.name
        )
        _move(locked, DrawerSession.State.BALANCED, by, "payments.session.balanced", "balanced and closed")
    return locked


def _lock(session: DrawerSession) -> DrawerSession:
    return lock_rows(DrawerSession.objects.select_related("drawer", "user"), [session.pk])[0]


def _move(session: DrawerSession, state: str, by: User, code: str, words: str) -> None:
    was = session.state
    session.state = state
    DrawerSession.objects.filter(pk=session.pk).update(
        state=state, **({"closed_at": Now()} if state == DrawerSession.State.BALANCED else {})
    )
    audit.record(
        code=code,
        by=by,
        kind="drawer_session",
        key=str(session.pk),
        summary=f"{session.drawer.name} {words}",
        data={"from": was, "to": state},
    )
