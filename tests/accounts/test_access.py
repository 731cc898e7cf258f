"""Who sees which account, and what hangs off it."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts.compiled import for_reader
from accounts.models import Account, Alert, Contact, Membership, Store, Team
from kam.reading import reading, requests
from kam.roles import READS, TEAM_SCOPED, DataClass, Role
from tests import make

pytestmark = pytest.mark.django_db


@for_reader
def compiled(user, model):
    return model.objects.visible_to(user)


def seen(user, model=Account):
    """What the rule lets a person see, which is the same where the query was compiled for others like them."""
    found = set(model.objects.visible_to(user))
    assert set(compiled(user, model)) == found
    return found


def account_below(parent, **kw):
    return make.account(parent=parent, **kw)


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.FIELD])
def test_members_see_their_account_and_all_below_it(role):
    user = make.user(role)
    group = make.account()
    banner = make.account(user, parent=group)
    region = account_below(banner)
    account_below(group)
    assert seen(user) == {banner, region}


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.FIELD])
def test_members_get_nothing_from_their_team(role):
    user = make.user(role)
    make.account(team=make.team(user, scope=Team.Scope.EVERYTHING))
    assert seen(user) == set()


def test_two_memberships_on_one_line_show_each_account_once():
    user = make.user()
    group = make.account(user)
    banner = make.account(user, parent=group)
    assert sorted(a.pk for a in Account.objects.visible_to(user)) == [group.pk, banner.pk]


@pytest.mark.parametrize("role", sorted(TEAM_SCOPED))
def test_team_scoped_roles_see_the_accounts_of_their_subtree(role):
    user = make.user(role)
    mine = make.team(user)
    below = make.team(parent=mine)
    own, lower = make.account(team=mine), make.account(team=below)
    make.account(team=make.team(parent=make.team()))
    assert seen(user) == {own, lower}


@pytest.mark.parametrize("role", sorted(TEAM_SCOPED))
def test_team_scoped_roles_get_nothing_from_being_a_member_of_an_account(role):
    user = make.user(role)
    make.account(user)
    assert seen(user) == set()


def test_a_team_does_not_see_the_team_above():
    user = make.user(Role.TEAM_LEAD)
    above = make.team()
    make.team(user, parent=above)
    make.account(team=above)
    assert seen(user) == set()


def test_scope_countries_in():
    user = make.user(Role.DIRECTOR)
    make.team(user, scope=Team.Scope.COUNTRIES_IN, countries=["CN", "JP"])
    china, japan = make.account(country="CN"), make.account(country="JP")
    make.account(country="DE")
    assert seen(user) == {china, japan}


def test_scope_countries_not_in():
    user = make.user(Role.DIRECTOR)
    make.team(user, scope=Team.Scope.COUNTRIES_NOT_IN, countries=["CN"])
    make.account(country="CN")
    germany = make.account(country="DE")
    assert seen(user) == {germany}


def test_scope_everything():
    user = make.user(Role.ANALYST)
    make.team(user, scope=Team.Scope.EVERYTHING)
    accounts = {make.account(country="CN"), make.account(team=make.team())}
    assert seen(user) == accounts


def test_the_scope_of_a_team_below_counts_too():
    user = make.user(Role.TEAM_LEAD)
    make.team(parent=make.team(user), scope=Team.Scope.COUNTRIES_IN, countries=["FR"])
    france = make.account(country="FR")
    assert seen(user) == {france}


def test_scope_and_assignment_add_up():
    user = make.user(Role.FINANCE)
    team = make.team(user, scope=Team.Scope.COUNTRIES_IN, countries=["FR"])
    france, assigned = make.account(country="FR"), make.account(country="DE", team=team)
    make.account(country="DE")
    assert seen(user) == {france, assigned}


def test_auditors_see_everything():
    accounts = {make.account(), make.account(team=make.team())}
    assert seen(make.user(Role.AUDITOR)) == accounts


@pytest.mark.parametrize("role", [Role.FUNCTION, Role.ADMIN])
def test_function_members_and_administrators_see_no_account(role):
    user = make.user(role)
    make.account(user, team=make.team(user, scope=Team.Scope.EVERYTHING))
    assert seen(user) == set()


def test_nobody_sees_an_account_without_owner_member_and_team():
    make.account(owner=None)
    people = [make.user(role) for role in set(Role) - {Role.AUDITOR}]
    make.team(*people)
    assert [seen(user) for user in people] == [set()] * len(people)


def test_being_named_as_owner_alone_shows_nothing():
    user = make.user()
    make.account(owner=user)
    assert seen(user) == set()


@pytest.mark.parametrize("role", Role)
def test_who_has_left_sees_nothing(role):
    user = make.user(role, is_active=False)
    make.account(user, team=make.team(user, scope=Team.Scope.EVERYTHING))
    assert [seen(user, m) for m in (Account, Store, Contact, Membership, Alert, Team)] == [set()] * 6


def test_strangers_who_did_not_sign_in_see_nothing():
    make.account()
    assert seen(AnonymousUser()) == set()


@pytest.mark.parametrize("role", Role)
def test_contacts_are_for_roles_that_read_relationships(role):
    user = make.user(role)
    account = make.account(user, team=make.team(user))
    contact = make.contact(account)
    hidden = make.contact(make.account())
    reads = DataClass.RELATIONSHIP in READS[role]
    everything = {contact, hidden} if role == Role.AUDITOR else {contact}
    assert seen(user, Contact) == (everything if reads else set())


@pytest.mark.parametrize("role", Role)
def test_stores_are_for_roles_that_read_general_data(role):
    user = make.user(role)
    store = make.store(make.account(user, team=make.team(user)))
    assert seen(user, Store) == ({store} if DataClass.GENERAL in READS[role] else set())


@pytest.mark.parametrize("role", Role)
def test_alerts_are_for_roles_that_read_what_they_are_about(role):
    user = make.user(role)
    account = make.account(user, team=make.team(user))
    for data_class in DataClass:
        make.alert(account, shown_to=data_class)
        make.alert(make.account(), shown_to=data_class)
    mine = Alert.objects.visible_to(user).filter(account=account)
    assert {a.shown_to for a in mine} == READS[role]
    assert Alert.objects.visible_to(user).exclude(account=account).exists() == (role == Role.AUDITOR)


def test_people_see_their_own_teams_and_those_below():
    user = make.user(Role.TEAM_LEAD)
    above = make.team()
    mine = make.team(user, parent=above)
    below = make.team(parent=mine)
    assert set(Team.objects.visible_to(user)) == {mine, below}


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_auditors_and_administrators_see_every_team(role):
    teams = {make.team(), make.team()}
    assert seen(make.user(role), Team) == teams


@pytest.fixture
def director():
    """Sees one account by assignment; `director.account`."""
    user = make.user(Role.DIRECTOR)
    user.account = make.account(team=make.team(user))
    return user


def test_the_rule_asks_for_deputies_and_teams_and_then_for_the_rows(director, django_assert_num_queries):
    with django_assert_num_queries(3):
        list(Account.objects.visible_to(director))
    with django_assert_num_queries(3):
        list(Store.objects.visible_to(director))


def test_while_only_reading_deputies_and_teams_are_asked_once(director, django_assert_num_queries):
    with django_assert_num_queries(4), reading():
        list(Account.objects.visible_to(director))
        list(Store.objects.visible_to(director))


def test_what_one_person_was_told_is_not_told_to_another(director):
    with reading():
        assert (seen(director), seen(make.user(Role.DIRECTOR))) == ({director.account}, set())


def test_who_was_deactivated_sees_nothing_at_once_even_while_reading(director):
    with reading():
        assert seen(director) == {director.account}
        director.is_active = False
        assert (seen(director), seen(director, Store)) == (set(), set())


def test_another_role_is_another_question(director):
    with reading():
        assert seen(director) == {director.account}
        director.role = Role.ADMIN
        assert seen(director) == set()


def test_the_next_request_is_told_of_a_right_that_was_taken(client, director):
    client.force_login(director)
    assert client.get(director.account.get_absolute_url()).status_code == 200
    director.team_memberships.all().delete()
    assert client.get(director.account.get_absolute_url()).status_code == 404


def test_while_something_may_be_written_every_question_is_asked_anew(director):
    """A request that takes a right away does not go on with it."""
    seen_by_method = {}

    def view(request):
        before = seen(director)
        director.team_memberships.all().delete()
        seen_by_method[request.method] = before, seen(director)
        director.teams.add(director.account.team)

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        requests(view)(RequestFactory().generic(method, "/"))
    assert seen_by_method == dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), ({director.account}, set()))


@pytest.mark.parametrize(
    ("excluded", "sees"),
    [([["CN"]], {"DE", "FR"}), ([["CN", "DE"], ["CN", "FR"]], {"DE", "FR"}), ([["CN"], ["DE"]], {"CN", "DE", "FR"})],
)
def test_what_several_teams_leave_out_is_left_out_where_all_do(excluded, sees):
    user = make.user(Role.DIRECTOR)
    for countries in excluded:
        make.team(user, scope=Team.Scope.COUNTRIES_NOT_IN, countries=countries)
    for country in ("CN", "DE", "FR"):
        make.account(country=country)
    assert {account.country for account in seen(user)} == sees
