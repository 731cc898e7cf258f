"""Single sign-on, against a real little OpenID provider."""

import time

import jwt
import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from kam.models import User
from tests import oidc
from tests.door import code, is_in, person, second_step, sign_in, with_app

pytestmark = pytest.mark.django_db
MAIL = "anna@example.com"


@pytest.fixture
def provider(settings):
    found = oidc.Provider()
    app = {"name": "Example AG", "client_id": oidc.CLIENT, "secret": oidc.SECRET, "settings": {"server_url": found.url}}
    settings.SOCIALACCOUNT_PROVIDERS = {"sso": {"APP": app}}
    settings.BASE_URL = "http://testserver"
    found.claims = {"email": MAIL, "email_verified": True}
    yield found
    found.close()


@pytest.fixture
def anna():
    return person(email=MAIL)


def leave(client, **query):
    """Press the button; returns where the browser goes."""
    page = client.post(reverse("sso_login", query=query))
    return page["Refresh"].partition("url=")[2]


def go(client=None, **query):
    """The whole round trip; returns the browser."""
    client = client or Client()
    back = requests.get(leave(client, **query), allow_redirects=False, timeout=5).headers["Location"]
    client.answer = client.get(back.removeprefix("http://testserver"))
    return client


def test_without_configuration_there_is_no_such_door():
    assert "Sign in with" not in Client().get(reverse("account_login")).content.decode().replace("with a passkey", "")
    assert Client().post(reverse("sso_login")).status_code == 404
    assert Client().get(reverse("sso_callback")).status_code == 404


def test_the_button_on_the_login_page_names_the_company(provider):
    assert "Sign in with Example AG" in Client().get(reverse("account_login")).content.decode()


def test_somebody_who_exists_is_signed_in(provider, anna):
    client = go()
    assert client.answer.status_code == 302
    assert is_in(client)
    assert provider.asked["redirect_uri"] == "http://testserver/account/sso/callback/"
    assert sorted(provider.asked["scope"].split()) == ["email", "openid"]
    account = SocialAccount.objects.get()
    assert (account.user, account.uid, account.extra_data) == (anna, "u1", {})


def test_the_password_stays(provider, anna):
    go()
    anna.refresh_from_db()
    assert is_in(sign_in(anna))
    assert not EmailAddress.objects.exists()


def test_the_next_page_is_the_one_that_was_asked_for(provider, anna):
    assert go(next="/me/tokens/").answer["Location"] == "/me/tokens/"


def test_the_second_time_it_is_the_identity_that_counts(provider, anna):
    go()
    provider.claims = {"email": "married@example.com", "email_verified": True}
    assert is_in(go())


def test_nobody_is_made(provider):
    client = go()
    assert client.answer.status_code == 403
    assert "no account here" in client.answer.content.decode()
    assert not User.objects.filter(email=MAIL).exists()
    assert not SocialAccount.objects.exists()


def test_the_second_factor_is_asked_for_all_the_same(provider, anna):
    with_app(anna)
    client = go()
    assert client.answer["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)
    second_step(client, code())
    assert is_in(client)


REFUSED = {
    "an e-mail nobody vouches for": {"email_verified": False},
    "an e-mail of which nothing is said": {"email_verified": None},
    "a yes that is only a word": {"email_verified": "true"},
    "no e-mail": {"email": None},
    "another audience": {"aud": "another client"},
    "another issuer": {"iss": "https://evil.example"},
    "another nonce": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "too late": {"exp": int(time.time()) - 120},
    "no end": {"exp": None},
    "from tomorrow": {"iat": int(time.time()) + 86400},
    "made for another client": {"aud": [oidc.CLIENT, "other"], "azp": "other"},
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_that_proves_nothing_opens_nothing(provider, anna, name):
    provider.claims |= REFUSED[name]
    client = go()
    assert client.answer.status_code in (401, 403)
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def forged(claims):
    return jwt.encode(claims, rsa.generate_private_key(65537, 2048), algorithm="RS256", headers={"kid": "1"})


def with_our_secret(claims):
    return jwt.encode(claims, oidc.SECRET.ljust(32, "x"), algorithm="HS256", headers={"kid": "1"})


SIGNATURES = {
    "none": lambda claims: jwt.encode(claims, None, algorithm="none"),
    "none, with a key named": lambda claims: jwt.encode(claims, None, algorithm="none", headers={"kid": "1"}),
    "of somebody else": forged,
    "of a shared secret": with_our_secret,
    "of an unknown key": lambda claims: jwt.encode(
        claims, rsa.generate_private_key(65537, 2048), algorithm="RS256", headers={"kid": "2"}
    ),
    "not a token": lambda claims: "nonsense",
    "nothing": lambda claims: "",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_that_is_not_the_providers_opens_nothing(provider, anna, name):
    provider.sign = SIGNATURES[name]
    client = go()
    assert client.answer.status_code == 401
    assert not is_in(client)


def test_a_provider_that_calls_itself_otherwise_is_refused(provider, anna):
    provider.issuer = "https://evil.example"
    answer = Client().post(reverse("sso_login"))
    assert answer.status_code == 401


def test_an_answer_that_this_browser_did_not_ask_for_is_refused(provider, anna):
    back = requests.get(leave(Client()), allow_redirects=False, timeout=5).headers["Location"]
    victim = Client()
    assert victim.get(back.removeprefix("http://testserver")).status_code == 401
    assert not is_in(victim)


def test_an_answer_works_once(provider, anna):
    client = Client()
    back = (
        requests.get(leave(client), allow_redirects=False, timeout=5)
        .headers["Location"]
        .removeprefix("http://testserver")
    )
    client.get(back)
    client.post(reverse("account_logout"))
    assert client.get(back).status_code == 401
    assert not is_in(client)


def test_only_a_form_of_ours_starts_it(provider):
    assert "Refresh" not in Client().get(reverse("sso_login"))
    assert Client(enforce_csrf_checks=True).post(reverse("sso_login")).status_code == 403


def test_the_address_of_the_page_adds_nothing_to_what_is_asked(provider):
    target = leave(Client(), scope="admin", auth_params="nonce=mine&prompt=none", process="connect")
    assert "admin" not in target
    assert "nonce=mine" not in target
    assert "prompt" not in target


def test_who_left_is_refused_before_and_after_the_first_time(provider, anna):
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert go().answer.status_code == 403
    User.objects.filter(pk=anna.pk).update(is_active=True)
    assert is_in(go())
    User.objects.filter(pk=anna.pk).update(is_active=False)
    client = go()
    assert client.answer["Location"] == reverse("account_inactive")
    assert not is_in(client)


def test_a_second_identity_does_not_get_at_the_same_person(provider, anna):
    go()
    provider.claims |= {"sub": "u2"}
    client = go()
    assert client.answer.status_code == 403
    assert SocialAccount.objects.count() == 1


def test_nobody_ties_an_identity_to_an_account_by_hand(provider):
    client = sign_in(person(email="ben@example.com"))
    go(client, process="connect")
    assert client.answer.status_code == 403
    assert not SocialAccount.objects.exists()


def test_somebody_signed_in_becomes_who_the_provider_says(provider, anna):
    client = sign_in(person(email="ben@example.com"))
    go(client)
    assert MAIL in client.get(reverse("me")).content.decode()


def test_a_provider_that_is_down_is_a_page_not_a_fault(provider, anna):
    provider.close()
    assert Client().post(reverse("sso_login")).status_code == 401
