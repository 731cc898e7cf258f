"""POST once: the same request under the same key has one effect."""

import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import services
from accounts.models import Store
from kam.api import idempotency
from kam.models import Entry, IdempotentRequest
from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from kam.tasks import forget_answers
from kpis.models import ImportBatch, Target
from plans.models import Plan
from tests import make

pytestmark = pytest.mark.django_db
STORES = "/api/v1/stores/"


def client_of(person):
    """A client that sends no key by itself."""
    client = APIClient()
    _token, text = issue_token(user=person, name="t", scopes=SCOPES, days=1, by=None)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def keyed(key):
    return {"Idempotency-Key": key}


@pytest.fixture
def person():
    return make.user()


@pytest.fixture
def body(person):
    return {"account": make.account(person).pk, "code": "S1", "name": "Leipzig"}


@pytest.fixture
def client(person):
    return client_of(person)


def told(answer):
    return answer.status_code, answer.headers.get("Idempotent-Replayed"), answer.json()


def test_the_same_again_is_answered_alike_and_done_once(client, body):
    first, again = (client.post(STORES, body, headers=keyed("a")) for _ in range(2))
    assert told(first) == (201, None, first.json())
    assert told(again) == (201, "true", first.json())
    assert (again.content, again["ETag"], again["Location"]) == (first.content, first["ETag"], first["Location"])
    assert (Store.objects.count(), Entry.objects.filter(model="accounts.store").count()) == (1, 1)


def test_another_body_or_address_under_the_same_key_is_422(client, body):
    client.post(STORES, body, headers=keyed("a"))
    other = client.post(STORES, body | {"code": "S2"}, headers=keyed("a"))
    elsewhere = client.post("/api/v1/contacts/", body, headers=keyed("a"))
    assert [(r.status_code, r.json()["code"]) for r in (other, elsewhere)] == [(422, "key_reused")] * 2
    assert Store.objects.count() == 1


def test_a_key_belongs_to_who_sent_it(client, body, person):
    client.post(STORES, body, headers=keyed("a"))
    other = make.user()
    account = make.account(other)
    answers = [
        client_of(other).post(STORES, body | {"account": account.pk}, headers=keyed("a")),
        client_of(person).post(STORES, body | {"code": "S2"}, headers=keyed("a")),
    ]
    browser = APIClient()
    browser.force_login(person)
    answers.append(browser.post(STORES, body | {"code": "S3"}, headers=keyed("a")))
    assert [r.status_code for r in answers] == [201] * 3


def test_while_it_is_under_way_the_same_waits(client, body, monkeypatch):
    answers = []

    def create(*, by, **fields):
        answers.append(client.post(STORES, body, headers=keyed("a")))
        return made(by=by, **fields)

    made = services.create_store
    monkeypatch.setattr(services, "create_store", create)
    assert client.post(STORES, body, headers=keyed("a")).status_code == 201
    (waits,) = answers
    assert (waits.status_code, waits.json()["code"], 0 < int(waits["Retry-After"]) <= 60) == (409, "in_flight", True)
    assert Store.objects.count() == 1


def test_a_worker_that_died_frees_the_key_after_a_minute(client, body, person):
    caller = f"token:{person.tokens.get().pk}"
    first = client.post(STORES, body, headers=keyed("a"))
    Store.objects.all().delete()
    row = IdempotentRequest.objects.filter(caller=caller, key="a")
    row.update(status=None, body="", lease_until=timezone.now() + timedelta(seconds=5))
    assert client.post(STORES, body, headers=keyed("a")).status_code == 409
    row.update(lease_until=timezone.now() - timedelta(seconds=1))
    again = client.post(STORES, body, headers=keyed("a"))
    assert (again.status_code, Store.objects.count()) == (first.status_code, 1)


def test_who_comes_too_late_takes_its_work_back(client, body, monkeypatch):
    def create(*, by, **fields):
        row = made(by=by, **fields)
        IdempotentRequest.objects.update(lease_until=timezone.now() + timedelta(seconds=99))
        return row

    made = services.create_store
    monkeypatch.setattr(services, "create_store", create)
    answer = client.post(STORES, body, headers=keyed("a"))
    assert (answer.status_code, answer.json()["code"], Store.objects.count()) == (409, "too_slow", 0)


def test_a_refusal_is_an_answer_too(client, body):
    wrong = body | {"country": "Germany"}
    first, again = (client.post(STORES, wrong, headers=keyed("a")) for _ in range(2))
    assert told(again) == (400, "true", first.json())
    assert again["Content-Type"] == "application/problem+json"
    assert client.post(STORES, body, headers=keyed("b")).status_code == 201


