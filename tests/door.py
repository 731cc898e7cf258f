"""People at the door: with a password, a second factor, a clock that can be moved on."""

import time
from datetime import timedelta

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kam.roles import Role
from tests import make
from tests.make import PASSWORD

ANOTHER = "another sentence nobody guesses"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def person(role=Role.TEAM_LEAD, **fields):
    """Somebody with PASSWORD."""
    return make.user(role, password=PASSWORD, **fields)


def sign_in(user, client=None, password=PASSWORD, **extra):
    """Type the password at the door; returns the browser."""
    client = client or Client()
    client.answer = client.post(reverse("account_login"), {"login": user.email, "password": password} | extra)
    return client


def is_in(client):
    """True when this browser may open a page of somebody signed in."""
    return client.get(reverse("me")).status_code == 200


def confirm(client, password=PASSWORD):
    """Confirm that it is still you, as sensitive pages ask."""
    return client.post(reverse("account_reauthenticate"), {"password": password})


def with_app(user):
    """Give `user` an authenticator app of SECRET and recovery codes; returns the codes."""
    totp.TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).generate_codes()


def code(secret=SECRET, steps=0):
    """What the app shows now, or `steps` of 30 seconds later."""
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps))


def second_step(client, typed):
    return client.post(reverse("mfa_authenticate"), {"code": typed})


@pytest.fixture
def clock(monkeypatch):
    """A function that lets time go on, for sessions."""
    gone, real = timedelta(), timezone.now

    def go_on(**span):
        nonlocal gone
        gone += timedelta(**span)

    monkeypatch.setattr(timezone, "now", lambda: real() + gone)
    return go_on
