from django.db import migrations

# Only the owner of a table may gather its statistics, and whoever fills many at once cannot wait until autovacuum does:
# without them the planner takes a full table for an empty one. Of an empty one nothing is noted, for it fills later.
ANALYZE = """
CREATE FUNCTION kam_analyze() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name regclass;
    filled boolean;
BEGIN
    FOR name IN
        SELECT oid FROM pg_class
        WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
        IF filled THEN
            EXECUTE format('ANALYZE %s', name);
        END IF;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION kam_analyze() FROM PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("kam", "0006_words")]

    operations = [migrations.RunSQL(ANALYZE, "DROP FUNCTION kam_analyze()")]
