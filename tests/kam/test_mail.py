"""Mail to people: queued once, worded for the reader, sent at most once."""

from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone

from kam import mail
from kam.models import Entry, Mail
from tests import make

pytestmark = pytest.mark.django_db
LINK = "https://kam.example/join/3-secret/"


def invite(user, key="invitation:1", **kw):
    return mail.queue(user=user, kind="invitation", key=key, params={"link": LINK}, **kw)


def test_a_key_makes_one_message_for_each_person():
    anna, ben = make.user(), make.user()
    assert invite(anna) == invite(anna)
    assert invite(ben) != invite(anna)
    assert invite(anna, key="invitation:2") != invite(anna)


def test_who_had_it_sent_stands_in_the_log_without_the_link():
    anna, admin = make.user(), make.user()
    invite(anna, by=admin)
    invite(anna, by=admin)
    entry = Entry.objects.get(verb="written_to")
    assert (entry.actor, entry.object_id, entry.after) == (admin, str(anna.pk), {"kind": "invitation"})


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        mail.queue(user=make.user(), kind="chain letter", key="1", params={})


def test_a_message_goes_out_in_the_readers_language_as_text_and_html():
    invite(make.user(name="Anna <b>& Co", language="en"))
    assert mail.send_waiting() == 1
    (sent,) = outbox.outbox
    assert sent.subject == "Your account in KAM"
    assert "Hello Anna <b>& Co," in sent.body
    assert LINK in sent.body
    html, kind = sent.alternatives[0]
    assert kind == "text/html"
    assert "Hello Anna &lt;b&gt;&amp; Co," in html
    assert mail.send_waiting() == 0


def test_a_secret_is_sealed_while_it_waits_and_forgotten_once_sent():
    row = invite(make.user())
    assert "secret" not in str(row.params)
    mail.send_waiting()
    row.refresh_from_db()
    assert (row.state, row.params) == (Mail.State.SENT, {})
    assert row.sent_at


def test_a_deputy_is_told_from_when_to_when():
    params = {"person": "Bea", "starts": "2026-12-01", "ends": "2026-12-04", "reason": "Holiday"}
    mail.queue(user=make.user(), kind="deputy", key="deputy:1", params=params)
    mail.send_waiting()
    (sent,) = outbox.outbox
    assert sent.subject == "You stand in for Bea"
    assert "from Tuesday 1 December to Friday 4 December" in sent.body


def test_nobody_inactive_is_written_to():
    row = invite(make.user(is_active=False))
    mail.send_waiting()
    row.refresh_from_db()
    assert (outbox.outbox, row.state, row.error) == ([], Mail.State.FAILED, "no longer active")


def test_what_is_too_old_is_not_sent_any_more():
    row = invite(make.user())
    Mail.objects.update(created_at=timezone.now() - timedelta(days=8))
    mail.send_waiting()
    row.refresh_from_db()
    assert (outbox.outbox, row.state, row.error, row.params) == ([], Mail.State.FAILED, "too late", {})


def test_a_message_that_cannot_be_made_does_not_keep_back_the_next():
    broken = mail.queue(user=make.user(), kind="deputy", key="deputy:1", params={})
    invite(make.user())
    mail.send_waiting()
    broken.refresh_from_db()
    assert (len(outbox.outbox), broken.state, broken.error) == (1, Mail.State.FAILED, "KeyError")
