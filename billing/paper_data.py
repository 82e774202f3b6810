"""What the papers of some bills say, read in a fixed number of queries for any number of bills."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.db.models import Q

from accounts.models import AccountRole, MailingAddress, Service
from billing.models import Bill, BillMessage, BillSegment
from billing.paper import BillPaper, PaperRow, usage_of
from billing.rates.working import explain
from core import policy

ZERO = Decimal("0.00")
# Use by month of the accounts' bills, in the unit of their newest segment; a month with several segments is summed.
USAGE = """
    SELECT bill.account_id, date_trunc('month', segment.to_date - 1)::date, segment.unit, sum(segment.quantity)
    FROM billing_bill bill JOIN billing_billsegment segment ON segment.bill_id = bill.id
    WHERE bill.account_id = ANY(%s) AND bill.status = 'POSTED' AND segment.status = 'LIVE'
      AND segment.quantity IS NOT NULL AND segment.service = ANY(%s) AND segment.to_date > %s
    GROUP BY 1, 2, 3
"""
METERED_FIRST = ("WATER", "ELECTRIC", "GAS")
SERVICE_ORDER = [choice.value for choice in Service]


def papers_for(bill_ids: Sequence[int]) -> list[tuple[Bill, BillPaper]]:
    """The papers of posted bills, in the order of the bills' numbers. Bills not posted are left out."""
    bills = list(
        Bill.objects.filter(pk__in=bill_ids, status__in=[Bill.Status.POSTED, Bill.Status.REVERSED])
        .select_related("account", "run")
        .order_by("pk")
    )
    if not bills:
        return []
    account_ids = [bill.account_id for bill in bills]
    segments = _segments(bills)
    usage = _usage(account_ids, since=min(bill.bill_date for bill in bills))
    addressees = _addressees(bills)
    messages = _messages(bills)
    first = bills[0]
    office_name = str(policy.value("billing.office_name", on_date=first.bill_date))
    office_lines = policy.value("billing.office_lines", on_date=first.bill_date)
    return [
        (
            bill,
            _paper(
                bill,
                segments=segments[bill.pk],
                usage=usage.get(bill.account_id, {}),
                addressee=addressees[bill.account_id, bill.bill_date],
                messages=messages[bill.account_id],
                office_name=office_name,
                office_lines=tuple(office_lines) if isinstance(office_lines, list) else (),
            ),
        )
        for bill in bills
    ]


def _paper(
    bill: Bill,
    *,
    segments: Sequence[BillSegment],
    usage: Mapping[str, Mapping[dt.date, Decimal]],
    addressee: tuple[str, ...],
    messages: tuple[str, ...],
    office_name: str,
    office_lines: tuple[str, ...],
) -> BillPaper:
    unit = max(usage, key=lambda each: len(usage[each]), default="")
    last = max((segment.to_date for segment in segments), default=bill.bill_date) - dt.timedelta(days=1)
    places = sorted({segment.agreement.service_point.premise.street_address for segment in segments})
    return BillPaper(
        office_name=office_name or settings.OFFICE_NAME or "Utility Billing Office",
        office_lines=office_lines,
        account_number=bill.account.number,
        bill_number=bill.number,
        bill_date=bill.bill_date,
        due_date=bill.due_date,
        addressee=addressee,
        service_address=places[0] + (f" and {len(places) - 1} more" if len(places) > 1 else "")
        if places
        else "",
        service_from=min((segment.from_date for segment in segments), default=None),
        service_to=max((segment.to_date for segment in segments), default=None),
        previous_amount=bill.previous_amount or ZERO,
        credits_amount=bill.credits_amount or ZERO,
        total_amount=bill.total_amount,
        due_amount=bill.due_amount if bill.due_amount is not None else bill.total_amount,
        rows=tuple(row for segment in segments for row in (_heading(segment), *_lines(segment))),
        usage=usage_of(dict(usage[unit]), last=last) if unit else (),
        usage_unit=unit,
        messages=messages,
    )


