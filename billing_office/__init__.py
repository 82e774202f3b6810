"""Wiring: settings, addresses, the worker, the servers and processes of an office.

Owns: how the apps are put together, started and stopped; the database roles' rights; wake-ups' tasks.
Never does: decide anything about customers or money; it has no models.
Invariants: the application's database role owns nothing; a page is closed unless it says otherwise; no server
is left running when its last user has gone.
"""
