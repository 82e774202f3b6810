"""What a city decides about taking money at the counter."""

from decimal import Decimal

from core.policy import Parameter

PARAMETERS = [
    Parameter(
        name="payments.cash_report_amount",
        kind="decimal",
        default=Decimal("10000.00"),
        unit="dollars",
        governs="Cash above this on one receipt: the clerk is told that the payment must be reported.",
        governed_by="act date",
        citation="26 U.S.C. 6050I, as the city's counsel reads it for the utility",
    ),
    Parameter(
        name="payments.receipt_footer",
        kind="text",
        default="Thank you. Keep this receipt.",
        unit="",
        governs="The last words on a printed receipt.",
        governed_by="act date",
    ),
]