def test_our_own_fault_is_not_kept(client, body, monkeypatch):
    client.raise_request_exception = False
    made = services.create_store

    def broken(**fields):
        made(**fields)
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(services, "create_store", broken)
        assert client.post(STORES, body, headers=keyed("a")).status_code == 500
    assert (Store.objects.count(), IdempotentRequest.objects.count()) == (0, 0)
    assert client.post(STORES, body, headers=keyed("a")).status_code == 201


def money_and_plans(person):
    account = make.account(person, team=make.team(person))
    plan = make.full_plan(account, author=person)
    goal = plan.goals.first()
    agreement = make.agreement(account, number="X", state="draft")
    alert = make.alert(account)
    yield "targets/", {"account": account.pk, "measure": "otif", "year": 2026, "value": "1"}
    yield "plans/", {"account": account.pk, "year": 2030}
    yield "goals/", {"plan": plan.pk, "title": "x"}
    yield "initiatives/", {"goal": goal.pk, "title": "x"}
    yield "plan-measures/", {"goal": goal.pk, "measure": "backlog", "target": "1"}
    yield "agreements/", {"account": account.pk}
    yield "terms/", {"agreement": agreement.pk}
    yield f"agreements/{agreement.pk}/revise/", {}
    yield f"plans/{plan.pk}/revise/", {}
    yield f"plans/{plan.pk}/move/submit/", {"version": 1}
    yield f"alerts/{alert.pk}/move/acknowledge/", {"version": 1}
    yield "stores/bulk/", [{"account": account.pk, "code": "1", "name": "x"}]


def test_where_twice_costs_something_a_key_is_required(client, person):
    before = [Plan.objects.count(), Target.objects.count(), Store.objects.count()]
    got = {path: client.post(f"/api/v1/{path}", body) for path, body in money_and_plans(person)}
    named = {path: (r.status_code, list(r.json().get("errors", r.json()))) for path, r in got.items()}
    assert named == dict.fromkeys(got, (400, ["Idempotency-Key"]))
    assert [Plan.objects.count() - 1, Target.objects.count(), Store.objects.count()] == before


def test_elsewhere_it_is_optional(client, body):
    assert client.post(STORES, body).status_code == 201
    assert IdempotentRequest.objects.count() == 0


@pytest.mark.parametrize("key", ["x" * 256, "ä", "\t\x01"])
def test_what_is_no_key_is_refused(client, body, key):
    answer = client.post(STORES, body, HTTP_IDEMPOTENCY_KEY=key)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Idempotency-Key"])


def test_nothing_readable_is_stored(client, body):
    client.post(STORES, body | {"name": "Secret place"}, headers=keyed("a"))
    stored = IdempotentRequest.objects.values().get()
    assert [name for name, value in stored.items() if "Secret" in str(value)] == []


def test_an_uploaded_file_counts_by_its_bytes():
    robot = make.user(Role.API_CLIENT)
    client = client_of(robot)

    def send(text):
        given = {"kind": "products", "file": SimpleUploadedFile("p.csv", text)}
        return client.post("/api/v1/batches/", given, format="multipart", headers=keyed("a"))

    first, again, other = send(b"code,name\n1,x\n"), send(b"code,name\n1,x\n"), send(b"code,name\n1,y\n")
    assert [r.status_code for r in (first, again, other)] == [202, 202, 422]
    assert (again.json(), ImportBatch.objects.count()) == (first.json(), 1)


def test_answers_are_forgotten_after_a_day(client, body):
    client.post(STORES, body, headers=keyed("a"))
    assert idempotency.purge() == 0
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    forget_answers()
    assert IdempotentRequest.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_make_one(person, body):
    """F23: the same request ten times at the same moment, on ten connections."""
    text = issue_token(user=person, name="t", scopes=SCOPES, days=1, by=None)[1]
    ready, answers = threading.Barrier(10), []

    def send():
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        try:
            ready.wait(30)
            answers.append(client.post(STORES, body, headers=keyed("a")))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [r for r in answers if r.status_code == 201 and "Idempotent-Replayed" not in r.headers]
    others = {(r.status_code, r.headers.get("Idempotent-Replayed")) for r in answers if r not in made}
    assert (len(answers), len(made), Store.objects.count()) == (10, 1, 1)
    assert others <= {(201, "true"), (409, None)}
    assert Entry.objects.filter(model="accounts.store").count() == 1
