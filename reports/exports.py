"""A report as a file, from the same rows as its page; taking it out of the office leaves an event."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from defusedcsv import csv
from django.db import transaction
from django.utils import timezone

from core import audit, permissions
from core.models import User
from reports.registry import Report, Result

CHUNK = 1000


def csv_text(report: Report, result: Result, params: dict[str, Any]) -> str:
    """Every row as CSV under the names of the columns.

    A text that a spreadsheet would take for a formula is written so that it stays text.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in report.columns])
    for part in _chunks(result.keys):
        writer.writerows([_cell(cell) for cell in row.cells] for row in report.rows(part, params))
    return text.getvalue()


def record_export(report: Report, result: Result, params: dict[str, Any], *, by: User) -> None:
    """Write who took which report with which parameters. Raises ``PermissionRefused``."""
    permissions.check(by, "export_reports")
    with transaction.atomic():
        audit.record(
            code="reports.report.exported",
            by=by,
            kind="report",
            key=report.code,
            summary=f"Took out {report.title.lower()}, {len(result.keys)} rows: {in_words(params)}",
            data={"parameters": {name: str(value) for name, value in params.items() if value is not None}},
        )


def in_words(params: dict[str, Any]) -> str:
    """The parameters as a short text: ``as_of 2026-03-10, basis posting``."""
    return ", ".join(f"{name} {getattr(value, 'code', value)}" for name, value in params.items() if value)


def file_name(report: Report, params: dict[str, Any]) -> str:
    """A name that says what the file holds: ``aging-2026-03-10-posting.csv``."""
    parts = [str(getattr(value, "code", value)) for value in params.values() if value]
    return "-".join([report.code, *parts]) + ".csv"


def _chunks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(keys), CHUNK):
        yield keys[start : start + CHUNK]


def _cell(cell: Any) -> Any:
    if isinstance(cell, Decimal):
        return cell
    if isinstance(cell, dt.datetime):
        return timezone.localtime(cell).strftime("%Y-%m-%d %H:%M")
    return "" if cell is None else str(cell)
