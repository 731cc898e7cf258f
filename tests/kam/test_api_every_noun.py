"""What is promised of the API as a whole, asked of each noun of the router: a noun that is missing below fails.

A POST under the same key has one effect and one answer; who writes says from which version; copies are known by their
ETag; many at once are all or none.
"""

from datetime import timedelta

import pytest
from django.db import transaction

from kam.api.base import EditableViewSet, MoveMixin
from kam.models import IdempotentRequest, SavedView
from kam.roles import Role
from kam.urls import router
from kpis.imports.toml import mapping_text
from tests import make, policy, world
from tests.kpis import facts, forecasts
from tests.test_access import aliases, key_text, noun_of, token_client

NOUNS = {prefix: viewset for prefix, viewset, _name in router.registry}
WRITTEN = sorted(prefix for prefix, viewset in NOUNS.items() if issubclass(viewset, EditableViewSet))
CHANGED = [prefix for prefix in WRITTEN if "patch" in NOUNS[prefix].http_method_names]
REMOVED = [prefix for prefix in WRITTEN if "delete" in NOUNS[prefix].http_method_names]
MOVED = sorted(prefix for prefix, viewset in NOUNS.items() if issubclass(viewset, MoveMixin))
BULK = [prefix for prefix in WRITTEN if NOUNS[prefix].bulk]
# Rows that are made and removed, and never changed, have no version.
UNVERSIONED = ["memberships", "team-memberships"]
SEARCHED = (Role.TEAM_LEAD, Role.ACCOUNT_MANAGER, Role.ADMIN, Role.AUDITOR, Role.DIRECTOR)


def bodies(here):
    """By noun, what its writer may make."""
    own, hook = here.own, {"name": "W", "url": "https://example.com/hook", "events": ["*.*:*"]}
    return {
        "accounts": {"code": "N-1", "name": "New", "country": "DE", "currency": "EUR", "team": here.team.pk},
        "stores": {"account": own.account.pk, "code": "N-1", "name": "New"},
        "contacts": {"account": own.account.pk, "name": "New", "buying_role": "decides"},
        "memberships": {"account": own.account.pk, "user": here.people[Role.FINANCE].pk},
        "teams": {"name": "New"},
        "team-memberships": {"team": here.team.pk, "user": here.user.pk},
        "deputies": {
            "person": here.people[Role.TEAM_LEAD].pk,
            "deputy": here.people[Role.DIRECTOR].pk,
            "starts": "2098-01-01",
            "ends": "2098-01-02",
        },
        "users": {"name": "New", "email": "new@example.com", "role": "analyst"},
        "targets": {"account": own.account.pk, "measure": "otif", "year": 2031, "value": "0.9"},
        "categories": {"code": "N-1", "name": "New"},
        "products": {"code": "N-1", "name": "New"},
        "feeds": {"code": "n-1", "name": "New", "kind": "orders", "account": own.account.pk},
        "column-mappings": {"feed": here.unmapped.pk, "text": mapping_text("default_sell_through")},
        "forecast-events": {
            "account": own.account.pk,
            "kind": "promotion",
            "name": "New",
            "starts": "2031-01-01",
            "uplift": "0.2",
        },
        "forecast-overrides": {
            "account": own.account.pk,
            "product": here.product.pk,
            "week": str(world.WEEK + timedelta(weeks=3)),
            "units": "1",
            "reason": "New",
        },
        "supply-caps": {
            "product": here.product.pk,
            "starts": "2031-01-06",
            "ends": "2031-01-06",
            "units": "1",
            "reason": "New",
        },
        "supply-commitments": {"cap": here.unpromised.pk, "account": own.account.pk, "minimum": "1"},
        "agreements": {
            "account": own.account.pk,
            "number": "N-1",
            "title": "New",
            "starts": "2031-01-01",
            "ends": "2031-12-31",
            "currency": "EUR",
        },
        "terms": {
            "agreement": own.agreement.pk,
            "clause": "9.9",
            "kind": "payment_term",
            "side": "they_owe",
            "params": make.TERMS["payment_term"],
        },
        "plans": {"account": own.account.pk, "year": 2031},
        "goals": {"plan": own.plan.pk, "title": "New"},
        "initiatives": {"goal": own.goal.pk, "title": "New"},
        "plan-measures": {"goal": own.goal.pk, "measure": "backlog", "target": "1"},
        "saved-views": {"page": "accounts:list", "name": "New", "query": "tier=A"},
        "webhooks": hook,
        "webhooks off": hook | {"is_active": False},
    }


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        found = world.build()
        found.unmapped, found.unpromised = facts.feed(found.own.account), forecasts.cap()
        yield found
        transaction.set_rollback(True)


@pytest.fixture
def here(house):
    """The world as it was made; what a test does to it is undone."""
    with transaction.atomic():
        yield house
        transaction.set_rollback(True)


def row_of(here, prefix):
    """A row of the noun that its writer may write."""
    noun = noun_of(NOUNS[prefix])
    if noun == "savedview":
        return SavedView.objects.create(user=here.people[Role.TEAM_LEAD], page="accounts:list", name="Mine")
    return getattr(here, noun) if noun in policy.SHARED else aliases(here.own, noun)


