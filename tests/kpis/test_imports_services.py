import csv
import io
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Account, Store, TeamMembership
from kam.local import places
from kam.models import Entry
from kam.roles import Role
from kpis.imports import store
from kpis.imports.apply import apply
from kpis.imports.check import check_file
from kpis.imports.errors import UnusableFile
from kpis.imports.report import report
from kpis.imports.services import joined_files, left_behind, process, receive
from kpis.models import ImportBatch, ImportError, Product, SellThrough, Touched
from tests import make
from tests.kpis import facts
from tests.kpis.files import CREATES, SELL_THROUGH, take
from tests.kpis.test_imports_check import LOOKUP, ORDER_FILE, ORDERS

pytestmark = pytest.mark.django_db
HEAD = "account,store,product,week,units,value\n"
GOOD = HEAD + "K-1,S1,P1,2026-11-16,5,10.00\n"
MAPPING = SELL_THROUGH + CREATES


def waiting(content=GOOD, **options):
    fields = {"kind": "sell_through", "file_name": "f.csv", "by": None, "text": MAPPING, "mapping": "m.toml"}
    return receive(file=io.BytesIO(content.encode()), **fields | options)


def counts():
    return [model.objects.count() for model in (SellThrough, Account, Store, Product, Touched)]


def test_a_batch_keeps_the_file_its_counts_and_its_audit_entry():
    batch = take(GOOD, MAPPING)
    assert (batch.state, batch.rows, batch.accepted, batch.rejected) == ("applied", 1, 1, 0)
    assert (batch.units, batch.value) == (5, 10)
    assert batch.created == {"accounts": 1, "stores": 1, "products": 1}
    assert (store.folder_of(batch.stored_name) / store.DATA).read_text() == GOOD
    entry = Entry.objects.get(model="kpis.importbatch", object_id=str(batch.pk))
    assert (entry.verb, entry.after["rows"], entry.after["value"]) == ("imported", 1, "10.00")


def test_the_same_file_again_points_to_the_first():
    first, again = take(GOOD, MAPPING), take(GOOD, MAPPING)
    assert (again.state, again.duplicate_of, again.rows, again.value) == ("duplicate", first, 1, 10)
    assert SellThrough.objects.get().batch == first


def test_the_same_bytes_by_another_mapping_or_for_another_feed_are_another_file():
    take(GOOD, MAPPING)
    assert take(GOOD, MAPPING + "\n").state == "applied"
    assert take(GOOD, MAPPING, feed=facts.feed()).state == "applied"


def test_a_rejected_file_leaves_nothing_but_its_faults():
    make.account(code="K-1")
    before = counts()
    batch = take(GOOD + "K-1,S2,P2,2026-11-16,x,1\n", MAPPING)
    assert (batch.state, batch.rows, batch.accepted, batch.rejected) == ("rejected", 2, 1, 1)
    assert (batch.created, batch.changes, counts()) == ({}, {}, before)
    error = ImportError.objects.get()
    assert (error.line, error.column, error.value, error.code) == (3, "units", "x", "number")


def test_a_rejected_file_may_come_again_and_be_applied():
    assert take(GOOD, SELL_THROUGH).state == "rejected"
    make.store(make.account(code="K-1"), code="S1")
    facts.product(code="P1")
    assert take(GOOD, SELL_THROUGH).state == "applied"


def test_unknown_codes_are_faults_of_their_rows():
    make.store(make.account(code="K-1"), code="S1")
    batch = take(GOOD + "K-1,S2,P1,2026-11-16,1,1\nK-2,S1,P1,2026-11-16,1,1\n", SELL_THROUGH)
    found = list(batch.errors.order_by("line", "pk").values_list("line", "column", "value", "code"))
    assert found == [
        (2, "product", "P1", "unknown_product"),
        (3, "store", "S2", "unknown_store"),
        (3, "product", "P1", "unknown_product"),
        (4, "account", "K-2", "unknown_account"),
        (4, "product", "P1", "unknown_product"),
    ]


def test_a_dry_run_says_what_would_change_and_changes_nothing():
    take(GOOD, MAPPING)
    before = counts()
    batch = take(GOOD.replace(",5,", ",6,") + "K-1,S2,P1,2026-11-16,1,1\n", MAPPING, dry_run=True)
    assert (batch.state, batch.accepted, batch.created) == ("checked", 2, {"stores": 1})
    assert (batch.changes, counts()) == ({"new": 1, "changed": 1, "unchanged": 0}, before)


