"""Meters as something accounts are found by, and the guards of this app's tables."""

from django.db import migrations

from core.db import sql_file
from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [
        ("metering", "0002_exception_codes"),
        ("accounts", "0003_search_and_guards"),
        ("core", "0002_guards"),
    ]

    operations = [sql_file(__file__, "search_and_supersede"), *guards_for("metering")]
