"""Deliveries go out: the events of one object in their order, one webhook beside the other, again and again for a day.

A delivery is claimed by moving its `run_after` behind the lease, in a transaction of its own, before the receiver is
asked; whoever dies meanwhile leaves it to be tried again under the same id.
"""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, Min, OuterRef, Q
from django.utils import timezone

from kam.models import Delivery, Entry, Webhook
from kam.webhooks.dispatch import seen_by
from kam.webhooks.payload import body_of
from kam.webhooks.post import Answer, post
from kam.webhooks.signing import headers

State = Delivery.State
LEASE = timedelta(seconds=60)
TURN_SECONDS = 10
SIDE_BY_SIDE = 16
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
GIVE_UP_AFTER, TRIES_AT_LEAST = timedelta(hours=24), 5
FAILURES_TO_PAUSE, FAILURES_TO_GIVE_UP = 5, 10
NOT_SEEN = "not_seen"


def send_due():
    """Send what is due, each webhook in a thread of its own, the healthy ones first; returns how many were taken."""
    give_up_old()
    first = Min("run_after")
    due = _due().values("webhook", "webhook__failures").annotate(first=first).order_by("webhook__failures", "first")
    ids = [row["webhook"] for row in due]
    until = time.monotonic() + TURN_SECONDS
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="webhook") as pool:
        return sum(pool.map(lambda pk: _turn(pk, until), ids))


def _due():
    now = timezone.now()
    webhooks = Q(webhook__paused_until=None) | Q(webhook__paused_until__lte=now)
    return Delivery.objects.filter(
        webhooks, webhook__is_active=True, webhook__user__is_active=True, state=State.WAITING, run_after__lte=now
    )


def _turn(webhook_id, until):
    """One webhook's turn: until nothing is due, something fails, or the time is up."""
    taken = 0
    try:
        while time.monotonic() < until and (delivery := claim(webhook_id)):
            if not attempt(delivery):
                break
            taken += delivery.state == State.SENT
    finally:
        connection.close()
    return taken


@transaction.atomic
def claim(webhook_id):
    """The next delivery of a webhook that nothing of the same object waits before; None when there is none."""
    place, before = ("entry__txid", "entry_id"), Q(entry__txid__lt=OuterRef("entry__txid"))
    before |= Q(entry__txid=OuterRef("entry__txid"), entry__lt=OuterRef("entry"))
    same = {"webhook": OuterRef("webhook"), "entry__model": OuterRef("entry__model")}
    same["entry__object_id"] = OuterRef("entry__object_id")
    earlier = Delivery.objects.filter(before, state=State.WAITING, **same)
    rows = _due().filter(~Exists(earlier), webhook=webhook_id).order_by(*place)
    rows = rows.select_related("webhook__user", "entry__actor")
    delivery = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if delivery:
        delivery.attempt += 1
        delivery.run_after = timezone.now() + LEASE
        delivery.save(update_fields=["attempt", "run_after"])
    return delivery


def attempt(delivery):
    """Try a claimed delivery once and write down what came of it; False when the receiver did not take it."""
    if not may_be_told(delivery):
        _finish(delivery, State.DEAD, Answer(None, NOT_SEEN))
        return True
    body = body_of(delivery)
    signed = headers(delivery.webhook.sealed_secret, str(delivery.pk), body)
    answer = post(delivery.webhook.url, body, signed)
    if answer.is_good:
        _finish(delivery, State.SENT, answer)
        _mine(delivery).update(failures=0, paused_until=None)
        return True
    _failed(delivery, answer)
    return False


def may_be_told(delivery):
    """Asked at every try: the owner still sees what the entry is about, or it is the test they asked for."""
    entry, webhook = delivery.entry, delivery.webhook
    if (entry.model, entry.object_id) == (webhook._meta.label_lower, str(webhook.pk)):
        return True
    return seen_by(Entry.objects.filter(pk=entry.pk), webhook.user).exists()


def wait_after(tries):
    """How long to wait after so many tries: a minute, twice as long each time up to an hour, give or take a fifth."""
    return min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT) * random.uniform(0.8, 1.2)


def _failed(delivery, answer):
    """Later again, or given up after a day; after several failures in a row the webhook is left alone for a while."""
    now = timezone.now()
    is_old = delivery.created_at < now - GIVE_UP_AFTER and delivery.attempt >= TRIES_AT_LEAST
    if is_old:
        _finish(delivery, State.DEAD, answer)
    else:
        delivery.run_after = now + wait_after(delivery.attempt)
        _still_ours(delivery).update(run_after=delivery.run_after, status=answer.status, error=answer.error)
    _count_failure(delivery, now)


def _count_failure(delivery, now):
    """One receiver's failures in a row; from the fifth on it is asked about one event at a time, ever more rarely."""
    _mine(delivery).update(failures=F("failures") + 1)
    failures = _mine(delivery).values_list("failures", flat=True).first() or 0
    if failures >= FAILURES_TO_PAUSE:
        _mine(delivery).update(paused_until=now + wait_after(failures - FAILURES_TO_PAUSE + 1))


def _finish(delivery, state, answer):
    still = _still_ours(delivery)
    still.update(state=state, status=answer.status, error=answer.error, finished_at=timezone.now())
    delivery.state = state


def _still_ours(delivery):
    """The row, unless its lease ran out and somebody else has tried it since."""
    return Delivery.objects.filter(pk=delivery.pk, attempt=delivery.attempt, state=State.WAITING)


def _mine(delivery):
    return Webhook.objects.filter(pk=delivery.webhook_id)


def give_up_old():
    """What a receiver that has long been down was not asked to take within a day is given up, too."""
    now = timezone.now()
    failing = {"state": State.WAITING, "webhook__failures__gte": FAILURES_TO_GIVE_UP}
    old = Delivery.objects.filter(created_at__lt=now - GIVE_UP_AFTER, **failing)
    old.filter(attempt=0).update(state=State.DEAD, error="given_up", finished_at=now)
    old.update(state=State.DEAD, finished_at=now)
