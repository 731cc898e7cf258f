import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kpis", "0005_cancelled")]

    operations = [
        migrations.AddField(
            model_name="category",
            name="version",
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
        ),
        migrations.AddField(
            model_name="category",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now, verbose_name="created"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="category",
            name="updated_at",
            field=models.DateTimeField(auto_now=True, verbose_name="changed"),
        ),
    ]
