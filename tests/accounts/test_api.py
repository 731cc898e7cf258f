"""The REST API of the accounts floor."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Alert, Contact, Membership, Store
from kam.models import Entry
from kam.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
NEW = {"code": "N-1", "name": "New", "country": "DE", "currency": "EUR"}


def url(noun, pk="", rest=""):
    return f"/api/v1/{noun}/{f'{pk}/' if pk else ''}{rest}"


def results(client, noun, query=""):
    return client.get(f"{url(noun)}{query}").json()["results"]


@pytest.fixture
def machine():
    """A master-data system with its own team: `machine.team`."""
    user = make.user(Role.API_CLIENT)
    user.team = make.team(user)
    return user


def test_an_account_reads_like_this(api_of):
    user = make.user()
    account = make.account(user, code="A", name="Anna", tier="A", languages=["de"])
    response = api_of(user).get(url("accounts", account.pk))
    assert response.headers["ETag"].startswith('"1-')
    body = response.json()
    assert body.pop("updated_at").endswith("Z")
    assert body == {
        "id": account.pk,
        "code": "A",
        "name": "Anna",
        "kind": "retailer",
        "direction": "sell_to",
        "state": "active",
        "tier": "A",
        "country": "DE",
        "currency": "EUR",
        "languages": ["de"],
        "parent": None,
        "team": None,
        "owner": None,
        "version": 1,
    }


@pytest.mark.parametrize("query", ["?q=ann", "?tier=A", "?country=CN", "?q=an&tier=A&state=active"])
def test_filters_speak_the_language_of_the_pages(api_of, query):
    user = make.user()
    make.account(user, name="Anna", tier="A", country="CN")
    make.account(user, name="Berta", tier="B")
    assert [a["name"] for a in results(api_of(user), "accounts", query)] == ["Anna"]


def test_pages_follow_each_other(api_of):
    user = make.user()
    for name in "CAB":
        make.account(user, name=name)
    client = api_of(user)
    first = client.get("/api/v1/accounts/?page_size=2").json()
    second = client.get(first["next"]).json()
    names = [[a["name"] for a in page["results"]] for page in (first, second)]
    assert (names, second["next"]) == ([["A", "B"], ["C"]], None)


def test_an_account_is_opened(api_of, machine):
    response = api_of(machine).post(url("accounts"), NEW | {"team": machine.team.pk})
    assert (response.status_code, response.json()["id"]) == (201, Account.objects.get().pk)
    assert Entry.objects.get(model="accounts.account").source == "api"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "team"),
        ({"team": "foreign"}, "team"),
        ({"parent": "foreign"}, "parent"),
        ({"country": "Germany"}, "country"),
        ({"colour": "red"}, "colour"),
        ({"version": 7}, "version"),
    ],
)
def test_what_is_not_valid_is_said_by_field(api_of, machine, data, field):
    foreign = {"team": make.team().pk, "parent": make.account().pk}
    data = {k: foreign[k] if v == "foreign" else v for k, v in data.items()}
    team = {} if field == "team" else {"team": machine.team.pk}
    response = api_of(machine).post(url("accounts"), NEW | team | data)
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])
    assert Account.objects.filter(code="N-1").count() == 0


def test_a_change_needs_the_version_it_was_made_from(api_of, machine):
    account = make.account(team=machine.team)
    client = api_of(machine)
    answers = [
        client.patch(url("accounts", account.pk), {"tier": "A"}, headers=headers).status_code
        for headers in ({}, {"If-Match": '"9"'}, {"If-Match": '"1"'}, {"If-Match": '"1"'})
    ]
    assert answers == [428, 412, 200, 412]
    assert Account.objects.get().version == 2


def test_a_manager_does_not_assign(api_of):
    user = make.user()
    account = make.account(user)
    response = api_of(user).patch(url("accounts", account.pk), {"owner": user.pk}, headers={"If-Match": '"1"'})
    assert (response.status_code, Account.objects.get().owner) == (403, None)


def test_accounts_are_not_deleted(api_of, machine):
    account = make.account(team=machine.team)
    assert api_of(machine).delete(url("accounts", account.pk)).status_code == 405


def test_a_token_without_the_scope_may_not_write(api_of, machine):
    client = api_of(machine, scopes=["accounts:read"])
    assert client.post(url("accounts"), NEW | {"team": machine.team.pk}).status_code == 403
    assert Account.objects.count() == 0


BODIES = {
    "stores": (Store, {"code": "S", "name": "Leipzig"}),
    "contacts": (Contact, {"name": "Buyer", "buying_role": "decides", "attitude": -2, "power": 5}),
}


@pytest.mark.parametrize("noun", BODIES)
def test_parts_are_added_and_changed(api_of, noun):
    model, body = BODIES[noun]
    user = make.user()
    account = make.account(user)
    client = api_of(user)
    made = client.post(url(noun), body | {"account": account.pk})
    changed = client.patch(url(noun, made.json()["id"]), {"name": "Other"}, headers={"If-Match": '"1"'})
    assert (made.status_code, changed.status_code, model.objects.get().name) == (201, 200, "Other")


@pytest.mark.parametrize("noun", BODIES)
def test_nothing_is_added_to_a_foreign_account(api_of, noun):
    model, body = BODIES[noun]
    response = api_of(make.user()).post(url(noun), body | {"account": make.account().pk})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["account"])
    assert model.objects.count() == 0


@pytest.mark.parametrize("role", [Role.FIELD, Role.ANALYST, Role.FINANCE, Role.AUDITOR])
def test_readers_do_not_write(api_of, role):
    user = make.user(role)
    account = make.account(user, team=make.team(user))
    client = api_of(user)
    assert client.post(url("stores"), {"account": account.pk, "code": "S", "name": "S"}).status_code == 403
    answer = client.patch(url("accounts", account.pk), {"name": "x"}, headers={"If-Match": '"1"'})
    assert (answer.status_code, Store.objects.count()) == (403, 0)


def test_leaders_say_who_looks_after_an_account(api_of, lead):
    user, account = make.user(), make.account(team=lead.team)
    client = api_of(lead)
    made = client.post(url("memberships"), {"account": account.pk, "user": user.pk})
    assert list(Account.objects.visible_to(user)) == [account]
    gone = client.delete(url("memberships", made.json()["id"]))
    assert (made.status_code, gone.status_code, Membership.objects.count()) == (201, 204, 0)


def test_members_do_not_say_who_looks_after_an_account(api_of):
    user = make.user()
    account = make.account(user)
    client = api_of(user)
    assert client.post(url("memberships"), {"account": account.pk, "user": make.user().pk}).status_code == 403
    assert client.delete(url("memberships", Membership.objects.get().pk)).status_code == 403


def test_teams_are_written_by_administrators_only(api_of, lead):
    client = api_of(lead)
    assert [t["name"] for t in results(client, "teams")] == [lead.team.name]
    assert client.post(url("teams"), {"name": "x"}).status_code == 403


def test_an_alert_reads_as_a_sentence(api_of):
    user = make.user()
    make.alert(make.account(user), code="unknown_rule", at_stake="12.50", currency="EUR", act_by=date(2026, 11, 26))
    (alert,) = results(api_of(user), "alerts")
    assert (alert["sentence"], alert["at_stake"], alert["act_by"]) == ("unknown_rule", "12.50", "2026-11-26")


def test_an_alert_is_moved(api_of):
    user = make.user()
    alert = make.alert(make.account(user))
    client = api_of(user)
    assert client.get(url("alerts", alert.pk, "moves/")).json() == ["acknowledge", "resolve"]
    unseen = client.post(url("alerts", alert.pk, "move/acknowledge/"))
    done = client.post(url("alerts", alert.pk, "move/acknowledge/"), {"version": 1})
    again = client.post(url("alerts", alert.pk, "move/acknowledge/"), {"version": 2})
    silent = client.post(url("alerts", alert.pk, "move/resolve/"), {"version": 2})
    assert [r.status_code for r in (unseen, done, again, silent)] == [428, 200, 409, 409]
    given = {"note": "settled", "version": 2}
    assert client.post(url("alerts", alert.pk, "move/resolve/"), given).json()["state"] == "resolved"
    assert Alert.objects.get().resolved_by == user


def test_an_alert_cannot_be_written_otherwise(api_of):
    user = make.user()
    alert = make.alert(make.account(user))
    client = api_of(user)
    assert client.patch(url("alerts", alert.pk), {"state": "resolved"}).status_code == 405
    assert client.post(url("alerts"), {}).status_code == 405


def one_of_each(user):
    account = make.account(user, team=user.team, parent=make.account(team=user.team), owner=make.user())
    make.store(account)
    make.contact(account, our_owner=make.user(), reports_to=make.contact(account))
    make.alert(account, acknowledged_by=user)
    make.team(parent=user.team)


@pytest.mark.parametrize("noun", ["accounts", "teams", "stores", "memberships", "contacts", "alerts"])
def test_a_list_costs_the_same_for_one_and_three_rows(api_of, machine, noun, django_assert_num_queries):
    one_of_each(machine)
    client = api_of(machine)
    client.get(url(noun))
    with CaptureQueriesContext(connection) as first:
        client.get(url(noun))
    for _ in range(2):
        one_of_each(machine)
    with django_assert_num_queries(len(first)):
        assert len(results(client, noun)) >= 3
