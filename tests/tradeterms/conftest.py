"""People and clients for the tests of the terms floor."""

from datetime import date

import pytest

from kam.night import Night
from kam.roles import Role
from tests import make
from tests.clients import api_of, client_of  # noqa: F401 (fixtures)
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
def judge():
    """Run the compliance step for a day and return the findings of a term, oldest period first."""

    def run(term, *day, shard=0, shards=1):
        compliance(Night(date(*day), shard, shards))
        return list(Finding.objects.filter(term=term).order_by("period_start"))

    return run
