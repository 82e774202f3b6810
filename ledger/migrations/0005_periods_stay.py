"""A period that was opened is never taken away."""

from django.db import migrations

from core.db import sql_file


class Migration(migrations.Migration):
    dependencies = [("core", "0002_guards"), ("ledger", "0004_guards")]

    operations = [sql_file(__file__, "periods_stay")]
