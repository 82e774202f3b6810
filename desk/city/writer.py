"""Rows of accounts and metering collected in Python and written by COPY, in the order of their references."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from accounts.numbers import account_number
from core import sequences
from core.db import copy_rows, reserve_ids

# Every table that a city is written to, lower floors first, with the columns that are given.
TABLES: dict[str, tuple[str, ...]] = {
    "accounts_party": ("id", "kind", "name", "language", "is_confidential"),
    "accounts_contactpoint": ("id", "party_id", "kind", "purpose", "value", "digits", "state", "from_date", "to_date"),
    "accounts_premise": (
        "id", "house_number", "street_prefix", "street_name", "street_type", "street_suffix", "unit", "city", "state",
        "postal_code", "parcel_number", "location_note",
    ),
    "accounts_account": ("id", "number", "kind", "cycle_id", "opened_date", "closed_date"),
    "accounts_accountrole": ("id", "account_id", "party_id", "kind", "is_liable", "from_date", "to_date"),
    "accounts_accountclass": ("id", "account_id", "purpose", "value", "from_date", "to_date"),
    "accounts_billingstatus": ("id", "account_id", "status", "from_date", "to_date", "reason"),
    "accounts_mailingaddress": ("id", "account_id", "addressee", "lines", "from_date", "to_date", "source"),
    "accounts_identifier": (
        "id", "kind", "value", "account_id", "premise_id", "party_id", "from_date", "to_date",
    ),
    "accounts_servicepoint": ("id", "premise_id", "service", "number", "route_id", "walk_order"),
    "accounts_physicalstatus": ("id", "service_point_id", "status", "from_date", "to_date", "reason"),
    "accounts_serviceagreement": (
        "id", "account_id", "service_point_id", "service", "rate_code", "status", "from_date", "to_date",
    ),
    "accounts_determinant": (
        "id", "service_point_id", "agreement_id", "kind", "value", "unit", "from_date", "to_date", "source",
    ),
    "accounts_alert": ("id", "account_id", "kind", "text", "source", "from_date", "to_date", "created_by_id"),
    "accounts_note": ("id", "account_id", "kind", "text", "is_pinned", "written_by_id"),
    "metering_meter": ("id", "serial_number", "size", "make", "status", "purchased_date"),
    "metering_register": ("id", "meter_id", "position", "dial_count", "multiplier", "unit"),
    "metering_installation": ("id", "meter_id", "service_point_id", "from_date", "to_date"),
    "metering_usagesource": ("id", "service_point_id", "register_id", "sign", "share", "from_date", "to_date"),
    "metering_reading": (
        "id", "register_id", "read_at", "read_date", "dials", "value", "kind", "source", "reader", "recorded_by_id",
    ),
}  # fmt: skip
RESERVED_AT_ONCE = 2000


class CityWriter:
    """Collects rows, hands out their ids, and writes them; call ``flush`` inside a transaction."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._ids: dict[str, Iterator[int]] = {}
        self._numbers: Iterator[int] = iter(())

    def add(self, table: str, **values: Any) -> int:
        """Collect one row; gives the id that it will have. A column that is not given is empty."""
        row_id = values.get("id") or self.new_id(table)
        columns = TABLES[table]
        unknown = values.keys() - set(columns)
        if unknown:
            raise KeyError(f"{table} has no {', '.join(sorted(unknown))} here")
        self._rows[table].append((row_id, *(values.get(column) for column in columns[1:])))
        return row_id

    def new_id(self, table: str) -> int:
        """The next id of a table, reserved from its sequence."""
        found = next(self._ids.get(table, iter(())), None)
        if found is None:
            self._ids[table] = iter(reserve_ids(table, RESERVED_AT_ONCE))
            found = next(self._ids[table])
        return found

    def new_account_number(self, *, of: int) -> str:
        """The next account number with its check digit; ``of`` says how many will be taken in all."""
        found = next(self._numbers, None)
        if found is None:
            last = sequences.take(series="account", count=of)
            self._numbers = iter(range(last - of + 1, last + 1))
            found = next(self._numbers)
        return account_number(found)

    def add_reading(
        self,
        *,
        register_id: int,
        on_date: dt.date,
        read_at: dt.datetime,
        dials: str,
        value: Any,
        kind: str,
        source: str,
        by_id: int,
    ) -> int:
        """Collect one reading, taken as accepted: no exception is raised on it."""
        return self.add(
            "metering_reading",
            register_id=register_id,
            read_at=read_at,
            read_date=on_date,
            dials=dials,
            value=value,
            kind=kind,
            source=source,
            reader="",
            recorded_by_id=by_id,
        )

    def flush(self) -> int:
        """Write what was collected and forget it; gives the count of rows."""
        count = 0
        for table, columns in TABLES.items():
            rows = self._rows.pop(table, [])
            if rows:
                count += copy_rows(table, columns, rows)
        return count
