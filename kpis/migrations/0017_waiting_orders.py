from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kpis", "0016_archivedmonth")]

    operations = [
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(
                fields=["requested_on"], condition=models.Q(("settled_on", None)), name="orderline_waiting"
            ),
        ),
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(
                fields=["requested_on"],
                include=["account", "received_on", "received", "ordered"],
                name="orderline_lateness",
            ),
        ),
    ]
