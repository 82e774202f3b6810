"""Verbs of field work."""

PERMISSIONS = {
    "view_orders": "See field work",
    "request_order": "Ask for field work",
    "dispatch_orders": "Give orders to crews, cancel and recall them",
    "complete_orders": "Report what was done in the field",
}
