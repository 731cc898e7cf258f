"""Many rows in one request: all of them, or none."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contact, Store
from kam.models import Entry
from kam.roles import Role
from plans.models import Goal
from tests import make
from tests.clients import api_of  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
STORES = "/api/v1/stores/bulk/"


@pytest.fixture
def person():
    return make.user()


@pytest.fixture
def account(person):
    return make.account(person)


@pytest.fixture
def client(api_of, person):  # noqa: F811
    return api_of(person)


def new(account, code, **fields):
    return {"account": account.pk, "code": code, "name": f"Store {code}"} | fields


def names():
    return sorted(Store.objects.values_list("name", flat=True))


def test_rows_are_made_and_changed_together_and_answered_in_order(client, account):
    stored = make.store(account, name="Old")
    items = [new(account, "1"), {"id": stored.pk, "version": 1, "name": "New"}, new(account, "2")]
    answer = client.post(STORES, items)
    told = [(row["name"], row["version"]) for row in answer.json()["results"]]
    assert (answer.status_code, told) == (200, [("Store 1", 1), ("New", 2), ("Store 2", 1)])
    assert names() == ["New", "Store 1", "Store 2"]
    verbs = Entry.objects.filter(model="accounts.store").order_by("pk").values_list("verb", "source")
    assert list(verbs) == [("created", "api"), ("changed", "api"), ("created", "api")]


def test_one_foreign_id_hides_all_and_changes_nothing(client, account):
    own, foreign = make.store(account, name="Own"), make.store(make.account(), name="Foreign")
    items = [{"id": own.pk, "version": 1, "name": "x"}, {"id": foreign.pk, "version": 1, "name": "x"}]
    answers = [client.post(STORES, items), client.post(STORES, [items[0], items[1] | {"id": 10**9}])]
    assert [r.status_code for r in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()
    assert names() == ["Foreign", "Own"]


def test_faults_are_named_by_index_and_field(client, account):
    items = [new(account, "1"), new(account, "2", country="Germany"), new(account, "3", colour="red"), {"name": "x"}]
    answer = client.post(STORES, items)
    told = {index: sorted(fields) for index, fields in answer.json()["errors"].items()}
    assert (answer.status_code, told) == (400, {"1": ["country"], "2": ["colour"], "3": ["account", "code"]})
    assert names() == []


def test_a_foreign_account_is_a_fault_like_a_missing_one(client, account):
    items = [new(make.account(), "1"), new(account, "2") | {"account": 10**9}]
    told = {index: list(fields) for index, fields in client.post(STORES, items).json()["errors"].items()}
    assert (told, names()) == ({"0": ["account"], "1": ["account"]}, [])


def test_what_only_the_service_finds_is_named_too(client, account):
    answer = client.post(STORES, [new(account, "1"), new(account, "1")])
    assert (answer.status_code, list(answer.json()["errors"]), names()) == (400, ["1"], [])


@pytest.mark.parametrize(("version", "status"), [({}, 428), ({"version": 9}, 412), ({"version": "1"}, 412)])
def test_each_change_names_its_version(client, account, version, status):
    stored = make.store(account, name="Old")
    answer = client.post(STORES, [new(account, "1"), {"id": stored.pk, "name": "x"} | version])
    assert (answer.status_code, list(answer.json()["errors"]), names()) == (status, ["1"], ["Old"])


@pytest.mark.parametrize("body", [{}, [], [1], "x", [{"id": "1"}], [{"id": -1}], [{"id": True}], [{"id": [1]}]])
def test_what_is_no_list_of_items_is_refused(client, account, body):
    assert (client.post(STORES, body).status_code, names()) == (400, [])


def test_at_most_five_hundred_items_are_taken(client, account):
    """A35: neither 501 rows nor a hundred thousand ids are worked on."""
    for items in ([new(account, str(n)) for n in range(501)], [{"id": n} for n in range(1, 100_001)]):
        assert client.post(STORES, items).status_code == 400
    assert names() == []


def test_the_same_row_twice_is_refused(client, account):
    pk = make.store(account, name="Old").pk
    answer = client.post(STORES, [{"id": pk, "version": 1, "name": n} for n in "ab"])
    assert (answer.status_code, list(answer.json()["errors"]), names()) == (400, ["1"], ["Old"])


@pytest.mark.parametrize("role", [Role.FIELD, Role.ANALYST, Role.FINANCE, Role.AUDITOR])
def test_readers_do_not_write_in_bulk(api_of, role):  # noqa: F811
    user = make.user(role)
    account = make.account(user, team=make.team(user))
    stored = make.store(account, name="Old")
    items = [new(account, "1"), {"id": stored.pk, "version": 1, "name": "x"}]
    assert (api_of(user).post(STORES, items).status_code, names()) == (403, ["Old"])


def test_a_manager_changes_accounts_in_bulk_but_opens_none(client, account):
    url = "/api/v1/accounts/bulk/"
    opening = {"code": "N", "name": "New", "country": "DE", "currency": "EUR"}
    mixed = client.post(url, [{"id": account.pk, "version": 1, "tier": "A"}, opening])
    account.refresh_from_db()
    assert (mixed.status_code, list(mixed.json()["errors"]), account.tier) == (403, ["1"], "")
    assert client.post(url, [{"id": account.pk, "version": 1, "tier": "A"}]).json()["results"][0]["tier"] == "A"


def test_nobody_assigns_in_bulk_who_may_not_assign(client, account, person):
    """A8: a protected field is refused in bulk as it is alone."""
    url = "/api/v1/accounts/bulk/"
    assign = client.post(url, [{"id": account.pk, "version": 1, "owner": person.pk}])
    forged = client.post(url, [{"id": account.pk, "version": 1, "lineage": [1], "is_staff": True}])
    assert (assign.status_code, forged.status_code) == (403, 400)
    assert sorted(forged.json()["errors"]["0"]) == ["is_staff", "lineage"]


def test_a_plan_that_is_handed_in_takes_no_goals_in_bulk(client, person):
    """A7: the state of a row refuses the whole list."""
    account = make.account(person)
    open_plan, closed = (
        make.plan(account, author=person),
        make.plan(account, author=person, year=2030, state="submitted"),
    )
    answer = client.post("/api/v1/goals/bulk/", [{"plan": p.pk, "title": "x"} for p in (open_plan, closed)])
    assert (answer.status_code, list(answer.json()["errors"]), Goal.objects.count()) == (409, ["1"], 0)


def test_what_is_never_changed_alone_is_not_changed_in_bulk(api_of):  # noqa: F811
    lead = make.user(Role.TEAM_LEAD)
    account = make.account(team=make.team(lead))
    client, url = api_of(lead), "/api/v1/memberships/bulk/"
    made = client.post(url, [{"account": account.pk, "user": make.user().pk} for _ in range(2)])
    row = made.json()["results"][0]
    changed = client.post(url, [{"id": row["id"], "version": 1, "function": "x"}])
    assert (made.status_code, changed.status_code, list(changed.json()["errors"])) == (200, 400, ["0"])


def test_references_are_read_once_for_all_items(client, account):
    """Each further item costs its own write, and no more."""
    costs = []
    client.get("/api/v1/contacts/")
    for rows in (1, 2, 3):
        items = [{"account": account.pk, "name": f"C{rows}{n}", "buying_role": "decides"} for n in range(rows)]
        with CaptureQueriesContext(connection) as queries:
            assert client.post("/api/v1/contacts/bulk/", items).status_code == 200
        costs.append(len(queries))
    assert (costs[2] - costs[1], Contact.objects.count()) == (costs[1] - costs[0], 6)
    assert costs[1] - costs[0] <= 12
