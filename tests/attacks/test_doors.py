"""Sessions, tokens, cookies, headers and addresses: what a browser or a stranger can be made to do."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from kam.models import ApiToken
from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token, revoke_token
from tests import make
from tests.clients import Api
from tests.make import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    someone = make.user(Role.TEAM_LEAD, email="lead@example.com", password=PASSWORD)
    make.account(code="SEEN", team=make.team(someone))
    return someone


def sign_in(client, **extra):
    return client.post(reverse("account_login"), {"login": "lead@example.com", "password": PASSWORD} | extra)


HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
POLICY = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"}
POLICY |= {"form-action 'self'", "object-src 'none'", "connect-src 'self'"}


def addresses(resolver=None, prefix="/"):
    """Every address of the site, with small numbers and words for its parameters."""
    resolver = resolver or get_resolver()
    values = {
        "pk": 1,
        "code": "sell_in",
        "year": 2026,
        "name": "x",
        "kind": "payment_term",
        "day": "2026-11-23",
        "week": "2026-11-16",
    }
    values |= {"uidb36": "1", "key": "x"}
    for ways in resolver.reverse_dict.values():
        yield from (prefix + path % values for path, _names in ways[0])
    for start, inner in resolver.namespace_dict.values():
        yield from addresses(inner, prefix + start)


@pytest.mark.parametrize("signed_in", [True, False])
def test_every_address_answers_with_the_headers(person, signed_in):
    client = Client()
    if signed_in:
        client.force_login(person)
    paths = sorted({path for path in addresses() if "logout" not in path and "schema" not in path})
    assert len(paths) > 90
    for path in [*paths, "/nowhere/", "/accounts/?after=x", "/.git/config", "/.env", "/admin/", "/metrics"]:
        answer = client.get(path)
        assert answer.status_code < 500 or path == "/healthz/jobs", path  # which says 503: no night has run here
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert "no-store" in answer.headers["Cache-Control"], path
        said = answer.headers["Content-Security-Policy"]
        assert {part.strip() for part in said.split(";")} >= POLICY, path
        assert "unsafe" not in said
        if not signed_in:
            assert "SEEN" not in answer.content.decode(errors="replace"), path


def test_a_post_without_a_token_of_this_site_is_refused(person):
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
    client.force_login(person)
    account = person.teams.get().accounts.get()
    urls = [reverse("account_logout"), reverse("set_language"), reverse("kpis:import-new"), "/night/2026-11-23/rerun/"]
    urls += [reverse("accounts:update", args=[account.pk]), reverse("accounts:create"), reverse("plans:create")]
    ways = ({}, {"HTTP_HX_REQUEST": "true"}, {"HTTP_X_CSRFTOKEN": "x" * 32}, {"HTTP_ORIGIN": "https://evil.example"})
    for headers in ways:
        assert {client.post(url, {"name": "x"}, **headers).status_code for url in urls} == {403}, headers
    answer = client.post(reverse("api-accounts-list"), "{}", content_type="application/json")
    assert answer.status_code == 403


def test_a_token_of_this_site_from_another_origin_is_refused(person):
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("account_login"))
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    form = {"login": person.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post(reverse("account_login"), form, HTTP_ORIGIN="https://evil.example").status_code == 403
    assert client.post(reverse("account_login"), form, HTTP_ORIGIN="http://testserver").status_code == 302


TARGETS = ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "https:evil.example"]
TARGETS += [
    "\\\\evil.example",
    "http:///evil.example",
    "/\t/evil.example",
    "//testserver@evil.example",
    "ftp://testserver/",
]


@pytest.mark.parametrize("target", TARGETS)
def test_no_form_leads_to_another_site(person, target):
    client = Client()
    answers = [sign_in(client, next=target)]
    answers.append(client.post(reverse("set_language"), {"language": "de", "next": target}))
    alert = make.alert(person.teams.get().accounts.get())
    answers.append(client.post(reverse("accounts:alert-move", args=[alert.pk, "acknowledge"]), {"next": target}))
    answers.append(client.get(f"{reverse('account_login')}", {"next": target}))
    for answer in answers:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/"), answer["Location"]
        assert answer["Location"][1:2] not in ("/", "\\", "\t"), answer["Location"]


@pytest.mark.parametrize("name", ["HTTP_X_FORWARDED_HOST", "HTTP_X_HOST", "HTTP_FORWARDED", "HTTP_HOST"])
def test_the_host_of_a_request_is_ours(person, mailoutbox, name):
    answer = Client().post(reverse("account_reset_password"), {"email": person.email}, **{name: "evil.example"})
    assert answer.status_code == (400 if name == "HTTP_HOST" else 302)
    assert not any("evil.example" in mail.body + mail.subject for mail in mailoutbox)


def test_a_reset_answers_strangers_and_people_alike(person, mailoutbox):
    answers = [Client().post(reverse("account_reset_password"), {"email": e}) for e in (person.email, "no@example.com")]
    assert {(a.status_code, a["Location"]) for a in answers} == {(302, reverse("account_reset_password_done"))}
    wrong = [
        Client().post(reverse("account_login"), {"login": login, "password": "wrong"}).content.decode()
        for login in (person.email, "no@example.com")
    ]
    assert "lead@example.com" in wrong[0]
    assert [w.count("k-error") for w in wrong][0] == [w.count("k-error") for w in wrong][1]


def test_guessing_at_the_door_ends_soon_whatever_address_it_claims_to_come_from(person):
    def attempt(n, password="wrong"):
        form = {"login": person.email, "password": password}
        return Client().post(reverse("account_login"), form, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}")

    assert [attempt(n).status_code for n in range(12)][-1] in (200, 429)
    assert attempt(99, PASSWORD).status_code != 302


def test_a_person_changes_the_language_for_themselves(person):
    client = Client()
    client.force_login(person)
    answer = client.post(reverse("set_language"), {"language": "de", "role": "admin", "next": "/accounts/"})
    person.refresh_from_db()
    assert (answer["Location"], person.language, person.role) == ("/accounts/", "de", Role.TEAM_LEAD)


def test_a_session_ends_with_signing_out_deactivation_and_a_new_password(person):
    def used(client):
        return client.get("/").status_code

    out, gone, changed = Client(), Client(), Client()
    for client in (out, gone, changed):
        assert sign_in(client).status_code == 302
        assert used(client) == 200
    stolen = out.cookies[settings.SESSION_COOKIE_NAME].value
    out.post(reverse("account_logout"))
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert (used(out), used(thief)) == (302, 302)
    person.set_password("another correct horse battery")
    person.save()
    assert used(changed) == 302
    gone.force_login(person)
    person.is_active = False
    person.save()
    assert (used(gone), gone.get("/api/v1/accounts/").status_code) == (302, 401)


def test_a_session_gets_a_new_key_when_somebody_signs_in(person):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    sign_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != "a" * 32
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_nobody_signs_up(client):
    form = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    client.post(reverse("account_signup"), form)
    assert client.post(reverse("account_login"), {"login": "new@example.com", "password": PASSWORD}).status_code == 200


def bearer(text):
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def test_a_token_works_only_whole_unexpired_unrevoked_and_for_the_active(person):
    def status(text):
        return bearer(text).get("/api/v1/accounts/").status_code

    token, text = issue_token(user=person, name="t", scopes=SCOPES, days=1, by=None)
    head, secret = text.split(".")
    other = issue_token(user=make.user(), name="t", scopes=SCOPES, days=1, by=None)[1]
    forged = [head, f"{head}.", f"{head}.x", f"{head}.{secret[:-1]}", f"{head}.{token.digest}", f".{secret}", ".", ""]
    forged += [f"{head}.{other.split('.')[1]}", f"{head}.{secret} x", "kam_%." + secret, head + "\x00." + secret]
    assert {t: status(t) for t in forged} == dict.fromkeys(forged, 401)
    assert status(text) == 200
    assert Api().get("/api/v1/accounts/", {"token": text, "access_token": text}).status_code == 401
    person.is_active = False
    person.save()
    assert status(text) == 401
    person.is_active = True
    person.save()
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status(text) == 401
    fresh, text = issue_token(user=person, name="t", scopes=SCOPES, days=1, by=None)
    revoke_token(fresh, by=None)
    assert status(text) == 401


def test_a_scope_opens_its_own_floor_and_direction_only(person):
    account = person.teams.get().accounts.get()
    urls = {"accounts": "accounts", "kpis": "targets", "tradeterms": "agreements", "plans": "plans", "imports": "feeds"}
    for scope in SCOPES:
        noun, verb = scope.split(":")
        client = bearer(issue_token(user=person, name="t", scopes=[scope], days=1, by=None)[1])
        got = {n: client.get(f"/api/v1/{urls[n]}/").status_code for n in urls}
        assert got == {n: 200 if (n, verb) == (noun, "read") else 403 for n in urls}, scope
        alert = make.alert(account)
        answers = [
            client.post("/api/v1/accounts/", {}).status_code,
            client.post(f"/api/v1/alerts/{alert.pk}/move/acknowledge/", {"version": 1}).status_code,
        ]
        assert answers == ([400, 200] if scope == "accounts:write" else [403, 403]), scope


def test_a_bad_token_is_not_saved_by_a_good_session(person):
    client = bearer("kam_x.y")
    client.force_login(person)
    assert client.get("/api/v1/accounts/").status_code == 401


def test_nothing_of_a_token_that_would_open_a_door_is_stored_or_logged(person, caplog):
    from django.core import serializers  # noqa: PLC0415

    from kam.models import Entry  # noqa: PLC0415

    _, text = issue_token(user=person, name="t", scopes=SCOPES, days=1, by=None)
    secret = text.split(".")[1]
    with caplog.at_level("DEBUG"):
        bearer(text).get("/api/v1/accounts/")
        bearer(text + "x").get("/api/v1/accounts/")
        sign_in(Client())
    stored = serializers.serialize("json", [*ApiToken.objects.all(), *Entry.objects.all()])
    assert (secret in stored, secret in caplog.text, PASSWORD in caplog.text) == (False, False, False)
