"""The change feed: gap-free, for the accounts one sees, and honest about a restored database."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts import services
from accounts.changes import Place
from kam.models import Entry
from kam.roles import DataClass, Role
from tests import make

pytestmark = pytest.mark.django_db
URL = "/api/v1/changes/"


def entry(account, label="x", txid=1, **fields):
    """An entry of a transaction that ended long ago."""
    given = {"verb": "changed", "model": "accounts.store", "object_id": 1, "source": "job", "label": label}
    return Entry.objects.create(account_id=account and account.pk, txid=txid, **given | fields)


def read(client, **query):
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def labels(body):
    return [row["label"] for row in body["results"]]


@pytest.fixture
def user():
    return make.user()


@pytest.fixture
def account(user):
    return make.account(user)


def test_a_change_reads_like_this(api_of, user, account):
    row = entry(account, before={"name": "A"}, after={"name": "B"}, reason="typo", actor=user)
    (told,) = read(api_of(user))["results"]
    assert told.pop("at").endswith("Z")
    assert told == {
        "id": row.pk,
        "actor": user.pk,
        "verb": "changed",
        "model": "accounts.store",
        "object_id": "1",
        "label": "x",
        "account": account.pk,
        "before": {"name": "A"},
        "after": {"name": "B"},
        "reason": "typo",
    }
    assert api_of(user).get(f"{URL}{row.pk}/").json() | {"at": None} == told | {"at": None}


def test_changes_come_in_the_order_of_their_transactions_page_by_page(api_of, user, account):
    for label, txid in (("c", 3), ("a", 1), ("b", 2), ("d", 3)):
        entry(account, label, txid)
    client, seen, cursor, more = api_of(user), [], "", True
    while more:
        body = read(client, limit=3, **({"after": cursor} if cursor else {}))
        seen, cursor, more = seen + labels(body), body["cursor"], body["more"]
    assert seen == ["a", "b", "c", "d"]
    assert read(client, after=cursor) == {"cursor": cursor, "more": False, "results": []} | {
        "cursor": read(client, after=cursor)["cursor"]
    }


def test_the_same_cursor_answers_the_same_again(api_of, user, account):
    entry(account, "a"), entry(account, "b", txid=2)
    client = api_of(user)
    cursor = read(client, limit=1)["cursor"]
    assert [labels(read(client, after=cursor)) for _ in range(2)] == [["b"], ["b"]]


def test_one_begins_at_the_end_if_one_likes(api_of, user, account):
    entry(account)
    body = read(api_of(user), after="now")
    assert (body["results"], body["more"], bool(body["cursor"])) == ([], False, True)


def test_only_ones_own_accounts_and_classes_are_told_of(api_of, user, account):
    foreign = make.account()
    entry(account, "own"), entry(foreign, "foreign"), entry(None, "house")
    entry(account, "terms", data_class=DataClass.TERMS, model="tradeterms.term")
    field = make.user(Role.FIELD)
    account.memberships.create(user=field)
    auditor, admin, stranger = make.user(Role.AUDITOR), make.user(Role.ADMIN), make.user()
    seen = {p.role: labels(read(api_of(p))) for p in (user, field, auditor, admin)}
    assert seen == {
        Role.ACCOUNT_MANAGER: ["own", "terms"],
        Role.FIELD: ["own"],
        Role.AUDITOR: ["own", "foreign", "house", "terms"],
        Role.ADMIN: [],
    }
    assert labels(read(api_of(stranger))) == []
    assert api_of(user).get(f"{URL}{Entry.objects.get(label='foreign').pk}/").status_code == 404


def test_a_token_is_told_of_what_its_scopes_open(api_of, user, account):
    models = ("accounts.store", "kpis.target", "kpis.feed", "tradeterms.term", "plans.plan")
    for model in models:
        entry(account, model, model=model)
    got = {s: labels(read(api_of(user, ["accounts:read", f"{s}:read"]))) for s in ("kpis", "imports", "plans")}
    assert got == {s: ["accounts.store", m] for s, m in zip(got, (models[1], models[2], models[4]), strict=True)}
    assert api_of(user, ["plans:read"]).get(URL).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [({"verb": "created"}, ["b"]), ({"model": "accounts.account"}, ["c"]), ({"model": "x"}, []), ({}, ["a", "b", "c"])],
)
def test_filters(api_of, user, account, query, found):
    entry(account, "a"), entry(account, "b", verb="created"), entry(account, "c", model="accounts.account")
    assert labels(read(api_of(user), **query)) == found


def test_by_account(api_of, user, account):
    other, foreign = make.account(user), make.account()
    entry(account, "a"), entry(other, "b")
    client = api_of(user)
    assert labels(read(client, account=other.pk)) == ["b"]
    answers = [client.get(URL, {"account": pk}) for pk in (foreign.pk, 10**9)]
    assert [r.status_code for r in answers] == [400, 400]


@pytest.mark.parametrize(
    "query",
    [{"after": "x"}, {"after": "MS4y="}, {"after": "ä"}, {"limit": 0}, {"limit": 501}, {"limit": "x"}, {"page_size": 1}]
    + [{"after": str(Place(-1, 0))}, {"after": str(Place(1, 2**80))}, {"after": "MDEuMg"}],
)
def test_what_is_no_cursor_or_limit_is_refused(api_of, user, query):
    answer = api_of(user).get(URL, query)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, list(query))


def test_a_cursor_from_the_future_is_gone(api_of, user):
    answer = api_of(user).get(URL, {"after": str(Place(2**60, 0))})
    assert (answer.status_code, answer.json()["code"]) == (410, "restored")


def test_it_costs_the_same_with_one_change_and_three(api_of, user, account):
    client, costs = api_of(user), []
    for rows in (1, 2):
        for _ in range(rows):
            entry(account, actor=make.user())
        client.get(URL)
        with CaptureQueriesContext(connection) as queries:
            read(client)
        costs.append(len(queries))
    assert costs[0] == costs[1]


@pytest.mark.django_db(transaction=True)
def test_no_change_is_missed_while_transactions_overlap(api_of, user, account):
    """An older transaction that ends later holds the feed back, rather than appearing behind the cursor."""
    client, opened, finish = api_of(user), threading.Event(), threading.Event()
    cursor = read(client, after="now")["cursor"]

    def slow():
        try:
            with transaction.atomic():
                services.create_store(by=user, account=account, code="S1", name="Slow")
                opened.set()
                finish.wait(30)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    opened.wait(30)
    services.create_store(by=user, account=account, code="S2", name="Fast")
    early = read(client, after=cursor)
    finish.set()
    thread.join()
    late = read(client, after=early["cursor"])
    assert (labels(early), labels(late)) == ([], ["S1 Slow", "S2 Fast"])
    assert labels(read(client, after=late["cursor"])) == []


@pytest.mark.django_db(transaction=True)
def test_many_writers_and_a_reader_lose_nothing(api_of, user, account):
    client, seen = api_of(user), []
    cursor = read(client, after="now")["cursor"]

    def write(name):
        try:
            for n in range(8):
                with transaction.atomic():
                    services.create_store(by=user, account=account, code=f"{name}{n}", name="x")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    while True:
        alive = any(thread.is_alive() for thread in threads)
        body = read(client, after=cursor, limit=5)
        seen, cursor = seen + [row["id"] for row in body["results"]], body["cursor"]
        if not alive and not body["more"]:
            break
    wanted = Entry.objects.filter(model="accounts.store").values_list("pk", flat=True)
    assert (len(seen), sorted(seen)) == (32, sorted(wanted))
