"""What every dated row keeps."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


def ends_after_start(name: str) -> models.CheckConstraint:
    """A dated row that ends must end after it starts (half-open, so never on the same day)."""
    return models.CheckConstraint(
        name=name, condition=Q(to_date__isnull=True) | Q(to_date__gt=F("from_date"))
    )
