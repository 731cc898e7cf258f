"""Why somebody sees an account: the explanation and the rule say the same, for everybody and every account."""

import random
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Team
from accounts.why import grounds, in_words, who_sees
from kam.models import Deputy, User
from kam.roles import Role
from tests import make, world

pytestmark = pytest.mark.django_db


def today(days=0):
    return timezone.now().date() + timedelta(days=days)


def words(user, account, **kw):
    return [in_words(ground, account, **kw) for ground in grounds(user, account)]


def agree():
    """For every person and account: a ground exactly where the rule lets them in, and named as one who sees it."""
    accounts, people = list(Account.objects.all()), list(User.objects.all())
    seen = {person: set(Account.objects.visible_to(person)) for person in people}
    assert {p: {a for a in accounts if grounds(p, a)} for p in people} == seen
    assert {a: set(who_sees(a)) for a in accounts} == {a: {p for p in people if a in seen[p]} for a in accounts}


def test_explanation_and_rule_agree_in_the_world_of_the_access_tests():
    here = world.build()
    for role in Role:
        Deputy.objects.create(
            person=here.people[role], deputy=make.user(role), starts=today(), ends=today(), reason="away"
        )
    agree()


@pytest.mark.parametrize("seed", range(4))
def test_explanation_and_rule_agree_in_random_worlds(seed):
    chance = random.Random(seed)
    people = [make.user(chance.choice(list(Role)), is_active=chance.random() > 0.1) for _ in range(12)]
    teams = []
    for _ in range(5):
        scope = chance.choice(Team.Scope.values)
        countries = chance.sample(["DE", "FR", "CN"], 2) if "countries" in scope else []
        members = chance.sample(people, 3)
        teams.append(make.team(*members, scope=scope, countries=countries, parent=chance.choice([None, *teams])))
    accounts = []
    for _ in range(8):
        place = {"team": chance.choice([None, *teams]), "parent": chance.choice([None, *accounts])}
        accounts.append(make.account(*chance.sample(people, 2), country=chance.choice(["DE", "FR"]), **place))
    for _ in range(15):
        person, deputy = chance.sample(people, 2)
        if not Deputy.objects.filter(person=person, deputy=deputy).exists():
            Deputy.objects.create(person=person, deputy=deputy, starts=today(chance.randint(-2, 1)), ends=today(1))
    agree()


def test_membership_in_words():
    user = make.user()
    group = make.account(user, name="Nordmart group")
    assert words(user, group) == ["Looks after this account."]
    below = make.account(parent=group)
    assert words(user, below) == ["Looks after Nordmart group, and so after all accounts below it."]


def test_teams_in_words():
    lead = make.user(Role.TEAM_LEAD)
    team = make.team(lead, name="Europe", scope=Team.Scope.COUNTRIES_NOT_IN, countries=["CN", "JP"])
    assigned, caught = make.account(team=team, country="CN"), make.account(country="FR")
    assert words(lead, assigned) == ["The account is assigned to “Europe”."]
    assert words(lead, caught) == ["“Europe” looks after: All accounts outside CN, JP."]


def test_a_deputy_in_words():
    person, deputy = make.user(name="Mia"), make.user()
    account = make.account(person)
    Deputy.objects.create(person=person, deputy=deputy, starts=today(), ends=today(3))
    (said,) = words(deputy, account)
    assert (said.startswith("Deputy of Mia until "), said.endswith(": Looks after this account.")) == (True, True)


def test_the_page_says_why_and_what_the_role_reads(client_of):
    user = make.user(Role.FIELD)
    account = make.account(user)
    text = client_of(user).get(reverse("accounts:why", args=[account.pk])).content.decode()
    assert "Looks after this account." in text
    assert "General" in text
    assert "Who else sees it" not in text


def test_leaders_see_who_else_sees_it(client_of, lead):
    user = make.user(name="Mia Manager")
    account = make.account(user, team=lead.team)
    answer = client_of(lead).get(reverse("accounts:why", args=[account.pk]))
    assert [p.name for p in answer.context["others"]] == ["Lea Lead", "Mia Manager"]


def test_administrators_learn_why_but_nothing_of_the_account(client_of):
    user = make.user(name="Mia Manager")
    group = make.account(user, name="Secret group", code="K-1")
    make.account(parent=group, name="Secret region", code="K-2")
    ask = client_of(make.user(Role.ADMIN))
    sees = ask.get(reverse("administration:ask"), {"person": user.pk, "number": "K-2"})
    other = ask.get(reverse("administration:ask"), {"person": make.user().pk, "number": "K-2"})
    unknown = ask.get(reverse("administration:ask"), {"person": user.pk, "number": "K-9"})
    assert sees.context["grounds"] == ["Looks after an account above this one, and so after all below it."]
    assert (other.context["grounds"], "neither this one nor one above" in other.context["why_not"]) == ([], True)
    assert "There is no account with this number." in unknown.content.decode()
    assert [a for a in (sees, other) if "Secret" in a.content.decode()] == []
