"""Deputies with dates: what they see, from which day to which, and what they do not."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, Contact, Membership, Store, Team, TeamMembership
from kam.models import Deputy
from kam.roles import MEMBERS, STANDS_IN, TEAM_SCOPED, Role
from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def today():
    return timezone.now().date()


def stand_in(deputy, person, starts=None, ends=None):
    return Deputy.objects.create(deputy=deputy, person=person, starts=starts or today(), ends=ends or today())


def seen(user, model=Account):
    return set(model.objects.visible_to(user))


@pytest.fixture
def away():
    """An account manager; `away.account` is theirs, `away.below` stands below it."""
    user = make.user(name="Away")
    user.account = make.account(user)
    user.below = make.account(parent=user.account)
    return user


@pytest.mark.parametrize(
    ("starts", "ends", "sees"),
    [(-2, -1, False), (-1, 0, True), (0, 0, True), (0, 5, True), (-5, 5, True), (1, 5, False)],
)
def test_a_deputy_sees_from_the_first_day_to_the_last(away, starts, ends, sees):
    deputy = make.user()
    stand_in(deputy, away, today() + starts * DAY, today() + ends * DAY)
    assert seen(deputy) == ({away.account, away.below} if sees else set())


def test_the_sight_begins_and_ends_at_midnight_utc_by_itself(away, monkeypatch):
    deputy = make.user()
    stand_in(deputy, away, date(2026, 11, 24), date(2026, 11, 26))
    got = {}
    for moment in ("2026-11-23T23:59:59Z", "2026-11-24T00:00:00Z", "2026-11-26T23:59:59Z", "2026-11-27T00:00:00Z"):
        monkeypatch.setattr("kam.models.deputy.timezone.now", lambda m=moment: timezone.datetime.fromisoformat(m))
        got[moment] = bool(seen(deputy))
    assert list(got.values()) == [False, True, True, False]


def test_a_deputy_keeps_their_own_accounts(away):
    deputy = make.user()
    own = make.account(deputy)
    stand_in(deputy, away)
    assert seen(deputy) == {own, away.account, away.below}


def test_a_deputy_of_two_sees_the_accounts_of_both(away):
    deputy, other = make.user(), make.user()
    theirs = make.account(other)
    stand_in(deputy, away)
    stand_in(deputy, other)
    assert seen(deputy) == {away.account, away.below, theirs}


def test_two_deputies_of_one_both_see(away):
    first, second = make.user(), make.user()
    stand_in(first, away)
    stand_in(second, away)
    assert seen(first) == seen(second) == {away.account, away.below}


def test_a_deputy_of_a_deputy_sees_nothing_of_the_first(away):
    middle, last = make.user(), make.user()
    own = make.account(middle)
    stand_in(middle, away)
    stand_in(last, middle)
    assert seen(last) == {own}


def test_who_is_away_sees_nothing_of_the_deputy(away):
    deputy = make.user()
    make.account(deputy)
    stand_in(deputy, away)
    assert seen(away) == {away.account, away.below}


def test_what_hangs_off_the_accounts_follows(away):
    deputy = make.user()
    store, contact = make.store(away.account), make.contact(away.below)
    stand_in(deputy, away)
    assert (seen(deputy, Store), seen(deputy, Contact)) == ({store}, {contact})


def test_classes_of_data_stay_those_of_the_deputys_own_role(away):
    away.role = Role.FIELD
    away.save()
    field = make.user(Role.FIELD)
    make.contact(away.account)
    stand_in(field, away)
    assert (seen(field), seen(field, Contact)) == ({away.account, away.below}, set())


@pytest.mark.parametrize("role", [Role.TEAM_LEAD, Role.DIRECTOR, Role.ANALYST, Role.FINANCE])
def test_a_deputy_of_a_team_scoped_person_sees_the_scope_of_their_teams(role):
    person, deputy = make.user(role), make.user(role)
    team = make.team(person, scope=Team.Scope.COUNTRIES_IN, countries=["FR"])
    below = make.team(parent=team)
    accounts = {make.account(team=below, country="DE"), make.account(country="FR")}
    make.account(country="DE")
    stand_in(deputy, person)
    assert (seen(deputy), seen(deputy, Team)) == (accounts, {team, below})


def test_a_leader_stands_in_for_an_account_manager_by_memberships_not_by_teams(away):
    lead = make.user(Role.TEAM_LEAD)
    own = make.account(team=make.team(lead))
    make.account(team=make.team(away))  # an account manager sees nothing by a team, so neither does the deputy
    stand_in(lead, away)
    assert seen(lead) == {own, away.account, away.below}


@pytest.mark.parametrize("person", Role)
@pytest.mark.parametrize("deputy", Role)
def test_only_the_same_role_or_one_above_gains_sight(deputy, person):
    """Whatever stands in the table: roles are asked every time, because they may have changed since."""
    them, me = make.user(person), make.user(deputy)
    make.account(them, team=make.team(them))
    sees_alone = bool(seen(me))
    stand_in(me, them)
    allowed = person in STANDS_IN.get(deputy, ()) and person in MEMBERS | TEAM_SCOPED
    assert bool(seen(me)) == (sees_alone or allowed)


def test_nobody_gains_classes_of_data_or_outranks_themselves():
    assert {r: sorted(p) for r, p in STANDS_IN.items()} == {
        Role.ACCOUNT_MANAGER: ["account_manager", "field"],
        Role.TEAM_LEAD: ["account_manager", "field", "team_lead"],
        Role.DIRECTOR: ["account_manager", "director", "field", "team_lead"],
        Role.ANALYST: ["analyst"],
        Role.FINANCE: ["finance"],
        Role.FIELD: ["field"],
    }


def test_a_promotion_does_not_open_the_new_scope_to_an_old_deputy(away):
    deputy = make.user()
    stand_in(deputy, away)
    away.role = Role.DIRECTOR
    away.save()
    make.team(away, scope=Team.Scope.EVERYTHING)
    assert seen(deputy) == set()


@pytest.mark.parametrize("leaver", ["person", "deputy"])
def test_who_has_left_neither_gives_nor_gains_sight(away, leaver):
    deputy = make.user()
    row = stand_in(deputy, away)
    gone = getattr(row, leaver)
    gone.is_active = False
    gone.save()
    assert seen(deputy) == set()


def by_hand(user, people):
    """The rule in plain Python: whose scopes count, and what each of them shows, by its person's role."""
    persons = {user}
    for row in Deputy.objects.select_related("person").filter(deputy=user):
        if row.starts <= today() <= row.ends and row.person.is_active:
            persons |= {row.person} & {p for p in people if p.role in STANDS_IN.get(user.role, ())}
    return {a for a in Account.objects.select_related("team") if any(shows(p, a) for p in persons)}


