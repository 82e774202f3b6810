"""What the city decides about bills."""

from __future__ import annotations

from core.policy import Parameter

PARAMETERS = [
    Parameter(
        name="billing.due_days",
        kind="integer",
        default=21,
        unit="days",
        governs="days from the bill date to the due date, moved on to a business day",
        governed_by="bill date",
    ),
    Parameter(
        name="billing.normal_days_a_month",
        kind="integer",
        default=30,
        unit="days",
        governs="length of a normal month of service; a shorter or longer bill is charged by its days out of these",
        governed_by="bill date",
    ),
    Parameter(
        name="billing.shortest_days_a_month",
        kind="integer",
        default=25,
        unit="days",
        governs="fewest days a month of service that are billed as a whole month",
        governed_by="bill date",
    ),
    Parameter(
        name="billing.longest_days_a_month",
        kind="integer",
        default=35,
        unit="days",
        governs="most days a month of service that are billed as a whole month",
        governed_by="bill date",
    ),
    Parameter(
        name="billing.summer_months",
        kind="list",
        default=["5", "6", "7", "8", "9", "10"],
        unit="months",
        governs="months in which a rate's summer prices hold; a bill belongs to the month of its last day",
        governed_by="service date",
    ),
    Parameter(
        name="billing.office_name",
        kind="text",
        default="",
        unit="name",
        governs="name of the office on bills; where it is empty, the one that the server was set up with",
        governed_by="bill date",
    ),
    Parameter(
        name="billing.office_lines",
        kind="list",
        default=["Payments: at the counter or by mail", "Open Monday to Friday"],
        unit="lines",
        governs="address and telephone of the office as bills show them under its name",
        governed_by="bill date",
    ),
]
