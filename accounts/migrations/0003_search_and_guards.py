"""The triggers that keep what accounts are found by, and the guards of this app's tables."""

from django.db import migrations

from core.db import sql_file
from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_search_words"), ("core", "0002_guards")]

    operations = [sql_file(__file__, "search"), *guards_for("accounts")]
