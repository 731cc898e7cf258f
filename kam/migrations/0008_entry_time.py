from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kam", "0007_analyze")]

    operations = [AddIndexConcurrently("entry", models.Index(fields=["at", "id"], name="entry_time"))]
