"""What somebody could do with the database who has taken over the web or a worker: rows, and nothing else."""

import pytest
from django.db import DatabaseError, connection, transaction

pytestmark = pytest.mark.django_db

FORBIDDEN = [
    "CREATE TABLE x (a int)",
    "CREATE SCHEMA x",
    "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "CREATE ROLE x SUPERUSER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY kam_user TO '/tmp/never'",
    "COPY kam_user FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_reload_conf()",
    "SET session_replication_role = replica",
    "SET ROLE pg_execute_server_program",
    "UPDATE kam_entry SET verb = 'x'",
    "DELETE FROM kam_entry",
    "TRUNCATE kam_entry",
    "DROP TABLE kam_entry",
    "ALTER TABLE kam_entry DISABLE TRIGGER ALL",
    "UPDATE plans_signature SET comment = 'x'",
    "DELETE FROM plans_signature",
    "TRUNCATE plans_plan CASCADE",
    "ALTER TABLE plans_signature DISABLE TRIGGER ALL",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
    "DELETE FROM django_migrations",
    "SELECT kam_make_partition('kam_user', '2026-01-01')",
    "SELECT kam_make_partition('kpis_sellthrough; DROP TABLE kam_user', '2026-01-01')",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_web_role_may_not(statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_functions_that_run_as_the_owner_look_for_names_in_their_own_schema_only():
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname, proconfig FROM pg_proc WHERE prosecdef")
        found = dict(cursor.fetchall())
    assert set(found) == {"kam_make_partition", "kam_analyze"}
    assert all(any(setting.startswith("search_path=") for setting in found[name] or ()) for name in found)


def test_the_web_role_owns_nothing_and_belongs_to_no_other_role():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = relowner WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,"
            " (SELECT count(*) FROM pg_auth_members WHERE member = r.oid) FROM pg_roles r WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, 0)
