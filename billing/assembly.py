"""From facts to draft bills: which services are due, from when to when, with what use, at what price. Pure.

An account gets a bill, or is held with its reasons, or has nothing to bill; it never gets part of a bill. The rules are
told in docs/algorithms/bill-run.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

from billing.proration import PeriodRule, Share, Span, catch_up_share, period_shares
from billing.rates import CompiledRate, NotPriceable, RatedLine
from billing.usage import ReadingFact, RegisterUse, UnitsDoNotConvert, convert, converts, total_use
from core.money import ZERO, format_amount

_ONE_DAY = timedelta(days=1)
CLOSING_KINDS = frozenset({"FINAL", "REMOVE"})


@dataclass(frozen=True, slots=True)
class SourceFact:
    """One register that counts towards a service, with its readings at both ends of what is not yet billed."""

    register_id: int
    serial_number: str
    meter_size: str
    unit: str
    dial_count: int
    multiplier: Decimal
    sign: int
    share: Decimal
    to_date: date | None
    start: ReadingFact | None
    end: ReadingFact | None
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgreementFact:
    """A service of an account. ``start`` is the end of its last live segment, or its own first day."""

    id: int
    service: str
    rate_code: str
    from_date: date
    to_date: date | None
    start: date
    sources: tuple[SourceFact, ...] = ()
    determinants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountFact:
    """An account with its services; class and billing status are those of the period's last day."""

    id: int
    number: str
    customer_class: str
    billing_status: str
    status_reason: str
    agreements: tuple[AgreementFact, ...]


@dataclass(frozen=True, slots=True)
class PeriodFact:
    """What is billed: the period, whether only what was read is billed, and what length is normal."""

    start: date
    end: date
    bills_when_read: bool
    rule: PeriodRule
    summer_months: frozenset[int]


@dataclass(frozen=True, slots=True)
class VersionFact:
    """A price version ready to price."""

    id: int
    rate: CompiledRate


class RateBook(Protocol):
    """Where prices are found."""

    def has(self, code: str) -> bool:
        """Whether there is a schedule of that code at all."""

    def find(self, code: str, on_date: date) -> VersionFact | None:
        """The approved version that holds on the day, or None."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an account is held or has nothing to bill, in the office's words; ``kind`` says where to look."""

    kind: str
    text: str
    service: str = ""

    def as_data(self) -> dict[str, str]:
        """The reason as it is kept on the item."""
        return {"kind": self.kind, "text": self.text, "service": self.service}