def test_an_unusable_file_keeps_its_problem():
    batch = take(GOOD + "\0", MAPPING)
    assert (batch.state, batch.problem["code"], batch.rows) == ("unusable", "binary", 0)


def test_mappings_and_feeds_of_another_kind_are_refused():
    feed = facts.feed(kind="orders")
    for options in ({"kind": "orders"}, {"text": "nonsense"}, {"text": None, "mapping": "nothing"}, {"feed": feed}):
        with pytest.raises(UnusableFile):
            waiting(**options)
    assert ImportBatch.objects.count() == 0


def test_a_feed_brings_its_account():
    account = make.account(code="K-1")
    make.store(account, code="S1")
    facts.product(code="P1")
    text = GOOD.replace("account,", "").replace("K-1,", "")
    batch = take(text, SELL_THROUGH.replace('account = "account"', ""), feed=facts.feed(account))
    assert (batch.state, SellThrough.objects.get().account) == ("applied", account)


def test_joined_files_are_kept_with_the_batch():
    make.account(code="K-1")
    facts.product(code="P1")
    mapping = ORDERS + LOOKUP
    beside = [("head.txt", io.BytesIO(b"1|K-1|2026-01-05\n2|K-1|2026-01-06\n")), ("other.txt", io.BytesIO(b"x"))]
    assert joined_files(kind="orders", text=mapping, mapping="m") == {"head.txt"}
    batch = take(ORDER_FILE, mapping, kind="orders", beside=beside)
    kept = {path.name for path in store.folder_of(batch.stored_name).iterdir()}
    assert (batch.state, kept) == ("applied", {"data", "mapping.toml", "head.txt"})


def test_a_person_reaches_only_accounts_they_see():
    analyst = make.user(Role.ANALYST)
    for code, team in (("K-1", make.team(analyst)), ("K-2", make.team())):
        make.store(make.account(code=code, team=team), code="S1")
    facts.product(code="P1")
    assert take(GOOD, SELL_THROUGH, by=analyst).state == "applied"
    batch = take(GOOD.replace("K-1", "K-2"), SELL_THROUGH, by=analyst)
    assert [error.code for error in batch.errors.all()] == ["unknown_account"]
    batch = take(GOOD.replace("K-1", "K-3"), MAPPING, by=analyst)
    assert [error.code for error in batch.errors.all()] == ["unknown_account"]
    assert Account.objects.count() == 2


def test_a_right_that_was_lost_before_the_file_was_read_is_lost():
    analyst = make.user(Role.ANALYST)
    team = make.team(analyst)
    make.store(make.account(code="K-1", team=team), code="S1")
    facts.product(code="P1")
    batch = waiting(by=analyst)
    TeamMembership.objects.filter(team=team).delete()
    assert process(batch_id=batch.pk).state == "rejected"


def test_new_accounts_without_country_are_faults():
    mapping = MAPPING.replace('country = { constant = "DE" }', "")
    batch = take(GOOD, mapping)
    assert [(error.value, error.code) for error in batch.errors.all()] == [("K-1", "no_country")]


def test_the_report_holds_the_rows_as_they_were():
    text = 'name,account,store,product,week,units,value\n"=SUM(A1)\nx",K-1,S1,P1,2026-11-17,x,-5.00\nshort,K-1\n'
    batch = take(text, SELL_THROUGH)
    lines = list(csv.reader(io.StringIO("".join(report(batch)))))
    assert lines == [
        ["name", "account", "store", "product", "week", "units", "value", "line", "column", "reason"],
        ["'=SUM(A1)\nx", "K-1", "S1", "P1", "2026-11-17", "x", "-5.00", "2", "week",
            "“2026-11-17” is not a Monday; a week is named by the Monday it begins with."],
        ["'=SUM(A1)\nx", "K-1", "S1", "P1", "2026-11-17", "x", "-5.00", "2", "units", "“x” is not a number."],
        ["short", "K-1", "", "", "", "", "", "4", "", "The line has 2 columns instead of 7."],
    ]  # fmt: skip


def test_only_one_reads_a_batch():
    batch = waiting()
    ImportBatch.objects.filter(pk=batch.pk).update(state="reading", lease_until=timezone.now() + timedelta(minutes=1))
    assert process(batch_id=batch.pk).state == "reading"
    assert SellThrough.objects.count() == 0


