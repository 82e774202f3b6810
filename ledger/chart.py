"""Codes of the chart of accounts that the ledger itself posts to. Migration 0003 makes them; cities may add others."""

from typing import Final

POOL: Final = "POOL"
RECEIVABLE: Final = "1200"
DUE_FROM: Final = "1310"
UNAPPLIED: Final = "2100"
HELD: Final = "2200"
REFUNDS_PAYABLE: Final = "2300"
DUE_TO: Final = "2310"
AGENCY_NOT_COLLECTED: Final = "2510"
OPENING: Final = "3900"
INTEREST: Final = "5200"
