from django.db import migrations

# A Monday is told by whole days from another one: `extract(isodow …)` would cost a third of a bulk load.
TABLE = """
CREATE TABLE kpis_sellthrough (
    week date NOT NULL CONSTRAINT sellthrough_week_is_monday CHECK ((week - date '2001-01-01') % 7 = 0),
    store_id bigint NOT NULL,
    product_id bigint NOT NULL,
    account_id bigint NOT NULL,
    units numeric(14, 3) NOT NULL,
    value numeric(18, 2),
    stock numeric(14, 3),
    receipts numeric(14, 3),
    returns numeric(14, 3),
    currency varchar(3) NOT NULL,
    batch_id bigint NOT NULL,
    CONSTRAINT sellthrough_once PRIMARY KEY (week, store_id, product_id)
) PARTITION BY RANGE (week);
CREATE INDEX sellthrough_account_week ON kpis_sellthrough (account_id, week);
"""

# The role of the web and the workers owns nothing, so it cannot create partitions itself:
# this function does, as the owner, and only for months of partitioned tables of ours.
MAKE = """
CREATE FUNCTION kam_make_partition(parent text, month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    starts date := date_trunc('month', month)::date;
    part text := format('%s_%s', parent, to_char(starts, 'YYYYMM'));
BEGIN
    IF parent NOT IN ('kpis_sellthrough') THEN
        RAISE EXCEPTION 'no partitions are made for %', parent;
    END IF;
    IF to_regclass(quote_ident(part)) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('kam_make_partition'));
    EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                   part, parent, starts, (starts + interval '1 month')::date);
END $$;
REVOKE ALL ON FUNCTION kam_make_partition(text, date) FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("kpis", "0001_initial")]

    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE kpis_sellthrough"),
        migrations.RunSQL(MAKE, "DROP FUNCTION kam_make_partition(text, date)"),
    ]
