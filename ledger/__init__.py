"""The append-only receivables ledger: the only place a balance comes from.

Owns: funds, accounts of the general ledger, entries and postings, charges, credits, allocations, held money, periods.
Never: knows bills, receipts, notices or orders; documents point down at their entry, an entry points at no document.
Invariants: entries balance in total and within each fund; nothing posted is changed or deleted; credits never exceed
what they came from, allocations never exceed the charge; nothing posts into a closed period; caches equal their source.
"""
