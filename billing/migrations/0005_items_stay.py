"""What became of each account of a run stays on record."""

from django.db import migrations

from core.db import sql_file


class Migration(migrations.Migration):
    dependencies = [("core", "0002_guards"), ("billing", "0004_approved_drafts")]

    operations = [sql_file(__file__, "items_stay")]
