"""Asked by the test of backups, in a process of its own on the restored database: does the work go on there?"""

from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from psycopg.errors import InsufficientPrivilege

from accounts.models import Account
from kam.audit import log
from kam.models import Entry, Webhook
from kam.models.reader import Reader

PASSWORD = "a-Pass-word-of-mine-7"
REFUSED = ("UPDATE kam_entry SET verb = 'x'", "DELETE FROM kam_entry", "UPDATE plans_signature SET content_hash = ''")


def main(place):
    """`place` is the last id before those that webhook and reader had not read. Raises AssertionError."""
    answer = Client().post(reverse("account_login"), {"login": "mia.berger@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("home"))
    log(Account.objects.first(), "looked at", by=None)
    for reader in (Webhook.objects.get(name="rehearsal"), Reader.objects.get(name="rehearsal")):
        nothing_is_missed(reader, place)
    for statement in REFUSED:
        is_refused(statement)
    print("all is well")


def nothing_is_missed(reader, place):
    """What is ahead of the reader is what was, in the order of the ids, and then what is new."""
    newest = Entry.objects.order_by("-pk").first()
    assert set(Entry.objects.filter(pk__lte=place).values_list("txid", flat=True)) == {0}
    ahead = [e.pk for e in Entry.objects.settled() if (e.txid, e.pk) > (reader.txid, reader.entry)]
    behind = list(Entry.objects.filter(pk__gt=place).order_by("pk").values_list("pk", flat=True))
    assert ahead == behind, (ahead, behind)
    assert ahead[-1] == newest.pk


def is_refused(statement):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        if isinstance(error.__cause__, InsufficientPrivilege):
            return
        raise
    raise AssertionError(statement)
