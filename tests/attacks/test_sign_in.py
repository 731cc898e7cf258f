"""Attacks on the door: who gets in, stays in, and is told what."""

import os
import re
import subprocess
import sys
import time
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings as conf
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.models import Session
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse

from kam import mail
from kam.local import places
from kam.models import Mail
from kam.roles import Role
from kam.services import change
from tests.door import (
    ANOTHER,
    PASSWORD,
    clock,  # noqa: F401 (a fixture)
    code,
    confirm,
    is_in,
    person,
    second_step,
    sign_in,
    with_app,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return person(email="lead@example.com")


# Forged requests


def test_nobody_is_signed_in_or_out_by_another_site(user):
    client = Client(enforce_csrf_checks=True)
    form = {"login": user.email, "password": PASSWORD}
    assert client.post(reverse("account_login"), form).status_code == 403
    client.force_login(user)
    assert client.post(reverse("account_logout")).status_code == 403
    assert client.get(reverse("account_logout")).status_code == 200
    assert is_in(client)


def test_no_page_of_a_person_takes_a_forged_form(user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    names = ["me", "me-devices-end", "me-token-new", "account_change_password", "account_reauthenticate"]
    names += ["mfa_activate_totp", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn"]
    names += ["mfa_login_webauthn", "account_reset_password", "sso_login"]
    assert {name: client.post(reverse(name), {"reason": "x"}).status_code for name in names} == dict.fromkeys(
        names, 403
    )


# Cookies

ASK = """
import json, django
django.setup()
from django.conf import settings as s
names, kinds = ("SESSION_COOKIE", "CSRF_COOKIE"), ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")
print(json.dumps({name: [getattr(s, f"{name}_{kind}") for kind in kinds] for name in names}))
"""


def test_under_https_cookies_are_bound_to_the_host_and_out_of_reach_of_scripts():
    env = os.environ | {"KAM_BASE_URL": "https://kam.example.com", "ALLOWED_HOSTS": "kam.example.com"}
    told = subprocess.run(
        [sys.executable, "-c", ASK], env=env, cwd=places.CHECKOUT, capture_output=True, text=True, check=True
    )
    session = '"SESSION_COOKIE": ["__Host-kam_session", true, true, "Lax", "/", null]'
    csrf = '"CSRF_COOKIE": ["__Host-kam_csrf", true, true, "Lax", "/", null]'
    assert told.stdout.strip() == f"{{{session}, {csrf}}}"


def test_the_cookies_that_are_sent_say_so(user, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client = Client()
    client.get(reverse("account_login"), secure=True)
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}, secure=True)
    cookie = answer.cookies[conf.SESSION_COOKIE_NAME]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert (cookie["domain"], cookie["max-age"]) == ("", "")
    token = client.cookies[conf.CSRF_COOKIE_NAME]
    assert (token["secure"], token["httponly"], token["samesite"]) == (True, True, "Lax")


# Sessions


def stolen(client):
    """Another browser with the same cookie."""
    thief = Client()
    thief.cookies[conf.SESSION_COOKIE_NAME] = client.cookies[conf.SESSION_COOKIE_NAME].value
    return thief


def test_a_session_key_from_before_is_worth_nothing_after(user):
    engine = import_module(conf.SESSION_ENGINE)
    planted = engine.SessionStore()
    planted["x"] = 1
    planted.save()
    victim = Client()
    victim.cookies[conf.SESSION_COOKIE_NAME] = planted.session_key
    attacker = stolen(victim)
    sign_in(user, victim)
    assert is_in(victim)
    assert victim.cookies[conf.SESSION_COOKIE_NAME].value != planted.session_key
    assert not is_in(attacker)


def test_a_made_up_session_key_is_not_taken_up(user):
    client = Client()
    client.cookies[conf.SESSION_COOKIE_NAME] = "a" * 32
    sign_in(user, client)
    assert client.cookies[conf.SESSION_COOKIE_NAME].value != "a" * 32


def test_a_stolen_cookie_ends_with_the_session(user):
    client = sign_in(user)
    thief = stolen(client)
    assert is_in(thief)
    client.post(reverse("account_logout"))
    assert not is_in(thief)


def test_a_stolen_cookie_ends_with_the_password(user):
    client, thief = sign_in(user), sign_in(user)
    form = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    old = stolen(client)
    client.post(reverse("account_change_password"), form)
    assert (is_in(client), is_in(thief), is_in(old)) == (True, False, False)


def test_a_stolen_cookie_ends_with_a_change_of_factors(user, django_capture_on_commit_callbacks):
    with_app(user)
    client, thief = sign_in(user), sign_in(user)
    second_step(client, code())
    second_step(thief, Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0])
    assert is_in(thief)
    confirm(client)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_deactivate_totp"))
    assert (is_in(client), is_in(thief)) == (True, False)


def test_a_stolen_cookie_ends_with_the_person(user):
    client = sign_in(user)
    user = change(user, by=None, version=None, fields={"is_active": False})
    change(user, by=None, version=None, fields={"is_active": True})
    assert not is_in(client)


def test_a_session_of_twelve_hours_is_not_found_however_busy(user, clock):  # noqa: F811
    client = sign_in(user)
    for _n in range(14):
        clock(minutes=52)
        client.get(reverse("me"))
    assert not is_in(client)


def test_an_idle_session_is_not_found(user, clock):  # noqa: F811
    client = sign_in(user)
    clock(minutes=61)
    assert client.get(reverse("api-accounts-list")).status_code == 401
    assert not is_in(client)


def test_what_a_late_answer_saves_does_not_bring_a_session_back(user):
    client = sign_in(user)
    engine = import_module(conf.SESSION_ENGINE)
    late = engine.SessionStore(client.session.session_key)
    late["x"] = 1
    client.post(reverse("account_logout"))
    with pytest.raises(UpdateError):
        late.save()
    assert not Session.objects.filter(session_key=late.session_key).exists()


# Guessing


def test_guessing_one_password_ends_soon_and_the_address_claimed_does_not_matter(user):
    for n in range(6):
        sign_in(user, Client(HTTP_X_FORWARDED_FOR=f"10.0.0.{n}"), password="wrong")
    late = sign_in(user, Client(HTTP_X_FORWARDED_FOR="10.9.9.9"))
    assert not is_in(late)
    assert "Too many" in late.answer.content.decode() or late.answer.status_code == 429


def test_one_password_for_many_people_ends_soon():
    people = [person() for _n in range(2)]
    for n in range(12):
        Client().post(
            reverse("account_login"),
            {"login": f"nobody{n}@example.com", "password": "Summer 2026 is hot"},
            HTTP_X_FORWARDED_FOR=f"10.0.0.{n}",
        )
    assert not is_in(sign_in(people[0]))
    assert is_in(sign_in(people[1], Client(REMOTE_ADDR="198.51.100.4")))


def test_who_is_signed_in_stays_so_while_others_guess(user):
    client = sign_in(user)
    for _n in range(6):
        sign_in(user, Client(REMOTE_ADDR="203.0.113.5"), password="wrong")
    assert is_in(client)


# Finding out who is there


def clean(page):
    """The page without what differs in every answer."""
    return re.sub(r'(csrfmiddlewaretoken" value|csrf-token" content)="[^"]*"', "", page.content.decode())


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(user):
    emails = (user.email, "nobody@example.com", person(email="gone@example.com", is_active=False).email)
    answers = [
        Client(REMOTE_ADDR=f"198.51.100.{n}").post(reverse("account_login"), {"login": email, "password": "wrong"})
        for n, email in enumerate(emails)
    ]
    assert len({clean(a).replace(email, "") for a, email in zip(answers, emails, strict=True)}) == 1
    assert {a.status_code for a in answers} == {200}


def test_a_reset_answers_the_same_for_all_and_asks_the_mail_server_for_nobody(user, mailoutbox):
    gone = person(email="gone@example.com", is_active=False)
    answers = [
        Client(REMOTE_ADDR=f"198.51.100.{n}").post(reverse("account_reset_password"), {"email": email}, follow=True)
        for n, email in enumerate((user.email, "nobody@example.com", gone.email))
    ]
    assert len({(a.status_code, clean(a)) for a in answers}) == 1
    assert mailoutbox == []


def like_nobody(seconds):
    """How much longer somebody waits than nobody: asked in turns, the shortest of each, as others use the machine."""
    waits = [(seconds(person().email, n), seconds(f"nobody{n}@example.com", n + 100)) for n in range(7)]
    known, unknown = map(min, zip(*waits, strict=True))
    return known / unknown


def test_a_password_takes_as_long_for_nobody_as_for_somebody(user, costly_passwords):
    def seconds(email, n):
        client = Client(REMOTE_ADDR=f"198.51.{n}.7")
        start = time.perf_counter()
        client.post(reverse("account_login"), {"login": email, "password": "wrong"})
        return time.perf_counter() - start

    seconds("warm@example.com", 200)
    assert 0.5 < like_nobody(seconds) < 2


def test_a_reset_takes_as_long_for_nobody_as_for_somebody(user):
    def seconds(email, n):
        client = Client(REMOTE_ADDR=f"203.0.{n}.7")
        start = time.perf_counter()
        client.post(reverse("account_reset_password"), {"email": email})
        return time.perf_counter() - start

    seconds("warm@example.com", 200)
    assert 0.5 < like_nobody(seconds) < 2


# Second factors


@pytest.fixture
def guarded(user):
    """Somebody with an app, halfway through the door."""
    user.codes = with_app(user)
    user.half = sign_in(user)
    assert user.half.answer["Location"] == reverse("mfa_authenticate")
    return user


def test_half_way_through_nothing_is_open(guarded):
    for name in ("home", "me", "me-sign-in", "me-tokens", "mfa_activate_totp", "account_change_password", "night"):
        assert guarded.half.get(reverse(name))["Location"].startswith(reverse("account_login")), name
    assert guarded.half.get(reverse("api-accounts-list")).status_code == 401
    assert guarded.half.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert guarded.half.get(reverse("mfa_view_recovery_codes")).status_code == 302
    assert Authenticator.objects.count() == 2


def test_nobody_begins_with_the_second_step(guarded):
    fresh = Client()
    assert fresh.get(reverse("mfa_authenticate"))["Location"] == reverse("account_login")
    assert second_step(fresh, code())["Location"] == reverse("account_login")
    assert not is_in(fresh)


def test_a_code_opens_the_door_once(guarded):
    typed = code()
    second_step(guarded.half, typed)
    thief = sign_in(guarded)
    second_step(thief, typed)
    assert (is_in(guarded.half), is_in(thief)) == (True, False)


def test_a_code_of_before_or_after_opens_nothing(guarded):
    for steps in (-2, 2):
        second_step(guarded.half, code(steps=steps))
        assert not is_in(guarded.half)


def test_guessing_codes_ends_soon_also_from_other_addresses(guarded):
    for n in range(6):
        client = sign_in(guarded, Client(REMOTE_ADDR=f"198.51.100.{n}"))
        client.post(reverse("mfa_authenticate"), {"code": "000000"}, REMOTE_ADDR=f"198.51.100.{n}")
    second_step(guarded.half, code())
    assert not is_in(guarded.half)
    second_step(guarded.half, guarded.codes[0])
    assert not is_in(guarded.half)


def test_a_recovery_code_opens_the_door_once(guarded):
    second_step(guarded.half, guarded.codes[0])
    thief = sign_in(guarded)
    second_step(thief, guarded.codes[0])
    assert (is_in(guarded.half), is_in(thief)) == (True, False)


def test_a_reset_of_the_password_does_not_go_around_the_second_factor(guarded):
    Client().post(reverse("account_reset_password"), {"email": guarded.email})
    mail.send_waiting()
    link = re.search(r"https?://[^/]+(\S+)", outbox.outbox[-1].body).group(1)
    client = Client()
    page = client.get(link, follow=True)
    answer = client.post(page.redirect_chain[-1][0], {"password1": ANOTHER, "password2": ANOTHER})
    assert answer.status_code == 302
    assert not is_in(client)
    client = sign_in(guarded, client, password=ANOTHER)
    assert client.answer["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)


def test_a_session_alone_changes_no_factor(guarded):
    client = guarded.half
    second_step(client, code())
    for name in ("mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_add_webauthn"):
        assert client.post(reverse(name))["Location"].startswith(reverse("account_reauthenticate")), name
    assert client.get(reverse("mfa_view_recovery_codes"))["Location"].startswith(reverse("account_reauthenticate"))
    assert Authenticator.objects.count() == 2


def test_nobody_touches_the_passkeys_of_others(user):
    theirs = Authenticator.objects.create(user=person(), type="webauthn", data={"name": "Theirs"})
    client = sign_in(user)
    confirm(client)
    for name in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
        assert client.post(reverse(name, args=[theirs.pk]), {"name": "mine"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.data["name"] == "Theirs"


@pytest.mark.parametrize("credential", ["", "{}", "[]", "null", "x", '{"id": 1}', '{"response": {"userHandle": 7}}'])
def test_a_passkey_made_of_nonsense_opens_and_adds_nothing(user, credential):
    inside = sign_in(user)
    confirm(inside)
    inside.get(reverse("mfa_add_webauthn"))
    assert inside.post(reverse("mfa_add_webauthn"), {"credential": credential, "name": "x"}).status_code == 200
    inside.post(reverse("mfa_reauthenticate_webauthn"), {"credential": credential})
    assert not Authenticator.objects.exists()
    client = Client()
    client.get(reverse("mfa_login_webauthn"), HTTP_ACCEPT="application/json")
    assert client.post(reverse("mfa_login_webauthn"), {"credential": credential}).status_code == 302
    assert not is_in(client)


def test_a_required_factor_is_not_avoided_by_htmx_or_a_slash(settings, user):
    settings.MFA_ROLES = frozenset({Role.TEAM_LEAD})
    client = sign_in(user)
    for path in ("/accounts/", "/accounts", "//accounts/", "/me/", "/me/tokens/", "/?x=/me/sign-in/"):
        answer = client.get(path)
        assert answer.status_code in (301, 302, 404), path
        assert "k-rail" not in answer.content.decode() or answer.status_code == 404
    assert client.get("/accounts/", HTTP_HX_REQUEST="true").content == b""
    assert client.post("/night/2026-11-23/rerun/").status_code == 302


# Ways out

ELSEWHERE = ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "\\\\evil.example"]
ELSEWHERE += ["http:///evil.example", "/\t/evil.example", "//testserver@evil.example", "https://localhost.evil.example"]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_next_page_is_elsewhere(user, target):
    client = sign_in(user, next=target)
    answers = [
        client.answer,
        confirm(client),
        client.post(f"{reverse('account_reauthenticate')}?next={target}", {"password": PASSWORD, "next": target}),
        client.post(reverse("me"), {"name": "x", "next": target}),
        client.get(reverse("account_login"), {"next": target}),
        client.post(reverse("account_logout"), {"next": target}),
    ]
    for answer in answers:
        where = answer.headers.get("Location", "/")
        assert where.startswith("/"), where
        assert where[1:2] not in ("/", "\\", "\t"), where


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_next_page_is_elsewhere_after_the_second_step(user, target):
    codes = with_app(user)
    client = sign_in(user, next=target)
    where = second_step(client, codes[0]).headers.get("Location", "/")
    assert where.startswith("/"), where
    assert where[1:2] not in ("/", "\\", "\t"), where


@pytest.mark.parametrize("name", ["HTTP_X_FORWARDED_HOST", "HTTP_X_HOST", "HTTP_FORWARDED", "HTTP_X_ORIGINAL_HOST"])
def test_the_link_in_a_mail_is_ours_whatever_host_is_claimed(user, settings, name):
    settings.BASE_URL = "https://kam.example.com"
    Client().post(reverse("account_reset_password"), {"email": user.email}, **{name: "evil.example"})
    Client().post(reverse("account_reset_password"), {"email": user.email}, HTTP_HOST="localhost")
    assert mail.send_waiting() == 2
    for sent in outbox.outbox:
        assert set(re.findall(r"https?://([^/\s]+)", sent.body)) == {"kam.example.com"}


def test_a_host_that_is_not_ours_gets_no_page(user):
    answer = Client().post(reverse("account_reset_password"), {"email": user.email}, HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert not Mail.objects.exists()


# What a browser keeps


def test_nothing_of_a_person_stays_in_the_browser(user):
    client = sign_in(user)
    for name in ("home", "me", "me-sign-in", "me-devices", "me-tokens", "account_change_password"):
        assert "no-store" in client.get(reverse(name))["Cache-Control"], name
    answer = client.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get(reverse("me")).status_code == 302
