from django.db import migrations

FREEZE = """
CREATE FUNCTION plans_plan_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state NOT IN ('signed', 'superseded') THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'UPDATE'
        AND (NEW.state = OLD.state OR (OLD.state = 'signed' AND NEW.state = 'superseded'))
        AND to_jsonb(NEW) - ARRAY['state', 'version', 'updated_at']
            = to_jsonb(OLD) - ARRAY['state', 'version', 'updated_at']
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'plan % is signed: % refused', OLD.id, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

-- Locks the plan's row, so that a row cannot slip in while a signature is being written.
CREATE FUNCTION plans_refuse_if_signed(plan bigint, operation text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    now_is text;
BEGIN
    SELECT p.state INTO now_is FROM plans_plan p WHERE p.id = plan FOR SHARE;
    IF now_is IN ('signed', 'superseded') THEN
        RAISE EXCEPTION 'plan % is signed: % refused', plan, operation USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE FUNCTION plans_goal_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM plans_refuse_if_signed(OLD.plan_id, TG_OP);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    PERFORM plans_refuse_if_signed(NEW.plan_id, TG_OP);
    RETURN NEW;
END $$;

CREATE FUNCTION plans_part_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER plans_plan_frozen BEFORE UPDATE OR DELETE ON plans_plan
    FOR EACH ROW EXECUTE FUNCTION plans_plan_frozen();
CREATE TRIGGER plans_goal_frozen BEFORE INSERT OR UPDATE OR DELETE ON plans_goal
    FOR EACH ROW EXECUTE FUNCTION plans_goal_frozen();
CREATE TRIGGER plans_initiative_frozen BEFORE INSERT OR UPDATE OR DELETE ON plans_initiative
    FOR EACH ROW EXECUTE FUNCTION plans_part_frozen();
CREATE TRIGGER plans_planmeasure_frozen BEFORE INSERT OR UPDATE OR DELETE ON plans_planmeasure
    FOR EACH ROW EXECUTE FUNCTION plans_part_frozen();
"""
THAW = """
DROP TRIGGER plans_planmeasure_frozen ON plans_planmeasure;
DROP TRIGGER plans_initiative_frozen ON plans_initiative;
DROP TRIGGER plans_goal_frozen ON plans_goal;
DROP TRIGGER plans_plan_frozen ON plans_plan;
DROP FUNCTION plans_part_frozen();
DROP FUNCTION plans_goal_frozen();
DROP FUNCTION plans_refuse_if_signed(bigint, text);
DROP FUNCTION plans_plan_frozen();
"""


class Migration(migrations.Migration):
    dependencies = [("plans", "0002_append_only")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
