"""Passkeys, in a real browser with a virtual authenticator: instead of the password, and to sign."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.urls import reverse

from kam.models import Entry
from kam.roles import Role
from plans.models import Signature
from tests import make
from tests.door import PASSWORD, is_in, person, second_step, sign_in, with_app

HOME = re.compile(r"://[^/]+/$")
INSIDE = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}


@pytest.fixture
def director(transactional_db):
    return person(Role.DIRECTOR, email="director@example.com")


@pytest.fixture
def device(page):
    """The page's browser with a finger that always fits."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = INSIDE | {"isUserVerified": True, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def type_password(page, user):
    page.goto(reverse("account_login"))
    page.fill("input[name=login]", user.email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(HOME)


def add_passkey(page):
    page.goto(reverse("mfa_add_webauthn"))
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.fill("input[name=name]", "Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url(f"**{reverse('mfa_view_recovery_codes')}")


def leave(page):
    page.goto(reverse("account_logout"))
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile(reverse("account_login")))


def test_a_passkey_is_made_opens_the_door_alone_and_signs_for_who_has_no_password(device, director):
    type_password(device, director)
    add_passkey(device)
    assert Authenticator.objects.get(type="webauthn").data["name"] == "Laptop"
    leave(device)

    director.refresh_from_db()
    director.set_unusable_password()
    director.save()
    device.get_by_role("button", name="Sign in with a passkey").click()
    device.wait_for_url(HOME)
    device.goto(reverse("me"))
    assert director.email in device.content()

    plan = make.full_plan(make.account(team=make.team(director)), state="submitted", author=person(Role.TEAM_LEAD))
    device.goto(reverse("plans:signoff", args=[plan.pk]))
    device.get_by_role("link", name="Confirm that it is you, then sign").click()
    device.get_by_role("link", name="Use a passkey").click()
    device.get_by_role("button", name="Use a passkey").click()
    device.wait_for_url(f"**{reverse('plans:signoff', args=[plan.pk])}")
    device.get_by_role("button", name=re.compile("^Sign v")).click()
    device.wait_for_url("**/signatures/**")
    assert Signature.objects.get().signer == director


@pytest.mark.django_db
def test_who_lost_phone_and_codes_is_let_in_anew_by_an_administrator(capsys):
    user = person(email="lost@example.com")
    codes = with_app(user)
    client = sign_in(user)
    second_step(client, codes[0])
    call_command("forget_factors", "LOST@example.com", reason="Phone lost, known by voice")
    assert not is_in(client)
    assert is_in(sign_in(user))
    assert Entry.objects.get(verb="forgot_factors").reason == "Phone lost, known by voice"
    with pytest.raises(CommandError, match="Nobody"):
        call_command("forget_factors", "nobody@example.com", reason="x")
