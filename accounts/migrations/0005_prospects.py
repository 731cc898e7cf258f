from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_notification")]

    operations = [
        migrations.AddIndex(
            model_name="account",
            index=models.Index(condition=models.Q(("state", "prospect")), fields=["id"], name="account_prospect"),
        ),
    ]
