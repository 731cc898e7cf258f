"""A backup of a living house, restored into an empty database: nothing is missing, nothing is weaker, work goes on."""

import json
import os
import shutil
import subprocess
import sys
import tarfile

import psycopg
import pytest
from django.test import TransactionTestCase
from psycopg import sql

from kam import backup as backups
from kam.local import places
from kam.local.postgres import APP, OWNER, confine
from kam.models import Entry, Webhook
from kam.models.reader import Reader
from tests import make, servers, world
from tests.kam.rehearsal import PASSWORD

OTHER = f"{servers.NAME}_restored"
REHEARSAL = "import django; django.setup(); from tests.kam import rehearsal; rehearsal.main({place})"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the files that were handed in lie, and the backup of them."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "media" / "imports" / "a").mkdir(parents=True)
    (folder / "media" / "imports" / "a" / "data").write_bytes(b"week;units\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KAM_MEDIA_ROOT", str(folder / "media"))
        yield folder


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker, redis_client, folder):
    """A world with one of everything, committed, for all tests of this file: none of them may change it.

    A webhook stands in the middle of the log: yields the last id before the entries that it has not read.
    """
    with django_db_blocker.unblock():
        yield lived_in()
        TransactionTestCase._fixture_teardown(None)


def lived_in():
    world.build()
    person = make.user(email="mia.berger@example.com", password=PASSWORD)
    entry = Entry.objects.filter(verb="issued").order_by("txid", "pk")[2]
    Webhook.objects.create(
        user=person,
        name="rehearsal",
        url="https://x.example",
        events=["*"],
        sealed_secret="s",
        txid=entry.txid,
        entry=entry.pk,
    )
    Reader.objects.create(name="rehearsal", txid=entry.txid, entry=entry.pk)
    return min(e.pk for e in Entry.objects.all() if (e.txid, e.pk) > (entry.txid, entry.pk)) - 1


@pytest.fixture(scope="module")
def backup(house, folder):
    """The folder of a backup of the house."""
    code, said = manage("manage.py", "backup", str(folder / "backup"))
    assert (code, said.startswith(f"{folder / 'backup'}: ")) == (0, True), said
    return folder / "backup"


@pytest.fixture
def elsewhere():
    """An empty database on the same server, as the embedded server prepares it."""
    with psycopg.connect(servers.POSTGRES.url("postgres", "postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(OTHER), sql.Identifier(OWNER)))
        with psycopg.connect(servers.POSTGRES.url("postgres", OTHER), autocommit=True) as there:
            there.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")
            confine(there, APP)
        yield OTHER
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(OTHER)))


