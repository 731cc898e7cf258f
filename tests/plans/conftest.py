import psycopg
import pytest

from kam.roles import Role
from tests import make, servers
from tests.clients import api_of  # noqa: F401 (fixtures)


@pytest.fixture
def director_of():
    """A function that makes a director who sees the given account."""

    def build(account, **kw):
        director = make.user(Role.DIRECTOR, **kw)
        if account.team is None:
            account.team = make.team()
            account.save()
        account.team.memberships.create(user=director)
        return director

    return build


@pytest.fixture
def plan(account):
    """A plan with one of everything, of the `account` of the test's file."""
    return make.full_plan(account)


@pytest.fixture
def director(account, director_of):
    """A director who sees the `account` of the test's file, with PASSWORD."""
    return director_of(account, password=make.PASSWORD)


@pytest.fixture
def as_superuser(django_db_setup):
    """A function that runs SQL as a superuser whom no trigger stops, as a tampering administrator would."""

    def run(sql):
        with psycopg.connect(servers.POSTGRES.url("postgres", servers.NAME), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(sql)

    return run
