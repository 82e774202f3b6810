"""Reviews of what one person completed alone, their guards, and policy values that end but never change."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import core.fields
from core.db import sql_file
from core.guards import guards_for


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="SmallOfficeReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "act",
                    models.CharField(
                        choices=[("VOID", "Void of a receipt"), ("BILL_RUN", "Approval of a bill run")],
                        max_length=10,
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("key", models.CharField(max_length=80)),
                ("account_number", models.CharField(blank=True, max_length=20)),
                ("amount", core.fields.AmountField()),
                ("act_date", models.DateField()),
                ("due_date", models.DateField()),
                (
                    "done_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("signed_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["-at", "-id"], name="core_audit_newest"),
        ),
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["code", "-at"], name="core_audit_code"),
        ),
        migrations.AddField(
            model_name="smallofficereview",
            name="done_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="smallofficereview",
            name="signed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="smallofficereview",
            index=models.Index(
                condition=models.Q(("signed_by__isnull", True)),
                fields=["due_date"],
                name="core_smallofficereview_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="smallofficereview",
            constraint=models.CheckConstraint(
                condition=models.Q(("act__in", ["VOID", "BILL_RUN"])), name="core_smallofficereview_act"
            ),
        ),
        migrations.AddConstraint(
            model_name="smallofficereview",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0)), name="core_smallofficereview_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="smallofficereview",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_date__gt", models.F("act_date"))), name="core_smallofficereview_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="smallofficereview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("signed_by__isnull", True),
                    models.Q(("signed_by", models.F("done_by")), _negated=True),
                    _connector="OR",
                ),
                name="core_smallofficereview_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="smallofficereview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("signed_at__isnull", True), ("signed_by__isnull", True)),
                    models.Q(("signed_at__isnull", False), ("signed_by__isnull", False)),
                    _connector="OR",
                ),
                name="core_smallofficereview_signed_pair",
            ),
        ),
        sql_file(__file__, "small_office"),
        *guards_for("core"),
    ]
