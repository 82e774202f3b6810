"""Posted bills and used rate versions stay as they are; the states follow their tables."""

from django.db import migrations

from core.db import sql_file
from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("core", "0002_guards")]

    operations = [sql_file(__file__, "posted_bills"), *guards_for("billing")]
