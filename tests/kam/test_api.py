"""What holds for every API route: tokens, scopes, problems, cursors, schema."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from kam.models import ApiToken, StepRun
from kam.roles import Role
from kam.services import issue_token, revoke_token
from tests import make
from tests.clients import Api

pytestmark = pytest.mark.django_db
URL = "/api/v1/night-steps/"


@pytest.fixture
def analyst():
    return make.user(role=Role.ANALYST)


def client(text):
    api = Api()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return api


def token(user, *scopes, days=1):
    return issue_token(user=user, name="test", scopes=scopes, days=days, by=None)


def test_a_token_within_its_scope_reads(analyst):
    _token, text = token(analyst, "night:read")
    assert client(text).get(URL).json() == {"next": None, "previous": None, "results": []}


def test_the_secret_is_not_stored(analyst):
    made, text = token(analyst, "night:read")
    stored = ApiToken.objects.filter(pk=made.pk).values().get()
    secret = text.partition(".")[2]
    assert [k for k, v in stored.items() if secret in str(v)] == []


def refusals(analyst):
    made, text = token(analyst, "night:read")
    yield "unknown", "kam_0000.nothing"
    yield "malformed", "x" * 500
    yield "empty", ""
    yield "wrong secret", text[:-1] + ("a" if text[-1] != "a" else "b")
    revoke_token(made, by=None)
    yield "revoked", text
    made, text = token(analyst, "night:read")
    past = timezone.now() - timedelta(seconds=1)
    ApiToken.objects.filter(pk=made.pk).update(expires_at=past, created_at=past - timedelta(days=1))
    yield "expired", text
    leaver = make.user(role=Role.ANALYST)
    _made, text = token(leaver, "night:read")
    leaver.is_active = False
    leaver.save()
    yield "disabled user", text


def test_every_bad_token_is_answered_alike(analyst):
    answers = {
        name: (r := client(text).get(URL)).status_code and (r.status_code, r.content)
        for name, text in refusals(analyst)
    }
    assert len(set(answers.values())) == 1
    assert {status for status, _body in answers.values()} == {401}


def test_a_token_outside_its_scope_is_403(analyst):
    _token, text = token(analyst, "plans:read", "plans:write")
    answer = client(text).get(URL)
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")


def test_strangers_get_401_with_a_problem():
    answer = Api().get(URL)
    assert (answer.status_code, answer.json()["title"]) == (401, "Not signed in")


def test_a_token_lives_a_year_at_most(analyst):
    with pytest.raises(Exception, match="365"):
        token(analyst, "night:read", days=400)


def test_unknown_scopes_are_named(analyst):
    with pytest.raises(Exception, match="Unknown scope nothing:read"):
        token(analyst, "nothing:read")


def test_last_use_is_kept_to_the_minute(analyst):
    made, text = token(analyst, "night:read")
    client(text).get(URL)
    made.refresh_from_db()
    first = made.last_used_at
    client(text).get(URL)
    made.refresh_from_db()
    assert first is not None
    assert made.last_used_at == first


@pytest.mark.parametrize(
    "query", ["page_size=0", "page_size=201", "page_size=ten", "page_size=999999999999", "after=%00", "after=W10"]
)
def test_bad_paging_is_400_and_names_the_parameter(analyst, query):
    answer = client(token(analyst, "night:read")[1]).get(f"{URL}?{query}")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.split("=")[0]])


def test_pages_follow_each_other(analyst):
    for shard in range(5):
        StepRun.objects.create(date=date(2026, 11, 23), step="feeds", shard=shard)
    api = client(token(analyst, "night:read")[1])
    seen, url = [], f"{URL}?page_size=2"
    while url:
        body = api.get(url).json()
        seen += [r["shard"] for r in body["results"]]
        url = body["next"]
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_reading_routes_refuse_every_other_verb(analyst, method):
    api = client(token(analyst, "night:read", "night:write")[1])
    assert getattr(api, method)(URL, {}).status_code == 405


def test_calls_are_counted_per_token(analyst, settings, monkeypatch):
    from kam.api.throttle import PerToken  # noqa: PLC0415 (rates are read at import of the view)

    monkeypatch.setattr(PerToken, "THROTTLE_RATES", {"token": "2/min"})
    busy, other = (client(token(analyst, "night:read")[1]) for _ in range(2))
    assert [busy.get(URL).status_code for _ in range(3)] == [200, 200, 429]
    assert other.get(URL).status_code == 200
