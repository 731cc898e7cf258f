from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kpis", "0018_watched_files")]

    operations = [
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(fields=["ordered_on", "id"], name="orderline_newest"),
        ),
    ]
