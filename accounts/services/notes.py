"""Notes on accounts: added to, never edited."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Account, Note
from core import audit, permissions
from core.models import User


class NoteEmpty(ValueError):
    """A note without words."""


def add_note(*, account: Account, text: str, by: User, kind: str = "NOTE", is_pinned: bool = False) -> Note:
    """Write a note. Raises ``NoteEmpty``, ``PermissionRefused``."""
    permissions.check(by, "write_notes")
    if not text.strip():
        raise NoteEmpty("The note has no words. Write what happened or what to remember.")
    with transaction.atomic():
        note = Note.objects.create(
            account=account, kind=kind, text=text.strip(), is_pinned=is_pinned, written_by=by
        )
        audit.record(
            code="accounts.note.written",
            by=by,
            kind="account",
            key=account.number,
            account_number=account.number,
            summary="Wrote a note",
            data={"note": note.pk},
        )
    return note
