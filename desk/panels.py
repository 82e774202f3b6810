"""The account on one screen: one typed object per panel, gathered with few questions to the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from accounts.models import Account, AccountRole, Service, ServicePoint
from core.charts import AgingBucket, UsageMonth
from desk.links import link
from ledger import aging as ages
from ledger import queries as ledger
from ledger.queries import Balances, OpenItemRow
from metering import queries as metering

BUCKET_WORDS = ("Current", "1-30 days", "31-60 days", "61-90 days", "Over 90")


@dataclass(frozen=True, slots=True)
class AlertMark:
    """A warning as the strip on top shows it: colour, icon and word."""

    tone: str
    icon: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RoleRow:
    """Somebody on the account, and who they are to it."""

    words: str
    name: str
    is_liable: bool
    from_date: dt.date
    to_date: dt.date | None
    language: str


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A way to reach somebody."""

    name: str
    words: str
    value: str
    state: str


@dataclass(frozen=True, slots=True)
class IdentifierRow:
    """A number that finds the account."""

    words: str
    value: str


@dataclass(frozen=True, slots=True)
class MailRow:
    """Where the mail goes: now, or from a later day."""

    addressee: str
    lines: tuple[str, ...]
    from_date: dt.date
    is_later: bool


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service the account takes, its meter, and whether it is on."""

    agreement_id: int
    service_point_id: int
    service: str
    words: str
    address: str
    rate_code: str
    status: str
    from_date: dt.date
    to_date: dt.date | None
    meter: str
    meter_size: str
    physical_status: str
    has_register: bool
    unit: str


@dataclass(frozen=True, slots=True)
class OpenChargeRow:
    """A charge with something to pay, and where its working is shown."""

    words: str
    service_from: dt.date | None
    service_to: dt.date | None
    due_date: dt.date
    amount: Decimal
    open_amount: Decimal
    mark: str
    document_number: str
    working_url: str


@dataclass(frozen=True, slots=True)
class NamedBalance:
    """One of the balances, with its name and what it is for."""

    words: str
    amount: Decimal
    meaning: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Who is on an account, how to reach them, what finds it, and its warnings."""

    alerts: list[AlertMark] = field(default_factory=list)
    roles: list[RoleRow] = field(default_factory=list)
    contacts: list[ContactRow] = field(default_factory=list)
    identifiers: list[IdentifierRow] = field(default_factory=list)
    mail: list[MailRow] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)

    @property
    def holder_name(self) -> str:
        """Who holds the account, or held it last."""
        return next(
            (row.name for row in self.roles if row.words == AccountRole.Kind.HOLDER.label), "Nobody holds it"
        )


@dataclass(frozen=True, slots=True)
class Panels:
    """Everything the account page shows beside its stream."""

    account: Account
    status: str
    facts: Facts
    balances: Balances
    named_balances: list[NamedBalance]
    buckets: list[AgingBucket]
    charges: list[OpenChargeRow]
    next_due_date: dt.date | None
    services: list[ServiceRow]
    usage: list[UsageMonth]
    usage_unit: str
    place: str


ALERT_LOOKS = {
    "MEDICAL": ("danger", "heartbeat", "Medical"),
    "DOG": ("warn", "paw", "Dog"),
    "DANGER": ("danger", "alert-octagon", "Danger"),
    "BANKRUPTCY": ("danger", "section", "Bankruptcy"),
    "DISPUTE": ("warn", "scale", "Dispute"),
    "PLAN": ("info", "calendar-dollar", "Payment plan"),
    "ESTATE": ("quiet", "cross", "Estate"),
    "PROTECTED": ("danger", "shield-lock", "Protected address"),
    "STAFF": ("info", "id-badge-2", "Staff"),
    "WEATHER": ("info", "snowflake", "Weather hold"),
    "TAMPER": ("danger", "hand-off", "Tampering"),
    "INTERPRETER": ("info", "language", "Interpreter"),
    "RETURNED_MAIL": ("warn", "mail-off", "Returned mail"),
    "CASH_ONLY": ("danger", "cash", "Cash only"),
    "NO_CHECKS": ("danger", "ban", "No checks"),
}

