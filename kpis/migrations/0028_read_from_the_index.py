from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

# What a night or an import wrote is read from the index alone once a vacuum has passed; a fifth of the whole table, at
# which it would come by itself, are months of a long history.
OFTEN = """
ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02)
"""
AS_EVER = "ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)"
TABLES = ("kpis_measurevalue", "kpis_orderline")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kpis", "0027_despatch_advices")]

    operations = [
        AddIndexConcurrently(
            model_name="measurevalue",
            index=models.Index(
                fields=["measure", "week", "account"],
                include=["numerator", "denominator", "late"],
                name="measurevalue_figures",
            ),
        ),
        RemoveIndexConcurrently(model_name="measurevalue", name="measurevalue_week"),
        AddIndexConcurrently(
            model_name="orderline",
            index=models.Index(
                fields=["requested_on", "received_on", "account"],
                condition=models.Q(("received__gt", 0), ("received_on__isnull", False)),
                name="orderline_came",
            ),
        ),
        RemoveIndexConcurrently(model_name="orderline", name="orderline_lateness"),
        *(migrations.RunSQL(OFTEN.format(table=table), AS_EVER.format(table=table)) for table in TABLES),
    ]