def manage(*command, database=servers.NAME, **env):
    """`manage.py` in a process of its own on a database of the test server."""
    addresses = {
        "DATABASE_URL": servers.POSTGRES.url(OWNER, database),
        "DATABASE_APP_URL": servers.POSTGRES.url(APP, database),
    }
    done = subprocess.run(
        [sys.executable, *command],
        cwd=places.CHECKOUT,
        env=os.environ | addresses | env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def rows_of(database):
    with psycopg.connect(servers.POSTGRES.url("postgres", database)) as there:
        tables = there.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r','p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        return {name: there.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in tables}


def schema_of(database):
    """What protects the data: constraints, indexes, triggers, functions with their rights, rights on tables."""
    with psycopg.connect(servers.POSTGRES.url("postgres", database)) as there:
        return {
            question: sorted(map(str, there.execute(question).fetchall()))
            for question in (
                "SELECT conrelid::regclass, conname, contype, convalidated FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace",
                "SELECT indexrelid::regclass, indrelid::regclass, indisunique, indisvalid FROM pg_index"
                " WHERE indrelid::regclass::text !~ '^pg_'",
                "SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal",
                "SELECT oid::regprocedure, prosecdef, has_function_privilege('public', oid, 'EXECUTE'),"
                f" has_function_privilege('{APP}', oid, 'EXECUTE') FROM pg_proc"
                " WHERE pronamespace = 'public'::regnamespace",
                "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
                f" WHERE grantee = '{APP}' AND table_schema = 'public' AND table_name !~ '_[0-9]{{6}}$'",
                "SELECT nspname, pg_get_userbyid(nspowner), has_schema_privilege('public', oid, 'CREATE'),"
                f" has_schema_privilege('{APP}', oid, 'CREATE') FROM pg_namespace WHERE nspname = 'public'",
            )
        }


def test_the_rehearsal(house, backup, folder, elsewhere, tmp_path):
    assert {path.name: path.stat().st_mode & 0o077 for path in backup.iterdir()} == {
        "database.dump": 0,
        "media.tar": 0,
        "manifest.json": 0,
    }
    assert sorted(path.name for path in folder.iterdir()) == ["backup", "media"]

    there = {"database": elsewhere, "KAM_MEDIA_ROOT": str(tmp_path / "elsewhere")}
    code, said = manage("manage.py", "restore", str(backup), **there)
    assert (code, said.startswith("Restored ")) == (0, True), said
    assert rows_of(elsewhere) == rows_of(servers.NAME) | {"django_session": 0, "usersessions_usersession": 0}
    restored, original = schema_of(elsewhere), schema_of(servers.NAME)
    assert {question: set(restored[question]) ^ set(original[question]) for question in original} == dict.fromkeys(
        original, set()
    )
    assert (tmp_path / "elsewhere" / "imports" / "a" / "data").read_bytes() == b"week;units\n"

    verdict = manage("manage.py", "verify_signatures")
    assert verdict[1].count("head") == 3
    assert manage("manage.py", "verify_signatures", **there) == verdict
    code, said = manage("-c", REHEARSAL.format(place=house), **there, ALLOWED_HOSTS="testserver")
    assert (code, said.startswith("all is well")) == (0, True), said

    refused = manage("manage.py", "restore", str(backup), **there)
    assert refused[0] == 1
    assert "There is data here already: say --replace to lose it" in refused[1]
    code, said = manage(
        "manage.py", "restore", str(backup), "--replace", **there, SECRET_KEY="another-key-" + "ab12" * 12
    )
    assert code == 0, said
    assert "SECRET_KEY or TOKEN_PEPPER is another one" in said


def test_a_broken_backup_changes_nothing(backup, elsewhere, tmp_path):
    target = shutil.copytree(backup, tmp_path / "backup")
    there = {"database": elsewhere, "KAM_MEDIA_ROOT": str(tmp_path / "elsewhere")}
    manifest = json.loads((target / "manifest.json").read_text())

    def tried(**changes):
        (target / "manifest.json").write_text(json.dumps(manifest | changes))
        code, said = manage("manage.py", "restore", str(target), **there)
        assert (code, rows_of(elsewhere)) == (1, {})
        return said.removeprefix("CommandError: ").strip()

    lost = {"rows": manifest["rows"] | {"kam_user": manifest["rows"]["kam_user"] + 1}}
    assert 'kam_user" has lost rows' in tried(**lost)
    assert tried(format=2) == "The backup has format 2; this KAM reads format 1."
    newer = {"migrations": [*manifest["migrations"], "kam.9999_from_the_future"]}
    assert tried(**newer) == "The backup comes from a newer KAM: this one does not know kam.9999_from_the_future."
    with (target / "database.dump").open("r+b") as dump:
        dump.seek(4000)
        dump.write(b"damaged")
    assert tried().endswith("database.dump is not what the backup wrote: its size or SHA-256 differs.")
    assert manage("manage.py", "restore", str(tmp_path), **there)[1].startswith("CommandError: ")
    assert (
        manage("manage.py", "backup", str(target))[1].strip().endswith("exists already: name a folder that does not.")
    )


def test_nobody_restores_under_a_running_house(backup, elsewhere):
    with psycopg.connect(servers.POSTGRES.url(APP, elsewhere)):
        code, said = manage("manage.py", "restore", str(backup), database=elsewhere)
    assert (code, said) == (1, "CommandError: 1 connections of web or workers are open: stop KAM first.\n")


def archive_of(folder, *members):
    path = folder / "media.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.mode = kind, "/etc/passwd", 0o4777
            archive.addfile(member)
    return path


@pytest.fixture(params=["with a filter", "of 3.11.2"])
def python(request, monkeypatch):
    if request.param == "of 3.11.2":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


def test_files_of_an_archive_lie_beside_their_place(python, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    path = archive_of(tmp_path, ("imports", tarfile.DIRTYPE), ("imports/data", tarfile.REGTYPE))
    fresh = backups._unpack(path)
    assert [str(found.relative_to(fresh)) for found in sorted(fresh.rglob("*"))] == ["imports", "imports/data"]
    assert (fresh / "imports" / "data").stat().st_mode & 0o7022 == 0


@pytest.mark.parametrize(
    "member", [("../data", tarfile.REGTYPE), ("data", tarfile.SYMTYPE), ("data", tarfile.FIFOTYPE)]
)
def test_an_archive_that_reaches_elsewhere_leaves_nothing(python, tmp_path, settings, member):
    settings.MEDIA_ROOT = tmp_path / "media"
    with pytest.raises(backups.Unusable, match="is not the archive of a backup"):
        backups._unpack(archive_of(tmp_path, member))
    assert sorted(found.name for found in tmp_path.iterdir()) == ["media.tar"]
