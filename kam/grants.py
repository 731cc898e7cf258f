"""What the web and worker role may do. The owner migrates and then grants; the role itself owns nothing."""

from django.conf import settings
from django.db import connections

FUNCTIONS = {"kam_make_partition": "text, date", "kam_analyze": ""}
APPEND_ONLY = ("kam_entry", "plans_signature", "kpis_forecastversion")


def after_migrate(using, **kwargs):
    """Grant anew after every migration that the owner ran."""
    if settings.DATABASE_ROLE == "owner":
        apply(using)


def apply(using="default"):
    """Grant reading and writing rows on all tables, and only INSERT and SELECT on append-only ones. Idempotent."""
    role = connections[using].ops.quote_name(settings.APP_ROLE)
    with connections[using].cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
        for name, takes in FUNCTIONS.items():
            if _has_function(cursor, name):
                cursor.execute(f"GRANT EXECUTE ON FUNCTION {name}({takes}) TO {role}")
        existing = set(connections[using].introspection.table_names(cursor))
        for table in existing & {*APPEND_ONLY, "django_migrations"}:
            cursor.execute(f"REVOKE UPDATE, DELETE ON {table} FROM {role}")
        if "django_migrations" in existing:
            cursor.execute(f"REVOKE INSERT ON django_migrations FROM {role}")


def _has_function(cursor, name):
    cursor.execute("SELECT 1 FROM pg_proc WHERE proname = %s", [name])
    return cursor.fetchone() is not None
