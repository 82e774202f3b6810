"""A city from a use history: accounts, meters and readings that give exactly the uses of the file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts.models import Account, Cycle
from billing.rate_files import NewVersion
from billing.services import rate_book
from core import audit
from core.models import User
from desk.city.statistics import analyze
from desk.city.usage_file import AccountHistory, PointHistory
from desk.city.writer import CityWriter
from ledger import services as ledger

ACCOUNTS_AT_ONCE = 2000
CYCLE = "ALL"
# The unit of a rate file as registers name it.
REGISTER_UNITS = {"ccf": "CCF", "kgal": "KGAL", "gal": "GAL", "cf": "CF", "m3": "M3", "kilolitre": "M3"}


class DatabaseNotEmpty(Exception):
    """The database holds an office already; a city is only loaded into an empty one."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded."""

    accounts: int
    service_points: int
    readings: int
    first_month: dt.date
    last_month: dt.date


def check_empty() -> None:
    """Raises ``DatabaseNotEmpty`` when there is an account."""
    if Account.objects.exists():
        raise DatabaseNotEmpty(
            "This database holds accounts already. Load a city into an empty one (OFFICE_VAR=another folder)."
        )


@dataclass(frozen=True)
class Terms:
    """What holds for every meter of the history: the rates' prefix, the meters' size and unit, who loads."""

    rate_prefix: str
    meter_size: str
    unit: str
    by: User


def load(
    *,
    accounts: list[AccountHistory],
    versions: Iterable[NewVersion],
    terms: Terms,
    source_name: str,
    source_sha256: str,
) -> Loaded:
    """Write the rates and the city in one transaction: all of it or none.

    A service point has its own meter, register and agreement under the rate ``prefix:CLASS``; a reading at the end of
    each month in which the file has a use, after a set reading at the start of the first one. A class without a rate
    is loaded all the same and held when it is billed. Raises ``DatabaseNotEmpty`` or what the rate book refuses.
    """
    check_empty()
    months = [month for account in accounts for point in account.points for month in point.uses]
    first, last = dt.date(*min(months), 1), dt.date(*max(months), 1)
    points = sum(len(account.points) for account in accounts)
    with transaction.atomic():
        for version in versions:
            rate_book.store_version(
                code=version.code,
                name=version.name,
                service=version.service,
                unit=version.unit,
                definition=version.definition,
                effective_from=version.effective_from,
                source_name=source_name,
                source_sha256=source_sha256,
                by=terms.by,
            )
        ledger.ensure_periods(from_date=first, to_date=_next_year(last), by=terms.by)
        readings = _write_accounts(accounts, terms)
        audit.record(
            code="desk.city.loaded",
            by=terms.by,
            kind="city",
            key=source_name,
            summary=f"{len(accounts)} accounts and {points} meters loaded from {source_name}",
        )
    analyze()
    return Loaded(len(accounts), points, readings, first, last)


def _write_accounts(accounts: list[AccountHistory], terms: Terms) -> int:
    cycle = Cycle.objects.create(code=CYCLE, name="All accounts", months_per_period=1, bills_when_read=True)
    writer, readings = CityWriter(), 0
    for index, account in enumerate(accounts, start=1):
        number = writer.new_account_number(of=len(accounts))
        account_id = _write_account(writer, account, number, cycle_id=cycle.pk)
        premise_id = _write_premise(writer, account)
        for point in account.points:
            readings += _write_point(writer, account, point, premise_id, account_id=account_id, terms=terms)
        if index % ACCOUNTS_AT_ONCE == 0:
            writer.flush()
    writer.flush()
    return readings


