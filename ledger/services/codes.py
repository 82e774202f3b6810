"""Keys of the chart of accounts by their codes, read at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from ledger.sql import fetch

T = TypeVar("T")


class CodeUnknown(LookupError):
    """A GL account, fund, reason or agency of that code does not exist."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Keys by code, and the control of each GL account."""

    gl_accounts: dict[str, tuple[int, str]]
    funds: dict[str, int]
    reasons: dict[str, int]
    agencies: dict[str, int]

    def gl_account(self, code: str) -> tuple[int, str]:
        return _known(self.gl_accounts, code, "GL account")

    def fund(self, code: str) -> int:
        return _known(self.funds, code, "fund")

    def reason(self, code: str) -> int:
        return _known(self.reasons, code, "reason")

    def agency(self, code: str) -> int | None:
        return _known(self.agencies, code, "agency") if code else None


def _known(table: dict[str, T], code: str, what: str) -> T:
    try:
        return table[code]
    except KeyError:
        raise CodeUnknown(f'There is no {what} "{code}". Add it to the chart of accounts first.') from None


def load_codes() -> Codes:
    """Read the chart's codes in one query."""
    codes = Codes({}, {}, {}, {})
    for table, code, pk, control in fetch(
        "SELECT 'gl', code, id, control FROM ledger_glaccount"
        " UNION ALL SELECT 'fund', code, id, '' FROM ledger_fund"
        " UNION ALL SELECT 'reason', code, id, '' FROM ledger_reasoncode"
        " UNION ALL SELECT 'agency', code, id, '' FROM ledger_agency"
    ):
        if table == "gl":
            codes.gl_accounts[code] = (pk, control)
        else:
            {"fund": codes.funds, "reason": codes.reasons, "agency": codes.agencies}[table][code] = pk
    return codes
