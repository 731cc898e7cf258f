"""People and clients for the tests of the accounts floor."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from tests import make


@pytest.fixture
def client_of():
    """A signed-in browser of a person."""

    def make_client(user):
        client = Client()
        client.force_login(user)
        return client

    return make_client


@pytest.fixture
def api_of():
    """An API client with a token of all scopes, or those given."""

    def make_client(user, scopes=SCOPES):
        _token, text = issue_token(user=user, name="t", scopes=scopes, days=1, by=None)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return client

    return make_client


@pytest.fixture
def lead():
    """A leader whose team everybody's accounts can be given to: `lead.team`."""
    user = make.user(Role.TEAM_LEAD, name="Lea Lead")
    user.team = make.team(user)
    return user
