"""Log lines: each names its request, none can be forged, none tells a secret or a person."""

import io
import json
import logging
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import reverse

from kam import logs, night, tasks
from kam.local import places
from kam.services import issue_token
from tests import make

PASSWORD = "a-Pass-word-of-mine-7"


@pytest.fixture
def written():
    """Everything the process logs, formatted as for machines and as for people; `.lines()` are the JSON objects."""
    root = logging.getLogger()
    machine, people = io.StringIO(), io.StringIO()
    handlers = []
    for stream, formatter in ((machine, logs.JsonLines()), (people, logs.OneLine())):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        handler.addFilter(logs.Context())
        handlers.append(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    root.handlers.extend(handlers)
    yield SimpleNamespace(
        lines=lambda: [json.loads(line) for line in machine.getvalue().splitlines()],
        text=lambda: machine.getvalue() + people.getvalue(),
        people=people.getvalue,
    )
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


def of_requests(written):
    return [line for line in written.lines() if line["logger"] == "kam.requests"]


@pytest.mark.django_db
def test_a_request_is_one_line(written, client_of):
    person = make.user()
    account = make.account(person)
    answer = client_of(person).get(account.get_absolute_url() + "?q=hidden")
    (line,) = of_requests(written)
    assert set(line) == {
        "time",
        "level",
        "logger",
        "message",
        "request_id",
        "user_id",
        "method",
        "route",
        "status",
        "ms",
    }
    assert (line["method"], line["route"], line["status"]) == ("GET", "/accounts/<int:pk>/", 200)
    assert line["user_id"] == person.pk
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", line["request_id"])
    assert line["time"].endswith("+00:00")
    assert f"INFO kam.requests [{line['request_id']} {person.pk}] GET /accounts/<int:pk>/ 200 in " in written.people()


@pytest.mark.django_db
def test_a_token_names_its_user(written, api_of):
    person = make.user()
    api_of(person).get("/api/v1/accounts/")
    assert of_requests(written)[0]["user_id"] == person.pk


def test_a_well_formed_id_is_kept():
    assert Client().get("/livez", HTTP_X_REQUEST_ID="proxy-1.2_abc").headers["X-Request-Id"] == "proxy-1.2_abc"


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "a b c d e f g", "abcdefgh\n", "<script>alert(1)", "-leading-dash"]
)
def test_any_other_id_is_replaced(given):
    assert re.fullmatch(r"[0-9a-f]{32}", Client().get("/livez", HTTP_X_REQUEST_ID=given).headers["X-Request-Id"])


ROUTES = {
    "accounts/<int:pk>/": "/accounts/<int:pk>/",
    "api/v1/^accounts/(?P<pk>[^/.]+)/$": "/api/v1/accounts/<pk>/",
    r"account/^reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "/account/reset/key/<uidb36>-<key>/",
    "": "/",
}


@pytest.mark.parametrize("route", ROUTES)
def test_routes_are_shown_without_regular_expressions(route):
    assert logs.plain_route(route) == ROUTES[route]


def test_probes_and_static_files_are_no_news(written):
    for path in ("/livez", "/static/none.css"):
        Client().get(path)
    assert [(line["route"], line["level"]) for line in of_requests(written)] == [
        ("/livez", "DEBUG"),
        ("static", "DEBUG"),
    ]


@pytest.mark.django_db
def test_every_line_of_a_request_names_it(written, client_of, monkeypatch):
    person = make.user()
    monkeypatch.setattr("accounts.views.Home.get_context_data", lambda view, **kw: 1 / 0)
    browser = client_of(person)
    browser.raise_request_exception = False
    asked = browser.get("/", HTTP_X_REQUEST_ID="proxy-12345").headers["X-Request-Id"]
    told = {line["logger"]: line for line in written.lines() if line["logger"] in ("django.request", "kam.requests")}
    assert {(line["request_id"], line["user_id"]) for line in told.values()} == {(asked, person.pk)}
    assert "ZeroDivisionError" in told["django.request"]["exception"]
    assert told["django.request"]["message"] == "Internal Server Error: /"