def _heading(segment: BillSegment) -> PaperRow:
    """``Water, Oct 1 to Nov 1`` with ``31 days, meter 88213: 1204 to 1216`` in small type."""
    days = (segment.to_date - segment.from_date).days
    small = f"{days} days"
    if segment.current_reading is not None:
        before = segment.previous_reading.dials if segment.previous_reading is not None else "?"
        serial = segment.current_reading.register.meter.serial_number
        small += f", meter {serial}: {before} to {segment.current_reading.dials}"
    if segment.is_estimated:
        small += ", estimated"
    text = f"{segment.get_service_display()}, {segment.from_date:%b %-d} to {segment.to_date:%b %-d}"
    return PaperRow(text=text, working=small, is_heading=True)


def _lines(segment: BillSegment) -> list[PaperRow]:
    rows = []
    for line in sorted(segment.lines.all(), key=lambda each: each.position):
        steps = explain(line.working)
        # One step says no more than the line itself.
        working = "\n".join(steps) if len(steps) > 1 or line.quantity is not None else ""
        rows.append(PaperRow(text=line.description, working=working, amount=line.amount))
    return rows


def _segments(bills: Sequence[Bill]) -> dict[int, list[BillSegment]]:
    found: dict[int, list[BillSegment]] = defaultdict(list)
    segments = (
        BillSegment.objects.filter(bill__in=bills)
        .select_related(
            "agreement__service_point__premise",
            "previous_reading",
            "current_reading__register__meter",
        )
        .prefetch_related("lines")
        .order_by("pk")
    )
    for segment in sorted(segments, key=lambda each: (SERVICE_ORDER.index(each.service), each.pk)):
        found[segment.bill_id].append(segment)
    return found


def _usage(account_ids: Sequence[int], *, since: dt.date) -> dict[int, dict[str, dict[dt.date, Decimal]]]:
    found: dict[int, dict[str, dict[dt.date, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    with connection.cursor() as cursor:
        cursor.execute(USAGE, [list(account_ids), list(METERED_FIRST), since - dt.timedelta(days=26 * 31)])
        for account_id, month, unit, quantity in cursor.fetchall():
            found[account_id][unit][month] = quantity
    return found


def _addressees(bills: Sequence[Bill]) -> dict[tuple[int, dt.date], tuple[str, ...]]:
    """Where each bill goes: the mailing address that holds on its date, else its holder's name alone."""
    ids = {bill.account_id for bill in bills}
    dates = {bill.bill_date for bill in bills}
    latest = max(dates)
    addresses = list(MailingAddress.objects.filter(account_id__in=ids, from_date__lte=latest).order_by("pk"))
    holders = list(
        AccountRole.objects.filter(account_id__in=ids, kind=AccountRole.Kind.HOLDER, from_date__lte=latest)
        .select_related("party")
        .order_by("from_date", "pk")
    )
    found: dict[tuple[int, dt.date], tuple[str, ...]] = {}
    for bill in bills:
        day = bill.bill_date
        address = next(
            (each for each in addresses if each.account_id == bill.account_id and _holds(each, day)), None
        )
        holder = next((each for each in reversed(holders) if each.account_id == bill.account_id), None)
        name = address.addressee if address is not None else (holder.party.name if holder is not None else "")
        lines = tuple(address.lines.splitlines()) if address is not None else ()
        found[bill.account_id, day] = (name or "Customer", *lines)
    return found


def _holds(row: MailingAddress, day: dt.date) -> bool:
    return row.from_date <= day and (row.to_date is None or row.to_date > day)


def _messages(bills: Sequence[Bill]) -> dict[int, tuple[str, ...]]:
    day = max(bill.bill_date for bill in bills)
    ids = {bill.account_id for bill in bills}
    rows = BillMessage.objects.filter(
        Q(account__isnull=True) | Q(account_id__in=ids),
        Q(to_date__isnull=True) | Q(to_date__gt=day),
        from_date__lte=day,
    ).order_by("pk")
    messages = list(rows)
    return {
        account_id: tuple(row.text for row in messages if row.account_id in (None, account_id))[:2]
        for account_id in ids
    }
