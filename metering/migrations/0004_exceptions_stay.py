"""What was found in a reading is decided, and never taken away."""

from django.db import migrations

from core.db import sql_file


class Migration(migrations.Migration):
    dependencies = [("core", "0002_guards"), ("metering", "0003_search_and_guards")]

    operations = [sql_file(__file__, "exceptions_stay")]
