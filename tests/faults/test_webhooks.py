"""F24: a receiver that fails, hangs or is down. Nothing is lost, doubled or out of order, and nobody else waits."""

import time
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts import services as accounts
from kam.models import Delivery, Webhook
from kam.webhooks import dispatch, post, sender, services
from tests import make
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
State = Delivery.State


@pytest.fixture
def anna():
    return make.user()


def hook(user, receiver):
    return services.create(by=user, name="W", url=receiver.url, events=["accounts.account:*"])[0]


def change(account, *tiers):
    for tier in tiers:
        account.refresh_from_db()
        accounts.change_account(account, by=None, version=account.version, tier=tier)
    dispatch.read_on()


def travel(**ahead):
    """Let time go by for deliveries and webhooks: everything they wait for comes nearer, and they grow older."""
    by = timedelta(**ahead)
    Delivery.objects.update(run_after=F("run_after") - by, created_at=F("created_at") - by)
    Webhook.objects.exclude(paused_until=None).update(paused_until=F("paused_until") - by)


def tiers(receiver):
    return [event["after"]["tier"] for event in receiver.events]


def ids(receiver):
    return [event["id"] for event in receiver.events]


def test_what_was_refused_comes_again_under_the_same_id(anna, receiver):
    account, _hook = make.account(anna), hook(anna, receiver)
    change(account, "A")
    receiver.answer = 500
    assert sender.send_due() == 0
    assert sender.send_due() == 0
    assert len(receiver.got) == 1
    waiting = Delivery.objects.get()
    assert (waiting.state, waiting.attempt, waiting.status, waiting.error) == (State.WAITING, 1, 500, "refused")
    receiver.answer = 200
    travel(minutes=2)
    assert sender.send_due() == 1
    assert ids(receiver) == [str(waiting.pk)] * 2
    assert Webhook.objects.get().failures == 0


def test_waits_double_from_a_minute_to_an_hour_and_differ_a_little():
    for tries, minutes in ((1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (30, 60)):
        waits = {sender.wait_after(tries) for _n in range(50)}
        assert len(waits) > 40
        low, high = timedelta(minutes=minutes * 0.8), timedelta(minutes=minutes * 1.2)
        assert all(low <= wait <= high for wait in waits)


def test_events_of_one_object_stay_in_order_while_others_go_on(anna, receiver):
    first, second = make.account(anna), make.account(anna)
    hook(anna, receiver)
    change(first, "A", "B")
    change(second, "C")

    def refuse_a(handler):
        refused = receiver.events[-1]["after"]["tier"] == "A"
        handler.send_response(500 if refused else 200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answer = refuse_a
    sender.send_due()
    sender.send_due()
    assert tiers(receiver) == ["A", "C"]
    receiver.answer = 200
    travel(minutes=2)
    sender.send_due()
    assert tiers(receiver) == ["A", "C", "A", "B"]


def test_after_a_day_it_is_given_up_and_can_be_sent_again_by_hand(anna, receiver):
    account, _hook = make.account(anna), hook(anna, receiver)
    change(account, "A", "B")
    receiver.answer = 503
    for _try in range(40):
        sender.send_due()
        travel(hours=1, minutes=15)
    assert {d.state for d in Delivery.objects.all()} == {State.DEAD}
    assert len(receiver.got) <= 30
    receiver.answer = 200
    sender.send_due()
    tries = len(receiver.got)
    dead = Delivery.objects.order_by("entry_id").first()
    services.retry(dead, by=anna)
    assert sender.send_due() == 1
    assert ids(receiver)[tries:] == [str(dead.pk)]


def test_a_receiver_that_fails_again_and_again_is_asked_ever_more_rarely(anna, receiver):
    webhook = hook(anna, receiver)
    for _n in range(8):
        change(make.account(anna), "A")
    receiver.answer = 500
    for _pass in range(20):
        sender.send_due()
    webhook.refresh_from_db()
    assert (len(receiver.got), webhook.failures, webhook.is_paused) == (5, 5, True)
    travel(minutes=2)
    sender.send_due()
    sender.send_due()
    assert len(receiver.got) == 6
    receiver.answer = 200
    travel(hours=2)
    assert sender.send_due() == 8
    webhook.refresh_from_db()
    assert (webhook.failures, webhook.paused_until) == (0, None)


def test_receivers_that_hang_do_not_keep_others_waiting(anna, receiver, settings, monkeypatch):
    monkeypatch.setattr(post, "ANSWER_SECONDS", 2)
    slow = [Receiver() for _n in range(3)]
    settings.WEBHOOK_ALLOW = [receiver.place, *(one.place for one in slow)]
    for one in slow:
        one.answer = lambda handler, one=one: one.release.wait(30)
        hook(anna, one)
    hook(anna, receiver)
    change(make.account(anna), "A", "B", "C")
    began = time.monotonic()
    assert sender.send_due() == 3
    took = time.monotonic() - began
    for one in slow:
        one.close()
    assert tiers(receiver) == ["A", "B", "C"]
    assert took < 8
    waiting = Delivery.objects.filter(state=State.WAITING, attempt=1)
    assert {d.error for d in waiting} == {"timeout"}


def test_an_answer_that_drips_is_cut_off(anna, receiver, monkeypatch):
    monkeypatch.setattr(post, "ANSWER_SECONDS", 1)

    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _n in range(100):
            if receiver.release.wait(0.2):
                return
            handler.wfile.write(b"X-More: x\r\n")
            handler.wfile.flush()

    def ended(handler):
        try:
            drip(handler)
        except OSError:
            handler.close_connection = True

    receiver.answer = ended
    began = time.monotonic()
    assert post.post(receiver.url, b"{}", {}) == post.Answer(None, "timeout")
    assert time.monotonic() - began < 5


def test_a_long_answer_is_not_read(anna, receiver):
    def flood(handler):
        try:
            handler.send_response(200)
            handler.send_header("Content-Length", str(10**9))
            handler.end_headers()
            for _n in range(1000):
                handler.wfile.write(b"x" * 10**6)
        except OSError:
            handler.close_connection = True

    receiver.answer = flood
    began = time.monotonic()
    assert post.post(receiver.url, b"{}", {}).is_good
    assert time.monotonic() - began < 5


def test_a_receiver_that_is_down_is_a_failure_like_any_other(anna, receiver):
    hook(anna, receiver)
    change(make.account(anna), "A")
    receiver.close()
    assert sender.send_due() == 0
    assert Delivery.objects.get().error == "no_connection"


def test_a_sender_that_dies_in_the_middle_leaves_it_to_be_sent_again(anna, receiver):
    """Claimed and never heard of again: after the lease it is due, under the same id."""
    webhook = hook(anna, receiver)
    change(make.account(anna), "A")
    claimed = sender.claim(webhook.pk)
    assert sender.send_due() == 0
    travel(minutes=2)
    assert sender.send_due() == 1
    assert ids(receiver) == [str(claimed.pk)]
    claimed.attempt = 1
    sender._finish(claimed, State.DEAD, post.Answer(None, "timeout"))
    assert Delivery.objects.get().state == State.SENT
    assert timezone.now() > Delivery.objects.get().finished_at


def test_two_senders_send_it_once(anna, receiver):
    webhook = hook(anna, receiver)
    change(make.account(anna), "A")
    assert sender.claim(webhook.pk) is not None
    assert sender.claim(webhook.pk) is None
