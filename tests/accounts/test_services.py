"""Writes about accounts: valid, logged, version-checked, never out of sight."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts import services
from accounts.models import Account, Membership
from kam.errors import Denied, Stale
from kam.models import Entry
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
FIELDS = {"code": "N-1", "name": "New", "country": "DE", "currency": "EUR"}


def verbs():
    return list(Entry.objects.order_by("pk").values_list("model", "verb"))


def test_an_account_is_opened_and_logged(lead):
    account = services.create_account(by=lead, team=lead.team, **FIELDS)
    assert (account.lineage, account.team) == ([account.pk], lead.team)
    assert verbs() == [("accounts.account", "created")]


def test_the_system_may_open_accounts_that_nobody_sees_yet():
    assert services.create_account(by=None, **FIELDS).team is None


def test_nobody_opens_an_account_they_would_not_see(lead):
    with pytest.raises(ValidationError, match="not see this account"):
        services.create_account(by=lead, **FIELDS)
    assert (Account.objects.count(), verbs()) == (0, [])


def test_naming_an_owner_lets_them_in(lead):
    owner = make.user()
    account = services.create_account(by=lead, team=lead.team, owner=owner, **FIELDS)
    assert list(Account.objects.visible_to(owner)) == [account]
    assert verbs() == [("accounts.account", "created"), ("accounts.membership", "created")]


def test_a_new_owner_is_let_in_once(lead):
    owner = make.user()
    account = make.account(owner, team=lead.team)
    services.change_account(account, by=lead, version=1, owner=owner)
    assert Membership.objects.filter(user=owner).count() == 1


def test_a_change_counts_up_and_says_what_changed(lead):
    account = make.account(team=lead.team, tier="B")
    account = services.change_account(account, by=lead, version=1, tier="A")
    entry = Entry.objects.get()
    assert (account.version, entry.before, entry.after) == (2, {"tier": "B"}, {"tier": "A"})


def test_a_stale_change_is_refused(lead):
    account = make.account(team=lead.team)
    services.change_account(account, by=lead, version=1, tier="A")
    with pytest.raises(Stale):
        services.change_account(account, by=lead, version=1, tier="C")
    assert Account.objects.get().tier == "A"


@pytest.mark.parametrize("field", services.ASSIGNMENT)
def test_managers_do_not_assign(field):
    user = make.user()
    account = make.account(user)
    value = {"parent": make.account(user), "team": make.team(), "owner": user}[field]
    with pytest.raises(Denied):
        services.change_account(account, by=user, version=1, **{field: value})
    assert verbs() == []


def test_leaving_the_assignment_as_it_is_needs_no_right():
    user = make.user()
    account = make.account(user, owner=user)
    assert services.change_account(account, by=user, version=1, owner=user, name="Other").name == "Other"


@pytest.mark.parametrize("change", [{"team": None}, {"country": "CN"}])
def test_nobody_changes_an_account_out_of_their_own_sight(lead, change):
    if "country" in change:
        lead.team.scope, lead.team.countries = "countries_in", ["DE"]
        lead.team.save()
    account = make.account(team=None if "country" in change else lead.team, country="DE")
    with pytest.raises(ValidationError, match="not see this account"):
        services.change_account(account, by=lead, version=1, **change)
    assert Account.objects.get(pk=account.pk).country == "DE"


def test_an_account_does_not_move_below_itself(lead):
    top = make.account(team=lead.team)
    below = make.account(team=lead.team, parent=top)
    with pytest.raises(ValidationError, match="below itself"):
        services.change_account(top, by=lead, version=1, parent=below)


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_ring():
    one, two = make.account(), make.account()
    start = threading.Barrier(2)
    refused = []

    def put(row, below):
        start.wait()
        try:
            services.change_account(row, by=None, version=None, parent=below)
        except ValidationError:
            refused.append(row.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=put, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lengths = sorted(len(a.lineage) for a in Account.objects.all())
    assert (lengths, len(refused)) == ([1, 2], 1)


@pytest.mark.parametrize("noun", ["store", "contact"])
def test_parts_stay_with_their_account(noun):
    row = getattr(make, noun)(make.account())
    change = getattr(services, f"change_{noun}")
    with pytest.raises(ValidationError, match="cannot move"):
        change(row, by=None, version=1, account=make.account())


def test_nobody_reports_to_somebody_elsewhere():
    account = make.account()
    boss = make.contact(make.account())
    with pytest.raises(ValidationError, match="same account"):
        services.create_contact(by=None, account=account, name="A", buying_role="uses", reports_to=boss)


def test_a_line_of_command_is_no_ring():
    account = make.account()
    boss = make.contact(account)
    middle = make.contact(account, reports_to=boss)
    below = make.contact(account, reports_to=middle)
    with pytest.raises(ValidationError, match="Nobody reports to themselves"):
        services.change_contact(boss, by=None, version=1, reports_to=below)


def test_members_come_and_go_with_an_entry():
    user, account = make.user(), make.account()
    member = services.add_member(account=account, user=user, by=None)
    services.remove_member(member, by=None)
    assert list(Account.objects.visible_to(user)) == []
    assert verbs() == [("accounts.membership", "created"), ("accounts.membership", "removed")]


def test_an_inactive_person_sees_nothing_even_as_owner(lead):
    gone = make.user(Role.ACCOUNT_MANAGER, is_active=False)
    services.create_account(by=lead, team=lead.team, owner=gone, **FIELDS)
    assert list(Account.objects.visible_to(gone)) == []
