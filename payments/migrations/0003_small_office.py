"""A void that its maker decides needs a review in small-office mode."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.db import sql_file
from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_small_office"),
        ("payments", "0002_receipt_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="voidrequest",
            name="payments_voidrequest_second_person",
        ),
        migrations.AddField(
            model_name="voidrequest",
            name="small_office_review",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="core.smallofficereview",
            ),
        ),
        migrations.AddConstraint(
            model_name="voidrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("requested_by")), _negated=True),
                    ("small_office_review__isnull", False),
                    _connector="OR",
                ),
                name="payments_voidrequest_second_person",
            ),
        ),
        sql_file(__file__, "0003_small_office"),
        *guards_for("payments"),
    ]
