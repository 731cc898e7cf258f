"""Migrations that old code can live with while it is being replaced (docs/upgrading.md): expand, backfill, contract."""

import os
import subprocess
import sys

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from kam.local import places

FLOORS = ("kam", "accounts", "kpis", "tradeterms", "plans")
# The newest migration of each app that is in a release. What is older ran before anybody had data to lose.
RELEASED = {"kam": 5, "accounts": 4, "kpis": 6, "tradeterms": 1, "plans": 4}
BIG = {"kam.entry", "kpis.accountweek", "kpis.productweek", "kpis.measurevalue", "kpis.orderline", "kpis.invoiceline"}
TAKES_AWAY = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
SQL_TAKES_AWAY = ("DROP TABLE", "DROP COLUMN", "RENAME", "ALTER COLUMN", "SET NOT NULL")


def faults(migration, before, made=frozenset()):
    """Why old code, or a table in use, would not bear this migration. `before` is the state it starts from;
    `made` are models so new that no released code knows them."""
    state, made, found = before.clone(), set(made), []
    for operation in migration.operations:
        if isinstance(operation, migrations.CreateModel):
            made.add(f"{migration.app_label}.{operation.name_lower}")
        elif f"{migration.app_label}.{getattr(operation, 'model_name_lower', '')}" not in made:
            found += _faults_of(operation, migration, state)
        operation.state_forwards(migration.app_label, state)
    return found


def _faults_of(operation, migration, state):
    contracts = getattr(migration, "contracts", "")
    if isinstance(operation, migrations.AlterField):
        old = state.models[migration.app_label, operation.model_name_lower].fields[operation.name]
        if _is_narrower(old, operation.field) and not contracts:
            yield f"{operation.name}: old code writes what the new column does not take"
    elif isinstance(operation, TAKES_AWAY) and not contracts:
        yield f"{operation.describe()}: old code still asks for it"
    elif isinstance(operation, migrations.RunSQL) and not contracts:
        yield from (
            f"{word}: old code still asks for it" for word in SQL_TAKES_AWAY if word in str(operation.sql).upper()
        )
    elif isinstance(operation, migrations.AddField) and not _may_be_left_out(operation.field):
        yield f"{operation.name}: old code inserts rows without it; give it db_default or null"
    elif isinstance(operation, migrations.AddIndex | migrations.RemoveIndex):
        big = f"{migration.app_label}.{operation.model_name_lower}" in BIG
        if big and "Concurrently" not in type(operation).__name__:
            yield f"{operation.describe()}: a big table is locked meanwhile; do it concurrently"


def _is_narrower(old, new):
    both_refer = old.is_relation and new.is_relation and old.remote_field.model == new.remote_field.model
    is_other = not both_refer and old.clone().db_type(connection) != new.clone().db_type(connection)
    return is_other or (old.null and not new.null)


def _may_be_left_out(field):
    return field.null or field.many_to_many or field.db_default is not models.NOT_PROVIDED


def unreleased():
    loader = MigrationLoader(None)
    for key, migration in sorted(loader.disk_migrations.items()):
        if key[0] in FLOORS and int(key[1][:4]) > RELEASED[key[0]]:
            yield pytest.param(loader, migration, id=".".join(key))


@pytest.mark.parametrize(("loader", "migration"), [*unreleased(), pytest.param(None, None, id="none")])
def test_old_code_bears_every_migration(loader, migration):
    if migration is None:
        return
    before = loader.project_state((migration.app_label, migration.name), at_end=False)
    assert faults(migration, before) == []


def test_released_migrations_are_still_there():
    names = [key for key in MigrationLoader(None).disk_migrations if key[0] in FLOORS]
    for app, last in RELEASED.items():
        assert {int(name[:4]) for found, name in names if found == app} >= set(range(1, last + 1))


def migration_of(*operations, **attributes):
    made = type("Migration", (migrations.Migration,), {"operations": list(operations)} | attributes)
    return made("9999_tried", "kam")


TRIED = {
    "a column goes": (migrations.RemoveField("user", "name"), 1),
    "a column gets another name": (migrations.RenameField("user", "name", "called"), 1),
    "a table goes": (migrations.DeleteModel("Mail"), 1),
    "another type": (migrations.AlterField("user", "name", models.IntegerField()), 1),
    "no longer empty": (migrations.AlterField("user", "digest_hour", models.PositiveSmallIntegerField()), 1),
    "only another word": (migrations.AlterField("user", "name", models.CharField("x", max_length=120)), 0),
    "must be written": (migrations.AddField("user", "x", models.IntegerField(default=1)), 1),
    "may be left out": (migrations.AddField("user", "x", models.IntegerField(db_default=1)), 0),
    "may be empty": (migrations.AddField("user", "x", models.IntegerField(null=True)), 0),
    "an index on a big table": (migrations.AddIndex("entry", models.Index(fields=["verb"], name="x")), 1),
    "an index on a small one": (migrations.AddIndex("mail", models.Index(fields=["kind"], name="x")), 0),
    "SQL that takes away": (migrations.RunSQL("ALTER TABLE kam_user DROP COLUMN name"), 1),
    "SQL that adds": (migrations.RunSQL("CREATE INDEX CONCURRENTLY x ON kam_entry (verb)"), 0),
}


@pytest.mark.parametrize("name", TRIED)
def test_the_rule_itself(name):
    operation, count = TRIED[name]
    before = MigrationLoader(None).project_state()
    assert len(faults(migration_of(operation), before)) == count
    contracted = migration_of(operation, contracts="nobody has asked for it since 0.2")
    assert len(faults(contracted, before)) == (count if "index" in name or "must be" in name else 0)


def test_what_is_new_may_change_until_it_is_released():
    before = MigrationLoader(None).project_state()
    fresh = migrations.CreateModel("Fresh", [("id", models.BigAutoField(primary_key=True))])
    adds = migrations.AddField("fresh", "x", models.IntegerField(default=1))
    assert faults(migration_of(fresh, adds), before) == []


ASKS = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW lock_timeout")
    print(cursor.fetchone()[0])
"""


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "patience"), [("owner", "5s"), ("app", "0")])
def test_only_whoever_migrates_gives_up_waiting_for_a_lock(role, patience):
    asked = subprocess.run(
        [sys.executable, "-c", ASKS],
        cwd=places.CHECKOUT,
        env=os.environ | {"KAM_DB_ROLE": role},
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.strip() == patience
