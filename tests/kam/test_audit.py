"""The audit log: complete, masked, and refused to be rewritten by the database itself."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from kam.audit import log, plain, snapshot, source
from kam.models import Entry
from tests import make

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_what_before_after_why_and_from_where():
    mia = make.user(name="Mia")
    account = make.account(name="Alt")
    before = snapshot(account)
    account.name = "Neu"
    with source(Entry.Source.API):
        log(account, "changed", by=mia, before=before, reason="renamed by its owner")
    entry = Entry.objects.get()
    assert (entry.actor, entry.verb, entry.label, entry.source) == (mia, "changed", "Neu", "api")
    assert (entry.before, entry.after) == ({"name": "Alt"}, {"name": "Neu"})
    assert (entry.account_id, entry.reason) == (account.pk, "renamed by its owner")


def test_secrets_are_masked():
    assert snapshot(make.user())["password"] == "•••"


def test_values_are_kept_as_text_that_reads_the_same_everywhere():
    assert plain({"a": Decimal("1.50"), "b": date(2026, 11, 23), "c": [None, 2]}) == {
        "a": "1.50",
        "b": "2026-11-23",
        "c": [None, 2],
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE kam_entry SET verb = 'nothing'",
        "DELETE FROM kam_entry",
        "TRUNCATE kam_entry",
        "ALTER TABLE kam_entry DISABLE TRIGGER ALL",
        "DROP TABLE kam_entry",
        "UPDATE plans_signature SET content_hash = ''",
        "DELETE FROM plans_signature",
        "TRUNCATE plans_signature",
        "CREATE TABLE mine (id int)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('kam', 'x', now())",
    ],
)
def test_the_role_that_serves_requests_cannot(statement):
    log(make.account(), "created", by=None)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.count() == 1


def test_not_even_through_the_orm():
    log(make.account(), "created", by=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.update(verb="nothing")
    with pytest.raises(DatabaseError), transaction.atomic():
        Entry.objects.all().delete()
