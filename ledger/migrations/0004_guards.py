"""The guards that the models declare: append-only tables and the periods' states."""

from django.db import migrations

from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_chart_of_accounts")]

    operations = [*guards_for("ledger")]
