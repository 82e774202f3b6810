"""Charges one at a time, and their due dates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from accounts.models import Account, Party, ServiceAgreement
from core import audit
from core.db import require_transaction
from core.models import User
from ledger import chart
from ledger.models import Charge, ChargeDueDate, ChargeType, JournalEntry, OpenItem, ServiceFund
from ledger.posting import Line, Side
from ledger.services.drafts import ChargeDraft, EntryDraft, write
from ledger.services.entries import EntryKeyReused, find_by_key
from ledger.services.locks import lock_accounts


class ChargeTypeUnknown(LookupError):
    """There is no charge type of that code."""


class ChargeWithoutFund(ValueError):
    """Neither the service nor the charge type says to which fund the charge belongs."""


class ChargeSettled(Exception):
    """Nothing is open on the charge, so its due date does not matter any more."""


def make_charge(
    *,
    account: Account,
    charge_type: str,
    amount: Decimal,
    due_date: date,
    effective_date: date,
    posting_date: date,
    by: User,
    service: str = "",
    agreement: ServiceAgreement | None = None,
    parent: Charge | None = None,
    service_from: date | None = None,
    service_to: date | None = None,
    liable_party: Party | None = None,
    document_number: str = "",
    reason: str = "FEE",
    idempotency_key: str | None = None,
) -> Charge:
    """Charge an account: debit its receivable, credit the charge type's account, in the service's fund.

    Another agency's charge credits what is due to the agency (billed basis), or what was billed for it and is not
    collected yet (collected basis); it is never our revenue. The same ``idempotency_key`` gives the first charge.
    Raises ChargeTypeUnknown, ChargeWithoutFund, EntryKeyReused, PeriodNotOpen, TransactionRequired and
    `posting.LineAmountNotPositive`.
    """
    require_transaction()
    lock_accounts([account.pk])
    kind = get_charge_type(charge_type)
    first = find_by_key(idempotency_key)
    if first is not None:
        return _first_answer(first, account, kind, amount)
    charge = ChargeDraft(
        key="charge",
        account_id=account.pk,
        charge_type_id=kind.pk,
        service=service,
        fund=fund_of(kind, service),
        amount=amount,
        due_date=due_date,
        agreement_id=agreement.pk if agreement else None,
        agency_id=kind.agency_id,
        liable_party_id=liable_party.pk if liable_party else None,
        parent_id=parent.pk if parent else None,
        service_from=service_from,
        service_to=service_to,
    )
    draft = EntryDraft(
        reason=reason,
        effective_date=effective_date,
        posting_date=posting_date,
        document_number=document_number,
        idempotency_key=idempotency_key,
        lines=_charge_lines(kind, charge),
        charges=[charge],
    )
    [written] = write(drafts=[draft], by=by)
    return Charge.objects.get(pk=written.charge_ids[0])


def _first_answer(first: JournalEntry, account: Account, kind: ChargeType, amount: Decimal) -> Charge:
    """The charge that the key made before. Raises EntryKeyReused when it was another."""
    charge = first.charges.filter(account=account, charge_type=kind, amount=amount).first()
    if charge is None:
        raise EntryKeyReused(
            f"An entry under the key {first.idempotency_key} was posted with other figures. Nothing was posted now."
        )
    return charge


def _charge_lines(kind: ChargeType, charge: ChargeDraft) -> list[Line]:
    agency = kind.agency.code if kind.agency else ""
    receivable = Line(
        chart.RECEIVABLE,
        charge.fund,
        Side.DEBIT,
        charge.amount,
        account_id=charge.account_id,
        charge_key=charge.key,
        service=charge.service,
        party_id=charge.liable_party_id,
        agency=agency,
    )
    credited = Line(
        credited_code(kind), charge.fund, Side.CREDIT, charge.amount, service=charge.service, agency=agency
    )
    return [receivable, credited]


def change_due_date(*, charge: Charge, due_date: date, reason: str, by: User) -> ChargeDueDate:
    """Give a charge another due date; the newest counts everywhere, the bill keeps what it printed.

    Raises ChargeSettled, TransactionRequired.
    """
    require_transaction()
    lock_accounts([charge.account_id])
    item = OpenItem.objects.get(charge=charge)
    if item.open_amount == 0:
        raise ChargeSettled(f"Charge {charge.pk} is settled: there is nothing left to be due.")
    row = ChargeDueDate.objects.create(charge=charge, due_date=due_date, reason=reason, decided_by=by)
    audit.record(
        code="ledger.charge.due_date_changed",
        by=by,
        kind="charge",
        key=str(charge.pk),
        account_number=charge.account.number,
        summary=f"Due date of {charge.amount} moved from {item.due_date:%Y-%m-%d} to {due_date:%Y-%m-%d}: {reason}",
    )
    return row


def get_charge_type(code: str) -> ChargeType:
    """The charge type with its account, fund and agency. Raises ChargeTypeUnknown."""
    kind = ChargeType.objects.select_related("credit_account", "fund", "agency").filter(code=code).first()
    if kind is None:
        raise ChargeTypeUnknown(f'There is no charge type "{code}". Add it to the chart of accounts first.')
    return kind


def fund_of(kind: ChargeType, service: str) -> str:
    """The code of the fund that a charge belongs to: its service's, else its type's. Raises ChargeWithoutFund."""
    if service:
        by_service = ServiceFund.objects.select_related("fund").filter(service=service).first()
        if by_service is not None:
            return by_service.fund.code
    if kind.fund is None:
        raise ChargeWithoutFund(
            f"A charge of type {kind.code} needs a service with a fund, or a fund of its own type."
        )
    return kind.fund.code


def credited_code(kind: ChargeType) -> str:
    """The GL account that a charge of this type credits when it is made."""
    if kind.basis == ChargeType.Basis.COLLECTED:
        return chart.AGENCY_NOT_COLLECTED
    return kind.credit_account.code
