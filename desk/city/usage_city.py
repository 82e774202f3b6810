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


def load(
    *,
    accounts: list[AccountHistory],
    versions: Iterable[NewVersion],
    rate_prefix: str,
    source_name: str,
    source_sha256: str,
    meter_size: str,
    unit: str,
    by: User,
) -> Loaded:
    """Write the rates and the city in one transaction: all of it or none.

    A service point has its own meter, register and agreement under the rate ``prefix:CLASS``; a reading at the end of
    each month in which the file has a use, after a set reading at the start of the first one. A class without a rate
    is loaded all the same and held when it is billed. Raises ``DatabaseNotEmpty`` or what the rate book refuses.
    """
    check_empty()
    months = [month for account in accounts for point in account.points for month in point.uses]
    first, last = dt.date(*min(months), 1), dt.date(*max(months), 1)
    readings = 0
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
                by=by,
            )
        ledger.ensure_periods(from_date=first, to_date=_next_year(last), by=by)
        cycle = Cycle.objects.create(
            code=CYCLE, name="All accounts", months_per_period=1, bills_when_read=True
        )
        writer = CityWriter()
        for index, account in enumerate(accounts, start=1):
            readings += _write_account(
                writer,
                account,
                cycle_id=cycle.pk,
                rate_prefix=rate_prefix,
                meter_size=meter_size,
                unit=unit,
                total=len(accounts),
                by=by,
            )
            if index % ACCOUNTS_AT_ONCE == 0:
                writer.flush()
        writer.flush()
        points = sum(len(account.points) for account in accounts)
        audit.record(
            code="desk.city.loaded",
            by=by,
            kind="city",
            key=source_name,
            summary=f"{len(accounts)} accounts and {points} meters loaded from {source_name}",
        )
    analyze()
    return Loaded(len(accounts), points, readings, first, last)


def _write_account(
    writer: CityWriter,
    account: AccountHistory,
    *,
    cycle_id: int,
    rate_prefix: str,
    meter_size: str,
    unit: str,
    total: int,
    by: User,
) -> int:
    opened = dt.date(*account.first_month, 1)
    name = f"Customer {account.customer}"
    number = writer.new_account_number(of=total)
    party_id = writer.add("accounts_party", kind="PERSON", name=name, language="en", is_confidential=False)
    account_id = writer.add(
        "accounts_account", number=number, kind="REGULAR", cycle_id=cycle_id, opened_date=opened
    )
    writer.add(
        "accounts_accountrole",
        account_id=account_id,
        party_id=party_id,
        kind="HOLDER",
        is_liable=True,
        from_date=opened,
    )
    writer.add(
        "accounts_accountclass",
        account_id=account_id,
        purpose="CUSTOMER",
        value=account.customer_class,
        from_date=opened,
    )
    for kind, value in (
        ("ACCOUNT_NUMBER", number),
        ("LEGACY_ACCOUNT", f"{account.customer}-{account.customer_class}"[:40]),
    ):
        writer.add("accounts_identifier", kind=kind, value=value, account_id=account_id, from_date=opened)
    premise_id = writer.add(
        "accounts_premise",
        house_number="",
        street_prefix="",
        street_name=f"Place of customer {account.customer}",
        street_type="",
        street_suffix="",
        unit=account.customer_class.replace("_", " ").lower()[:20],
        city="",
        state="",
        postal_code="",
        parcel_number="",
        location_note="",
    )
    count = 0
    for point in account.points:
        agreement = {"account_id": account_id, "rate_code": f"{rate_prefix}:{account.customer_class}"}
        serial = f"{account.customer}-{account.customer_class}-{point.number}"[:40]
        count += _write_point(
            writer,
            point,
            premise_id=premise_id,
            agreement=agreement,
            serial=serial,
            meter_size=meter_size,
            unit=unit,
            by=by,
        )
    return count


def _write_point(
    writer: CityWriter,
    point: PointHistory,
    *,
    premise_id: int,
    agreement: dict[str, object],
    serial: str,
    meter_size: str,
    unit: str,
    by: User,
) -> int:
    start = dt.date(*point.first_month, 1)
    point_id = writer.add(
        "accounts_servicepoint", premise_id=premise_id, service="WATER", number=point.number
    )
    writer.add(
        "accounts_serviceagreement",
        service_point_id=point_id,
        service="WATER",
        status="ACTIVE",
        from_date=start,
        **agreement,
    )
    step, dials = _register_of(point)
    meter_id = writer.add(
        "metering_meter", serial_number=serial, size=meter_size, make="", status="INSTALLED"
    )
    register_id = writer.add(
        "metering_register", meter_id=meter_id, position=1, dial_count=dials, multiplier=step, unit=unit
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
    zone = ZoneInfo(settings.TIME_ZONE)
    index = Decimal(0)
    moments = [(start, Decimal(0), "SET")]
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
