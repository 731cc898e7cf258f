"""The order of the log for its readers: nothing appears before what they have read, whoever else is at work."""

import threading

import psycopg
import pytest
from django.db import connection, transaction

from kam.audit import log
from kam.models import Entry
from tests import make
from tests.servers import DATABASE, OWNER, POSTGRES

pytestmark = pytest.mark.django_db(transaction=True)


def labels():
    return [entry.verb for entry in Entry.objects.settled()]


def elsewhere(work, start, end):
    """Do `work` in a transaction of its own connection, which stays open until `end`."""

    def run():
        with transaction.atomic():
            work()
            start.set()
            end.wait(20)
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert start.wait(20)
    return thread


def test_what_comes_behind_an_open_transaction_waits_for_it():
    user, start, end = make.user(), threading.Event(), threading.Event()
    thread = elsewhere(lambda: log(user, "first", by=None), start, end)
    log(user, "second", by=None)
    assert labels() == []
    end.set()
    thread.join()
    assert labels() == ["first", "second"]


def test_a_transaction_that_began_later_does_not_hold_up_what_was_before():
    user, start, end = make.user(), threading.Event(), threading.Event()
    log(user, "before", by=None)
    thread = elsewhere(lambda: log(user, "open", by=None), start, end)
    assert labels() == ["before"]
    end.set()
    thread.join()


def test_who_works_in_another_database_of_the_server_holds_up_nobody():
    user = make.user()
    with psycopg.connect(POSTGRES.url(OWNER, DATABASE)) as other:
        other.execute("CREATE TEMPORARY TABLE busy (n int)")
        log(user, "ours", by=None)
        assert labels() == ["ours"]
