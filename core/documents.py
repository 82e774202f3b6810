"""Exact copies of papers: bytes in files named by their hash, a row that vouches for them."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings

from core.db import require_transaction
from core.models import Document


class DocumentDamaged(Exception):
    """The file of a stored paper is missing or is not the bytes that were stored."""


def folder() -> Path:
    """Where the papers lie: ``documents`` under the office's data folder."""
    return Path(settings.OFFICE_VAR) / "documents"


def store(
    *, kind: str, key: str, title: str, content: bytes, page_count: int, account_number: str = ""
) -> Document:
    """Keep ``content`` for ever and return its row.

    The bytes reach the disk (written aside, synced, renamed) before the row exists, so a row never points at a
    missing or short file; a file without a row is rubbish that a sweep may remove.
    """
    require_transaction()
    digest = hashlib.sha256(content).hexdigest()
    relative = f"{kind.lower()}/{digest[:2]}/{digest}.pdf"
    target = folder() / relative
    # A file that is there but damaged is written again: the new row must not vouch for other bytes.
    if not target.exists() or target.read_bytes() != content:
        _write(target, content)
    return Document.objects.create(
        kind=kind,
        key=key,
        account_number=account_number,
        title=title,
        path=relative,
        sha256=digest,
        size_bytes=len(content),
        page_count=page_count,
    )


def _write(target: Path, content: bytes) -> None:
    """Put the bytes on the disk under their name at once, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(target)
    finally:
        # Left behind only where writing failed, on a full disk for one.
        temporary.unlink(missing_ok=True)
    # The name is on the disk only when its folder is.
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read(document: Document) -> bytes:
    """The bytes as stored. Raises ``DocumentDamaged`` when they are gone or differ from their hash."""
    try:
        content = (folder() / document.path).read_bytes()
    except FileNotFoundError:
        raise DocumentDamaged(
            f"The stored copy of {document.title} is missing. Restore it from the backup."
        ) from None
    if hashlib.sha256(content).hexdigest() != document.sha256:
        raise DocumentDamaged(f"The stored copy of {document.title} was changed. Restore it from the backup.")
    return content
