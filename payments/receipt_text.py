"""The words of a counter receipt: 48 columns on 80 mm paper. Pure; what it gives is stored and printed for ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from textwrap import wrap

from core.money import format_amount
from payments.tendering import SettledTender

COLUMNS = 48
_TENDER_WORDS = {"CASH": "Cash", "CHECK": "Check", "MONEY_ORDER": "Money order"}


@dataclass(frozen=True, slots=True)
class PaidItem:
    """What part of the receipt was for: an account (with what is left on it and when that is due), or something else."""

    name: str
    amount: Decimal
    account_number: str = ""
    place: str = ""
    balance_left: Decimal | None = None
    next_due: date | None = None


@dataclass(frozen=True, slots=True)
class ReceiptFacts:
    """Everything that is printed. ``received_at`` is local time."""

    office: str
    label: str
    received_at: datetime
    business_date: date
    clerk: str
    payor: str
    items: Sequence[PaidItem]
    tenders: Sequence[SettledTender]
    total: Decimal
    note: str = ""
    footer: str = ""


def receipt_lines(facts: ReceiptFacts) -> list[str]:
    """Give the lines of the receipt, none wider than 48 characters."""
    clock = f"{facts.received_at.hour % 12 or 12}:{facts.received_at:%M} " + (
        "am" if facts.received_at.hour < 12 else "pm"
    )
    lines = [
        *(line.center(COLUMNS).rstrip() for line in wrap(facts.office, COLUMNS)),
        "",
        _pair(f"Receipt {facts.label}", f"{facts.received_at:%m/%d/%Y} {clock}"),
        _pair(f"Clerk {facts.clerk}", f"Business day {facts.business_date:%m/%d/%Y}"),
        *_wrapped(f"Received from {facts.payor}"),
        "-" * COLUMNS,
    ]
    for item in facts.items:
        lines += _item(item)
    lines += ["-" * COLUMNS, _pair("TOTAL PAID", format_amount(facts.total))]
    for tender in facts.tenders:
        lines += _tender(tender)
    if facts.note:
        lines += ["", *_wrapped(facts.note)]
    if facts.footer:
        lines += ["", *(line.center(COLUMNS).rstrip() for line in wrap(facts.footer, COLUMNS))]
    return lines


def _item(item: PaidItem) -> list[str]:
    if not item.account_number:
        return [_pair(item.name, format_amount(item.amount))]
    lines = [_pair(f"Account {item.account_number}", format_amount(item.amount)), *_wrapped(f"  {item.name}")]
    if item.place:
        lines += _wrapped(f"  {item.place}")
    if item.balance_left is not None:
        lines.append(_pair("  Balance left", format_amount(item.balance_left)))
    if item.next_due is not None:
        lines.append(_pair("  Next due", f"{item.next_due:%m/%d/%Y}"))
    return lines


def _tender(tender: SettledTender) -> list[str]:
    words = _TENDER_WORDS[tender.kind]
    if tender.check_number:
        words = f"{words} no. {tender.check_number}"
    lines = [_pair(words, format_amount(tender.tendered_amount))]
    if tender.change_amount:
        lines.append(_pair("Change", format_amount(tender.change_amount)))
    return lines


def _pair(left: str, right: str) -> str:
    """Write two texts at the two edges; the left one gives way."""
    room = COLUMNS - len(right) - 1
    return f"{left[:room]:<{room}} {right}"


def _wrapped(text: str) -> list[str]:
    indent = "  " if text.startswith("  ") else ""
    return wrap(text.strip(), COLUMNS, initial_indent=indent, subsequent_indent=indent or "  ")
