from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kpis", "0025_product_words")]

    operations = [
        migrations.AddField(
            model_name="forecastscore",
            name="by_account",
            field=models.BooleanField(db_default=False, default=False, verbose_name="by the account itself"),
        ),
        migrations.RemoveConstraint(model_name="forecastscore", name="forecastscore_once"),
        migrations.AddConstraint(
            model_name="forecastscore",
            constraint=models.UniqueConstraint(
                fields=("account", "lag", "week", "author", "by_account"),
                name="forecastscore_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="forecastscore",
            constraint=models.CheckConstraint(
                condition=models.Q(("by_account", False), ("author", None), _connector="OR"),
                name="forecastscore_one_author",
                violation_error_message="What an account forecasts was said by none of us.",
            ),
        ),
    ]
