from django.db import models
from django.db.models import Q


class Reader(models.Model):
    """One row is one job of ours that reads the audit log, and its place in it: everything up to there is done.

    Locking the row keeps two workers from reading at the same time.
    """

    name = models.CharField(max_length=40, unique=True)
    txid = models.BigIntegerField(default=0)
    entry = models.BigIntegerField(default=0)

    def __str__(self):
        return self.name


def after(place):
    """Which entries stand behind the place of a reader or a webhook, in the order of (`txid`, `pk`)."""
    behind = Q(txid__gt=place.txid) | Q(txid=place.txid, pk__gt=place.entry)
    return behind & Q(txid__gte=place.txid)  # said once more so that the index of the order serves it
