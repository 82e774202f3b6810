"""Credit and collections: what is late, and what may lawfully be done about it.

Owns: the question whether a shutoff is lawful and still owed at this moment (from ledger facts).
Never: creates field orders (serviceorders claims what is due) and stores no delinquency stage, it is computed.
Invariants: an answer is given for one account, one moment, from ledger facts read under lock.
"""
