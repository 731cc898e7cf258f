"""From the audit log to deliveries: each webhook reads on from its place and takes what matches and its owner sees."""

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from kam.models import Delivery, Entry, Webhook
from kam.models.reader import after
from kam.webhooks.patterns import matching

AT_ONCE = 1000


def seen_by(entries, user):
    """The entries that a person may be told of; the rule stands on the floor of the accounts."""
    return import_string(settings.ENTRY_RULE)(entries, user)


def read_on():
    """Make the deliveries of all entries that are settled; returns how many."""
    made = 0
    for pk in Webhook.objects.filter(is_active=True, user__is_active=True).values_list("pk", flat=True):
        while (found := _read_once(pk)) is not None:
            made += found
    return made


@transaction.atomic
def _read_once(pk):
    """The next stretch of the log for one webhook: deliveries and its new place commit together.

    Returns how many were made, None when there is nothing more to read or somebody else is reading.
    """
    webhook = Webhook.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user").filter(pk=pk)
    webhook = webhook.filter(is_active=True).first()
    last = _end_of_stretch(webhook) if webhook else None
    if last is None:
        return None
    stretch = Entry.objects.filter(after(webhook)).exclude(_behind(last))
    chosen = seen_by(stretch.filter(matching(webhook.events)), webhook.user)
    made = Delivery.objects.bulk_create(
        [Delivery(webhook=webhook, entry_id=entry) for entry in chosen.order_by().values_list("pk", flat=True)],
        ignore_conflicts=True,
    )
    Webhook.objects.filter(pk=pk).update(txid=last[0], entry=last[1])
    return len(made)


def _end_of_stretch(webhook):
    """(txid, pk) of the last settled entry that is read now, None when there is none."""
    places = Entry.objects.settled().filter(after(webhook)).values_list("txid", "pk")[:AT_ONCE]
    return list(places)[-1] if places else None


def _behind(last):
    return after(Webhook(txid=last[0], entry=last[1]))


def newest_place():
    """(txid, pk) of the last settled entry: where a new webhook begins to read."""
    return Entry.objects.settled().reverse().values_list("txid", "pk").first() or (0, 0)
