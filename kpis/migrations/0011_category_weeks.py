import django.db.models.deletion
from django.db import migrations, models

# The sums by category, and the returns of products, come with the next night that sums these weeks.
TOUCH = "INSERT INTO kpis_touched (account_id, week) SELECT account_id, week FROM kpis_accountweek ON CONFLICT DO NOTHING"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_prospects"), ("kpis", "0010_watched_feeds")]

    operations = [
        migrations.CreateModel(
            name="CategoryWeek",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week", models.DateField(verbose_name="week")),
                ("units", models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name="units")),
                ("value", models.DecimalField(decimal_places=2, max_digits=18, null=True, verbose_name="value")),
                ("returns", models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name="returns")),
                ("receipts", models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name="receipts")),
                (
                    "stock",
                    models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name="stock on hand"),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="kpis.category",
                    ),
                ),
            ],
            options={
                "ordering": ["account", "week", "category"],
                "indexes": [models.Index(fields=["category", "week"], name="categoryweek_category")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "week", "category"), name="categoryweek_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="productweek",
            name="returns",
            field=models.DecimalField(decimal_places=3, max_digits=14, null=True, verbose_name="returns"),
        ),
        migrations.RunSQL(TOUCH, migrations.RunSQL.noop),
    ]
