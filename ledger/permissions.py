"""Verbs of the ledger."""

PERMISSIONS = {
    "view_ledger": "See entries, postings and balances of the books",
    "post_entries": "Post entries by hand",
    "close_periods": "Open and close accounting periods",
}
