"""How far a file is while it is read, and calling it off meanwhile: nothing is half stored."""

import threading
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse

from kam.models import Entry
from kam.roles import Role
from kpis import services
from kpis.imports import check as checks
from kpis.imports.apply import apply
from kpis.imports.services import process
from kpis.models import ImportBatch, SellThrough
from tests import make
from tests.kpis import facts
from tests.kpis.test_imports_services import GOOD, waiting

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = "account,store,product,week,units\n"


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr("kpis.imports.services.BEATS", 0.05)


def reading(batch):
    """A thread that reads a batch; what came of it lies in its list."""
    done = []

    def read():
        done.append(process(batch_id=batch.pk).state)
        connection.close()

    thread = threading.Thread(target=read)
    thread.start()
    return thread, done


def until(what):
    for _ in range(200):
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def held(monkeypatch, place, function):
    """Have a step of reading wait until it is let go."""
    going, go = threading.Event(), threading.Event()

    def wait(*args, **kwargs):
        found = function(*args, **kwargs)
        going.set()
        go.wait(20)
        return found

    monkeypatch.setattr(place, wait)
    return going, go


def test_phase_and_rows_are_told_while_a_file_is_read_and_it_can_be_called_off(monkeypatch):
    batch, mia = waiting(GOOD + "K-1,S2,P1,2026-11-16,5,1\n"), make.user(Role.ANALYST)
    going, go = held(monkeypatch, "kpis.imports.check.Check.finish", checks.Check.finish)
    thread, done = reading(batch)
    assert going.wait(20)
    told = until(lambda: ImportBatch.objects.filter(pk=batch.pk, rows_read=2).first())
    assert (told.state, told.phase, told.rows_read, told.rows_total) == ("reading", "checking", 2, 2)
    services.cancel_import(batch, by=mia)
    go.set()
    thread.join()
    assert (done, SellThrough.objects.count()) == (["cancelled"], 0)
    entry = Entry.objects.get(model="kpis.importbatch", object_id=str(batch.pk))
    assert (entry.verb, entry.actor, entry.after) == ("cancel", mia, {"state": "cancelled"})


def test_a_long_statement_of_a_file_that_is_called_off_is_stopped_and_its_rows_are_gone(monkeypatch):
    batch, mia = waiting(), make.user(Role.ANALYST)

    def slowly(*args):
        outcome = apply(*args)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        return outcome

    monkeypatch.setattr("kpis.imports.services.apply", slowly)
    began = time.monotonic()
    thread, done = reading(batch)
    until(lambda: ImportBatch.objects.filter(pk=batch.pk, phase="comparing").exists())
    services.cancel_import(batch, by=mia)
    thread.join()
    assert (done, SellThrough.objects.count()) == (["cancelled"], 0)
    assert time.monotonic() - began < 15


def test_the_page_shows_how_far_a_file_is_and_offers_to_call_it_off(client_of):
    mia = make.user(Role.ACCOUNT_MANAGER)
    batch = facts.batch(by=mia, state="reading", phase="checking", rows_read=500, rows_total=2000)
    page = client_of(mia).get(reverse("kpis:import-detail", args=[batch.pk])).content.decode()
    assert "500 of 2,000 rows" in page
    assert "Checking the rows." in page
    assert reverse("kpis:import-cancelled", args=[batch.pk]) in page


def test_the_api_tells_the_same(api_of):
    mia = make.user(Role.ACCOUNT_MANAGER)
    batch = facts.batch(by=mia, state="reading", phase="checking", rows_read=500, rows_total=2000)
    api = api_of(mia)
    told = api.get(f"/api/v1/batches/{batch.pk}/").json()
    assert {n: told[n] for n in ("state", "phase", "rows_read", "rows_total")} == {
        "state": "reading", "phase": "checking", "rows_read": 500, "rows_total": 2000,
    }  # fmt: skip
    assert api.post(f"/api/v1/batches/{batch.pk}/cancel/").json()["state"] == "cancelled"


def test_columns_are_said_over_the_api(api_of):
    mia = make.user(Role.ACCOUNT_MANAGER)
    account = make.account(mia, code="K-1")
    make.store(account, code="S1")
    facts.product(code="P1")
    facts.feed(account, code="north")
    api = api_of(mia)
    file = SimpleUploadedFile("w.csv", b"Filiale;Artikel;Woche;Menge\nS1;P1;2026-W46;3\n")
    feed = facts.Feed.objects.get().pk
    given = {"kind": "sell_through", "file": file, "feed": feed, "by_form": True}
    batch = api.post("/api/v1/batches/", given, format="multipart").json()["id"]
    process(batch_id=batch)
    seen = api.get(f"/api/v1/batches/{batch}/columns/").json()
    assert (seen["delimiter"], seen["header"], seen["rows"][1]["cells"]) == (";", 1, ["S1", "P1", "2026-W46", "3"])
    said = api.post(f"/api/v1/batches/{batch}/columns/", {"text": seen["mapping"], "remember": True}, format="json")
    assert (said.status_code, said.json()["state"]) == (202, "waiting")
    assert process(batch_id=batch).state == "checked"
    [kept] = api.get("/api/v1/column-mappings/").json()["results"]
    assert (kept["feed"], kept["text"], kept["columns"]) == (
        feed,
        seen["mapping"],
        ["artikel", "filiale", "menge", "woche"],
    )
    bad = api.patch(f"/api/v1/column-mappings/{kept['id']}/", {"text": "x"}, format="json", headers={"If-Match": '"1"'})
    assert bad.status_code == 400
    again = api.post(f"/api/v1/batches/{batch}/look/", {"delimiter": ","}, format="json")
    assert again.json()["state"] == "waiting"
    assert process(batch_id=batch).state == "mapping"
    forgotten = api.delete(f"/api/v1/column-mappings/{kept['id']}/", headers={"If-Match": '"1"'})
    assert forgotten.status_code == 204
