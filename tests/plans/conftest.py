import pytest

from kam.roles import Role
from tests import make


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
