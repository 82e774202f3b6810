"""The clerk's desk: home pages, search, the account on one screen, approvals. Composition only, no models.

Owns: pages and wizards that need several apps, the roles and their verbs, the demo city.
Never: holds data or rules of its own.
Invariants: a wizard calls several apps' services in one durable transaction; every page declares its permission.
"""
