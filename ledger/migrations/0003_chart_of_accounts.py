"""The chart of accounts that an office begins with: funds, GL accounts, charge types and reasons."""

from django.db import migrations

FUNDS = [
    ("POOL", "Pooled cash", True),
    ("WATER", "Water fund", False),
    ("SEWER", "Sewer fund", False),
    ("STORM", "Stormwater fund", False),
    ("ELECTRIC", "Electric fund", False),
    ("GAS", "Gas fund", False),
    ("REFUSE", "Refuse fund", False),
    ("GENERAL", "General fund", False),
]
SERVICES = ["WATER", "SEWER", "STORM", "ELECTRIC", "GAS", "REFUSE"]
GL_ACCOUNTS = [
    ("1010", "Cash in drawers", "ASSET", "NONE"),
    ("1020", "Cash in bank", "ASSET", "NONE"),
    ("1030", "Lockbox clearing", "ASSET", "NONE"),
    ("1200", "Utility receivable", "ASSET", "RECEIVABLE"),
    ("1310", "Due from other funds", "ASSET", "NONE"),
    ("2100", "Unapplied credit", "LIABILITY", "UNAPPLIED"),
    ("2200", "Customer deposits held", "LIABILITY", "HELD"),
    ("2300", "Refunds payable", "LIABILITY", "NONE"),
    ("2310", "Due to other funds", "LIABILITY", "NONE"),
    ("2400", "Taxes payable", "LIABILITY", "NONE"),
    ("2500", "Due to other agencies", "LIABILITY", "NONE"),
    ("2510", "Billed for other agencies, not collected", "LIABILITY", "NONE"),
    ("3900", "Opening balances", "EQUITY", "NONE"),
    ("4100", "Service revenue", "REVENUE", "NONE"),
    ("4200", "Penalties", "REVENUE", "NONE"),
    ("4300", "Fees", "REVENUE", "NONE"),
    ("4400", "Miscellaneous revenue", "REVENUE", "NONE"),
    ("5100", "Adjustments", "EXPENSE", "NONE"),
    ("5200", "Interest on deposits", "EXPENSE", "NONE"),
    ("5900", "Cash over and short", "EXPENSE", "NONE"),
]
# code, name, GL account credited, fund where the service gives none, priority, tax, penalty, curtailable
CHARGE_TYPES = [
    ("WATER", "Water", "4100", "WATER", 50, False, False, True),
    ("SEWER", "Sewer", "4100", "SEWER", 50, False, False, True),
    ("STORM", "Stormwater", "4100", "STORM", 50, False, False, True),
    ("ELECTRIC", "Electricity", "4100", "ELECTRIC", 50, False, False, True),
    ("GAS", "Gas", "4100", "GAS", 50, False, False, True),
    ("REFUSE", "Refuse", "4100", "REFUSE", 50, False, False, True),
    ("TAX", "Utility tax", "2400", "GENERAL", 50, True, False, True),
    ("FEE", "Fee", "4300", "GENERAL", 60, False, False, True),
    ("PENALTY", "Late payment penalty", "4200", "GENERAL", 60, False, True, True),
    ("OPENING", "Opening balance", "3900", "GENERAL", 50, False, False, True),
]
REASONS = [
    ("BILL", "Bill"),
    ("BILL_REVERSAL", "Bill reversed"),
    ("PAYMENT", "Payment"),
    ("VOID", "Receipt voided"),
    ("ALLOCATE", "Credit applied"),
    ("UNALLOCATE", "Credit taken back"),
    ("ADJUST", "Adjustment"),
    ("OPENING", "Opening balance"),
    ("FEE", "Fee"),
    ("DEPOSIT", "Security deposit"),
    ("TRANSFER", "Transfer"),
    ("REFUND", "Refund"),
    ("PENALTY", "Penalty"),
    ("WRITE_OFF", "Write-off"),
    ("RETURNED", "Returned payment"),
]


def seed(apps, schema_editor):
    model = lambda name: apps.get_model("ledger", name)  # noqa: E731 - a shorthand for seven lines
    funds = {
        code: model("Fund").objects.create(code=code, name=name, is_pool=is_pool)
        for code, name, is_pool in FUNDS
    }
    for service in SERVICES:
        model("ServiceFund").objects.create(service=service, fund=funds[service])
    gl_accounts = {
        code: model("GLAccount").objects.create(code=code, name=name, kind=kind, control=control)
        for code, name, kind, control in GL_ACCOUNTS
    }
    for code, name, credited, fund, priority, is_tax, is_penalty, is_curtailable in CHARGE_TYPES:
        model("ChargeType").objects.create(
            code=code,
            name=name,
            credit_account=gl_accounts[credited],
            fund=funds[fund],
            priority=priority,
            is_tax=is_tax,
            is_penalty=is_penalty,
            is_curtailable=is_curtailable,
        )
    for code, name in REASONS:
        model("ReasonCode").objects.create(code=code, name=name)


def unseed(apps, schema_editor):
    for name in ("ReasonCode", "ChargeType", "GLAccount", "ServiceFund", "Fund"):
        apps.get_model("ledger", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_ledger_guards")]

    operations = [migrations.RunPython(seed, unseed)]
