"""Agreements: an account takes a service at a service point from a date to a date."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from accounts.models import Account, ServiceAgreement, ServicePoint
from core import audit
from core.db import lock_rows, raising
from core.models import User
from core.states import check_transition

Status = ServiceAgreement.Status


class AgreementOverlaps(ValueError):
    """The service point is taken by another agreement on some of those days."""


class AgreementsDatesRefused(ValueError):
    """An agreement would end before it starts, or start outside its account's life."""


def start_agreement(
    *,
    account: Account,
    service_point: ServicePoint,
    rate_code: str,
    from_date: dt.date,
    by: User,
    is_pending: bool = False,
    to_date: dt.date | None = None,
) -> ServiceAgreement:
    """Let an account take the service of a service point from a date on, under a rate code.

    ``is_pending`` enters it for later (activated by ``activate_agreement``). Raises ``AgreementOverlaps`` naming the
    account that has the service point, ``AgreementsDatesRefused``.
    """
    if from_date < account.opened_date:
        raise AgreementsDatesRefused(
            f"Account {account.number} was opened on {account.opened_date}; service cannot start on {from_date}."
        )
    with (
        raising({"accounts_agreement_one_at_a_time": lambda: _taken(service_point, from_date)}),
        transaction.atomic(),
    ):
        agreement = ServiceAgreement.objects.create(
            account=account,
            service_point=service_point,
            service=service_point.service,
            rate_code=rate_code,
            status=Status.PENDING if is_pending else Status.ACTIVE,
            from_date=from_date,
            to_date=to_date,
        )
        _record(
            agreement, "started", by, f"{agreement.get_service_display()} from {from_date} at {rate_code}"
        )
    return agreement


def activate_agreement(*, agreement: ServiceAgreement, by: User) -> ServiceAgreement:
    """Make a pending agreement active. Raises ``TransitionRefused``."""
    return _move(agreement, Status.ACTIVE, by, "activated")


def cancel_agreement(*, agreement: ServiceAgreement, by: User) -> ServiceAgreement:
    """Cancel a pending agreement before it starts; the service point is free again. Raises ``TransitionRefused``."""
    return _move(agreement, Status.CANCELLED, by, "cancelled")


def stop_agreement(*, agreement: ServiceAgreement, to_date: dt.date, by: User) -> ServiceAgreement:
    """End service on a date: the first day that is no longer this account's.

    Raises ``TransitionRefused`` unless it is active, ``AgreementsDatesRefused`` if that is not after its start.
    """
    if to_date <= agreement.from_date:
        raise AgreementsDatesRefused(
            f"Service began on {agreement.from_date}; it can stop on a later day, not on {to_date}."
        )
    return _move(agreement, Status.STOPPED, by, "stopped", to_date=to_date)


def resume_agreement(*, agreement: ServiceAgreement, by: User) -> ServiceAgreement:
    """Take back a stop, as when the customer stays after all. Raises ``TransitionRefused``, ``AgreementOverlaps``."""
    return _move(agreement, Status.ACTIVE, by, "resumed", to_date=None)


def _move(
    agreement: ServiceAgreement, to: str, by: User, word: str, **dates: dt.date | None
) -> ServiceAgreement:
    """The one place where an agreement changes its status: lock, check against the table, write, audit."""
    refusals = {
        "accounts_agreement_one_at_a_time": lambda: _taken(
            agreement.service_point, agreement.from_date, agreement
        )
    }
    with raising(refusals), transaction.atomic():
        (row,) = lock_rows(ServiceAgreement.objects.select_related("account"), [agreement.pk])
        check_transition(
            ServiceAgreement.TRANSITIONS, row.status, to, what=f"{row.get_service_display()} service"
        )
        row.status = to
        if "to_date" in dates:
            row.to_date = dates["to_date"]
        row.save(update_fields=["status", *dates])
        until = f", to {row.to_date}" if row.to_date else ""
        _record(row, word, by, f"{row.get_service_display()} {word}{until}")
    return row


def _record(agreement: ServiceAgreement, word: str, by: User, summary: str) -> None:
    audit.record(
        code=f"accounts.agreement.{word}",
        by=by,
        kind="account",
        key=agreement.account.number,
        account_number=agreement.account.number,
        summary=summary,
        data={"agreement": agreement.pk, "service_point": agreement.service_point_id},
    )


def _taken(
    service_point: ServicePoint, from_date: dt.date, but: ServiceAgreement | None = None
) -> AgreementOverlaps:
    others = ServiceAgreement.objects.filter(service_point=service_point).exclude(status=Status.CANCELLED)
    if but is not None:
        others = others.exclude(pk=but.pk)
    other = others.select_related("account").order_by("-from_date", "pk").first()
    who = f"account {other.account.number} from {other.from_date}" if other else "another account"
    end = f" to {other.to_date}" if other and other.to_date else ""
    return AgreementOverlaps(
        f"The {service_point.get_service_display().lower()} service here is {who}{end}."
        f" Stop that agreement as of {from_date} first, or choose another date."
    )
