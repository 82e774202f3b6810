"""Rates, bill runs and bills.

Owns: rate schedules and versions, the pure rate engine, bill runs and their items, bills, segments, lines, bill PDFs.
Never: knows payments; a bill prints credits from the ledger; nothing is billed on an unresolved severe exception.
Invariants: live segments of one agreement never overlap; a posted bill has exactly one entry of equal amount (none for
0.00); a posted bill reprints exactly; the approver of a run is never its maker; one live run per cycle and period.
"""
