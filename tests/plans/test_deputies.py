"""A director's deputy signs under their own name, but is never the second pair of eyes for whom they stand in for."""

from datetime import timedelta

import pytest
from django.utils import timezone

from kam.errors import Denied
from kam.models import Deputy
from kam.roles import Role
from plans import services
from plans.models import Plan
from tests import make

pytestmark = pytest.mark.django_db
NOW = timezone.now


@pytest.fixture
def away(director_of):
    account = make.account()
    director = director_of(account, name="Away")
    director.plan = make.full_plan(account, state=Plan.State.SUBMITTED)
    return director


@pytest.fixture
def deputy(away):
    person = make.user(Role.DIRECTOR, name="Deputy")
    day = NOW().date()
    person.days = Deputy.objects.create(person=away, deputy=person, starts=day, ends=day)
    return person


def written_by(person):
    return make.full_plan(make.account(team=person.teams.get()), author=person, state=Plan.State.SUBMITTED)


def test_a_deputy_signs_under_their_own_name(away, deputy):
    signed = services.sign(away.plan, by=deputy, confirmed_at=NOW())
    assert (signed.state, signed.signature.signer) == (Plan.State.SIGNED, deputy)


def test_the_plan_waits_for_the_deputy_too(away, deputy):
    assert list(Plan.objects.to_sign(deputy)) == list(Plan.objects.waiting_for(deputy)) == [away.plan]


def test_what_the_person_wrote_is_not_signed_by_their_deputy(away, deputy):
    theirs = written_by(away)
    with pytest.raises(Denied):
        services.sign(theirs, by=deputy, confirmed_at=NOW())
    assert theirs not in Plan.objects.to_sign(deputy) | Plan.objects.waiting_for(deputy)
    assert Plan.objects.get(pk=theirs.pk).state == Plan.State.SUBMITTED


def test_nor_is_what_the_deputy_wrote_themselves(away, deputy):
    own = make.full_plan(away.plan.account, year=2031, author=deputy, state=Plan.State.SUBMITTED)
    with pytest.raises(Denied):
        services.sign(own, by=deputy, confirmed_at=NOW())


def test_after_the_last_day_nothing_waits_and_nothing_is_signed(away, deputy):
    Deputy.objects.update(starts=NOW().date() - timedelta(days=9), ends=NOW().date() - timedelta(days=1))
    with pytest.raises(Denied):
        services.sign(away.plan, by=deputy, confirmed_at=NOW())
    assert list(Plan.objects.to_sign(deputy)) == []


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.ACCOUNT_MANAGER])
def test_standing_in_for_a_director_takes_a_director(away, role):
    person, day = make.user(role), NOW().date()
    Deputy.objects.create(person=away, deputy=person, starts=day, ends=day)
    with pytest.raises(Denied):
        services.sign(away.plan, by=person, confirmed_at=NOW())
