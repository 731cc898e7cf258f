"""Second factors: set up, asked for at the door, required for some roles."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from kam import mail
from kam.models import Entry, Mail
from kam.roles import Role
from tests import door
from tests.clients import api_of  # noqa: F401 (a fixture)
from tests.door import code, confirm, is_in, person, second_step, sign_in, with_app

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return person()


def setting_up(client):
    """Open the page that shows the QR code; returns (page, secret)."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    return page, re.search(r'<code class="k-key">(\w+)</code>', page).group(1)


def test_somebody_sets_up_an_app_and_is_asked_for_its_code(user):
    client = sign_in(user)
    confirm(client)
    page, secret = setting_up(client)
    assert 'class="k-qr"' in page
    answer = client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    fresh = sign_in(user)
    assert fresh.answer["Location"] == reverse("mfa_authenticate")
    assert not is_in(fresh)
    second_step(fresh, code(secret))
    assert is_in(fresh)


def test_setting_up_asks_for_the_password_again(user):
    answer = sign_in(user).get(reverse("mfa_activate_totp"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))


def test_a_wrong_code_sets_up_nothing(user):
    client = sign_in(user)
    confirm(client)
    setting_up(client)
    answer = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert answer.status_code == 200
    assert not Authenticator.objects.exists()


def test_recovery_codes_are_shown_once_and_each_opens_the_door(user):
    client = sign_in(user)
    confirm(client)
    _page, secret = setting_up(client)
    client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    shown = re.findall(r"<li><code>(\d{8})</code>", client.get(reverse("mfa_view_recovery_codes")).content.decode())
    assert len(shown) == 10
    again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert not any(one in again for one in shown)
    fresh = sign_in(user)
    second_step(fresh, shown[3])
    assert is_in(fresh)
    assert "9 codes are left" in fresh.get(reverse("me-sign-in")).content.decode()


def test_secrets_are_sealed_in_the_database(user):
    with_app(user)
    assert door.SECRET not in str(list(Authenticator.objects.values_list("data", flat=True)))
    app, codes = Authenticator.objects.order_by("type").reverse()
    assert app.data["secret"].startswith("gAAAA")
    assert codes.data["seed"].startswith("gAAAA")


def test_a_new_factor_signs_out_other_devices_stands_in_the_log_and_is_mailed(user, django_capture_on_commit_callbacks):
    client, there = sign_in(user), sign_in(user)
    confirm(client)
    _page, secret = setting_up(client)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    entries = Entry.objects.filter(verb="added_factor", object_id=str(user.pk), actor=user)
    assert {entry.after["factor"] for entry in entries} == {"totp", "recovery_codes"}
    assert (is_in(client), is_in(there)) == (True, False)
    said = Mail.objects.get(kind="sign_in_changed")
    assert said.params["what"] == "totp_activated"
    assert mail.send_waiting() == 1


def test_an_app_is_removed_after_confirming(user):
    with_app(user)
    client = sign_in(user)
    second_step(client, code())
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert Authenticator.objects.count() == 2
    confirm(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.exists()


@pytest.fixture
def director(settings):
    settings.MFA_ROLES = frozenset({Role.DIRECTOR})
    return person(Role.DIRECTOR)


def test_a_role_that_must_have_a_factor_is_led_to_it_before_anything_else(director):
    client = sign_in(director)
    for name in ("home", "me", "me-tokens", "accounts:list", "night"):
        answer = client.get(reverse(name))
        assert (answer.status_code, answer["Location"]) == (302, reverse("me-sign-in")), name
    page = client.get(reverse("me-sign-in")).content.decode()
    assert "Your role asks for a second factor" in page
    fragment = client.get(reverse("accounts:list"), HTTP_HX_REQUEST="true")
    assert fragment["HX-Redirect"] == reverse("me-sign-in")


def test_with_a_factor_everything_is_open(director):
    with_app(director)
    client = sign_in(director)
    second_step(client, code())
    assert client.get(reverse("home")).status_code == 200


def test_recovery_codes_alone_are_no_factor(director):
    with_app(director)
    client = sign_in(director)
    second_step(client, code())
    Authenticator.objects.filter(type="totp").delete()
    assert client.get(reverse("home")).status_code == 302


def test_the_api_says_so_in_a_sentence_and_tokens_are_not_affected(director, api_of):  # noqa: F811
    answer = sign_in(director).get(reverse("api-accounts-list"))
    assert answer.status_code == 403
    assert "second factor" in answer.json()["detail"]
    assert api_of(director).get(reverse("api-accounts-list")).status_code == 200


def test_other_roles_are_not_asked(director):
    assert is_in(sign_in(person(Role.ANALYST)))


def test_who_lacks_a_factor_can_still_sign_out(director):
    client = sign_in(director)
    client.post(reverse("account_logout"))
    assert client.get(reverse("me-sign-in")).status_code == 302


def test_strangers_find_the_door_as_before(director):
    assert Client().get(reverse("account_login")).status_code == 200
