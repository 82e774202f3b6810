"""What time it is in the office. For interfaces only: services and rules are given their dates."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def now() -> dt.datetime:
    """This moment, with its zone."""
    return timezone.now()


def today() -> dt.date:
    """Today's date in the office's zone."""
    return timezone.localdate()
