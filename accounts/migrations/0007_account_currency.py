from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0006_words")]

    operations = [AddIndexConcurrently("account", models.Index(fields=["currency", "id"], name="account_currency"))]
