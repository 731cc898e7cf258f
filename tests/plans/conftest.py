import psycopg
import pytest
from rest_framework.test import APIClient

from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from tests import make, servers


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
def as_superuser(django_db_setup):
    """A function that runs SQL as a superuser whom no trigger stops, as a tampering administrator would."""

    def run(sql):
        with psycopg.connect(servers.POSTGRES.url("postgres", servers.NAME), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(sql)

    return run


@pytest.fixture
def api_of():
    """A function that makes an API client with a token of all scopes, or those given."""

    def build(user, scopes=SCOPES):
        _token, text = issue_token(user=user, name="t", scopes=scopes, days=1, by=None)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return client

    return build
