"""Tests of runs commit: they are worked on by several connections, each chunk in a transaction of its own."""

from __future__ import annotations

import pytest


@pytest.fixture
def books(committed_db: str) -> str:
    """A database of the test's own, where commits are real."""
    return committed_db
