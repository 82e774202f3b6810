"""Exceptions that wait for a person."""

from __future__ import annotations

from django.db.models import OuterRef, Q, QuerySet, Subquery

from metering.models import Reading, ReadingException


def exceptions_all() -> QuerySet[ReadingException]:
    """Every exception, decided or not, with what a page shows of it.

    Each carries ``previous_dials`` and ``previous_date`` of the live reading before it.
    """
    before = Reading.objects.filter(
        register=OuterRef("register"), superseded_by__isnull=True, read_date__lt=OuterRef("on_date")
    ).order_by("-read_at", "-pk")
    return (
        ReadingException.objects.select_related(
            "register__meter",
            "reading",
            "resolved_by",
            "agreement__account",
            "agreement__service_point__premise",
        )
        .annotate(
            previous_dials=Subquery(before.values("dials")[:1]),
            previous_date=Subquery(before.values("read_date")[:1]),
        )
        .order_by("severity", "on_date", "pk")
    )


def exceptions_open() -> QuerySet[ReadingException]:
    """The unresolved ones, severe first, then the oldest."""
    return exceptions_all().filter(resolved_at__isnull=True)


def holding(service_point_id: int) -> QuerySet[ReadingException]:
    """The unresolved severe exceptions on the registers that feed a service point: they hold its bill."""
    return ReadingException.objects.filter(
        Q(severity=ReadingException.Severity.SEVERE),
        resolved_at__isnull=True,
        register__usage_sources__service_point=service_point_id,
    ).order_by("on_date", "pk")
