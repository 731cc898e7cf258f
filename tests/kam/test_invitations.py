"""The link by which somebody new chooses their password."""

import re

import pytest
from django.test import Client

from kam.invitations import link_for
from tests import make

pytestmark = pytest.mark.django_db
SENTENCE = "a sentence nobody guesses"


def choose(link, password=SENTENCE):
    """Follow the link as a browser does, and choose."""
    client = Client()
    page = client.get(re.sub(r"^https?://[^/]+", "", link), follow=True)
    action = page.redirect_chain[-1][0] if page.redirect_chain else page.request["PATH_INFO"]
    return client.post(action, {"password1": password, "password2": password})


def newcomer():
    user = make.user()
    user.set_unusable_password()
    user.save()
    return user


def test_somebody_new_chooses_a_password_by_the_link_and_signs_in(settings):
    settings.BASE_URL = "https://kam.example.com/"
    user = newcomer()
    link = link_for(user)
    assert link.startswith("https://kam.example.com/account/password/reset/key/")
    assert choose(link).status_code == 302
    user.refresh_from_db()
    assert user.check_password(SENTENCE)


def test_the_link_works_once():
    user = newcomer()
    link = link_for(user)
    choose(link)
    choose(link, "another sentence nobody guesses")
    user.refresh_from_db()
    assert user.check_password(SENTENCE)


def test_the_link_of_one_person_is_not_the_link_of_another():
    one, other = newcomer(), newcomer()
    link, theirs = link_for(one), link_for(other)
    uid, key = re.search(r"key/([^-]+)-(.+)/$", theirs).groups()
    choose(re.sub(r"key/.+/$", f"key/{re.search(r'key/([^-]+)-', link).group(1)}-{key}/", link))
    one.refresh_from_db()
    assert not one.has_usable_password()
