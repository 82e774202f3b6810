"""Field work: shutoff, restore, reread and final read orders, their states and what completing them writes.

Owns: service orders and their events, claims on credits that recall a shutoff.
Never: cuts on a stale list; dispatch and completion ask again whether the shutoff is still owed.
Invariants: one open order of a type per service point; completion writes the read and the agreement's status in the
same transaction; every change of state is an event.
"""
