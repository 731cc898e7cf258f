from django.db import migrations, models

MAKE = """
CREATE OR REPLACE FUNCTION kam_make_partition(parent text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    starts date := date_trunc('month', month)::date;
    part text := format('%s_%s', parent, to_char(starts, 'YYYYMM'));
BEGIN
    IF parent NOT IN ('kpis_sellthrough', 'kpis_stocklevel') THEN
        RAISE EXCEPTION 'no partitions are made for %', parent;
    END IF;
    IF to_regclass(quote_ident(part)) IS NOT NULL THEN
        RETURN;
    END IF;
    {away}PERFORM pg_advisory_xact_lock(hashtext('kam_make_partition'));
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                   part, parent, starts, (starts + interval '1 month')::date);
END $$;
"""
# A month whose rows lie in a file has no partition: new rows beside them would pass for the whole month.
AWAY = """IF EXISTS (SELECT FROM kpis_archivedmonth a WHERE a."table" = parent AND a.month = starts) THEN
        RAISE EXCEPTION '% is archived', part;
    END IF;
    """


class Migration(migrations.Migration):
    dependencies = [("kpis", "0015_stockouts")]

    operations = [
        migrations.CreateModel(
            name="ArchivedMonth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=63)),
                ("month", models.DateField()),
                ("file", models.CharField(max_length=120)),
                ("rows", models.BigIntegerField()),
                ("units", models.DecimalField(decimal_places=3, max_digits=20, null=True)),
                ("value", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ("columns", models.JSONField()),
                ("digest", models.CharField(max_length=64)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("archived_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "archived month",
                "ordering": ["table", "month"],
                "constraints": [
                    models.UniqueConstraint(fields=("table", "month"), name="archivedmonth_once"),
                    models.CheckConstraint(condition=models.Q(("month__day", 1)), name="archivedmonth_first_day"),
                ],
            },
        ),
        migrations.RunSQL(MAKE.replace("{away}", AWAY), MAKE.replace("{away}", "")),
    ]
