"""Read-only reports: aging, trial balance, registers; screen and CSV from the same rows.

Owns: the registry of reports, their parameters and their exports.
Never: writes anything but the audit event of an export.
Invariants: the same parameters and dates give the same rows; every report says which date it uses.
"""
