"""Verbs of reports."""

PERMISSIONS = {
    "view_reports": "See reports",
    "export_reports": "Take reports out of the office as files",
}