def test_what_a_dead_reader_left_is_taken_up():
    batch = waiting()
    ImportBatch.objects.filter(pk=batch.pk).update(
        state="reading", attempt=1, lease_until=timezone.now() - timedelta(1)
    )
    assert list(left_behind()) == [batch]
    assert (process(batch_id=batch.pk).state, list(left_behind())) == ("applied", [])


def test_an_unexpected_failure_frees_the_batch_and_leaves_nothing(monkeypatch):
    batch, before = waiting(), counts()
    monkeypatch.setattr("kpis.imports.services.log", lambda *args, **kw: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        process(batch_id=batch.pk)
    monkeypatch.undo()
    assert counts() == before
    assert process(batch_id=batch.pk).state == "applied"


def test_a_batch_that_failed_too_often_is_given_up():
    batch = waiting()
    ImportBatch.objects.filter(pk=batch.pk).update(
        state="reading", attempt=3, lease_until=timezone.now() - timedelta(1)
    )
    assert list(left_behind()) == []
    batch.refresh_from_db()
    assert (batch.state, batch.problem) == ("unusable", {"code": "failed", "params": {"times": 3}})
    told = Entry.objects.filter(model="kpis.importbatch", object_id=str(batch.pk))
    assert (list(told.values_list("verb", flat=True)), list(left_behind())) == (["unusable"], [])


def test_a_reader_that_was_overtaken_stops(monkeypatch):
    batch = waiting()

    def overtake(*args):
        ImportBatch.objects.filter(pk=batch.pk).update(attempt=2)
        return check_file(*args)

    monkeypatch.setattr("kpis.imports.services.check_file", overtake)
    assert process(batch_id=batch.pk).attempt == 2
    assert SellThrough.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_works_long_keeps_its_lease(monkeypatch):
    monkeypatch.setattr("kpis.imports.services.LEASE", timedelta(seconds=0.6))
    batch, kept = waiting(), []

    def slowly(*args):
        time.sleep(1.2)
        kept.append(list(left_behind()))
        return apply(*args)

    monkeypatch.setattr("kpis.imports.services.apply", slowly)
    assert (process(batch_id=batch.pk).state, kept) == ("applied", [[]])


def test_sums_too_large_to_be_kept():
    lines = [f"K-1,S{n},P1,2026-11-16,1,9999999999999999" for n in range(11)]
    batch = take(HEAD + "\n".join(lines), MAPPING)
    assert (batch.state, batch.problem["code"], SellThrough.objects.count()) == ("unusable", "sum_too_large", 0)


@pytest.mark.django_db(transaction=True)
def test_the_same_file_twice_at_once_is_applied_once():
    batches = [waiting() for _ in range(4)]
    threads = [threading.Thread(target=_process, args=(batch.pk,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = sorted(ImportBatch.objects.values_list("state", flat=True))
    assert (states, SellThrough.objects.count()) == (["applied", "duplicate", "duplicate", "duplicate"], 1)
    assert Account.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_restatements_at_once_follow_each_other():
    take(GOOD, MAPPING)
    batches = [waiting(GOOD.replace(",5,", f",{units},")) for units in (6, 7, 8)]
    threads = [threading.Thread(target=_process, args=(batch.pk,)) for batch in batches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row = SellThrough.objects.get()
    assert row.units in (6, 7, 8)
    assert ImportBatch.objects.get(pk=row.batch_id).units == row.units
    assert ImportBatch.objects.filter(state="applied").count() == 4


def _process(pk):
    try:
        process(batch_id=pk)
    finally:
        connection.close()


KILLED = """
import os, signal, django
django.setup()
from kpis.imports import merge, services
def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)
merge._update = die
services.process(batch_id={pk})
"""


@pytest.mark.django_db(transaction=True)
def test_killed_between_staging_and_merge():
    take(GOOD, MAPPING)
    batch = waiting(GOOD.replace(",5,", ",6,") + "K-1,S2,P2,2019-01-07,1,1\n")
    before = counts()
    done = subprocess.run([sys.executable, "-c", KILLED.format(pk=batch.pk)], cwd=places.CHECKOUT, env=os.environ)
    assert (done.returncode, counts()) == (-signal.SIGKILL, before)
    assert SellThrough.objects.get().units == 5
    ImportBatch.objects.filter(pk=batch.pk).update(lease_until=timezone.now() - timedelta(1))
    again = process(batch_id=batch.pk)
    assert (again.state, again.attempt) == ("applied", 2)
    assert sorted(SellThrough.objects.values_list("units", flat=True)) == [1, 6]
