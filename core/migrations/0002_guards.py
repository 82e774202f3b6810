"""The guards' functions, and the guards of this app's own tables."""

from django.db import migrations

from core.db import sql_file
from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [sql_file(__file__, "guards"), *guards_for("core")]
