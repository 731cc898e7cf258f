"""Agreements with accounts that came from files, made by a director through the same services as on the pages."""

from datetime import date
from typing import NamedTuple

from accounts.models import Account, Team, TeamMembership
from kam.models import User
from kam.roles import Role
from kam.workflow import move
from tradeterms import services, workflow


class Clause(NamedTuple):
    """One term: number, kind, who owes, parameters."""

    number: str
    kind: str
    side: str
    params: dict


class Agreed(NamedTuple):
    """One agreement with an account, by its code."""

    account: str
    starts: date
    ends: date
    currency: str
    clauses: tuple[Clause, ...]


def put_in_force(agreed):
    """Draft, clauses, and in force."""
    director = _director()
    for one in agreed:
        agreement = services.create_agreement(
            by=director,
            account=Account.objects.get(code=one.account),
            number=f"R-{one.account}",
            title=f"Agreement with {one.account}",
            starts=one.starts,
            ends=one.ends,
            currency=one.currency,
        )
        for clause in one.clauses:
            number, kind, side, params = clause
            services.add_term(agreement=agreement, by=director, clause=number, kind=kind, side=side, params=params)
        move(agreement, workflow.AGREEMENT, "publish", by=director)


def _director():
    user = User(email="director@example.com", name="Director", role=Role.DIRECTOR)
    user.set_unusable_password()
    user.save()
    house = Team.objects.create(name="House", scope=Team.Scope.EVERYTHING)
    TeamMembership.objects.create(team=house, user=user)
    return user
