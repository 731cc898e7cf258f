"""Teams: the tree, their people and their accounts; and who looks after one account."""

import pytest
from django.urls import reverse

from accounts import teams
from accounts.models import Account, Membership, Team, TeamMembership
from kam.errors import Conflict, Denied
from kam.models import Entry, Removal
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"administration:{name}", args=args)


@pytest.fixture
def admin():
    return make.user(Role.ADMIN)


@pytest.fixture
def at(client_of, admin):
    return client_of(admin)


def form_of(**fields):
    return {"name": "Nordics", "parent": "", "scope": "assigned", "countries": ""} | fields


def test_the_tree_shows_each_team_below_its_parent(at):
    sales = make.team(name="Sales")
    make.team(name="China", parent=sales)
    make.team(name="DACH", parent=make.team(name="Europe", parent=sales))
    make.team(name="Finance")
    rows = at.get(page("teams")).context["rows"]
    assert [(t.name, t.depth) for t in rows] == [("Finance", 0), ("Sales", 0), ("China", 1), ("Europe", 1), ("DACH", 2)]


@pytest.mark.parametrize(
    ("scope", "countries", "words"),
    [
        ("assigned", [], "Only accounts assigned to the team"),
        ("countries_in", ["DE", "AT"], "All accounts in DE, AT"),
        ("countries_not_in", ["CN"], "All accounts outside CN"),
        ("everything", [], "All accounts"),
    ],
)
def test_the_rule_in_words(scope, countries, words):
    assert make.team(scope=scope, countries=countries).scope_in_words == words


def test_a_team_is_made_moved_and_renamed(at):
    above = make.team()
    at.post(page("team-create"), form_of(scope="countries_in", countries="dk, se,no"))
    team = Team.objects.get(name="Nordics")
    assert (team.countries, team.parent) == (["DK", "NO", "SE"], None)
    at.post(page("team-edit", team.pk), form_of(name="North", parent=above.pk, version=team.version))
    team.refresh_from_db()
    assert (team.name, team.lineage) == ("North", [above.pk, team.pk])


def test_a_team_does_not_stand_below_itself(at):
    top = make.team()
    below = make.team(parent=top)
    answer = at.post(page("team-edit", top.pk), form_of(parent=below.pk, version=top.version))
    assert (answer.status_code, Team.objects.get(pk=top.pk).parent) == (422, None)


def test_only_an_empty_team_is_deleted_and_can_be_brought_back(at, admin):
    empty, above, peopled, busy = make.team(name="Empty"), make.team(), make.team(make.user()), make.team()
    make.team(parent=above)
    make.account(team=busy)
    for team in (above, peopled, busy):
        with pytest.raises(Conflict):
            teams.remove_team(team, by=admin)
    at.post(page("team-remove", empty.pk))
    assert not Team.objects.filter(pk=empty.pk).exists()
    at.post(reverse("undo", args=[_removal()]))
    assert Team.objects.get(pk=empty.pk).name == "Empty"


def _removal():
    return Removal.objects.get().pk


def test_people_join_and_leave_and_the_log_knows(at, admin):
    team, mia = make.team(), make.user()
    at.post(page("team-join", team.pk), {"user": mia.pk})
    membership = TeamMembership.objects.get()
    at.post(page("team-leave", membership.pk))
    entries = Entry.objects.filter(model="accounts.teammembership").order_by("pk")
    assert [(e.verb, e.actor) for e in entries] == [("created", admin), ("removed", admin)]
    at.post(reverse("undo", args=[_removal()]))
    assert TeamMembership.objects.get().user == mia


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMIN}))
def test_services_refuse_whoever_does_not_administer(role):
    by, team = make.user(role), make.team()
    for act in (
        lambda: teams.create_team(by=by, name="x"),
        lambda: teams.change_team(team, by=by, version=1, name="x"),
        lambda: teams.remove_team(team, by=by),
        lambda: teams.join_team(team=team, user=by, by=by),
        lambda: teams.leave_team(make.team(by).memberships.get(), by=by),
    ):
        with pytest.raises(Denied):
            act()


def test_the_page_counts_what_the_rule_catches_and_names_what_the_reader_sees(at, client_of, lead):
    Team.objects.filter(pk=lead.team.pk).update(scope="countries_in", countries=["FR"])
    caught, assigned = make.account(country="FR", name="Caught"), make.account(team=lead.team, name="Given")
    make.account(country="DE")
    seen = client_of(lead).get(page("team", lead.team.pk)).context
    blind = at.get(page("team", lead.team.pk)).context
    assert (seen["accounts_count"], list(seen["accounts"])) == (2, [caught, assigned])
    assert (blind["accounts_count"], list(blind["accounts"])) == (2, [])


def test_who_may_not_open_the_tree_is_not_sent_there(client_of, lead):
    member = make.user(Role.ACCOUNT_MANAGER)
    TeamMembership.objects.create(team=lead.team, user=member)
    tree = f'href="{page("teams")}"'
    found = [tree in client_of(person).get(page("team", lead.team.pk)).content.decode() for person in (lead, member)]
    assert found == [True, False]


@pytest.mark.parametrize("between", ["A-1\nA-2, A-3\tA-4\n", "A-1,A-2、A-3；A-4"])  # noqa: RUF001
def test_accounts_are_assigned_in_bulk(client_of, lead, between):
    target = make.team(parent=lead.team)
    for code in ("A-1", "A-2", "A-3", "A-4"):
        make.account(code=code, team=lead.team)
    answer = client_of(lead).post(page("team-assign", target.pk), {"numbers": between})
    assert answer.status_code == 302
    assert set(Account.objects.filter(team=target).values_list("code", flat=True)) == {"A-1", "A-2", "A-3", "A-4"}
    assert Entry.objects.filter(model="accounts.account", verb="changed").count() == 4


def test_one_number_that_is_not_seen_keeps_all_where_they_are(client_of, lead):
    target = make.team(parent=lead.team)
    make.account(code="A-1", team=lead.team)
    make.account(code="HIDDEN")
    answer = client_of(lead).post(page("team-assign", target.pk), {"numbers": "A-1 HIDDEN A-9"})
    assert (answer.status_code, Account.objects.filter(team=target).count()) == (422, 0)
    assert "(2): HIDDEN, A-9" in answer.content.decode()


def test_administrators_assign_no_accounts(at):
    assert at.post(page("team-assign", make.team().pk), {"numbers": "A-1"}).status_code == 403


# Who looks after one account


def test_a_leader_adds_and_removes_who_looks_after_an_account_and_can_undo(client_of, lead):
    account, mia = make.account(team=lead.team), make.user(name="Mia")
    client = client_of(lead)
    client.post(reverse("accounts:member-create", args=[account.pk]), {"user": mia.pk, "function": "Key accounts"})
    member = Membership.objects.get()
    assert (member.user, member.function) == (mia, "Key accounts")
    assert "Mia no longer looks after" in client.get(reverse("accounts:contacts", args=[account.pk])).content.decode()
    client.post(reverse("accounts:member-remove", args=[member.pk]))
    assert Account.objects.visible_to(mia).count() == 0
    client.post(reverse("undo", args=[_removal()]))
    assert Account.objects.visible_to(mia).get() == account


def test_members_do_not_choose_members(client_of):
    mia, dan = make.user(), make.user()
    account = make.account(mia)
    client = client_of(mia)
    assert client.post(reverse("accounts:member-create", args=[account.pk]), {"user": dan.pk}).status_code == 403
    assert client.post(reverse("accounts:member-remove", args=[Membership.objects.get().pk])).status_code == 403
