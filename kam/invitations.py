"""Links by which people choose a password: mailed to who is new, and to who forgot theirs."""

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse


def address(path):
    """`path` under the configured public address, never under the host that a request claims."""
    return settings.BASE_URL.rstrip("/") + path


def link_for(user):
    """Where this person chooses a password: works once, for PASSWORD_RESET_TIMEOUT (three days), and not
    after they signed in or their password changed meanwhile.
    """
    key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    return link_with(f"{user_pk_to_url_str(user)}-{key}")


def link_with(key):
    """The address of the page that takes `key`, which is `<user>-<token>`."""
    user, _dash, token = key.partition("-")
    return address(reverse("account_reset_password_from_key", kwargs={"uidb36": user, "key": token}))