# One question for all the small facts. Columns: what, code, text, more, from, to, flag.
FACTS = """
    SELECT 'alert', a.kind, a.text, '', a.from_date, a.to_date, false, a.id FROM accounts_alert a
    WHERE a.account_id = %(account)s AND a.from_date <= %(on)s AND (a.to_date IS NULL OR a.to_date > %(on)s)
    UNION ALL
    SELECT 'alert', t.kind, t.reason, '', t.from_date, t.to_date, false, t.id FROM accounts_tenderrestriction t
    WHERE t.account_id = %(account)s AND t.from_date <= %(on)s AND (t.to_date IS NULL OR t.to_date > %(on)s)
    UNION ALL
    SELECT 'role', r.kind, p.name, p.language, r.from_date, r.to_date, r.is_liable, r.id
    FROM accounts_accountrole r JOIN accounts_party p ON p.id = r.party_id WHERE r.account_id = %(account)s
    UNION ALL
    SELECT 'contact', c.kind, c.value, p.name || chr(10) || c.state, c.from_date, c.to_date, false, c.id
    FROM accounts_contactpoint c JOIN accounts_party p ON p.id = c.party_id
    WHERE c.from_date <= %(on)s AND (c.to_date IS NULL OR c.to_date > %(on)s)
      AND c.party_id IN (SELECT r.party_id FROM accounts_accountrole r WHERE r.account_id = %(account)s
                         AND (r.to_date IS NULL OR r.to_date > %(on)s))
    UNION ALL
    SELECT 'identifier', i.kind, i.value, '', i.from_date, i.to_date, false, i.id FROM accounts_identifier i
    WHERE i.account_id = %(account)s AND i.kind <> 'ACCOUNT_NUMBER'
    UNION ALL
    SELECT 'mail', '', m.addressee, m.lines, m.from_date, m.to_date, m.from_date > %(on)s, m.id
    FROM accounts_mailingaddress m
    WHERE m.account_id = %(account)s AND (m.to_date IS NULL OR m.to_date > %(on)s)
    UNION ALL
    SELECT 'class', k.purpose, k.value, '', k.from_date, k.to_date, false, k.id FROM accounts_accountclass k
    WHERE k.account_id = %(account)s AND k.from_date <= %(on)s AND (k.to_date IS NULL OR k.to_date > %(on)s)
    ORDER BY 1, 5 DESC, 8
"""

CONTACT_WORDS = {"PHONE": "Phone", "MOBILE": "Mobile", "EMAIL": "E-mail"}
IDENTIFIER_WORDS = {"LEGACY_ACCOUNT": "Number in the old system", "BILL_PAY": "Bank bill-pay number"}

SERVICES = """
    SELECT a.id, a.service_point_id, a.service, a.rate_code, a.status, a.from_date, a.to_date,
           concat_ws(' ', nullif(p.house_number, ''), nullif(p.street_prefix, ''), p.street_name,
                     nullif(p.street_type, ''), nullif(p.street_suffix, ''), nullif(p.unit, '')),
           coalesce(m.serial_number, ''), coalesce(m.size, ''), coalesce(s.status, ''), u.register_id IS NOT NULL,
           coalesce(u.unit, '')
    FROM accounts_serviceagreement a
    JOIN accounts_servicepoint sp ON sp.id = a.service_point_id
    JOIN accounts_premise p ON p.id = sp.premise_id
    LEFT JOIN LATERAL (SELECT m.serial_number, m.size
                       FROM metering_installation i JOIN metering_meter m ON m.id = i.meter_id
                       WHERE i.service_point_id = sp.id AND i.from_date <= %(on)s
                         AND (i.to_date IS NULL OR i.to_date > %(on)s)
                       ORDER BY i.from_date DESC, i.id DESC LIMIT 1) m ON true
    LEFT JOIN LATERAL (SELECT status FROM accounts_physicalstatus x
                       WHERE x.service_point_id = sp.id AND x.from_date <= %(on)s AND x.to_date IS NULL
                       ORDER BY x.from_date DESC, x.id DESC LIMIT 1) s ON true
    LEFT JOIN LATERAL (SELECT us.register_id, g.unit FROM metering_usagesource us
                       JOIN metering_register g ON g.id = us.register_id
                       WHERE us.service_point_id = sp.id AND us.from_date <= %(on)s
                       ORDER BY us.from_date DESC, us.id LIMIT 1) u ON true
    WHERE a.account_id = %(account)s AND a.status <> 'CANCELLED'
    ORDER BY a.to_date IS NOT NULL, a.to_date DESC, array_position(%(order)s, a.service::text), a.id
"""


def panels(account: Account, *, on_date: dt.date) -> Panels:
    """Everything about an account on a day. The number of questions does not grow with what the account has."""
    facts = _facts(account, on_date)
    services = _services(account, on_date)
    balances = ledger.balances(account, as_of=on_date)
    items = ledger.open_items(account, as_of=on_date)
    current = [row for row in services if row.to_date is None or row.to_date > on_date]
    metered = next((row for row in [*current, *services] if row.has_register), None)
    usage = _usage(metered.service_point_id, on_date) if metered else []
    return Panels(
        account=account,
        status=_status(account, current, on_date),
        facts=facts,
        balances=balances,
        named_balances=_named(balances),
        buckets=_buckets(items, on_date),
        charges=[_charge(item, on_date) for item in items],
        next_due_date=min((item.due_date for item in items if item.due_date >= on_date), default=None),
        services=services,
        usage=usage,
        usage_unit=metered.unit if metered else "CCF",
        place=(current or services)[0].address if services else "",
    )


def _usage(service_point_id: int, on_date: dt.date) -> list[UsageMonth]:
    """Thirteen months of use; the month under way only once it is read, else it stands as an empty column."""
    months = metering.usage_months(ServicePoint(pk=service_point_id), as_of=on_date, months=14)
    return months[:-1] if months and months[-1].quantity is None else months[1:]


