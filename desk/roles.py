"""The roles of the office and their verbs, in one table; ``manage.py sync_roles`` brings the database up to it.

Duties that must stay apart are pairs of verbs that no role may hold together: who makes a bill run does not approve
it, who takes money does not approve its void.
"""

from __future__ import annotations

from dataclasses import dataclass

LOOK = frozenset({"view_accounts", "view_ledger", "view_receipts", "view_reports", "view_orders"})


@dataclass(frozen=True)
class Role:
    """A role as people know it, what it does, and its verbs."""

    name: str
    description: str
    verbs: frozenset[str]


CLERK = Role(
    name="Clerk",
    description="Serves customers at the counter and on the phone: accounts, payments, orders.",
    verbs=LOOK
    | {
        "edit_accounts",
        "open_accounts",
        "write_notes",
        "take_payment",
        "open_drawer",
        "request_void",
        "request_order",
        "print_bills",
    },
)
BILLING_CLERK = Role(
    name="Billing clerk",
    description="Loads and checks reads, keeps the rates, makes the bill runs and prints them.",
    verbs=LOOK
    | {
        "edit_accounts",
        "open_accounts",
        "write_notes",
        "enter_readings",
        "resolve_exceptions",
        "manage_rates",
        "make_runs",
        "post_runs",
        "print_bills",
        "request_order",
        "dispatch_orders",
        "complete_orders",
        "run_proofs",
    },
)
SUPERVISOR = Role(
    name="Supervisor",
    description="Approves runs, voids and rates, closes periods, watches the proofs.",
    verbs=LOOK
    | {
        "edit_accounts",
        "write_notes",
        "enter_readings",
        "resolve_exceptions",
        "approve_rates",
        "approve_runs",
        "post_runs",
        "reverse_runs",
        "print_bills",
        "approve_void",
        "request_order",
        "dispatch_orders",
        "complete_orders",
        "post_entries",
        "close_periods",
        "view_approvals",
        "view_audit",
        "export_reports",
        "manage_policy",
        "run_proofs",
        "sign_reviews",
    },
)
CREW = Role(
    name="Field crew",
    description="Reports what was done in the field.",
    verbs=frozenset({"view_orders", "complete_orders"}),
)
AUDITOR = Role(
    name="Auditor",
    description="Sees everything, changes nothing.",
    verbs=LOOK | {"view_approvals", "view_audit", "export_reports", "run_proofs"},
)
ADMINISTRATOR = Role(
    name="Administrator",
    description="Adds people and gives them roles; takes no money and approves nothing beforehand.",
    verbs=frozenset(
        {
            "view_accounts",
            "view_approvals",
            "view_audit",
            "manage_users",
            "manage_policy",
            "run_proofs",
            "sign_reviews",
        }
    ),
)

ROLES = (CLERK, BILLING_CLERK, SUPERVISOR, CREW, AUDITOR, ADMINISTRATOR)

# Nobody may hold both verbs of a pair, by one role or by several, unless small-office mode is on: then every act that
# one person completes alone is reviewed by another.
APART = (
    ("make_runs", "approve_runs"),
    ("manage_rates", "approve_rates"),
    ("take_payment", "approve_void"),
    ("take_payment", "post_entries"),
    ("take_payment", "make_runs"),
    ("manage_users", "approve_void"),
    ("manage_users", "take_payment"),
)

# The people of a demo city: user name, name, initials, role.
DEMO_PEOPLE = (
    ("clerk", "Ada Clerk", "AC", CLERK),
    ("biller", "Cora Biller", "CB", BILLING_CLERK),
    ("supervisor", "Ben Supervisor", "BS", SUPERVISOR),
    ("crew", "Joe Crew", "JC", CREW),
    ("auditor", "Ivy Auditor", "IA", AUDITOR),
    ("admin", "Max Administrator", "MA", ADMINISTRATOR),
)
