from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

from kam.words import Words


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kpis", "0024_late_weeks"), ("kam", "0006_words")]

    operations = [
        AddIndexConcurrently("product", GinIndex(Words("name", "code"), name="product_words")),
        migrations.RunSQL("ALTER INDEX product_words ALTER 1 SET STATISTICS 0", migrations.RunSQL.noop),
    ]
