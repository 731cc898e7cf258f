"""What each despatch advice said of an order line, so that several add up."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kpis", "0026_score_by_account")]

    operations = [
        migrations.AddField(
            model_name="orderline",
            name="despatch",
            field=models.JSONField(db_default={}, default=dict, editable=False, verbose_name="despatch advices"),
        ),
    ]
