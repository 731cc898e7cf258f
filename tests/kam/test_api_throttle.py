"""How many calls a minute: counted by caller, by Redis if there is one."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from kam.api import throttle
from kam.api.throttle import Limit
from kam.cache import BoundedRedisCache
from kam.roles import Role
from tests import make
from tests.clients import api_of  # noqa: F401 (fixture)

pytestmark = pytest.mark.django_db
URL = "/api/v1/products/"


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(Limit, "THROTTLE_RATES", {"token": "2/min", "person": "1/min", "upload": "1/min"})


@pytest.fixture
def browser():
    client = APIClient()
    client.force_login(make.user())
    return client


def test_each_token_and_each_person_has_a_count_of_their_own(few, api_of, browser):  # noqa: F811
    user = make.user()
    busy, other = api_of(user), api_of(user)
    answers = [busy.get(URL) for _ in range(3)]
    assert [r.status_code for r in answers] == [200, 200, 429]
    assert (answers[2]["Content-Type"], 0 < int(answers[2]["Retry-After"]) <= 60) == ("application/problem+json", True)
    assert other.get(URL).status_code == 200
    assert [browser.get(URL).status_code for _ in range(2)] == [200, 429]


def test_files_are_counted_more_strictly(few, api_of):  # noqa: F811
    client = api_of(make.user(Role.ANALYST))

    def send():
        given = {"kind": "products", "file": SimpleUploadedFile("p.csv", b"code,name\n")}
        return client.post("/api/v1/batches/", given, format="multipart").status_code

    assert [send(), send()] == [202, 429]


def test_without_redis_the_process_counts_by_itself(few, api_of, monkeypatch):  # noqa: F811
    client = api_of(make.user())
    monkeypatch.setattr(BoundedRedisCache, "asked_again_at", 0.0)
    monkeypatch.setattr(throttle.COUNTERS, "shared", BoundedRedisCache("redis://127.0.0.1:1/0", {}))
    assert [client.get(URL).status_code for _ in range(3)] == [200, 200, 429]


def test_what_is_refused_for_now_may_be_sent_again_with_its_key(few, api_of):  # noqa: F811
    user = make.user()
    client, body = api_of(user), {"account": make.account(user).pk, "code": "S", "name": "x"}
    codes = [client.post("/api/v1/stores/", body, headers={"Idempotency-Key": "a"}).status_code for _ in range(3)]
    assert codes == [201, 201, 429]
