"""People and clients for the tests of the terms floor."""

from datetime import date

import pytest
from django.test import Client
from rest_framework.test import APIClient

from kam.models.token import SCOPES
from kam.night import Night
from kam.roles import Role
from kam.services import issue_token
from tests import make
from tradeterms.models import Finding
from tradeterms.night import compliance


@pytest.fixture
def mia():
    """An account manager; `mia.account` is hers."""
    user = make.user(name="Mia Manager")
    user.account = make.account(user, owner=user, name="Nordmart")
    return user


@pytest.fixture
def lead(mia):
    """The leader of the team that mia's account belongs to."""
    user = make.user(Role.TEAM_LEAD, name="Lea Lead")
    mia.account.team = make.team(user)
    mia.account.save()
    return user


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
    """An API client with a token of these scopes."""

    def make_client(user, scopes=SCOPES):
        _token, text = issue_token(user=user, name="t", scopes=scopes, days=1, by=None)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return client

    return make_client


@pytest.fixture
def judge():
    """Run the compliance step for a day and return the findings of a term, oldest period first."""

    def run(term, *day, shard=0, shards=1):
        compliance(Night(date(*day), shard, shards))
        return list(Finding.objects.filter(term=term).order_by("period_start"))

    return run
