"""Deleting with undo: the row, what hangs off it and references come back as they were, or not at all."""

from datetime import timedelta

import pytest
from django.db.models import ProtectedError
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Contact, Membership, Store
from kam import removals, services
from kam.errors import Conflict
from kam.models import Entry, Removal
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
MAY = "accounts.access.may_edit"


@pytest.fixture
def lead():
    return make.user(Role.TEAM_LEAD)


@pytest.fixture
def account(lead):
    return make.account(team=make.team(lead))


def contact(account, **fields):
    return Contact.objects.create(account=account, name=fields.pop("name", "Ann"), buying_role="decides", **fields)


def stored(model):
    return list(model.objects.order_by("pk").values())


def test_what_was_removed_comes_back_as_it_was(lead, account):
    ann = contact(account, power=5, phone="1")
    ben = contact(account, name="Ben", reports_to=ann)
    before = stored(Contact)
    removal = services.remove(ann, by=lead, undo_if=MAY)
    ben.refresh_from_db()
    assert (ben.reports_to, Contact.objects.count()) == (None, 1)
    removals.restore(removal, by=lead)
    assert stored(Contact) == before


def test_what_hung_off_it_comes_back_too(lead):
    team = make.team(lead)
    account = make.account(team=team)
    Membership.objects.create(account=account, user=make.user())
    contact(account)
    before = {model: stored(model) for model in (Account, Contact, Membership)}
    removal = services.remove(account, by=lead, undo_if=MAY)
    assert [model.objects.count() for model in before] == [0, 0, 0]
    removals.restore(removal, by=lead)
    assert {model: stored(model) for model in before} == before


def test_what_others_depend_on_is_not_removed(lead, account):
    Store.objects.create(account=account, code="1", name="x")
    with pytest.raises(ProtectedError):
        services.remove(account, by=lead, undo_if=MAY)
    assert (Account.objects.count(), Removal.objects.count()) == (1, 0)


def test_it_comes_back_once(lead, account):
    removal = services.remove(contact(account), by=lead, undo_if=MAY)
    removals.restore(removal, by=lead)
    with pytest.raises(Conflict):
        removals.restore(removal, by=lead)


def test_it_does_not_come_back_after_a_week(lead, account):
    removal = services.remove(contact(account), by=lead, undo_if=MAY)
    Removal.objects.update(at=timezone.now() - timedelta(days=7, minutes=1))
    with pytest.raises(Conflict):
        removals.restore(removal, by=lead)


def test_it_does_not_come_back_where_something_else_stands_now(lead, account):
    store = Store.objects.create(account=account, code="1", name="x")
    removal = services.remove(store, by=lead, undo_if=MAY)
    Store.objects.create(account=account, code="1", name="y")
    with pytest.raises(Conflict, match="taken its place"):
        removals.restore(removal, by=lead)
    assert [s.name for s in Store.objects.all()] == ["y"]


def test_who_lost_the_right_or_the_sight_cannot_bring_it_back(lead, account):
    removal = services.remove(contact(account), by=lead, undo_if=MAY)
    lead.role = Role.AUDITOR
    lead.save()
    with pytest.raises(Conflict):
        removals.restore(removal, by=lead)
    lead.role = Role.TEAM_LEAD
    lead.save()
    lead.team_memberships.all().delete()
    with pytest.raises(Conflict):
        removals.restore(removal, by=lead)
    assert (Contact.objects.count(), Removal.objects.get().restored_at) == (0, None)


def test_both_ways_are_in_the_log(lead, account):
    ann = contact(account)
    removal = services.remove(ann, by=lead, undo_if=MAY)
    removals.restore(removal, by=lead)
    told = Entry.objects.filter(model="accounts.contact", object_id=removal.object_id).order_by("pk")
    assert [(e.verb, e.account_id) for e in told] == [("removed", account.pk), ("restored", account.pk)]


def test_only_whoever_removed_it_can_undo(client_of, lead, account):
    removal = services.remove(contact(account), by=lead, undo_if=MAY)
    other = make.user(Role.TEAM_LEAD)
    account.team.members.add(other)
    assert client_of(other).post(reverse("undo", args=[removal.pk])).status_code == 404
    assert client_of(lead).get(reverse("undo", args=[removal.pk])).status_code == 405
    assert Contact.objects.count() == 0
    client_of(lead).post(reverse("undo", args=[removal.pk]))
    assert Contact.objects.count() == 1
