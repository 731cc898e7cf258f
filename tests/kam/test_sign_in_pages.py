"""The pages of people who sign in: they render, in our look, without inline style or script."""

import re

import pytest
from django.urls import reverse

from tests import make

OPEN = ("account_login", "account_signup", "account_inactive", "account_reset_password", "account_reset_password_done")
OWN = ("account_logout", "account_change_password", "account_reauthenticate")


def ours(page):
    """The page, once it is known to be whole and clean."""
    html = page.content.decode()
    assert page.status_code == 200
    assert "css/tokens.css" in html
    assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)", html)
    return html


@pytest.mark.django_db
@pytest.mark.parametrize("name", OPEN)
def test_page_for_everyone(client, name):
    assert "k-entrance-card" in ours(client.get(reverse(name)))


@pytest.mark.django_db
@pytest.mark.parametrize("name", OWN)
def test_page_for_who_is_signed_in(client, name):
    user = make.user()
    user.set_password("a sentence nobody guesses")
    user.save()
    client.force_login(user)
    assert "csrfmiddlewaretoken" in ours(client.get(reverse(name)))


@pytest.mark.django_db
def test_wrong_password_is_said_without_naming_which(client):
    user = make.user()
    page = client.post(reverse("account_login"), {"login": user.email, "password": "certainly not this"})
    assert ours(page).count('role="alert"') == 1


@pytest.mark.django_db
def test_spent_reset_link_offers_a_new_one(client):
    page = client.get(reverse("account_reset_password_from_key", args=["1", "set-password"]))
    assert reverse("account_reset_password") in ours(page)


@pytest.mark.django_db
def test_unknown_address_is_a_page_of_ours(client):
    client.force_login(make.user())
    page = client.get("/no/such/page/")
    assert page.status_code == 404
    assert "k-code-page" in page.content.decode()
