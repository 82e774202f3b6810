"""The counter's form as it stands: what was typed, what it comes to, and what the clerk should be told in money."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import QueryDict

from accounts.models import Account, Alert
from core import money, policy
from core.money import ZERO, format_amount
from ledger import queries as ledger_queries
from payments import queries
from payments.services.receipting import PaymentLine
from payments.tendering import CASH, CHECK, KINDS, LONGEST_NUMBER, TenderInput, TenderRefused, settle

PREVIEWED_ACCOUNTS = 5


@dataclass
class DraftLine:
    """One account on the payment, with what is owed on it and the amount as typed."""

    account: Account
    face: queries.Face
    balances: ledger_queries.Balances
    alerts: Sequence[Alert]
    restrictions: Sequence[queries.Restriction]
    typed: str
    amount: Decimal | None = None
    error: str = ""

    @property
    def all_due(self) -> Decimal:
        """What the pay-all key puts in: everything open, less unapplied credit; nothing where that is not above zero."""
        return max(self.balances.ledger, ZERO)

    @property
    def past_due(self) -> Decimal:
        return max(self.balances.past_due, ZERO)

    @property
    def current(self) -> Decimal:
        """What is open and not late."""
        return max(self.all_due - self.past_due, ZERO)


@dataclass
class DraftPaper:
    """A check or money order as typed; without an amount it stands for the rest of the sum."""

    kind: str = CHECK
    number: str = ""
    typed: str = ""
    amount: Decimal | None = None
    error: str = ""

    @property
    def is_blank(self) -> bool:
        return not self.number.strip() and not self.typed.strip()


@dataclass
class Draft:
    """The whole form: accounts, tenders, payor, note, and the key that makes a second sending harmless."""

    key: str
    lines: list[DraftLine]
    papers: list[DraftPaper]
    cash_typed: str = ""
    cash: Decimal | None = None
    cash_error: str = ""
    payor: str = ""
    note: str = ""
    is_adding: bool = False
    is_key_sent: bool = False

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines if line.amount is not None), ZERO)

    @property
    def has_errors(self) -> bool:
        return bool(
            self.cash_error
            or any(line.error for line in self.lines)
            or any(paper.error for paper in self.papers)
        )

    @property
    def refused_paper(self) -> str:
        """Why no check is taken for these accounts; empty where one is."""
        return next(
            (
                f"{line.account.number}: {each.words}"
                for line in self.lines
                for each in line.restrictions
                if each.refuses(CHECK)
            ),
            "",
        )

    def tenders(self) -> list[TenderInput]:
        """The tenders as typed; the one paper without an amount stands for what the others leave."""
        given = [paper for paper in self.papers if not paper.is_blank]
        named = sum((paper.amount for paper in given if paper.amount is not None), self.cash or ZERO)
        rest = max(self.total - named, ZERO)
        tenders = []
        for paper in given:
            amount = paper.amount
            if amount is None:
                amount, rest = rest, ZERO
            tenders.append(TenderInput(kind=paper.kind, tendered_amount=amount, check_number=paper.number))
        if self.cash is not None and self.cash_typed.strip():
            tenders.append(TenderInput(kind=CASH, tendered_amount=self.cash))
        return tenders

    def payment_lines(self) -> list[PaymentLine]:
        """The lines for the service. An amount that was not understood must have been refused before."""
        return [
            PaymentLine(account_number=line.account.number, amount=line.amount or ZERO) for line in self.lines
        ]


@dataclass(frozen=True)
class Applied:
    """So much of a payment on one open charge, in words."""

    words: str
    due_date: dt.date | None
    amount: Decimal


@dataclass(frozen=True)
class LinePreview:
    """Where one account's money goes, and what the clerk should know about it."""

    number: str
    applied: Sequence[Applied]
    warnings: Sequence[str]


@dataclass(frozen=True)
class Preview:
    """The figures beside the form: sum, handed over, change or what is missing, and where the money goes.

    ``surplus`` is what is left of a check that no account takes yet.
    """

    total: Decimal
    tendered: Decimal
    change: Decimal
    missing: Decimal
    surplus: Decimal
    refusal: str
    lines: Sequence[LinePreview]
    warnings: Sequence[str]


@dataclass(frozen=True)
class Suggestion:
    """An account that a typed text may mean, as the clerk reads it out."""

    number: str
    name: str
    place: str
    closed: bool


def suggestions(accounts: Sequence[Account], *, on_date: dt.date) -> list[Suggestion]:
    """The accounts with name and place, in the order given."""
    faces = queries.faces([account.pk for account in accounts], on_date=on_date)
    return [
        Suggestion(
            number=account.number,
            name=faces[account.pk].name,
            place=faces[account.pk].place,
            closed=account.closed_date is not None,
        )
        for account in accounts
    ]


def read(data: QueryDict, *, on_date: dt.date) -> Draft:
    """The form as sent or as linked to; unknown accounts are left out. Never refuses: errors stand beside the fields."""
    numbers = [number for number in dict.fromkeys(data.getlist("account")) if number.isalnum()]
    dropped = data.get("drop", "")
    typed = dict(zip(data.getlist("account"), data.getlist("amount"), strict=False))
    lines = [
        _with_amount(line, typed.get(line.account.number))
        for line in load_lines([number for number in numbers if number != dropped], on_date=on_date)
    ]
    cash_typed = data.get("cash", "")
    cash, cash_error = _amount(cash_typed)
    payor = clean(data.get("payor", "")) or (lines[0].face.name if lines else "")
    sent_key = _key(data.get("idempotency_key", ""))
    return Draft(
        key=sent_key or uuid.uuid4().hex,
        is_key_sent=bool(sent_key),
        lines=lines,
        papers=_papers(data),
        cash_typed=cash_typed,
        cash=cash,
        cash_error=cash_error,
        payor=payor[:160],
        note=clean(data.get("note", ""))[:200],
        is_adding=data.get("adding", "") == "1",
    )


