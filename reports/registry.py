"""The reports by name: what each asks for, what it may be seen by, and where its rows come from.

A report gives its rows in two steps, so that a screen of a hundred and a file of a hundred thousand come from the same
two functions: ``keys`` decides which rows there are and their order, ``rows`` writes out a part of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name in files and its label on the screen; ``kind`` is text, number, money, date or status."""

    name: str
    label: str
    kind: str = "text"

    @property
    def is_numeric(self) -> bool:
        """Whether figures line up on the right."""
        return self.kind in ("money", "number")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a cell for each column, and the page of the thing it is about."""

    cells: tuple[Any, ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """The rows' keys, a sentence that says by which date they were chosen, and the totals (a cell a column, or none)."""

    keys: Sequence[Any]
    words: str
    totals: tuple[Any, ...] = ()
    chart: Any = None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the office."""

    code: str
    title: str
    words: str
    icon: str
    verb: str
    form: type[forms.Form]
    columns: tuple[Column, ...]
    run: Callable[[dict[str, Any]], Result]
    rows: Callable[[Sequence[Any], dict[str, Any]], list[Row]]


def all_reports() -> tuple[Report, ...]:
    """Every report, in the order of the index page."""
    from reports import aging, receipts, trial_balance

    return (aging.REPORT, trial_balance.REPORT, receipts.REPORT)


def report(code: str) -> Report | None:
    """The report of that code, or None."""
    return next((each for each in all_reports() if each.code == code), None)
