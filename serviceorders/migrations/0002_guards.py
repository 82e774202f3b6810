"""The guards of this app's tables."""

from django.db import migrations

from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [("serviceorders", "0001_initial"), ("core", "0002_guards")]

    operations = [*guards_for("serviceorders")]