def load_lines(numbers: Sequence[str], *, on_date: dt.date) -> list[DraftLine]:
    """What a cashier sees of each account, in the order given, in a fixed number of queries."""
    accounts = queries.accounts_by_number(numbers)
    ids = [account.pk for account in accounts]
    if not ids:
        return []
    faces = queries.faces(ids, on_date=on_date)
    balances = ledger_queries.balances_for(ids, as_of=on_date)
    alerts = queries.alerts(ids, on_date=on_date)
    restricted = queries.restrictions(ids, on_date=on_date)
    return [
        DraftLine(
            account=account,
            face=faces[account.pk],
            balances=balances[account.pk],
            alerts=alerts.get(account.pk, []),
            restrictions=[each for each in restricted if each.account_id == account.pk],
            typed="",
        )
        for account in accounts
    ]


def preview(draft: Draft, *, on_date: dt.date) -> Preview:
    """Reckon the draft: change or what is missing, where each account's money goes, and warnings in money."""
    total = draft.total
    tenders = draft.tenders()
    tendered = sum((tender.tendered_amount for tender in tenders), ZERO)
    refusal = ""
    if total and tenders and not draft.has_errors:
        try:
            settle(total, tenders)
        except TenderRefused as error:
            refusal = str(error) if tendered >= total else ""
    warnings = []
    cash_limit = Decimal(str(policy.value("payments.cash_report_amount", on_date=on_date)))
    if draft.cash is not None and draft.cash > cash_limit:
        warnings.append(f"More than {format_amount(cash_limit)} in cash must be reported. Ask for the form.")
    return Preview(
        total=total,
        tendered=tendered,
        change=max(tendered - total, ZERO) if total and not refusal else ZERO,
        missing=max(total - tendered, ZERO) if tendered else ZERO,
        surplus=max(tendered - total, ZERO) if refusal else ZERO,
        refusal=refusal,
        lines=[_line_preview(line, on_date) for line in draft.lines[:PREVIEWED_ACCOUNTS]],
        warnings=warnings,
    )


def _line_preview(line: DraftLine, on_date: dt.date) -> LinePreview:
    amount = line.amount
    applied: list[Applied] = []
    if amount is not None and amount > 0:
        found = ledger_queries.preview_allocation(line.account, amount, on_date=on_date)
        applied = [
            Applied(
                words=row.charge.charge_type.name.lower(), due_date=row.charge.due_date, amount=row.applied
            )
            for row in found.rows
        ]
    warnings = [*_warnings(line), *_other_account(line, on_date)]
    return LinePreview(number=line.account.number, applied=applied, warnings=warnings)


def _other_account(line: DraftLine, on_date: dt.date) -> list[str]:
    """Say so where the amount is not what this account owes, but just what another account at the place owes."""
    if line.amount is None or line.amount <= 0 or line.amount in (line.all_due, line.past_due, line.current):
        return []
    others = {account.pk: account for account in queries.neighbours(line.account)}
    if not others:
        return []
    owed = ledger_queries.balances_for(others, as_of=on_date)
    faces = queries.faces(others, on_date=on_date)
    return [
        f"Another account at this address owes just this: {account.number} {faces[pk].name}. Is it the right account?"
        for pk, account in others.items()
        if owed[pk].ledger == line.amount
    ]


def _warnings(line: DraftLine) -> list[str]:
    if line.amount is None or line.amount <= 0:
        return []
    if line.amount < line.past_due:
        return [f"This leaves {format_amount(line.past_due - line.amount)} past due."]
    if line.amount < line.all_due:
        return [f"This leaves {format_amount(line.all_due - line.amount)} to pay."]
    if line.amount > line.all_due:
        return [f"{format_amount(line.amount - line.all_due)} more than owed stays as credit."]
    return []


def _with_amount(line: DraftLine, typed: str | None) -> DraftLine:
    """The line with what was typed for it; a line that was just added offers all that is owed."""
    if typed is None:
        typed = f"{line.all_due:.2f}" if line.all_due else ""
    line.typed = typed
    line.amount, line.error = _amount(typed)
    return line


def _amount(typed: str) -> tuple[Decimal | None, str]:
    """The amount that was typed, or the reason why it is none; both empty where nothing was typed."""
    if not typed.strip():
        return None, ""
    try:
        return money.parse_amount(typed), ""
    except money.AmountNotUnderstood as error:
        return None, str(error)


def _papers(data: QueryDict) -> list[DraftPaper]:
    kinds, numbers, amounts = (data.getlist(name) for name in ("paper_kind", "paper_number", "paper_amount"))
    papers = []
    for kind, number, typed in zip(kinds, numbers, amounts, strict=False):
        amount, error = _amount(typed)
        papers.append(
            DraftPaper(
                kind=kind if kind in KINDS and kind != CASH else CHECK,
                number=clean(number)[:LONGEST_NUMBER],
                typed=typed,
                amount=amount,
                error=error,
            )
        )
    if not papers or data.get("more") == "paper":
        papers.append(DraftPaper())
    return papers


def clean(text: str) -> str:
    """The text without the signs that no keyboard types and the database does not keep."""
    return "".join(sign for sign in text if sign.isprintable())


def _key(given: str) -> str:
    """The form's key as it is kept, or "" if it is none."""
    try:
        return uuid.UUID(given).hex
    except ValueError:
        return ""
