import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("kpis", "0011_category_weeks")]

    operations = [
        AddIndexConcurrently(
            model_name="productweek",
            index=models.Index(fields=["product", "week"], name="productweek_product"),
        ),
        migrations.AlterField(
            model_name="productweek",
            name="product",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="kpis.product",
            ),
        ),
    ]