def writer(here, prefix, action):
    """A client of the first role of SEARCHED that may; of what is one's own, the team lead."""
    may = policy.WRITES.get(noun_of(NOUNS[prefix]), {}).get(action, {Role.TEAM_LEAD})
    return token_client(here, next(role for role in SEARCHED if role in may))


def address(prefix, row=None, *more):
    return "/".join(["/api/v1", prefix, *([key_text(row.pk)] if row else []), *more, ""])


def count(prefix):
    return NOUNS[prefix].queryset.model.objects.count()


def refusal(answer):
    return answer.status_code, answer["Content-Type"]


def test_every_noun_that_is_made_has_a_body_here(here):
    assert sorted({name.split()[0] for name in bodies(here)}) == WRITTEN


@pytest.mark.parametrize("name", [*WRITTEN, "webhooks off"])
def test_the_same_post_twice_makes_one(here, name):
    prefix, body = name.split()[0], bodies(here)[name]
    client, before = writer(here, prefix, "create"), count(prefix)
    first, again = (client.post(address(prefix), body, headers={"Idempotency-Key": "one"}) for _n in range(2))
    assert first.status_code == 201, first.json()
    assert (again.status_code, again.content, again["ETag"]) == (201, first.content, first["ETag"])
    assert ([r.headers.get("Idempotent-Replayed") for r in (first, again)], count(prefix)) == (
        [None, "true"],
        before + 1,
    )
    other = client.post(address(prefix), body | {"name": "Other"}, headers={"Idempotency-Key": "one"})
    assert (refusal(other), count(prefix)) == ((422, "application/problem+json"), before + 1)


@pytest.mark.parametrize("prefix", WRITTEN)
def test_what_is_read_is_known_by_its_tag(here, prefix):
    action = "change" if prefix in CHANGED else "create"
    row, client = row_of(here, prefix), writer(here, prefix, action)
    answer = client.get(address(prefix, row))
    again = client.get(address(prefix, row), headers={"If-None-Match": answer["ETag"]})
    assert (answer.status_code, again.status_code, again.content) == (200, 304, b"")


@pytest.mark.parametrize("prefix", CHANGED)
def test_a_change_says_from_which_version(here, prefix):
    row, client = row_of(here, prefix), writer(here, prefix, "change")
    tags = ({}, {"If-Match": "*"}, {"If-Match": f'"{row.version + 1}"'}, {"If-Match": f'"{row.version}"'})
    got = [client.patch(address(prefix, row), {}, headers=tag) for tag in tags]
    assert [answer.status_code for answer in got] == [428, 428, 412, 200]
    assert {answer["Content-Type"] for answer in got[:3]} == {"application/problem+json"}
    assert got[3].json()["version"] == row.version


@pytest.mark.parametrize("prefix", REMOVED)
def test_a_removal_says_from_which_version(here, prefix):
    row, client, before = row_of(here, prefix), writer(here, prefix, "remove"), count(prefix)
    assert hasattr(row, "version") == (prefix not in UNVERSIONED)
    if hasattr(row, "version"):
        got = [client.delete(address(prefix, row), headers=tag).status_code for tag in ({}, {"If-Match": '"99"'})]
        assert (got, count(prefix)) == ([428, 412], before)


@pytest.mark.parametrize("prefix", MOVED)
def test_a_move_says_from_which_version_and_has_a_key(here, prefix):
    row, name = row_of(here, prefix), next(iter(NOUNS[prefix].steps))
    client, url = token_client(here, Role.TEAM_LEAD), address(prefix, row, "move", name)
    keyless = client.post(url, {"version": row.version}, headers={"Idempotency-Key": ""})
    got = [client.post(url, body).status_code for body in ({}, {"version": row.version + 1})]
    row.refresh_from_db()
    assert (keyless.status_code, got, row.version) == (400, [428, 412], 1)


@pytest.mark.parametrize("prefix", BULK)
def test_many_at_once_are_all_or_none(here, prefix):
    row, client, before = row_of(here, prefix), writer(here, prefix, "create"), count(prefix)
    body, url = bodies(here)[prefix], address(prefix, None, "bulk")
    broken = body | {"no_such_field": 1}
    change = {"id": row.pk, "version": getattr(row, "version", 1)}
    stored = IdempotentRequest.objects.count()
    got = {
        "no key": client.post(url, [body], headers={"Idempotency-Key": ""}),
        "none": client.post(url, []),
        "too many": client.post(url, [body] * 501),
        "one is broken": client.post(url, [body, broken]),
        "one is not there": client.post(url, [body, change | {"id": 10**9}]),
        "without version": client.post(url, [body, {"id": row.pk}]),
        "stale": client.post(url, [body, change | {"version": 99}]),
        "the same twice": client.post(url, [change, change]),
        "a number as text": client.post(url, [change | {"id": str(row.pk)}]),
        "true": client.post(url, [change | {"id": True}]),
    }
    never = prefix not in CHANGED
    want = dict.fromkeys(got, 400) | {"one is not there": 404, "without version": 428, "stale": 412}
    want |= dict.fromkeys(("one is not there", "without version", "stale"), 400) if never else {}
    assert {name: answer.status_code for name, answer in got.items()} == want
    assert (count(prefix), IdempotentRequest.objects.count()) == (before, stored + len(got) - 1)
