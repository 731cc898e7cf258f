"""Hand-over: everything a leaver has, in one step or not at all, with one reason in the log."""

import threading
from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import Account, Alert, Contact, Membership
from kam import handover, people
from kam.errors import Conflict, Stale
from kam.models import Entry, User
from kam.roles import Role
from plans.models import Initiative, Plan
from tests import make
from tradeterms.models import Finding

pytestmark = pytest.mark.django_db
NAMES = ["accounts", "memberships", "contacts", "alerts", "findings", "plans", "initiatives"]


@pytest.fixture
def admin():
    return make.user(Role.ADMIN)


@pytest.fixture
def leaver():
    """An account manager with one of everything that can be handed over."""
    user = make.user(name="Lena Leaver")
    user.account = make.account(user, owner=user)
    make.contact(user.account, our_owner=user)
    make.alert(user.account, state="acknowledged", acknowledged_by=user)
    make.finding(make.term(make.agreement(user.account)))
    user.plan = make.full_plan(user.account, author=user)
    Initiative.objects.filter(goal__plan=user.plan).exclude(pk=Initiative.objects.first().pk).delete()
    return user


@pytest.fixture
def dan():
    return make.user(name="Dan")


def to_all(person):
    return dict.fromkeys(NAMES, person)


def counts(user):
    return {share.part.name: share.count for share in handover.shares_of(user)}


def test_the_parts_come_from_all_floors_in_their_order():
    assert [part.name for part in handover.parts()] == NAMES


def test_what_somebody_has_is_counted_by_kind(leaver):
    assert counts(leaver) == dict.fromkeys(NAMES, 1)


def test_what_is_settled_signed_or_resolved_stays_where_it_is(leaver):
    Finding.objects.update(state="closed")
    Alert.objects.update(state="resolved", resolved_on=date(2026, 11, 23))
    Plan.objects.update(state="submitted")
    found = counts(leaver)
    assert {name: found[name] for name in ("alerts", "findings", "plans", "initiatives")} == dict.fromkeys(
        ("alerts", "findings", "plans", "initiatives"), 0
    )


def test_everything_moves_to_one_successor_who_then_sees_it(leaver, dan, admin):
    moved = people.leave(leaver, by=admin, successors=to_all(dan), reason="Moved to sales")
    assert {share.part.name: share.count for share in moved} == dict.fromkeys(NAMES, 1)
    assert (counts(leaver), counts(dan)) == (dict.fromkeys(NAMES, 0), dict.fromkeys(NAMES, 1))
    assert (set(Account.objects.visible_to(dan)), set(Account.objects.visible_to(leaver))) == ({leaver.account}, set())


def test_every_row_keeps_the_reason_and_what_it_was(leaver, dan, admin):
    people.leave(leaver, by=admin, successors=to_all(dan), reason="Moved to sales")
    entries = Entry.objects.filter(reason="Moved to sales")
    models = {"accounts.account", "accounts.membership", "accounts.contact", "accounts.alert"}
    models |= {"tradeterms.finding", "plans.plan", "plans.initiative", "kam.user"}
    assert set(entries.values_list("model", flat=True)) == models
    owner = entries.get(model="accounts.account")
    assert (owner.before, owner.after, owner.actor) == ({"owner_id": leaver.pk}, {"owner_id": dan.pk}, admin)
    assert entries.get(model="kam.user").after["accounts"] == {"to": dan.pk, "count": 1}


def test_a_version_counts_on_so_that_stale_forms_are_noticed(leaver, dan, admin):
    before = leaver.account.version
    people.leave(leaver, by=admin, successors={"accounts": dan}, reason="x")
    assert Account.objects.get().version == before + 1


def test_kinds_may_go_to_different_people_and_some_may_stay(leaver, dan, admin):
    lead = make.user(Role.TEAM_LEAD)
    leaver.account.team = make.team(lead)
    leaver.account.save()
    people.leave(leaver, by=admin, successors={"accounts": dan, "plans": lead}, reason="x")
    assert (Account.objects.get().owner, Plan.objects.get().author, Contact.objects.get().our_owner) == (
        dan,
        lead,
        leaver,
    )


def test_who_looks_after_the_account_already_does_not_twice(leaver, dan, admin):
    Membership.objects.create(account=leaver.account, user=dan)
    people.leave(leaver, by=admin, successors=to_all(dan), reason="x")
    assert [m.user for m in Membership.objects.filter(account=leaver.account)] == [dan]