def _write_account(writer: CityWriter, account: AccountHistory, number: str, *, cycle_id: int) -> int:
    opened = dt.date(*account.first_month, 1)
    party_id = writer.add(
        "accounts_party",
        kind="PERSON",
        name=f"Customer {account.customer}",
        language="en",
        is_confidential=False,
    )
    account_id = writer.add(
        "accounts_account", number=number, kind="REGULAR", cycle_id=cycle_id, opened_date=opened
    )
    dated = {"account_id": account_id, "from_date": opened}
    writer.add("accounts_accountrole", party_id=party_id, kind="HOLDER", is_liable=True, **dated)
    writer.add("accounts_accountclass", purpose="CUSTOMER", value=account.customer_class, **dated)
    legacy = f"{account.customer}-{account.customer_class}"[:40]
    for kind, value in (("ACCOUNT_NUMBER", number), ("LEGACY_ACCOUNT", legacy)):
        writer.add("accounts_identifier", kind=kind, value=value, **dated)
    return account_id


def _write_premise(writer: CityWriter, account: AccountHistory) -> int:
    """A history names no place: the premise says whose it is."""
    nothing = dict.fromkeys(
        ("house_number", "street_prefix", "street_type", "street_suffix", "city", "state", "postal_code"), ""
    )
    return writer.add(
        "accounts_premise",
        street_name=f"Place of customer {account.customer}",
        unit=account.customer_class.replace("_", " ").lower()[:20],
        parcel_number="",
        location_note="",
        **nothing,
    )


def _write_point(
    writer: CityWriter,
    account: AccountHistory,
    point: PointHistory,
    premise_id: int,
    *,
    account_id: int,
    terms: Terms,
) -> int:
    start = dt.date(*point.first_month, 1)
    point_id = writer.add(
        "accounts_servicepoint", premise_id=premise_id, service="WATER", number=point.number
    )
    writer.add(
        "accounts_serviceagreement",
        account_id=account_id,
        service_point_id=point_id,
        service="WATER",
        rate_code=f"{terms.rate_prefix}:{account.customer_class}",
        status="ACTIVE",
        from_date=start,
    )
    step, dials = _register_of(point)
    meter_id = writer.add(
        "metering_meter",
        serial_number=f"{account.customer}-{account.customer_class}-{point.number}"[:40],
        size=terms.meter_size,
        make="",
        status="INSTALLED",
    )
    register_id = writer.add(
        "metering_register",
        meter_id=meter_id,
        position=1,
        dial_count=dials,
        multiplier=step,
        unit=terms.unit,
    )
    writer.add("metering_installation", meter_id=meter_id, service_point_id=point_id, from_date=start)
    writer.add(
        "metering_usagesource",
        service_point_id=point_id,
        register_id=register_id,
        sign=1,
        share=Decimal(1),
        from_date=start,
    )
    return _write_readings(writer, point, register_id, step=step, dials=dials, by=terms.by)


def _write_readings(
    writer: CityWriter, point: PointHistory, register_id: int, *, step: Decimal, dials: int, by: User
) -> int:
    zone = ZoneInfo(settings.TIME_ZONE)
    index = Decimal(0)
    moments = [(dt.date(*point.first_month, 1), Decimal(0), "SET")]
    moments += [(_month_after(*month), use, "ACTUAL") for month, use in sorted(point.uses.items())]
    for day, use, kind in moments:
        index += use / step
        writer.add_reading(
            register_id=register_id,
            on_date=day,
            read_at=dt.datetime.combine(day, dt.time(0, 0, 1), tzinfo=zone),
            dials=f"{index.to_integral_value():0{dials}f}"[:12],
            value=index,
            kind=kind,
            source="HISTORY",
            by_id=by.pk,
        )
    return len(moments)


def _register_of(point: PointHistory) -> tuple[Decimal, int]:
    """What one unit of the last dial is worth, and as many dials as the use needs so that it never rolls over."""
    decimals = max(-int(use.normalize().as_tuple().exponent) for use in point.uses.values())
    step = Decimal(1).scaleb(-max(decimals, 0))
    return step, max(len(str(int(point.total / step))), 4)


def _month_after(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1)


def _next_year(day: dt.date) -> dt.date:
    return dt.date(day.year + 2, 1, 1)
