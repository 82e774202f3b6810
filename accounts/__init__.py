"""Who is served where: parties, premises, service points, accounts, agreements and their dated facts.

Owns: parties and roles, identifiers, premises, service points, agreements, determinants, cycles, routes, notes, alerts.
Never: holds a balance, a reading or a bill; never deletes or edits a dated fact, it ends it.
Invariants: two agreements never overlap on one service point; dated facts of one kind never overlap; identifiers
live for ever and find what they named; account numbers carry a check digit.
"""
