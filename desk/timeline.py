"""What happened on an account, as one stream: bills, money, charges, reads, orders, notes, changes.

One statement asks every app's table for its newest rows, bounded each, so that an account of thirty years costs no
more than one of a month.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Account
from desk.links import link

PAGE = 25
# An instant with its zone, the kind, and the row's own number: total, so that no row is on two pages or on none.
SORT = "(sort_at, kind, id)"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened, as ``components/timeline_item.html`` shows it."""

    kind: str
    icon: str
    title: str
    at: dt.date | dt.datetime
    detail: str = ""
    amount: Decimal | None = None
    balance: Decimal | None = None
    status: str = ""
    url: str = ""
    by: str = ""
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Items, newest first, and where the next ones begin ("" at the end)."""

    items: tuple[Item, ...]
    more: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that happens, with the words of its filter chip."""

    code: str
    words: str
    icon: str


KINDS = (
    Kind("bill", "Bills", "file-invoice"),
    Kind("payment", "Payments", "cash"),
    Kind("charge", "Charges", "receipt-2"),
    Kind("read", "Reads", "gauge"),
    Kind("order", "Orders", "tool"),
    Kind("note", "Notes", "note"),
    Kind("change", "Changes", "history"),
)

# Every branch gives: kind, id, sort_at, shown (a day, or the instant), key, words, detail, amount, status, by.
BRANCHES = {
    "bill": """
        SELECT 'bill' AS kind, b.id, (b.bill_date + time '12:00') AT TIME ZONE %(zone)s AS sort_at, true AS is_day,
               b.number AS key, to_char(b.due_date, 'Dy Mon FMDD') AS words,
               coalesce((SELECT string_agg(DISTINCT initcap(s.service), ', ') FROM billing_billsegment s
                         WHERE s.bill_id = b.id), '') AS detail,
               b.total_amount AS amount, CASE b.status WHEN 'REVERSED' THEN 'REVERSED' ELSE '' END AS status, '' AS by
        FROM billing_bill b WHERE b.account_id = %(account)s AND b.status <> 'DRAFT'
    """,
    "payment": """
        SELECT 'payment', c.id, coalesce(r.received_at, (e.effective_date + time '12:00') AT TIME ZONE %(zone)s),
               r.id IS NULL, coalesce(d.code || '-' || lpad(r.number::text, 6, '0'), ''), c.kind,
               coalesce((SELECT string_agg(lower(replace(t.kind, '_', ' '))
                                           || CASE WHEN t.check_number <> '' THEN ' ' || t.check_number ELSE '' END, ', ')
                         FROM payments_tender t WHERE t.receipt_id = r.id), ''),
               -c.amount,
               CASE WHEN EXISTS (SELECT FROM ledger_journalentry x WHERE x.reverses_id = e.id) THEN 'VOID' ELSE '' END,
               coalesce(nullif(u.display_name, ''), u.username, '')
        FROM ledger_credit c
        JOIN ledger_journalentry e ON e.id = c.entry_id
        LEFT JOIN core_user u ON u.id = e.actor_id
        LEFT JOIN payments_receiptline l ON l.credit_id = c.id
        LEFT JOIN payments_receipt r ON r.id = l.receipt_id
        LEFT JOIN payments_drawer d ON d.id = r.drawer_id
        WHERE c.account_id = %(account)s
    """,
    "charge": """
        SELECT 'charge', c.id, (e.effective_date + time '12:00') AT TIME ZONE %(zone)s, true, e.document_number, t.name,
               e.note, c.amount,
               CASE WHEN EXISTS (SELECT FROM ledger_journalentry x WHERE x.reverses_id = e.id)
                    THEN 'REVERSED' ELSE '' END,
               coalesce(nullif(u.display_name, ''), u.username, '')
        FROM ledger_charge c
        JOIN ledger_journalentry e ON e.id = c.entry_id
        JOIN ledger_reasoncode n ON n.id = e.reason_id
        JOIN ledger_chargetype t ON t.id = c.charge_type_id
        LEFT JOIN core_user u ON u.id = e.actor_id
        WHERE c.account_id = %(account)s AND n.code <> 'BILL'
    """,
    "read": """
        SELECT 'read', r.id, r.read_at, true, m.serial_number, r.dials, r.kind, NULL::numeric,
               CASE WHEN r.kind = 'ESTIMATE' THEN 'ESTIMATED' ELSE '' END, r.reader
        FROM metering_reading r
        JOIN metering_register g ON g.id = r.register_id
        JOIN metering_meter m ON m.id = g.meter_id
        WHERE r.superseded_by_id IS NULL AND EXISTS (
            SELECT FROM accounts_serviceagreement a
            JOIN metering_usagesource s ON s.service_point_id = a.service_point_id
            WHERE a.account_id = %(account)s AND s.register_id = r.register_id AND a.status <> 'CANCELLED'
              AND r.read_date >= a.from_date AND (a.to_date IS NULL OR r.read_date <= a.to_date))
          AND r.register_id IN (
            SELECT s.register_id FROM accounts_serviceagreement a
            JOIN metering_usagesource s ON s.service_point_id = a.service_point_id WHERE a.account_id = %(account)s)
    """,
    "order": """
        SELECT 'order', o.id, coalesce(o.completed_at, o.requested_at), false, o.number::text, o.kind,
               concat_ws(' · ', o.reason, nullif(o.outcome_note, '')), NULL::numeric, o.state,
               coalesce(nullif(u.display_name, ''), u.username)
        FROM serviceorders_serviceorder o JOIN core_user u ON u.id = coalesce(o.completed_by_id, o.requested_by_id)
        WHERE o.account_id = %(account)s
    """,
    "note": """
        SELECT 'note', n.id, n.written_at, false, '', n.text, n.kind, NULL::numeric,
               CASE WHEN n.is_pinned THEN 'PINNED' ELSE '' END, coalesce(nullif(u.display_name, ''), u.username)
        FROM accounts_note n JOIN core_user u ON u.id = n.written_by_id WHERE n.account_id = %(account)s
    """,
    "change": """
        SELECT 'change', v.id, v.at, false, v.code, v.summary, '', NULL::numeric, '',
               coalesce(nullif(u.display_name, ''), u.username, 'the system')
        FROM core_auditevent v LEFT JOIN core_user u ON u.id = v.actor_id
        WHERE v.account_number = %(number)s AND v.code LIKE 'accounts.%%' AND v.code <> 'accounts.note.written'
    """,
}
COLUMNS = "kind, id, sort_at, is_day, key, words, detail, amount, status, by"


