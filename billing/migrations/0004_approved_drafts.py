"""An approved run is posted as it was approved: its drafts stand, and so do who made it and its dates."""

from django.db import migrations

from core.db import sql_file


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_small_office")]

    operations = [sql_file(__file__, "approved_drafts")]
