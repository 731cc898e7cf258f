"""A new password by mail."""

import re

import pytest
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse

from kam import mail
from kam.models import Entry, Mail
from tests.door import ANOTHER, PASSWORD, is_in, person, sign_in

pytestmark = pytest.mark.django_db


def ask(email, client=None, **extra):
    return (client or Client()).post(reverse("account_reset_password"), {"email": email}, **extra)


def mailed_link():
    mail.send_waiting()
    return re.search(r"https?://\S+", outbox.outbox[-1].body).group(0)


def follow(link, password=ANOTHER):
    client = Client()
    page = client.get(re.sub(r"^https?://[^/]+", "", link), follow=True)
    target = page.redirect_chain[-1][0] if page.redirect_chain else page.request["PATH_INFO"]
    client.answer = client.post(target, {"password1": password, "password2": password})
    return client


def test_a_link_comes_by_mail_and_lets_choose_a_new_password(settings):
    settings.BASE_URL = "https://kam.example.com"
    user = person()
    there = sign_in(user)
    ask(user.email)
    link = mailed_link()
    assert link.startswith("https://kam.example.com/account/password/reset/key/")
    client = follow(link)
    assert not is_in(client)
    assert not is_in(there)
    assert not is_in(sign_in(user))
    assert is_in(sign_in(user, password=ANOTHER))
    assert Entry.objects.filter(verb="reset_password", object_id=str(user.pk)).count() == 1


def test_the_mail_speaks_the_language_of_its_reader():
    subjects = set()
    for language in ("en", "de", "zh-hans"):
        ask(person(language=language).email)
    assert mail.send_waiting() == 3
    subjects = {sent.subject for sent in outbox.outbox}
    assert "A new password for KAM" in subjects


def test_the_link_is_sealed_while_it_waits():
    ask(person().email)
    assert "password/reset" not in str(Mail.objects.get(kind="password_reset").params)


def test_strangers_and_people_who_left_get_no_mail():
    left = person(is_active=False)
    ask("nobody@example.com")
    ask(left.email)
    assert not Mail.objects.exists()


def test_asking_again_and_again_ends_soon():
    user = person()
    assert [ask(user.email).status_code for _n in range(7)][-1] == 429
    assert Mail.objects.count() == 5


def test_a_weak_password_is_refused_with_the_reason():
    user = person()
    ask(user.email)
    client = follow(mailed_link(), "short")
    assert "12" in client.answer.content.decode()
    assert is_in(sign_in(user, password=PASSWORD))
