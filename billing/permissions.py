"""Verbs of billing."""

from __future__ import annotations

PERMISSIONS = {
    "manage_rates": "Enter rates and their prices",
    "approve_rates": "Approve rates that somebody else entered",
    "make_runs": "Open, calculate, pause and cancel bill runs",
    "approve_runs": "Approve bill runs that somebody else made",
    "post_runs": "Post approved bill runs",
    "print_bills": "Print bills",
    "reverse_runs": "Reverse posted bill runs",
}
