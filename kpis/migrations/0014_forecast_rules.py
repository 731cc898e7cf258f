from django.db import migrations

# What is planned and agreed follows from baseline, events and overrides, whoever changes them and however: a page, the
# API, the night, or somebody who brings back what was removed.
REPLAN = """
CREATE FUNCTION kpis_replan(accounts bigint[], only_product bigint DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO kpis_forecastweek (account_id, product_id, week)
    SELECT DISTINCT e.account_id, e.product_id, w::date
    FROM kpis_forecastevent e
    CROSS JOIN LATERAL (
        SELECT coalesce(min(f.week), date_trunc('week', current_date)::date + 7) AS first
        FROM kpis_forecastweek f WHERE f.account_id = e.account_id
    ) ahead
    CROSS JOIN LATERAL generate_series(
        greatest(date_trunc('week', e.starts)::date, ahead.first),
        least(coalesce(e.ends, ahead.first + 175), ahead.first + 175), interval '1 week') w
    WHERE e.account_id = ANY(accounts) AND e.units IS NOT NULL
        AND (only_product IS NULL OR e.product_id = only_product)
    ON CONFLICT DO NOTHING;

    INSERT INTO kpis_forecastweek (account_id, product_id, week)
    SELECT o.account_id, o.product_id, o.week
    FROM kpis_forecastoverride o
    WHERE o.account_id = ANY(accounts) AND (only_product IS NULL OR o.product_id = only_product)
        AND o.week >= (SELECT coalesce(min(f.week), date_trunc('week', current_date)::date + 7)
            FROM kpis_forecastweek f WHERE f.account_id = o.account_id)
    ON CONFLICT DO NOTHING;

    WITH happens AS (
        SELECT f.id, e.uplift, e.units,
            (least(coalesce(e.ends, f.week + 6), f.week + 6) - greatest(e.starts, f.week) + 1) / 7.0 AS share
        FROM kpis_forecastweek f
        JOIN kpis_forecastevent e ON e.account_id = f.account_id AND (e.product_id IS NULL OR e.product_id = f.product_id)
            AND e.starts <= f.week + 6 AND (e.ends IS NULL OR e.ends >= f.week)
        WHERE f.account_id = ANY(accounts) AND (only_product IS NULL OR f.product_id = only_product)
    ),
    moved AS (
        SELECT id, sum(uplift * share) AS uplift, sum(units * share) AS units FROM happens GROUP BY id
    ),
    fresh AS (
        SELECT f.id, round(CASE WHEN f.baseline IS NULL THEN m.units
            ELSE f.baseline * greatest(1 + coalesce(m.uplift, 0), 0) END, 3) AS planned, o.units AS set_to
        FROM kpis_forecastweek f
        LEFT JOIN moved m ON m.id = f.id
        LEFT JOIN kpis_forecastoverride o
            ON o.account_id = f.account_id AND o.product_id = f.product_id AND o.week = f.week
        WHERE f.account_id = ANY(accounts) AND (only_product IS NULL OR f.product_id = only_product)
    ),
    put AS (
        UPDATE kpis_forecastweek f SET planned = n.planned, agreed = coalesce(n.set_to, n.planned)
        FROM fresh n
        WHERE n.id = f.id AND (f.planned, f.agreed) IS DISTINCT FROM (n.planned, coalesce(n.set_to, n.planned))
        RETURNING 1
    )
    SELECT count(*) FROM put;
$$;

CREATE FUNCTION kpis_replan_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM kpis_replan(ARRAY[OLD.account_id], OLD.product_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM kpis_replan(ARRAY[NEW.account_id], NEW.product_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER kpis_forecastevent_replan AFTER INSERT OR UPDATE OR DELETE ON kpis_forecastevent
    FOR EACH ROW EXECUTE FUNCTION kpis_replan_row();
CREATE TRIGGER kpis_forecastoverride_replan AFTER INSERT OR UPDATE OR DELETE ON kpis_forecastoverride
    FOR EACH ROW EXECUTE FUNCTION kpis_replan_row();

CREATE TRIGGER kpis_forecastversion_append_only BEFORE UPDATE OR DELETE ON kpis_forecastversion
    FOR EACH ROW EXECUTE FUNCTION kam_refuse_change();
CREATE TRIGGER kpis_forecastversion_no_truncate BEFORE TRUNCATE ON kpis_forecastversion
    FOR EACH STATEMENT EXECUTE FUNCTION kam_refuse_change();
"""
UNDO = """
DROP TRIGGER kpis_forecastversion_no_truncate ON kpis_forecastversion;
DROP TRIGGER kpis_forecastversion_append_only ON kpis_forecastversion;
DROP TRIGGER kpis_forecastoverride_replan ON kpis_forecastoverride;
DROP TRIGGER kpis_forecastevent_replan ON kpis_forecastevent;
DROP FUNCTION kpis_replan_row();
DROP FUNCTION kpis_replan(bigint[], bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("kpis", "0013_forecast"), ("kam", "0002_append_only")]

    operations = [migrations.RunSQL(REPLAN, UNDO)]