def timeline(account: Account, *, zone: str, kind: str = "", after: str = "", size: int = PAGE) -> Page:
    """What happened, newest first, of one kind or of all, from where ``after`` says.

    ``zone`` is the office's time zone by name; ``after`` is the ``more`` of the page before. An unknown kind counts as
    all; an ``after`` that is none starts at the newest.
    """
    chosen = [BRANCHES[kind]] if kind in BRANCHES else list(BRANCHES.values())
    params: dict[str, Any] = {
        "account": account.pk,
        "number": account.number,
        "zone": zone,
        "size": size + 1,
    }
    cursor_at = _cursor(after)
    condition = ""
    if cursor_at is not None:
        params["at"], params["after_kind"], params["after_id"] = cursor_at
        condition = f"WHERE {SORT} < (%(at)s, %(after_kind)s, %(after_id)s)"
    order = "ORDER BY sort_at DESC, kind DESC, id DESC LIMIT %(size)s"
    parts = [
        f"(SELECT * FROM ({branch}) x ({COLUMNS}) {condition} {order})"  # noqa: S608 - put together from fixed parts
        for branch in chosen
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({' UNION ALL '.join(parts)}) y {order}", params)  # noqa: S608 - as above
        rows = cursor.fetchall()
    more = ""
    if len(rows) > size:
        last = rows[size - 1]
        more = f"{last[2].isoformat()}~{last[0]}~{last[1]}"
    return Page(items=tuple(_items(rows[:size], ZoneInfo(zone))), more=more)


def _cursor(after: str) -> tuple[dt.datetime, str, int] | None:
    instant, _, rest = after.partition("~")
    kind, _, number = rest.partition("~")
    try:
        at = dt.datetime.fromisoformat(instant.replace(" ", "+"))
    except ValueError:
        return None
    if at.tzinfo is None or kind not in BRANCHES or not number.isdecimal():
        return None
    return at, kind, int(number)


def _items(rows: Iterable[tuple[Any, ...]], zone: ZoneInfo) -> Iterator[Item]:
    for kind, _, sort_at, is_day, key, words, detail, amount, status, by in rows:
        shown = sort_at.astimezone(zone).date() if is_day else sort_at
        facts = MAKERS[kind](key, words, detail)
        yield Item(
            kind=facts.pop("as", kind),
            at=shown,
            amount=amount,
            status=status,
            by=by,
            muted=status in ("VOID", "REVERSED"),
            **facts,
        )


def _bill(key: str, words: str, detail: str) -> dict[str, Any]:
    return {
        "icon": "file-invoice",
        "title": f"Bill {key}",
        "detail": f"{detail}, due {words}" if detail else f"Due {words}",
        "url": link("billing:bill", key),
    }


CREDITS = {
    "PAYMENT": "Payment",
    "ADJUSTMENT": "Adjustment",
    "DEPOSIT_APPLIED": "Deposit applied",
    "BILL_CREDIT": "Credit on a bill",
    "TRANSFER": "Transfer in",
    "OPENING": "Opening credit",
}


def _payment(key: str, words: str, detail: str) -> dict[str, Any]:
    title = CREDITS.get(words, "Credit")
    return {
        "icon": "cash",
        "title": f"{title}, receipt {key}" if key else title,
        "detail": detail.capitalize(),
        "url": link("payments:receipt", key) if key else "",
    }


def _charge(key: str, words: str, detail: str) -> dict[str, Any]:
    return {"as": "fee", "icon": "receipt-2", "title": f"{words}, {key}" if key else words, "detail": detail}


READS = {
    "ESTIMATE": "Estimate",
    "CUSTOMER": "Read by the customer",
    "SET": "Meter set",
    "REMOVE": "Meter removed",
    "FINAL": "Final read",
}


def _read(key: str, words: str, detail: str) -> dict[str, Any]:
    return {"icon": "gauge", "title": f"{READS.get(detail, 'Read')} {words}", "detail": f"Meter {key}"}


ORDERS = {"SHUTOFF": "Shutoff", "RESTORE": "Restore", "REREAD": "Reread", "FINAL_READ": "Final read"}


def _order(key: str, words: str, detail: str) -> dict[str, Any]:
    return {
        "icon": "tool",
        "title": f"{ORDERS.get(words, 'Order')}, order {key}",
        "detail": detail,
        "url": link("serviceorders:order", key),
    }


def _note(key: str, words: str, detail: str) -> dict[str, Any]:
    first, _, rest = words.partition("\n")
    return {
        "icon": "note",
        "title": "Note" if detail == "NOTE" else detail.capitalize(),
        "detail": f"{first} {rest}".strip(),
    }


def _change(key: str, words: str, detail: str) -> dict[str, Any]:
    return {"icon": "history", "title": words}


MAKERS: dict[str, Callable[[str, str, str], dict[str, Any]]] = {
    "bill": _bill,
    "payment": _payment,
    "charge": _charge,
    "read": _read,
    "order": _order,
    "note": _note,
    "change": _change,
}
