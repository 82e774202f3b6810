"""Dated facts that prices depend on."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.models import Determinant, ServiceAgreement, ServicePoint
from core import audit
from core.db import lock_rows, raising
from core.models import User


class DeterminantOverlaps(ValueError):
    """A fact of that kind holds from that day or later already, or belongs to nothing."""


def set_determinant(
    *,
    kind: str,
    value: str,
    from_date: dt.date,
    source: str,
    by: User,
    service_point: ServicePoint | None = None,
    agreement: ServiceAgreement | None = None,
    unit: str = "",
) -> Determinant:
    """Say that a fact of a service point or an agreement has a value from a date on; the value before ends there.

    ``value`` is text: a number as written, or a word. Raises ``DeterminantOverlaps`` if the same kind already has a
    value from that day or later.
    """
    if (service_point is None) == (agreement is None):
        raise DeterminantOverlaps("A fact belongs to a service point or to an agreement, to one of them.")
    refusal = DeterminantOverlaps(
        f"{kind} already has a value from {from_date} or later. Choose a later date."
    )
    with (
        raising(
            {
                "accounts_determinant_point_no_overlap": refusal,
                "accounts_determinant_agreement_no_overlap": refusal,
            }
        ),
        transaction.atomic(),
    ):
        if service_point is not None:
            lock_rows(ServicePoint, [service_point.pk])
        elif agreement is not None:
            lock_rows(ServiceAgreement, [agreement.pk])
        same = Determinant.objects.filter(service_point=service_point, agreement=agreement, kind=kind)
        before = (
            same.filter(to_date__isnull=True, from_date__lt=from_date).order_by("-from_date", "pk").first()
        )
        if before is not None:
            before.to_date = from_date
            before.save(update_fields=["to_date"])
        row = Determinant.objects.create(
            service_point=service_point,
            agreement=agreement,
            kind=kind,
            value=value,
            unit=unit,
            from_date=from_date,
            source=source,
        )
        audit.record(
            code="accounts.determinant.set",
            by=by,
            kind="service_point" if service_point else "agreement",
            key=str(service_point.pk if service_point else agreement.pk if agreement else ""),
            account_number=agreement.account.number if agreement else "",
            summary=f"{kind} is {value} {unit}".strip() + f" from {from_date}",
            data={"before": before.value if before else None, "source": source},
        )
    return row