@dataclass(frozen=True, slots=True)
class MissingRead:
    """A register without a reading in the period, of an agreement that is due."""

    register_id: int
    agreement_id: int
    text: str


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line with the code of its charge type."""

    charge_type: str
    rated: RatedLine


@dataclass(frozen=True, slots=True)
class DraftSegment:
    """One service of a draft bill."""

    agreement_id: int
    service: str
    version_id: int
    rate_code: str
    customer_class: str
    from_date: date
    to_date: date
    quantity: Decimal | None
    unit: str
    uses: tuple[RegisterUse, ...]
    lines: tuple[DraftLine, ...]

    @property
    def amount(self) -> Decimal:
        """The sum of the rounded lines."""
        return sum((line.rated.amount for line in self.lines), ZERO)

    @property
    def is_estimated(self) -> bool:
        """Whether a reading behind it is an estimate."""
        return any("ESTIMATE" in (use.start.kind, use.end.kind) for use in self.uses)


@dataclass(frozen=True, slots=True)
class DraftBill:
    """What an account will be told it owes."""

    account_id: int
    segments: tuple[DraftSegment, ...]

    @property
    def total(self) -> Decimal:
        """The sum of the segments."""
        return sum((segment.amount for segment in self.segments), ZERO)


@dataclass(frozen=True, slots=True)
class Held:
    """An account that may not be billed until somebody has looked."""

    account_id: int
    reasons: tuple[Reason, ...]
    missing: tuple[MissingRead, ...] = ()


@dataclass(frozen=True, slots=True)
class NotDue:
    """An account with nothing to bill this time."""

    account_id: int
    reasons: tuple[Reason, ...] = ()


Outcome = DraftBill | Held | NotDue


@dataclass(frozen=True, slots=True)
class _Due:
    """A service of an account that is due, with the days to bill."""

    account: AccountFact
    agreement: AgreementFact
    span: Span
    period: PeriodFact

    @property
    def last_day(self) -> date:
        """The last day billed: what holds then, price, class and determinants, holds for the bill."""
        return self.span.end - _ONE_DAY


@dataclass(slots=True)
class _Findings:
    segments: list[DraftSegment] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    missing: list[MissingRead] = field(default_factory=list)


def assemble(account: AccountFact, *, period: PeriodFact, rates: RateBook) -> Outcome:
    """Draft the bill of one account, or say why there is none.

    One service that may not be billed holds the whole account: half a bill would have to be explained twice.
    """
    if account.billing_status in ("NO_BILL", "FINAL_BILLED"):
        word = "it is never billed" if account.billing_status == "NO_BILL" else "its final bill is out"
        return NotDue(account.id, (Reason("STATUS", f"{word}: {account.status_reason}"),))
    if account.billing_status == "SUSPENDED":
        return Held(account.id, (Reason("STATUS", f"billing is suspended: {account.status_reason}"),))
    found = _Findings()
    for agreement in account.agreements:
        span = _due_span(agreement, period, found)
        if span is not None:
            _price(_Due(account, agreement, span, period), rates, found)
    if found.reasons:
        return Held(account.id, tuple(dict.fromkeys(found.reasons)), tuple(found.missing))
    if not found.segments:
        return NotDue(account.id)
    return DraftBill(account.id, tuple(found.segments))


def _due_span(agreement: AgreementFact, period: PeriodFact, found: _Findings) -> Span | None:
    """The days to bill, or None where nothing is due or the service is held (then ``found`` says why)."""
    stop = period.end if agreement.to_date is None else min(period.end, agreement.to_date)
    if agreement.start >= stop:
        return None
    if not agreement.sources:
        return Span(agreement.start, stop)
    newest = max((source.end.date for source in agreement.sources if source.end), default=None)
    # A service that stopped before the period, and was held then, is billed by the readings that it had.
    since = agreement.start if stop <= period.start else max(agreement.start, period.start)
    if newest is None or newest <= since:
        is_new = agreement.start == agreement.from_date and agreement.from_date > period.start
        if not period.bills_when_read and not (is_new and agreement.to_date is None):
            _hold_missing(agreement, agreement.sources, "no reading in the period", found)
        return None
    ends_here = agreement.to_date is not None and agreement.to_date <= period.end
    if ends_here and not _has_final_read(agreement):
        _hold_missing(agreement, agreement.sources, f"no final reading on {stop}", found)
        return None
    return Span(agreement.start, stop if ends_here else newest)


def _has_final_read(agreement: AgreementFact) -> bool:
    """Whether a meter that was there at the end was read for it; one that was taken out before says nothing."""
    meters = [source for source in agreement.sources if source.sign > 0]
    last = [source for source in meters if _serves_until(source, agreement.to_date)]
    return any(
        source.end is not None and (source.end.date == agreement.to_date or source.end.kind in CLOSING_KINDS)
        for source in last or meters
    )


def _serves_until(source: SourceFact, end: date | None) -> bool:
    return source.to_date is None or (end is not None and source.to_date >= end)


def _hold_missing(
    agreement: AgreementFact, sources: Sequence[SourceFact], text: str, found: _Findings
) -> None:
    found.reasons.append(Reason("READ", text, agreement.service))
    found.missing.extend(
        MissingRead(source.register_id, agreement.id, f"{text} of meter {source.serial_number}")
        for source in sources
    )


def _uses(
    agreement: AgreementFact, span: Span, period: PeriodFact, found: _Findings
) -> tuple[RegisterUse, ...] | None:
    """The use of each register over the span, or None where a register holds the service."""
    uses: list[RegisterUse] = []
    held = len(found.reasons)
    for source in agreement.sources:
        found.reasons.extend(Reason("EXCEPTION", text, agreement.service) for text in source.exceptions)
        if source.start is None:
            text = f"no opening reading of meter {source.serial_number}"
            found.reasons.append(Reason("READ", text, agreement.service))
        elif source.end is None or not _reaches(source, source.end, span, period):
            _hold_missing(
                agreement, [source], f"no reading of meter {source.serial_number} in the period", found
            )
        else:
            use = RegisterUse(
                source.register_id,
                source.serial_number,
                source.start,
                source.end,
                source.dial_count,
                source.multiplier,
                source.sign,
                source.share,
                source.unit,
            )
            uses.append(use)
            if use.fell_too_far:
                found.reasons.append(Reason("READ", use.fall_in_words, agreement.service))
    return None if len(found.reasons) > held else tuple(uses)


def _reaches(source: SourceFact, end: ReadingFact, span: Span, period: PeriodFact) -> bool:
    """Whether a register's last reading is late enough: each of several meters must have been read."""
    if span.end <= period.start or (source.to_date is not None and source.to_date <= span.end):
        return end.date in (source.to_date, span.end) or end.kind in CLOSING_KINDS
    return end.date > max(span.start, min(period.start, span.end - _ONE_DAY))


