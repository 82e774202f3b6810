"""What may be done with meters and readings, as verbs."""

PERMISSIONS = {
    "enter_readings": "Enter meter readings",
    "resolve_exceptions": "Decide about readings that hold a bill",
}
