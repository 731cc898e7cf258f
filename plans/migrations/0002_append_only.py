from django.db import migrations

GUARD = """
CREATE TRIGGER plans_signature_append_only BEFORE UPDATE OR DELETE ON plans_signature
    FOR EACH ROW EXECUTE FUNCTION kam_refuse_change();
CREATE TRIGGER plans_signature_no_truncate BEFORE TRUNCATE ON plans_signature
    FOR EACH STATEMENT EXECUTE FUNCTION kam_refuse_change();
"""
UNGUARD = """
DROP TRIGGER plans_signature_append_only ON plans_signature;
DROP TRIGGER plans_signature_no_truncate ON plans_signature;
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial"), ("kam", "0002_append_only")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
