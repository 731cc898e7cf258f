"""A person's own API tokens."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from kam.models import ApiToken, Entry
from kam.services import issue_token
from tests.door import confirm, person, sign_in

pytestmark = pytest.mark.django_db
FORM = {"name": "Excel at home", "scopes": ["accounts:read", "plans:read"], "days": 30}


@pytest.fixture
def user():
    return person()


@pytest.fixture
def client(user):
    client = sign_in(user)
    confirm(client)
    return client


def token_of(user, name="t"):
    return issue_token(user=user, name=name, scopes=["accounts:read"], days=9, by=user)[0]


def shown(answer):
    return re.search(r'<p class="k-secret"><code>(\S+)</code>', answer.content.decode()).group(1)


def test_a_token_is_made_and_shown_once(user, client):
    answer = client.post(reverse("me-token-new"), FORM)
    assert answer.status_code == 201
    text = shown(answer)
    token = ApiToken.objects.get()
    assert (token.user, token.name, token.scopes) == (user, "Excel at home", ["accounts:read", "plans:read"])
    assert (token.expires_at - token.created_at).days in (29, 30)
    assert text.partition(".")[2] not in client.get(reverse("me-tokens")).content.decode()
    assert Entry.objects.get(verb="issued").actor == user
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    assert api.get(reverse("api-accounts-list")).status_code == 200
    assert api.get(reverse("api-agreements-list")).status_code == 403


def test_making_one_asks_who_it_is(user):
    fresh = sign_in(user)
    for answer in (fresh.get(reverse("me-token-new")), fresh.post(reverse("me-token-new"), FORM)):
        assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "bad",
    [{"name": ""}, {"scopes": []}, {"scopes": ["accounts:everything"]}, {"days": 366}, {"days": "0"}, {"days": ""}],
)
def test_what_makes_no_sense_is_refused(client, bad):
    assert client.post(reverse("me-token-new"), FORM | bad).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_with_a_reason(user, client):
    token = token_of(user)
    client.post(reverse("me-token-revoke", args=[token.pk]), {"reason": "Laptop lost"})
    token.refresh_from_db()
    assert token.revoked_at
    assert Entry.objects.get(verb="revoked").reason == "Laptop lost"
    page = client.get(reverse("me-tokens")).content.decode()
    assert ("revoked" in page, "works until" in page) == (True, False)


def test_without_a_reason_it_stays(user, client):
    token = token_of(user)
    client.post(reverse("me-token-revoke", args=[token.pk]), {"reason": " "})
    token.refresh_from_db()
    assert token.revoked_at is None


def test_nobody_sees_or_ends_the_tokens_of_others(client):
    theirs = token_of(person(), name="Secret robot")
    assert "Secret robot" not in client.get(reverse("me-tokens")).content.decode()
    assert client.post(reverse("me-token-revoke", args=[theirs.pk]), {"reason": "x"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_three_tokens_take_as_many_queries_as_one(user, client, django_assert_num_queries):
    token_of(user)
    client.get(reverse("me-tokens"))
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("me-tokens"))
    queries = len(one)
    for _n in range(2):
        token_of(user)
    with django_assert_num_queries(queries):
        client.get(reverse("me-tokens"))
