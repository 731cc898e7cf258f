"""Broken, huge and forged requests are the client's error: 4xx with a sentence, never 500, and nothing is written."""

import base64
import json

import pytest
from django.urls import reverse

from accounts.models import Account
from kam.models import User
from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from kpis.models import MeasureValue
from tests import make
from tests.clients import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead():
    return make.user(Role.TEAM_LEAD)


@pytest.fixture
def account(lead):
    return make.account(team=make.team(lead))


@pytest.fixture
def token(lead):
    _, text = issue_token(user=lead, name="t", scopes=SCOPES, days=1, by=None)
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


@pytest.fixture
def browser_of(lead):
    client = Api()
    client.force_login(lead)
    return client


def cursor(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode()


CURSORS = {
    "words for numbers": ["abc", "x"],
    "NUL": ["\0", 1],
    "a lone surrogate": ["\ud800", 1],
    "infinity": b"[1e400, 1]",
    "not a number": b"[NaN, 1]",
    "truth": [True, 1],
    "an object": [{"a": 1}, 1],
    "no list": {"a": 1},
    "nested": b"[" * 2_500,
    "too few": [],
    "no JSON": b"\xff\xfe",
}
API_LISTS = ("accounts", "order-lines", "plans", "findings", "alerts", "measure-values")
PAGES = ("accounts:list", "accounts:alert-list", "plans:list", "kpis:overview", "kpis:import-list", "tradeterms:list")


@pytest.mark.parametrize("name", CURSORS)
def test_a_forged_cursor_is_a_bad_request(token, browser_of, account, name):
    query = {"after": cursor(CURSORS[name])}
    pages = [reverse(page) for page in PAGES] + [reverse("accounts:timeline", args=[account.pk])]
    got = {url: browser_of.get(url, query).status_code for url in pages}
    got |= {f"api {noun}": token.get(reverse(f"api-{noun}-list"), query).status_code for noun in API_LISTS}
    assert set(got.values()) == {400}, got


@pytest.mark.parametrize("size", ["0", "-1", "201", "1e3", "0000000010000", "9" * 4000, "²", "", "0x10", "1,5"])
def test_no_page_is_larger_than_it_may_be(token, account, size):
    assert token.get(reverse("api-users-list"), {"page_size": size}).status_code == 400


BODIES = {
    "nested": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "a surrogate for a name": b'{"\\ud800": 1}',
    "a surrogate for a choice": b'{"kind": "\\ud800", "name": "x"}',
    "NUL": b'{"name": "\\u0000"}',
    "a list": b"[1]",
    "a number": b"1",
    "infinity": b'{"name": Infinity}',
    "objects for ids": b'{"parent": {"a": 1}, "team": [1], "owner": true}',
    "huge ids": b'{"parent": 1000000000000000000000000000000, "owner": -1}',
    "not UTF-8": b'{"name": "\xff"}',
    "nothing": b"",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_broken_body_is_a_bad_request(token, name):
    answer = token.post(reverse("api-accounts-list"), BODIES[name], content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert Account.objects.count() == 0


def test_a_body_above_ten_megabytes_is_refused_unread(token):
    body = b'{"name": "' + b"a" * 11_000_000 + b'"}'
    answer = token.post(reverse("api-accounts-list"), body, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")


@pytest.mark.parametrize("kind", ["application/xml", "text/plain", "application/x-www-form-urlencoded"])
def test_other_kinds_of_bodies_are_refused(token, kind):
    assert token.post(reverse("api-accounts-list"), "a=1", content_type=kind).status_code == 415


def test_the_root_of_the_api_names_addresses_to_whoever_is_signed_in(token, client):
    assert client.get("/api/v1/").status_code == 401
    answer = token.get("/api/v1/")
    assert (answer.status_code, "accounts" in answer.json()) == (200, True)


PROBES = [
    {"owner__password__startswith": "a"},
    {"account__owner__password__startswith": "a"},
    {"team__memberships__user__email": "x"},
    {"_connector": "OR 1=1 OR"},
    {"_negated": "1"},
    {"ordering": "owner__password"},
    {"order_by": "-owner__password"},
    {"sort": "owner__password"},
    {"fields": "password"},
    {"format": "xml"},
    {"q": "' OR 1=1 --"},
    {"q": "%"},
    {"pk__in": "1,2,3"},
]


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_only_the_named_filters_do_anything(token, browser_of, account, probe):
    make.account(name="% and ' OR 1=1", code="FOREIGN", team=make.team())
    url = reverse("api-accounts-list")
    answer = token.get(url, probe)
    seen = {row["id"] for row in answer.json()["results"]} if answer.status_code == 200 else set()
    assert answer.status_code in (200, 400, 404)
    assert seen <= {account.pk}
    assert "FOREIGN" not in browser_of.get(reverse("accounts:list"), probe).content.decode()


def test_the_password_of_nobody_decides_what_a_list_shows(token, account, lead):
    User.objects.filter(pk=lead.pk).update(password="zzz")
    answers = [token.get(reverse("api-accounts-list"), {"owner__password__startswith": p}) for p in ("z", "a")]
    assert answers[0].json() == answers[1].json()


def test_numbers_dates_and_versions_beyond_all_bounds(token, browser_of, account):
    MeasureValue.objects.create(
        account=account, measure="sell_in", week="2026-11-16", numerator=1, denominator=1, as_of="2026-11-22"
    )
    facts = reverse("kpis:facts", args=[account.pk, "sell_in"])
    for week in ("0001-01-01", "9999-12-31", "1969-12-31", "x", "2026-02-30"):
        for url in (reverse("kpis:overview"), facts):
            assert browser_of.get(url, {"week": week, "sort": "sell_in"}).status_code == 200
    plan = make.plan(account)
    move = reverse("plans:move", args=[plan.pk, "submit"])
    assert browser_of.post(move, {"version": "9" * 5000}).status_code == 302
    for query in ({"plan": "9" * 30}, {"plan": "1e40"}):
        assert token.get(reverse("api-goals-list"), query).json()["results"] == []
    for url in ("/accounts/99999999999999999999/", "/night/0001-01-01/", "/api/v1/accounts/99999999999999999999/"):
        assert (token if "api" in url else browser_of).get(url).status_code == 404
    key = "2026-11-16_99999999999999999999_1"
    assert token.get(reverse("api-sell-through-detail", args=[key])).status_code == 404


def test_a_target_without_end_is_refused_by_the_form(browser_of, account):
    goal = make.goal(make.plan(account))
    url = reverse("plans:measure-create", args=[goal.pk])
    answer = browser_of.post(url, {"measure": "otif", "target": "1e9999999", "weight": "1"})
    assert (answer.status_code, goal.measures.count()) == (422, 0)


def test_a_forged_cookie_of_the_last_visit_does_no_harm(browser_of, lead):
    for text in (f"{lead.pk}|0001-01-01T00:00:00+00:00|0001-01-01T00:00:01+00:00", "|||", f"{lead.pk}|x|y"):
        browser_of.cookies["kam_visit"] = text
        assert browser_of.get("/").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "PROPFIND"])
def test_other_methods_change_nothing(browser_of, account, method):
    urls = (account.get_absolute_url(), reverse("accounts:update", args=[account.pk]), "/")
    assert {browser_of.generic(method, url).status_code for url in urls} == {405}


def test_a_header_does_not_turn_one_method_into_another(token, account):
    url = reverse("api-accounts-detail", args=[account.pk])
    for name in ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD", "HTTP_X_METHOD_OVERRIDE"):
        assert token.post(url, {}, **{name: "DELETE"}).status_code == 405
        assert token.get(url, {"_method": "DELETE"}, **{name: "PATCH"}).status_code == 400
        assert token.get(url, **{name: "PATCH"}).status_code == 200
    assert Account.objects.filter(pk=account.pk).exists()


def test_what_changes_something_cannot_be_done_by_following_a_link(browser_of, account):
    plan, alert = make.plan(account), make.alert(account)
    agreement = make.agreement(account)
    urls = [
        reverse("plans:move", args=[plan.pk, "submit"]),
        reverse("plans:revise", args=[plan.pk]),
        reverse("plans:goal-remove", args=[make.goal(plan).pk]),
        reverse("accounts:alert-move", args=[alert.pk, "acknowledge"]),
        reverse("tradeterms:move", args=[agreement.pk, "end"]),
        reverse("tradeterms:remove", args=[agreement.pk]),
        reverse("tradeterms:revise", args=[agreement.pk]),
        "/night/2026-11-23/rerun/",
        reverse("set_language"),
    ]
    assert {url: browser_of.get(url).status_code for url in urls} == dict.fromkeys(urls, 405)
    assert {url: browser_of.head(url).status_code for url in urls} == dict.fromkeys(urls, 405)
