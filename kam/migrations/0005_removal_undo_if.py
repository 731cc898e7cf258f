from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kam", "0004_outbox")]

    operations = [
        migrations.AddField(
            model_name="removal",
            name="undo_if",
            field=models.CharField(default="", max_length=120),
            preserve_default=False,
        ),
    ]
