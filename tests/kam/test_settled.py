"""The order of the log for its readers: nothing appears before what they have read, whoever else is at work."""

import threading
import time

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


def soon(wanted):
    """Whether these are told of in a moment: what ends in another database just now may hold them up as long."""
    until = time.monotonic() + 20
    while (told := labels()) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    return told == wanted


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
    assert soon(["first", "second"])


def test_a_transaction_that_began_later_does_not_hold_up_what_was_before():
    user, start, end = make.user(), threading.Event(), threading.Event()
    log(user, "before", by=None)
    thread = elsewhere(lambda: log(user, "open", by=None), start, end)
    assert soon(["before"])
    end.set()
    thread.join()


def test_who_works_in_another_database_of_the_server_holds_up_nobody():
    user = make.user()
    with psycopg.connect(POSTGRES.url(OWNER, DATABASE)) as other:
        other.execute("CREATE TEMPORARY TABLE busy (n int)")
        log(user, "ours", by=None)
        assert soon(["ours"])


def test_who_asks_is_not_told_of_what_they_have_not_stored_yet():
    user = make.user()
    with transaction.atomic():
        log(user, "ours", by=None)
        with psycopg.connect(POSTGRES.url(OWNER, DATABASE), autocommit=True) as other:
            other.execute("CREATE TEMPORARY TABLE later (n int)")
        assert labels() == []
    assert soon(["ours"])