@pytest.mark.django_db
def test_a_task_carries_the_id_of_its_request(written, redis_client, monkeypatch):
    token = logs.during(SimpleNamespace(id="proxy-12345"))
    try:
        tasks.ring(tasks.sweep)
    finally:
        logs.after(token)
    sent = json.loads(redis_client.lindex("default", 0))["headers"]
    assert sent["request_id"] == "proxy-12345"
    seen = []
    monkeypatch.setattr(night, "unfinished_nights", lambda: seen.append(logs.request_id()) or [])
    tasks.sweep.apply(headers=sent)
    assert (seen, logs.request_id()) == (["proxy-12345"], None)


def test_a_line_of_a_task_names_the_task(written):
    logs.task_begins("kam.tasks.sweep", "proxy-12345")
    logging.getLogger("kam.x").info("at work")
    logs.task_ends()
    logging.getLogger("kam.x").info("idle")
    at_work, idle = (line for line in written.lines() if line["logger"] == "kam.x")
    assert (at_work["task"], at_work["request_id"]) == ("kam.tasks.sweep", "proxy-12345")
    assert set(idle) == {"time", "level", "logger", "message"}


@pytest.mark.django_db
def test_a_whole_session_tells_no_secret_and_no_person(written, client_of):
    person = make.user(email="mia.berger@example.com", name="Mia Berger", password=PASSWORD)
    _token, api = issue_token(user=person, name="t", scopes=["accounts:read"], days=1, by=None)
    reset = default_token_generator.make_token(person)
    browser = Client()
    browser.post(reverse("account_login"), {"login": person.email, "password": "wrong-" + PASSWORD})
    browser.post(reverse("account_login") + "?next=/accounts/", {"login": person.email, "password": PASSWORD})
    cookie = browser.cookies["kam_session"].value
    browser.get("/accounts/?q=Mia+Berger")
    browser.get(f"/account/password/reset/key/1-{reset}/")
    browser.get(f"/no-such-page/{reset}/")
    Client().get("/api/v1/accounts/", HTTP_AUTHORIZATION=f"Bearer {api}")
    Client().get(f"/api/v1/accounts/?token={api}")
    Client(enforce_csrf_checks=True).post(f"/language/?key={reset}", {"password": PASSWORD})
    browser.post(reverse("account_logout"))
    assert len(of_requests(written)) == 9
    for secret in (PASSWORD, cookie, api, api.partition(".")[2], reset, "mia.berger", "Mia", "Berger"):
        assert secret not in written.text(), secret


QUOTED = {
    "token kam_12.abcDEF-123_x was refused": "token ••• was refused",
    "Authorization: Bearer abcdefgh.ijk": "Authorization: Bearer •••",
    "redis://user:pw@host:6379 refused": "redis://•••@host:6379 refused",
    "Error handling request /plans/?q=Tesco&key=1": "Error handling request /plans/?•••",
    "duplicate key\nDETAIL:  Key (email)=(a b) exists.\nCONTEXT: x": "duplicate key\nDETAIL: •••\nCONTEXT: x",
    "Failing for mia.berger@example.com.": "Failing for •••.",
    "celery@kam.example ready.": "celery@kam.example ready.",
}


@pytest.mark.parametrize("text", QUOTED)
def test_what_libraries_quote_is_hidden(text):
    assert logs.hide(text) == QUOTED[text]


@pytest.mark.parametrize(
    "evil", ["x\n2026-11-22 ERROR forged", "x\r\nforged", "\x1b[2Jcleared", "x\u2028forged", "\u202eabc"]
)
def test_no_value_forges_a_line_or_moves_the_cursor(written, evil):
    logging.getLogger("kam.x").info("said %s", evil)
    try:
        raise ValueError(evil)
    except ValueError:
        logging.getLogger("kam.x").exception("failed")
    assert len(written.lines()) == 2
    records = [line for line in written.people().split("\n") if line and not line.startswith("    ")]
    assert len(records) == 2
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u202e]", written.people())


STARTS = "import django; django.setup(); import logging; logging.getLogger('kam').warning('hello')"


@pytest.mark.parametrize(
    ("kind", "shape"), [("json", r'\{"time": ".*"message": "hello"\}'), ("line", r"\d{4}-.* WARNING kam hello")]
)
def test_the_environment_chooses(monkeypatch, kind, shape):
    monkeypatch.setenv("KAM_LOG", kind)
    done = subprocess.run(
        [sys.executable, "-c", STARTS], cwd=places.CHECKOUT, capture_output=True, text=True, check=True
    )
    assert re.fullmatch(shape, done.stderr.strip())
