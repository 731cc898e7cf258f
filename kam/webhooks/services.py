"""Writes about webhooks; `by` is their owner."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kam import services
from kam.audit import log
from kam.errors import Conflict, Denied
from kam.models import Delivery, User, Webhook
from kam.webhooks import address, signing
from kam.webhooks.dispatch import newest_place
from kam.webhooks.faults import Refused, sentence
from kam.webhooks.patterns import known_patterns

MOST = 20


@transaction.atomic
def create(*, by, name, url, events, is_active=True):
    """Begin to tell an address what happens from now on, or once it is turned on.

    Returns (webhook, secret), which cannot be shown again.

    Raises ValidationError, and Conflict when the person has as many webhooks as one may have.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # one after the other, so that none is one too many
    if Webhook.objects.filter(user=by).count() >= MOST:
        raise Conflict(_("One person may have %(most)s webhooks.") % {"most": MOST})
    _check(url, events)
    secret, place = signing.new_secret(), newest_place()
    row = Webhook(user=by, name=name, url=url, events=events, is_active=is_active, txid=place[0], entry=place[1])
    row.sealed_secret = signing.sealed(secret)
    return services.create(row, by=by), secret


@transaction.atomic
def change(webhook, *, by, version, **fields):
    """Change name, address, events or whether it is on. What happened while it was off is not told.

    Raises Denied, Stale and ValidationError.
    """
    _must_be_theirs(webhook, by)
    stored = Webhook.objects.select_for_update().get(pk=webhook.pk)
    _check(fields.get("url", stored.url), fields.get("events", stored.events))
    if fields.get("is_active") and not stored.is_active:
        stored.txid, stored.entry = newest_place()
        stored.save(update_fields=["txid", "entry"])
    if fields.get("url", stored.url) != stored.url or fields.get("is_active"):
        _wake(stored)
    return services.change(webhook, by=by, version=version, fields=fields)


def remove(webhook, *, by):
    """Tell it nothing any more, and forget what was told. Raises Denied."""
    _must_be_theirs(webhook, by)
    services.remove(webhook, by=by)


@transaction.atomic
def rotate(webhook, *, by):
    """A new key, which is returned and cannot be shown again; for a day events are signed with both. Raises Denied."""
    _must_be_theirs(webhook, by)
    stored, secret = Webhook.objects.select_for_update().get(pk=webhook.pk), signing.new_secret()
    stored.sealed_secret = signing.sealed(secret, before=stored.sealed_secret)
    stored.save(update_fields=["sealed_secret", "updated_at"])
    log(stored, "rotated", by=by)
    return secret


@transaction.atomic
def test(webhook, *, by):
    """Send an event about the webhook itself; returns its delivery. Raises Denied, and Conflict when it is off."""
    _must_be_theirs(webhook, by)
    if not webhook.is_active:
        raise Conflict(_("The webhook is off. Turn it on first."))
    _wake(webhook)
    return Delivery.objects.create(webhook=webhook, entry=log(webhook, "tested", by=by))


@transaction.atomic
def retry(delivery, *, by):
    """Send what was given up once more, now. Raises Denied, and Conflict unless it was given up."""
    _must_be_theirs(delivery.webhook, by)
    again = {"state": Delivery.State.WAITING, "attempt": 0, "run_after": timezone.now(), "finished_at": None}
    if not Delivery.objects.filter(pk=delivery.pk, state=Delivery.State.DEAD).update(**again):
        raise Conflict(_("Only what was given up can be sent again by hand."))
    _wake(delivery.webhook)


def _must_be_theirs(webhook, by):
    if webhook.user_id != by.pk:
        raise Denied(_("This webhook belongs to somebody else."))


def _wake(webhook):
    """Whoever asks for it knows that the receiver is back: it need not wait out its pause."""
    Webhook.objects.filter(pk=webhook.pk).update(failures=0, paused_until=None)


def _check(url, events):
    try:
        known_patterns(events)
    except ValidationError as error:
        raise ValidationError({"events": error}) from error
    try:
        address.parsed(url)
    except Refused as refusal:
        raise ValidationError({"url": sentence(refusal.code)}) from refusal
