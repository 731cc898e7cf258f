"""Signed in: for how long, where, and how it ends."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as conf
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kam.devices import name_of
from kam.services import change
from tests.door import ANOTHER, PASSWORD, clock, is_in, person, sign_in  # noqa: F401 (clock is a fixture)

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"


@pytest.fixture
def user():
    return person()


def test_an_hour_without_a_request_signs_out(user, clock):  # noqa: F811
    client = sign_in(user)
    clock(minutes=59)
    assert is_in(client)
    clock(minutes=61)
    assert not is_in(client)


def test_every_request_keeps_the_session_but_not_beyond_twelve_hours(user, clock):  # noqa: F811
    client = sign_in(user)
    for _half_hour in range(23):
        clock(minutes=30)
        assert is_in(client)
    clock(minutes=31)
    assert not is_in(client)


def test_a_request_writes_at_most_once_a_minute(user, clock):  # noqa: F811
    client = sign_in(user)
    client.get(reverse("me-tokens"))

    def written():
        with CaptureQueriesContext(connection) as seen:
            client.get(reverse("me-tokens"))
        return sum(query["sql"].startswith("UPDATE") for query in seen.captured_queries)

    assert written() == 0
    clock(seconds=70)
    assert written() == 2
    assert written() == 0


def test_the_list_of_devices_says_where_and_since_when(user):
    here = sign_in(user, Client(HTTP_USER_AGENT=DESK, REMOTE_ADDR="198.51.100.7"))
    sign_in(user, Client(HTTP_USER_AGENT=PHONE, REMOTE_ADDR="203.0.113.9"))
    sign_in(person(), Client(REMOTE_ADDR="192.0.2.200"))
    page = here.get(reverse("me-devices")).content.decode()
    shown = [word in page for word in ("Chrome, Windows", "Safari, iPhone", "198.51.100.7", "203.0.113.9")]
    assert shown == [True] * 4
    assert "192.0.2.200" not in page
    assert page.count("this device") == 1


def test_one_device_is_signed_out(user):
    here, there = sign_in(user), sign_in(user)
    other = UserSession.objects.get(session_key=there.session.session_key)
    here.post(reverse("me-device-end", args=[other.pk]))
    assert (is_in(here), is_in(there)) == (True, False)


def test_nobody_signs_out_somebody_else(user):
    here, stranger = sign_in(user), sign_in(person())
    theirs = UserSession.objects.get(session_key=stranger.session.session_key)
    assert here.post(reverse("me-device-end", args=[theirs.pk])).status_code == 404
    assert is_in(stranger)


def test_all_other_devices_are_signed_out(user):
    here, there, phone, stranger = sign_in(user), sign_in(user), sign_in(user), sign_in(person())
    here.post(reverse("me-devices-end"))
    assert [is_in(c) for c in (here, there, phone, stranger)] == [True, False, False, True]


def test_devices_take_as_many_queries_for_three_as_for_one(user, django_assert_num_queries):
    here = sign_in(user)
    here.get(reverse("me-devices"))
    with CaptureQueriesContext(connection) as one:
        here.get(reverse("me-devices"))
    queries = len(one)
    for _n in range(2):
        sign_in(user)
    with django_assert_num_queries(queries):
        here.get(reverse("me-devices"))


def test_a_new_password_signs_out_the_other_devices(user):
    here, there = sign_in(user), sign_in(user)
    form = {"oldpassword": PASSWORD, "password1": ANOTHER, "password2": ANOTHER}
    assert here.post(reverse("account_change_password"), form)["Location"] == reverse("me-sign-in")
    assert (is_in(here), is_in(there)) == (True, False)
    assert UserSession.objects.filter(user=user).count() == 1


def test_who_is_no_longer_active_is_out_at_once_and_stays_out(user):
    client = sign_in(user)
    user = change(user, by=None, version=None, fields={"is_active": False})
    assert not is_in(client)
    change(user, by=None, version=None, fields={"is_active": True})
    assert not is_in(client)
    assert not Session.objects.filter(session_key=client.session.session_key).exists()


def test_signing_out_has_the_browser_forget(user):
    client = sign_in(user)
    answer = client.post(reverse("account_logout"))
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.cookies[conf.SESSION_COOKIE_NAME].value == ""
    assert not is_in(client)


def test_the_stored_end_is_the_idle_end(user):
    client = sign_in(user)
    end = Session.objects.get(session_key=client.session.session_key).expire_date
    assert timedelta(minutes=59) < end - timezone.now() <= timedelta(minutes=60)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (DESK, "Chrome, Windows"),
        (DESK + " Edg/142.0", "Edge, Windows"),
        (PHONE, "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/142.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.5", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_named_as_people_know_it(agent, name):
    assert name_of(agent) == name
