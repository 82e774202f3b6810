"""The database's own rules on receipts, tenders and voids."""

from django.db import migrations

from core.db import sql_file
from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0001_initial"),
        ("core", "0002_guards"),
    ]

    operations = [
        sql_file(__file__, "0002_receipt_guards"),
        *guards_for("payments"),
    ]