def alert_mark(kind: str, detail: str = "") -> AlertMark:
    """The mark of a kind of warning; a kind without a look of its own shows its words."""
    tone, icon, label = ALERT_LOOKS.get(kind, ("warn", "alert-triangle", kind.replace("_", " ").capitalize()))
    return AlertMark(tone=tone, icon=icon, label=label, detail=detail)


def _facts(account: Account, on_date: dt.date) -> Facts:
    facts = Facts()
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"account": account.pk, "on": on_date})
        rows = cursor.fetchall()
    for what, code, text, more, from_date, to_date, flag, _ in rows:
        if what == "alert":
            until = f" until {to_date:%b} {to_date.day}" if to_date else ""
            facts.alerts.append(alert_mark(code, f"{text}{until}".strip()))
        elif what == "role":
            facts.roles.append(
                RoleRow(
                    AccountRole.Kind(code).label, text, flag, from_date, to_date, more if more != "en" else ""
                )
            )
        elif what == "contact":
            name, _, state = more.partition("\n")
            facts.contacts.append(ContactRow(name, CONTACT_WORDS.get(code, code), text, state))
        elif what == "identifier":
            facts.identifiers.append(IdentifierRow(IDENTIFIER_WORDS.get(code, code), text))
        elif what == "mail":
            facts.mail.append(MailRow(text, tuple(more.splitlines()), from_date, flag))
        else:
            facts.classes.append(f"{code.capitalize()}: {text.replace('_', ' ').lower()}")
    facts.alerts.sort(key=lambda alert: alert.tone != "danger")
    facts.roles.sort(key=lambda role: (role.to_date is not None, role.words != AccountRole.Kind.HOLDER.label))
    facts.mail.sort(key=lambda row: row.from_date)
    return facts


def _services(account: Account, on_date: dt.date) -> list[ServiceRow]:
    with connection.cursor() as cursor:
        cursor.execute(SERVICES, {"account": account.pk, "on": on_date, "order": Service.values})
        rows = cursor.fetchall()
    return [
        ServiceRow(
            agreement_id=row[0],
            service_point_id=row[1],
            service=row[2],
            words=Service(row[2]).label,
            rate_code=row[3],
            status=row[4],
            from_date=row[5],
            to_date=row[6],
            address=row[7],
            meter=row[8],
            meter_size=row[9],
            physical_status=row[10],
            has_register=row[11],
            unit=row[12],
        )
        for row in rows
    ]


def _status(account: Account, current: Sequence[ServiceRow], on_date: dt.date) -> str:
    if account.closed_date is not None and account.closed_date <= on_date:
        return "CLOSED"
    if any(row.physical_status not in ("", "ON") for row in current):
        return "SHUT_OFF"
    return "ACTIVE" if any(row.status == "ACTIVE" for row in current) else "INACTIVE"


def _named(balances: Balances) -> list[NamedBalance]:
    """The balances by name: which figure answers which question; beside the two everybody asks for, those not zero."""
    always = [
        NamedBalance(
            "Due now",
            balances.due_now,
            "What may be asked for today: all that is open, without deferred parts.",
        ),
        NamedBalance("Past due", balances.past_due, "Of this, what should have been paid before today."),
    ]
    others = [
        NamedBalance(
            "A shutoff may stand on", balances.curtailable_past_due, "Past due, not disputed, not pledged."
        ),
        NamedBalance("To restore service", balances.to_restore, "What turns the service on again."),
        NamedBalance("Payoff", balances.payoff, "What settles the account with us, deferred parts included."),
        NamedBalance(
            "Credit not applied", -balances.unapplied, "The customer's money that settles no charge yet."
        ),
        NamedBalance(
            "Deposit held", balances.held, "The customer's money in our keeping; no part of the balance."
        ),
    ]
    return [*always, *(row for row in others if row.amount)]


def aging_buckets(aging: ages.Aging) -> list[AgingBucket]:
    """The buckets of an aging with the words of the bar."""
    amounts = (aging.current, aging.days_1_30, aging.days_31_60, aging.days_61_90, aging.over_90)
    return [AgingBucket(words, amount) for words, amount in zip(BUCKET_WORDS, amounts, strict=True)]


def _buckets(items: Sequence[OpenItemRow], on_date: dt.date) -> list[AgingBucket]:
    return aging_buckets(ages.age([(item.due_date, item.open_amount) for item in items], on_date))


def _charge(item: OpenItemRow, on_date: dt.date) -> OpenChargeRow:
    mark = item.part.placement
    if not mark and item.part.disputed:
        mark = "DISPUTED"
    if not mark and item.part.deferred:
        mark = "DEFERRED"
    if not mark and item.due_date < on_date:
        mark = "PAST_DUE"
    # A charge for days of service was made by a bill, whose page shows its working.
    has_working = item.service_from is not None and bool(item.document_number)
    return OpenChargeRow(
        words=item.charge_type_name,
        service_from=item.service_from,
        service_to=item.service_to,
        due_date=item.due_date,
        amount=item.amount,
        open_amount=item.open_amount,
        mark=mark,
        document_number=item.document_number,
        working_url=link("billing:bill", item.document_number) if has_working else "",
    )
