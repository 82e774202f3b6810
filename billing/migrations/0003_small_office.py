"""A run that its maker approves needs a review in small-office mode."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.db import sql_file
from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_search_and_guards"),
        ("billing", "0002_guards"),
        ("core", "0003_small_office"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="billrun",
            name="billing_billrun_second_person",
        ),
        migrations.AddField(
            model_name="billrun",
            name="small_office_review",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.smallofficereview",
            ),
        ),
        migrations.AddConstraint(
            model_name="billrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("approved_by", models.F("made_by")), _negated=True),
                    ("small_office_review__isnull", False),
                    _connector="OR",
                ),
                name="billing_billrun_second_person",
            ),
        ),
        sql_file(__file__, "small_office"),
        *guards_for("billing"),
    ]
