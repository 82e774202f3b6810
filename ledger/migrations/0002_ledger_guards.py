"""The books' own rules as triggers: balance, seal, periods, allocations within limits, and the caches."""

from django.db import migrations

from core.db import sql_file


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("core", "0002_guards")]

    operations = [sql_file(__file__, "ledger_guards")]
