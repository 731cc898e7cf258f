"""F24: servers of other people that hang hold up nobody's night, however long they do."""

import signal
import socket

import pytest

from accounts import services as accounts
from kam import mail, night, tasks
from kam.local.up import WORKERS
from kam.models import Delivery, Mail
from kam.webhooks import services
from tests import make
from tests.faults.house import send, wait_for


@pytest.fixture
def silent():
    """The port of a mail server that lets everybody in and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def ring_outward():
    tasks.ring(tasks.tell_webhooks)
    tasks.ring(tasks.send_mail)


def test_a_night_goes_on_while_receivers_and_the_mail_server_hang(house, broken_night, receiver, silent, redis_client):
    """Whoever posts stands still in the middle of it, which is longer than any receiver can hang."""
    receiver.answer = lambda handler: receiver.release.wait(60)
    anna = make.user()
    account = make.account(anna)
    services.create(by=anna, name="W", url=receiver.url, events=["accounts.account:*"])
    accounts.change_account(account, by=None, version=account.version, tier="A")
    mail.queue(user=anna, kind="invitation", key="invitation:1", params={"link": "https://kam.example/join/1/"})
    smtp = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(silent), "EMAIL_USE_TLS": "0"}
    here = house(**broken_night, **smtp, FAULTS="", KAM_WEBHOOK_ALLOW=receiver.place)
    outward, _nightly = (here.worker(*WORKERS[name]) for name in ("outward worker", "worker"))
    ring_outward()
    wait_for(lambda: receiver.got)
    send(outward, signal.SIGSTOP)
    for _beat in range(4):
        ring_outward()
    day = night.default_date()
    night.plan_night(day)
    tasks.ring_ready(day)
    wait_for(lambda: night.outcome(day) == "done")
    assert (Delivery.objects.get().state, Mail.objects.get().state) == (Delivery.State.WAITING, Mail.State.WAITING)
    assert redis_client.llen("outward") >= 6
