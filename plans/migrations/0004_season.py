from django.db import migrations, models

FREEZE = """
CREATE OR REPLACE FUNCTION plans_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What the night measures is no part of what was agreed.
    IF TG_OP = 'UPDATE'
        AND to_jsonb(NEW) - ARRAY['actual', 'as_of', 'through', 'season']
            = to_jsonb(OLD) - ARRAY['actual', 'as_of', 'through', 'season']
    THEN
        RETURN NEW;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM plans_refuse_if_signed(g.plan_id, TG_OP) FROM plans_goal g WHERE g.id = OLD.goal_id;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    PERFORM plans_refuse_if_signed(g.plan_id, TG_OP) FROM plans_goal g WHERE g.id = NEW.goal_id;
    RETURN NEW;
END $$;
"""
AS_BEFORE = """
CREATE OR REPLACE FUNCTION plans_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What the night measures is no part of what was agreed.
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY['actual', 'as_of'] = to_jsonb(OLD) - ARRAY['actual', 'as_of'] THEN
        RETURN NEW;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        PERFORM plans_refuse_if_signed(g.plan_id, TG_OP) FROM plans_goal g WHERE g.id = OLD.goal_id;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    PERFORM plans_refuse_if_signed(g.plan_id, TG_OP) FROM plans_goal g WHERE g.id = NEW.goal_id;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0003_signed_is_frozen")]
    operations = [
        migrations.AddField("planmeasure", "through", models.DateField(editable=False, null=True)),
        migrations.AddField(
            "planmeasure",
            "season",
            models.DecimalField(decimal_places=6, editable=False, max_digits=7, null=True),
        ),
        migrations.RunSQL(FREEZE, AS_BEFORE),
    ]
