"""Pytest plugin (`-p tests.servers`, set in pyproject.toml): the servers that the tests run on.

One embedded PostgreSQL for the whole run, in a temporary folder, never that of a running KAM. While tests are
collected, the owner migrates the database `kam`; each process of the run then gets a copy and a Redis of its own,
and connects as the role that owns nothing, like the web server. The project's settings stay as they are, only the
environment differs.
"""

import atexit
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from kam.local import Advice, keeper, places, servers
from kam.local.postgres import APP, DATABASE, OWNER, Postgres, confine
from kam.local.redis import Redis

PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "main")
IS_WORKER = PROCESS != "main"
NAME = f"test_{PROCESS}"
PATIENCE = 180.0
# Every process waits for the migrations, and a quarter of their time went into looking for rubbish.
MIGRATE = (
    "import gc, sys; gc.disable(); from django.core.management import execute_from_command_line as run; run(sys.argv)"
)
FOREIGN = ("KAM_", "DATABASE_", "REDIS_", "CELERY_", "DJANGO_", "ALLOWED_", "CSRF_", "EMAIL_")
OURS_TO_KEEP = ("KAM_DATA", "KAM_CHROMIUM", "KAM_FUZZ", "KAM_SEEDS", "KAM_TEST_FOLDER")


def _choose_folder() -> Path:
    """The run's temporary folder: made by the first process, inherited by the workers of xdist."""
    if not IS_WORKER:
        os.environ["KAM_TEST_FOLDER"] = str(places.scratch())
        atexit.register(shutil.rmtree, os.environ["KAM_TEST_FOLDER"], ignore_errors=True)
    return Path(os.environ["KAM_TEST_FOLDER"])


def _set_environment() -> None:
    """Replace whatever the shell says about KAM by this run's own servers."""
    for name in list(os.environ):
        if name.startswith(FOREIGN) and name not in OURS_TO_KEEP:
            del os.environ[name]
    (FOLDER / PROCESS / "static").mkdir(parents=True, exist_ok=True)
    os.environ.update(
        DATABASE_URL=POSTGRES.url(OWNER, NAME),
        DATABASE_APP_URL=POSTGRES.url(APP, NAME),
        REDIS_URL=REDIS.record()["REDIS_URL"],
        SECRET_KEY=secrets.token_urlsafe(50),
        KAM_VAR=str(FOLDER / PROCESS),
        DJANGO_SETTINGS_MODULE="kam.settings",
        # A test that asks about the limits sets its own; all others may ask as quickly as the machine answers.
        KAM_API_RATE="1000000/min",
        KAM_API_RATE_PERSON="1000000/min",
    )
    # Some two hundred processes are started: none but the first need compile the code.
    for name in ("DEBUG", "PORT", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)


FOLDER = _choose_folder()
POSTGRES = Postgres(FOLDER / "postgres", durable=False)
REDIS = Redis(FOLDER / f"redis-{PROCESS}", durable=False)
TEMPLATE_READY, TEMPLATE_FAILED = FOLDER / "template.ready", FOLDER / "template.failed"
_set_environment()


class Servers:
    """The servers this process is responsible for, started beside the collection of tests."""

    def __init__(self, *, postgres: bool, redis: bool) -> None:
        self.homes = {"postgres": POSTGRES.home} if postgres else {}
        self.homes |= {"redis": REDIS.home} if redis else {}
        self.stack = contextlib.ExitStack()
        self.failure: str | None = None
        self.thread = threading.Thread(target=self._start, name="test servers", daemon=True)
        self.thread.start()

    def _start(self) -> None:
        try:
            self.stack.enter_context(servers.running(self.homes, flags=("fast", "scratch")))
            if "postgres" in self.homes:
                _migrate()
        except (Advice, OSError) as error:
            self.failure = str(error)
            if "postgres" in self.homes:
                TEMPLATE_FAILED.write_text(self.failure)

    def wait(self) -> None:
        self.thread.join(PATIENCE)
        if self.failure:
            pytest.fail(f"The test servers could not be started: {self.failure}", pytrace=False)

    def stop(self) -> None:
        self.thread.join(PATIENCE)
        self.stack.close()
        for home in self.homes.values():
            keeper.stop(home)


def _migrate() -> None:
    """Bring the database that all others are copied from to the newest schema, as the role that owns it."""
    env = os.environ | {
        "KAM_DB_ROLE": "owner",
        "DATABASE_URL": POSTGRES.url(OWNER, DATABASE),
        "DATABASE_APP_URL": POSTGRES.url(APP, DATABASE),
    }
    command = [sys.executable, "-c", MIGRATE, "migrate", "--no-input", "--skip-checks"]
    done = subprocess.run(
        command,
        cwd=places.CHECKOUT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Advice(f"the migrations failed.\n{done.stdout[-6000:]}")
    TEMPLATE_READY.touch()


class Database:
    """This process's copy of the migrated database, and a superuser's connection to empty it between tests."""

    def __init__(self) -> None:
        _wait_for_template()
        with psycopg.connect(POSTGRES.url("postgres", "postgres"), autocommit=True) as connection:
            names = {
                "name": sql.Identifier(NAME),
                "template": sql.Identifier(DATABASE),
                "owner": sql.Identifier(OWNER),
            }
            connection.execute(
                sql.SQL("CREATE DATABASE {name} TEMPLATE {template} OWNER {owner} STRATEGY FILE_COPY").format(**names)
            )
        self.connection = psycopg.connect(POSTGRES.url("postgres", NAME), autocommit=True)
        confine(self.connection, APP)
        self.connection.execute("SET lock_timeout = '10s'")
        self.connection.execute("SET session_replication_role = replica")  # triggers and foreign keys look away
        self.kept = set(self._filled())

    def empty(self) -> None:
        """Delete all rows from all tables except those that the migrations filled."""
        for table in set(self._filled()) - self.kept:
            self.connection.execute(f"DELETE FROM {table}")

    def _filled(self) -> list[str]:
        """The tables that have rows; a partition counts as part of its table."""
        tables = self.connection.execute(
            "SELECT oid::regclass::text FROM pg_class"
            " WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        asked = (f"SELECT $${name}$$ WHERE EXISTS (SELECT FROM {name})" for (name,) in tables)
        return [name for (name,) in self.connection.execute(" UNION ALL ".join(asked)).fetchall()]

    def close(self) -> None:
        self.connection.close()


def _wait_for_template() -> None:
    deadline = time.monotonic() + PATIENCE
    while not TEMPLATE_READY.exists():
        if TEMPLATE_FAILED.exists():
            pytest.fail(f"The test servers could not be started: {TEMPLATE_FAILED.read_text()}", pytrace=False)
        if time.monotonic() > deadline:
            pytest.fail(f"The test database was not ready after {PATIENCE:.0f} s.", pytrace=False)
        time.sleep(0.02)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Start what this process needs; the process that only hands out tests to others needs no Redis."""
    if config.option.collectonly or config.option.help or getattr(config.option, "version", 0):
        config.kam_servers = Servers(postgres=False, redis=False)
        return
    hands_out = bool(getattr(config.option, "numprocesses", None))
    config.kam_servers = Servers(postgres=not IS_WORKER, redis=not hands_out)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop and remove everything, also after Ctrl-C. A pytest that is killed leaves this to the servers' keepers."""
    if hasattr(config, "kam_servers"):
        config.kam_servers.stop()
