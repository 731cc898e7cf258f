"""Nobody signs without showing who they are, what they have not seen, or their own work; no side door leads there."""

import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse

from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from plans import signing
from plans.models import Plan, Signature
from tests import make
from tests.clients import Api
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def director():
    return make.user(Role.DIRECTOR, password=PASSWORD)


@pytest.fixture
def plan(director):
    return make.full_plan(make.account(team=make.team(director)), state="submitted")


@pytest.fixture
def signed_in(director):
    client = Client()
    client.force_login(director)
    return client


def with_password_of(director, role):
    """Somebody with the same password, without hashing it again."""
    person = make.user(role)
    person.password = director.password
    person.save()
    return person


def token_of(person, *scopes):
    _, text = issue_token(user=person, name="t", scopes=scopes or SCOPES, days=1, by=None)
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def form(plan, **changed):
    content = signing.content(plan)
    return {"version": plan.version, "seen_hash": content.content_hash, "note": "", "password": PASSWORD} | changed


def page(plan):
    return reverse("plans:signoff", args=[plan.pk])


def move(plan, name="sign"):
    return reverse("api-plans-move", args=[plan.pk, name])


def untouched(plan):
    return Signature.objects.count() == 0 and Plan.objects.get(pk=plan.pk).state == plan.state


def test_the_honest_way_works(signed_in, plan):
    assert signed_in.post(page(plan), form(plan)).status_code == 302
    assert Signature.objects.get().plan == plan


FORGED = {
    "no password": {"password": ""},
    "a wrong password": {"password": "wrong"},
    "no version": {"version": ""},
    "an older version": {"version": 0},
    "a later version": {"version": 99},
    "no hash": {"seen_hash": ""},
    "another hash": {"seen_hash": "0" * 64},
}


@pytest.mark.parametrize("name", FORGED)
def test_a_form_that_was_tampered_with_signs_nothing(signed_in, plan, name):
    assert signed_in.post(page(plan), form(plan, **FORGED[name])).status_code in (409, 422)
    assert untouched(plan)


def test_what_changed_after_it_was_shown_is_not_signed(signed_in, plan):
    """Also where no version was raised: the hash is of everything that is shown."""
    seen = form(plan)
    plan.goals.update(title="Something else")
    assert signed_in.post(page(plan), seen).status_code == 409
    assert untouched(plan)


def session_with(director, **record):
    client = Client()
    client.force_login(director)
    store = SessionStore(session_key=client.session.session_key)
    store["account_authentication_methods_user"] = str(director.pk)
    store["account_authentication_methods"] = [{"method": "password", "at": time.time(), **record}]
    store.save()
    return client


def test_signing_in_is_not_yet_showing_who_signs(director, plan):
    fresh = session_with(director, reauthenticated=True)
    just_signed_in = session_with(director)
    long_ago = session_with(director, reauthenticated=True, at=time.time() - 301)
    for client in (just_signed_in, long_ago):
        assert client.post(page(plan), form(plan, password="")).status_code == 422
    assert untouched(plan)
    assert fresh.post(page(plan), form(plan, password="")).status_code == 302


def test_a_token_alone_does_not_sign(director, plan):
    api = token_of(director)
    bodies = [{}, {"password": ""}, {"password": "wrong"}, {"password": None}, {"confirmed_at": "2099-01-01"}]
    for body in bodies:
        assert api.post(move(plan), body | {"version": plan.version}).status_code in (400, 403), body
    for headers in ({}, {"HTTP_IF_MATCH": '"99"'}, {"HTTP_IF_MATCH": "*"}):
        assert api.post(move(plan), {"password": PASSWORD}, **headers).status_code in (412, 428)
    stale = {"password": PASSWORD, "version": plan.version, "content_hash": "0" * 64}
    assert api.post(move(plan), stale).status_code == 412
    assert api.post(move(plan), {"password": PASSWORD, "version": 99}).status_code == 412
    reader = token_of(director, "plans:read", "accounts:write")
    assert reader.post(move(plan), {"password": PASSWORD, "version": plan.version}).status_code == 403
    assert untouched(plan)


def test_no_other_door_signs(signed_in, director, plan):
    for name in ("sign", "supersede", "SIGN", "Sign"):
        answer = signed_in.post(reverse("plans:move", args=[plan.pk, name]), {"password": PASSWORD})
        assert answer.status_code in (302, 404), name
    api = token_of(director)
    for name in ("supersede", "approve"):
        url = f"/api/v1/plans/{plan.pk}/move/{name}/"
        assert api.post(url, {"password": PASSWORD, "version": plan.version}).status_code in (403, 404, 409)
    for method in ("get", "put", "patch", "delete"):
        assert getattr(api, method)(move(plan)).status_code == 405
    assert untouched(plan)


def test_nobody_signs_their_own_work_nor_what_they_do_not_see(director, plan):
    own = make.full_plan(plan.account, state="submitted", author=director, year=2027)
    stranger = with_password_of(director, Role.DIRECTOR)
    body = {"password": PASSWORD, "version": 1}
    assert token_of(director).post(move(own), body).status_code == 403
    assert token_of(stranger).post(move(plan), body).status_code == 404
    for role in set(Role) - {Role.DIRECTOR}:
        person = with_password_of(director, role)
        plan.account.team.memberships.create(user=person)
        plan.account.memberships.create(user=person)
        assert token_of(person).post(move(plan), body).status_code in (403, 404), role
    assert untouched(plan)


def test_what_is_signed_or_handed_in_cannot_be_edited(director, plan):
    writer = token_of(plan.author)
    goal = plan.goals.first()
    for state in ("submitted", "signed", "superseded"):
        Plan.objects.filter(pk=plan.pk).update(state=state)
        version = {"HTTP_IF_MATCH": f'"{plan.version}"'}
        part = {"HTTP_IF_MATCH": f'"{goal.version}"'}
        answers = [
            writer.patch(reverse("api-plans-detail", args=[plan.pk]), {"where_we_stand": "x"}, **version),
            writer.patch(reverse("api-goals-detail", args=[goal.pk]), {"title": "x"}, **part),
            writer.delete(reverse("api-goals-detail", args=[goal.pk]), **part),
            writer.post(reverse("api-goals-list"), {"plan": plan.pk, "title": "x"}),
            writer.post(reverse("api-initiatives-list"), {"goal": goal.pk, "title": "x"}),
            writer.post(reverse("api-plan-measures-list"), {"goal": goal.pk, "measure": "backlog", "target": 1}),
        ]
        assert [a.status_code for a in answers] == [409] * 6, state
    assert plan.goals.get(pk=goal.pk).title == goal.title


def test_a_password_is_not_guessed_at_the_signature(director, plan):
    api = token_of(director)
    codes = [api.post(move(plan), {"password": f"guess {n}", "version": plan.version}).status_code for n in range(12)]
    assert (codes[0], codes[-1]) == (403, 429)
    assert api.post(move(plan), {"password": PASSWORD, "version": plan.version}).status_code == 429
    assert untouched(plan)
