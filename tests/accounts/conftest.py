"""People and clients for the tests of the accounts floor."""

import pytest

from kam.roles import Role
from tests import make
from tests.clients import api_of, client_of  # noqa: F401 (fixtures)


@pytest.fixture
def lead():
    """A leader whose team everybody's accounts can be given to: `lead.team`."""
    user = make.user(Role.TEAM_LEAD, name="Lea Lead")
    user.team = make.team(user)
    return user