def _price(due: _Due, rates: RateBook, found: _Findings) -> None:
    account, agreement, span, period = due.account, due.agreement, due.span, due.period
    if not rates.has(agreement.rate_code):
        found.reasons.append(Reason("RATE", f"no rate for class {account.customer_class}", agreement.service))
        return
    version = rates.find(agreement.rate_code, due.last_day)
    if version is None:
        text = f"no price of rate {agreement.rate_code} on {due.last_day}"
        found.reasons.append(Reason("RATE", text, agreement.service))
        return
    uses = _uses(agreement, span, period, found)
    if uses is None:
        return
    try:
        quantity = total_use(uses, unit=version.rate.unit) if uses else None
        inputs = _inputs(due, version.rate.unit, quantity)
        rated = version.rate.price(inputs, share=share_of(span, period))
    except (NotPriceable, UnitsDoNotConvert) as refusal:
        found.reasons.append(Reason("RATE", str(refusal), agreement.service))
        return
    lines = tuple(DraftLine(line.charge_type or agreement.service, line) for line in rated.lines)
    refusal_text = _negative_total(lines)
    if refusal_text:
        found.reasons.append(Reason("RATE", refusal_text, agreement.service))
        return
    found.segments.append(
        DraftSegment(
            agreement_id=agreement.id,
            service=agreement.service,
            version_id=version.id,
            rate_code=agreement.rate_code,
            customer_class=account.customer_class,
            from_date=span.start,
            to_date=span.end,
            quantity=quantity,
            unit=version.rate.unit if quantity is not None else "",
            uses=uses,
            lines=lines,
        )
    )


def share_of(span: Span, period: PeriodFact) -> Share | None:
    """What part of a whole period's fixed charges and blocks the span gets; None for exactly one.

    Bills that follow the readings are one period each, whatever their days. Else a normal length is a whole; several
    missed periods are that many wholes; anything between goes by days.
    """
    if period.bills_when_read:
        return None
    rule = period.rule
    periods = (2 * span.days + rule.normal_days) // (2 * rule.normal_days)
    if periods >= 2 and periods * rule.shortest_days <= span.days <= periods * rule.longest_days:
        return catch_up_share(periods=periods)
    return period_shares(spans=[span], rule=rule)[0]


def _inputs(due: _Due, unit: str, quantity: Decimal | None) -> dict[str, Decimal | str | int]:
    """What the engine may ask for; determinants come last, so that a city's own fact overrides the meter's."""
    month = due.last_day.month
    inputs: dict[str, Decimal | str | int] = {
        "customer_class": due.account.customer_class,
        "days_in_period": due.span.days,
        "usage_month": month,
        "season": "Summer" if month in due.period.summer_months else "Winter",
    }
    size = next((source.meter_size for source in due.agreement.sources if source.sign > 0), "")
    if size:
        inputs["meter_size"] = size
    if quantity is not None:
        inputs["usage"] = quantity
        if converts(unit, "ccf"):
            inputs["usage_ccf"] = convert(quantity, of=unit, to="ccf")
    inputs.update(due.agreement.determinants)
    return inputs


def _negative_total(lines: Sequence[DraftLine]) -> str:
    """Say which kind of charge would come to less than nothing: the ledger takes charges, not negative ones."""
    totals: dict[str, Decimal] = {}
    for line in lines:
        totals[line.charge_type] = totals.get(line.charge_type, ZERO) + line.rated.amount
    for charge_type, total in totals.items():
        if total < 0:
            return f"the {charge_type} charges come to {format_amount(-total)} in the customer's favour"
    return ""
