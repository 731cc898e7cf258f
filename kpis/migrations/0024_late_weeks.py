from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kpis", "0023_account_margins")]

    operations = [
        AddIndexConcurrently(
            model_name="measurevalue",
            index=models.Index(fields=["measure", "week"], condition=models.Q(late=True), name="measurevalue_late"),
        ),
    ]