def unchanged(leaver, act, match):
    logged = Entry.objects.filter(verb="handed_over")
    before = counts(leaver), logged.count()
    with pytest.raises(Conflict, match=match):
        act()
    assert (counts(leaver), logged.count()) == before


def test_a_successor_who_would_not_see_it_stops_all(leaver, dan, admin):
    successors = {"accounts": dan, "plans": make.user(name="Blind")}
    unchanged(
        leaver, lambda: people.leave(leaver, by=admin, successors=successors, reason="x"), "Blind would not see 1 of"
    )


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.FINANCE, Role.FUNCTION, Role.API_CLIENT])
def test_roles_that_cannot_do_the_work_do_not_take_it(leaver, admin, role):
    other = make.user(role)
    act = lambda: people.leave(leaver, by=admin, successors={"accounts": other}, reason="x")  # noqa: E731
    unchanged(leaver, act, "cannot take over")


def test_nobody_who_has_left_takes_over(leaver, admin):
    gone = make.user(is_active=False)
    act = lambda: people.leave(leaver, by=admin, successors=to_all(gone), reason="x")  # noqa: E731
    unchanged(leaver, act, "cannot take over")


def test_what_came_in_since_the_preview_stops_all(leaver, dan, admin):
    seen = counts(leaver)
    make.account(leaver, owner=leaver)
    with pytest.raises(Stale):
        people.leave(leaver, by=admin, successors=to_all(dan), reason="x", seen=seen)
    assert counts(leaver)["accounts"] == 2


def test_handing_over_and_deactivating_is_one_step(leaver, dan, admin):
    people.leave(leaver, by=admin, successors=to_all(dan), reason="Left", and_deactivate=True)
    assert not User.objects.get(pk=leaver.pk).is_active
    other = make.user()
    make.account(other, owner=other)
    make.contact(make.account(other), our_owner=other)
    unchanged(
        other,
        lambda: people.leave(other, by=admin, successors={"contacts": dan}, reason="x", and_deactivate=True),
        "would not see|still has",
    )
    assert User.objects.get(pk=other.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_two_hand_overs_at_once_give_each_thing_to_one_person(leaver, dan, admin):
    eve, start, outcomes = make.user(name="Eve"), threading.Barrier(2), []
    seen = counts(leaver)

    def run(to):
        start.wait()
        try:
            people.leave(leaver, by=admin, successors=to_all(to), reason="race", seen=seen)
            outcomes.append("done")
        except Stale:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(person,)) for person in (dan, eve)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "stale"]
    assert sorted(map(tuple, (counts(dan).values(), counts(eve).values()))) == [(0,) * 7, (1,) * 7]


# The page


def test_the_page_previews_then_does_it(client_of, leaver, dan, admin):
    client, url = client_of(admin), reverse("administration:hand-over", args=[leaver.pk])
    form = {"reason": "Left", "everything": dan.pk, "and_deactivate": "on"}
    preview = client.post(url, form)
    assert [(share.part.name, to) for share, to in preview.context["plan"]] == [(name, dan) for name in NAMES]
    assert counts(leaver) == dict.fromkeys(NAMES, 1)
    seen = preview.context["form"]["seen"].value()
    answer = client.post(url, form | {"confirmed": "1", "seen": seen})
    assert (answer.status_code, counts(dan)["accounts"], User.objects.get(pk=leaver.pk).is_active) == (302, 1, False)


def test_the_page_says_what_has_no_successor_before_somebody_is_deactivated(client_of, leaver, admin):
    url = reverse("administration:hand-over", args=[leaver.pk])
    preview = client_of(admin).post(url, {"reason": "Left", "and_deactivate": "on"})
    assert (preview.context["blocked"], [s.part.name for s in preview.context["left"]]) == (True, ["accounts", "plans"])
    assert 'name="confirmed"' not in preview.content.decode()


def test_a_confirmation_without_what_was_seen_moves_nothing(client_of, leaver, dan, admin):
    url = reverse("administration:hand-over", args=[leaver.pk])
    answer = client_of(admin).post(url, {"reason": "Left", "everything": dan.pk, "confirmed": "1"})
    assert (answer.status_code, counts(leaver)) == (409, dict.fromkeys(NAMES, 1))


def test_the_page_names_no_account_to_administrators(client_of, leaver, admin):
    Account.objects.update(name="Secret Stores")
    text = client_of(admin).get(reverse("administration:hand-over", args=[leaver.pk])).content.decode()
    assert ("Secret Stores" in text, "Accounts they manage (1)" in text) == (False, True)
