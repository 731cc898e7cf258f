from django.db import migrations

REFUSE = """
CREATE FUNCTION kam_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
"""

GUARD = """
CREATE TRIGGER kam_entry_append_only BEFORE UPDATE OR DELETE ON kam_entry
    FOR EACH ROW EXECUTE FUNCTION kam_refuse_change();
CREATE TRIGGER kam_entry_no_truncate BEFORE TRUNCATE ON kam_entry
    FOR EACH STATEMENT EXECUTE FUNCTION kam_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("kam", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION kam_refuse_change() CASCADE"),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
