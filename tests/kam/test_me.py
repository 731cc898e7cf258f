"""A person's own pages: profile, signing in."""

import pytest
from django.conf import settings as conf
from django.urls import reverse

from kam.me_forms import time_zones
from kam.models import Entry, User
from kam.roles import Role
from tests import make
from tests.clients import client_of  # noqa: F401 (a fixture)
from tests.door import confirm, person, sign_in, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return person(name="Anna Muster", language="en", time_zone="Europe/Berlin")


@pytest.fixture
def client(user, client_of):  # noqa: F811
    return client_of(user)


def profile(user, **changed):
    form = {"name": user.name, "language": user.language, "time_zone": user.time_zone, "digest_hour": 7}
    return form | {"version": user.version} | changed


def test_the_profile_is_saved_with_its_audit_entry(user, client):
    form = profile(user, name="Anna M. Muster", language="de", time_zone="Asia/Shanghai", digest_hour=18)
    assert client.post(reverse("me"), form).status_code == 302
    user.refresh_from_db()
    assert (user.name, user.language, user.time_zone, user.digest_hour) == ("Anna M. Muster", "de", "Asia/Shanghai", 18)
    entry = Entry.objects.get(verb="changed", object_id=str(user.pk), model="kam.user")
    assert (entry.actor, set(entry.after)) == (user, {"name", "language", "time_zone", "digest_hour"})


def test_no_daily_mail_is_a_choice(user, client):
    client.post(reverse("me"), profile(user, digest_hour=""))
    user.refresh_from_db()
    assert user.digest_hour is None


def test_the_language_chosen_here_wins_over_the_menus_cookie(user, client):
    client.cookies[conf.LANGUAGE_COOKIE_NAME] = "en"
    answer = client.post(reverse("me"), profile(user, language="de"))
    assert answer.cookies[conf.LANGUAGE_COOKIE_NAME].value == ""
    assert '<html lang="de"' in client.get(reverse("me")).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("language", "xx"), ("time_zone", "Mars/Olympus"), ("digest_hour", "24"), ("digest_hour", "-1")],
)
def test_what_makes_no_sense_is_refused(user, client, field, value):
    assert client.post(reverse("me"), profile(user, **{field: value})).status_code == 422
    assert User.objects.get(pk=user.pk).version == user.version


def test_a_profile_changed_meanwhile_is_not_overwritten(user, client):
    stale = profile(user, name="Mine")
    client.post(reverse("me"), profile(user, name="Theirs"))
    answer = client.post(reverse("me"), stale)
    assert answer.status_code == 409
    assert "Theirs" in answer.content.decode()
    assert User.objects.get(pk=user.pk).name == "Theirs"


@pytest.mark.parametrize("name", ["role", "email", "is_active", "password"])
def test_nobody_changes_what_is_not_theirs_to_change(user, client, name):
    before = getattr(user, name)
    client.post(reverse("me"), profile(user, **{name: Role.ADMIN}))
    assert getattr(User.objects.get(pk=user.pk), name) == before


def test_time_zones_are_places_by_region():
    choices = dict(time_zones())
    assert next(iter(choices)) == "UTC"
    assert ("Europe/Berlin", "Berlin") in choices["Europe"]
    assert ("America/Argentina/Buenos_Aires", "Argentina, Buenos Aires") in choices["America"]
    assert "Etc" not in choices


def test_a_zone_that_is_not_offered_to_others_stays(client_of):  # noqa: F811
    user = make.user(time_zone="Etc/GMT+5")
    page = client_of(user).get(reverse("me")).content.decode()
    assert '<option value="Etc/GMT+5" selected>' in page


def test_the_page_about_signing_in_says_what_there_is(user, client):
    page = client.get(reverse("me-sign-in")).content.decode()
    assert "A change signs you out on your other devices." in page
    assert "codes are left" not in page
    with_app(user)
    page = client.get(reverse("me-sign-in")).content.decode()
    assert "10 codes are left" in page


def test_who_has_no_password_may_choose_one(client_of):  # noqa: F811
    user = make.user()
    user.set_unusable_password()
    user.save()
    assert reverse("account_set_password") in client_of(user).get(reverse("me-sign-in")).content.decode()


def test_the_menu_of_the_frame_leads_here(client):
    assert f'href="{reverse("me")}"' in client.get(reverse("home")).content.decode()


@pytest.mark.parametrize("name", ["me", "me-sign-in", "me-devices", "me-tokens", "me-token-new"])
def test_strangers_are_sent_to_the_door(client, name):
    client.logout()
    assert client.get(reverse(name))["Location"].startswith(reverse("account_login"))


def test_every_page_opens_in_every_language(user):
    client = sign_in(user)
    confirm(client)
    for language in ("en", "de", "zh-hans"):
        client.cookies[conf.LANGUAGE_COOKIE_NAME] = language
        for name in ("me", "me-sign-in", "me-devices", "me-tokens", "me-token-new"):
            assert client.get(reverse(name)).status_code == 200, (name, language)
