"""Wiring: settings, addresses, the worker, the servers and processes of an office.

Owns: how the apps are put together, started and stopped; the database roles' rights; which tasks a wake-up sends.
Never does: decide anything about customers or money; it has no models.
Invariants: the application's database role owns nothing; a page is closed unless it says otherwise; nothing is left
running when the last user of the embedded servers has gone.
"""
