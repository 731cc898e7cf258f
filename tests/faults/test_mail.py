"""F25: the mail server is down, refuses, or goes away in the middle. Nobody gets a digest twice."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts import digest
from kam import mail
from kam.local import places
from kam.models import Mail
from tests import make
from tests.faults.smtp import Smtp

pytestmark = pytest.mark.django_db(transaction=True)
State = Mail.State
LINK = "https://kam.example/join/1/"
DIES = """
import os, signal, django
django.setup()
from django.core.mail.backends.smtp import EmailBackend
from kam import mail
def die(self, messages):
    os.kill(os.getpid(), signal.SIGKILL)
EmailBackend.send_messages = die
mail.send_waiting()
"""


@pytest.fixture
def smtp(settings):
    server = Smtp()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 2
    yield server
    server.close()


def reader(**kw):
    """Somebody with something in their digest of today."""
    user = make.user(digest_hour=0, time_zone="UTC", **kw)
    make.alert(make.account(user), raised_on=timezone.now().date())
    return user


def digest_of_today():
    return digest.plan(datetime.now(UTC))


def invite(user, key="invitation:1"):
    return mail.queue(user=user, kind="invitation", key=key, params={"link": LINK})


def states():
    return sorted(Mail.objects.values_list("state", flat=True))


def travel(**ahead):
    Mail.objects.update(run_after=F("run_after") - timedelta(**ahead))


def test_while_the_server_is_down_nothing_is_marked_and_afterwards_everybody_gets_one(smtp):
    people = [reader() for _n in range(3)]
    port = smtp.port
    smtp.close()
    digest_of_today()
    for _try in range(3):
        assert mail.send_waiting() == 0
        digest_of_today()
    assert (states(), set(Mail.objects.values_list("attempt", flat=True))) == ([State.WAITING] * 3, {0})
    back = Smtp(port)
    assert mail.send_waiting() == 3
    digest_of_today()
    assert mail.send_waiting() == 0
    back.close()
    assert sorted(one.split("\nTo: ")[1].split("\n")[0].strip() for one in back.got) == sorted(p.email for p in people)
    smtp.close = lambda: None


def test_several_workers_send_each_message_once(smtp):
    for _n in range(8):
        invite(make.user())

    def work(_n):
        try:
            return mail.send_waiting()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 8
    assert (len(smtp.got), states()) == (8, [State.SENT] * 8)


def test_a_worker_killed_between_mark_and_answer_sends_no_digest_twice(smtp):
    reader()
    digest_of_today()
    killed = die_while_sending(smtp)
    assert killed == -signal.SIGKILL
    row = Mail.objects.get()
    assert row.state == State.SENDING
    travel(hours=1)
    for _try in range(3):
        digest_of_today()
        mail.send_waiting()
    row.refresh_from_db()
    assert (row.state, smtp.got) == (State.SENDING, [])


def test_an_invitation_that_was_lost_so_is_sent_again_under_the_same_id(smtp):
    row = invite(make.user())
    die_while_sending(smtp)
    assert mail.send_waiting() == 0
    travel(hours=1)
    assert mail.send_waiting() == 1
    row.refresh_from_db()
    assert (row.state, row.attempt) == (State.SENT, 2)
    assert f"Message-ID: <kam-{row.pk}@localhost>" in smtp.got[0]


def die_while_sending(smtp):
    env = os.environ | {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(smtp.port), "EMAIL_USE_TLS": "0"}
    done = subprocess.run([sys.executable, "-c", DIES], cwd=places.CHECKOUT, env=env, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    return done.returncode


def test_a_server_that_goes_away_after_taking_a_digest_gets_it_once(smtp):
    reader()
    reader()
    digest_of_today()
    smtp.silent_at = 1
    assert mail.send_waiting() == 0
    travel(hours=1)
    assert mail.send_waiting() == 1
    assert len({one.split("\nTo: ")[1].split("\n")[0] for one in smtp.got}) == 2
    assert states() == [State.SENDING, State.SENT]


def test_what_went_out_before_the_server_went_away_is_counted(smtp):
    for _n in range(3):
        invite(make.user())
    smtp.silent_at = 2
    assert mail.send_waiting() == 1
    assert states() == [State.SENDING, State.SENT, State.WAITING]


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_what_the_server_puts_off_is_tried_again_later_and_what_it_refuses_is_not(smtp, verb):
    row = invite(make.user())
    smtp.refuse = {verb: "451 later"}
    mail.send_waiting()
    row.refresh_from_db()
    assert (row.state, row.attempt, row.error) == (State.WAITING, 1, "451 later")
    assert row.run_after > timezone.now() + timedelta(seconds=100)
    smtp.refuse = {verb: "550 never"}
    travel(hours=1)
    mail.send_waiting()
    row.refresh_from_db()
    assert (row.state, row.error, smtp.got) == (State.FAILED, "550 never", [])


def test_after_six_refusals_it_is_failed(smtp):
    row = invite(make.user())
    smtp.refuse = {"RCPT": "450 later"}
    for _try in range(10):
        mail.send_waiting()
        travel(hours=2)
    row.refresh_from_db()
    assert (row.state, row.attempt) == (State.FAILED, mail.ATTEMPTS)


def test_a_refused_address_does_not_keep_back_the_next(smtp):
    smtp.refuse = {"RCPT": "550 unknown"}
    invite(make.user())
    mail.send_waiting()
    smtp.refuse = {}
    invite(make.user())
    assert mail.send_waiting() == 1
    assert states() == [State.FAILED, State.SENT]


def test_a_digest_that_could_not_go_out_all_day_is_not_sent_the_next(smtp):
    reader()
    digest_of_today()
    Mail.objects.update(created_at=timezone.now() - timedelta(hours=19))
    assert mail.send_waiting() == 0
    assert (smtp.got, states()) == ([], [State.FAILED])
