"""Cash receipting: drawers, drawer sessions, receipts with lines and tenders, voids.

Owns: drawers and sessions, receipts, receipt lines, tenders, void requests and voids.
Never: decides what a payment settles (the ledger's allocation does) and never knows bills.
Invariants: receipt numbers of a drawer have no gaps; lines = tenders = ledger entry; one open session per drawer and
per person; a void needs a second person while the session is open; the same form twice makes one receipt.
"""
