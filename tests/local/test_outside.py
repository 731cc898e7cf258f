"""A database that somebody else runs: the second role is made, used again, or asked for."""

import psycopg
import pytest

from kam.local import Advice, outside
from tests import servers

SECRET = "a secret that stays the same between starts"


@pytest.fixture
def theirs(request):
    """The address of an empty database, as an owner who may create roles."""
    request.config.kam_servers.wait()
    with psycopg.connect(servers.POSTGRES.url("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE boss_{servers.PROCESS} LOGIN CREATEROLE")
        connection.execute(f"CREATE ROLE clerk_{servers.PROCESS} LOGIN")
        connection.execute(f"CREATE DATABASE theirs_{servers.PROCESS} OWNER boss_{servers.PROCESS}")
        yield servers.POSTGRES.url(f"boss_{servers.PROCESS}", f"theirs_{servers.PROCESS}")
        connection.execute(f"DROP DATABASE theirs_{servers.PROCESS}")
        connection.execute(f"DROP ROLE IF EXISTS theirs_{servers.PROCESS}_app")
        connection.execute(f"DROP ROLE boss_{servers.PROCESS}")
        connection.execute(f"DROP ROLE clerk_{servers.PROCESS}")


def test_the_second_role_is_made_and_owns_nothing(theirs):
    url = outside.app_url(theirs, SECRET)
    assert outside.app_url(theirs, SECRET) == url
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT current_user").fetchone()[0] == f"theirs_{servers.PROCESS}_app"
        connection.execute("CREATE TEMP TABLE mine (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE mine_too (id int)")


def test_a_role_that_may_not_be_made_is_asked_for(theirs):
    with pytest.raises(Advice, match=r"create it \(CREATE ROLE .*\) and name it in DATABASE_APP_URL="):
        outside.app_url(theirs.replace("boss_", "clerk_"), SECRET)


@pytest.mark.parametrize("url", ["postgresql://boss:word@127.0.0.1:9/kam", "this is no address"])
def test_a_database_that_does_not_answer_is_said(url):
    with pytest.raises(Advice, match="^The database in DATABASE_URL does not answer .* correct DATABASE_URL=.$"):
        outside.complete({"DATABASE_URL": url, "SECRET_KEY": SECRET})


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "this is no address"])
def test_a_redis_that_does_not_answer_is_said(url):
    with pytest.raises(Advice, match="^The Redis in REDIS_URL does not answer .* correct REDIS_URL=.$"):
        outside.check_redis(url)


def test_the_addresses_are_completed(theirs, redis_client):
    env = {"DATABASE_URL": theirs, "REDIS_URL": servers.REDIS.record()["REDIS_URL"], "SECRET_KEY": SECRET}
    outside.complete(env)
    assert env["DATABASE_APP_URL"] == outside.app_url(theirs, SECRET)