def shows(person, account):
    if person.role == Role.AUDITOR:
        return True
    if person.role in MEMBERS:
        return Membership.objects.filter(user=person, account__in=account.lineage).exists()
    if person.role not in TEAM_SCOPED:
        return False
    works_in = set(TeamMembership.objects.filter(user=person).values_list("team", flat=True))
    teams = [t for t in Team.objects.all() if works_in & set(t.lineage)]
    return any(account.team == team or caught(team, account.country) for team in teams)


def caught(team, country):
    listed = country in team.countries
    rules = {"everything": True, "countries_in": listed, "countries_not_in": not listed, "assigned": False}
    return rules[team.scope]


@pytest.mark.parametrize("seed", range(6))
def test_the_rule_in_sql_is_the_rule_in_words_in_random_worlds(seed):
    chance = random.Random(seed)
    people = [make.user(chance.choice(list(Role)), is_active=chance.random() > 0.1) for _ in range(14)]
    teams = []
    for _ in range(5):
        scope = chance.choice(Team.Scope.values)
        countries = chance.sample(["DE", "FR", "CN"], 2) if "countries" in scope else []
        parent = chance.choice([None, *teams])
        teams.append(make.team(*chance.sample(people, 3), scope=scope, countries=countries, parent=parent))
    accounts = []
    for _ in range(12):
        place = {"team": chance.choice([None, *teams]), "parent": chance.choice([None, *accounts])}
        accounts.append(make.account(*chance.sample(people, 2), country=chance.choice(["DE", "FR", "CN"]), **place))
    for _ in range(20):
        person, deputy = chance.sample(people, 2)
        starts = today() + chance.randint(-3, 1) * DAY
        if not Deputy.objects.filter(person=person, deputy=deputy).exists():
            stand_in(deputy, person, starts, starts + chance.randint(0, 3) * DAY)
    assert {p: seen(p) for p in people} == {p: by_hand(p, people) if p.is_active else set() for p in people}


def test_deputies_cost_the_rule_one_query_for_what_the_others_look_after(away, django_assert_num_queries):
    lead = make.user(Role.TEAM_LEAD)
    stand_in(lead, away)
    with django_assert_num_queries(4):  # whom they stand in for, their accounts, the lead's teams, the rows
        assert len(Account.objects.visible_to(lead)) == 2


def test_memberships_are_found_by_index_however_many_accounts_there_are(away):
    """1,000 accounts of others: the plan looks up the few of the deputy and the person, and reads no table whole."""
    others = [make.user() for _ in range(20)]
    Account.objects.bulk_create(
        Account(code=f"N-{n}", name=f"N {n}", country="DE", currency="EUR", lineage=[10**9 + n]) for n in range(1000)
    )
    ids = Account.objects.filter(code__startswith="N-").values_list("pk", flat=True)
    Membership.objects.bulk_create(Membership(account_id=pk, user=others[pk % 20]) for pk in ids)
    deputy = make.user()
    stand_in(deputy, away)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_account, accounts_membership, kam_deputy")
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as asked:
        assert seen(deputy) == {away.account, away.below}
    plan = "\n".join(explained(query["sql"]) for query in asked)
    assert ("account_lineage" in plan, "Seq Scan on accounts_" in plan) == (True, False), plan


def explained(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(line for (line,) in cursor.fetchall())
