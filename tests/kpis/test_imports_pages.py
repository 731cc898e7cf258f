"""The import pages: handing in, taking back, correcting, finding."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from kam.models import Entry
from kam.roles import Role
from kpis.imports import store
from kpis.imports import workbook as workbook_module
from kpis.imports.services import process
from kpis.models import ImportBatch, OrderLine
from tests import make
from tests.kpis import facts
from tests.kpis.files import workbook
from tests.kpis.test_imports_check import LOOKUP, ORDER_FILE, ORDERS

pytestmark = pytest.mark.django_db
NEW = "/kpis/imports/new/"
HEAD = ["account", "document", "product", "invoiced_on", "quantity", "value"]


@pytest.fixture
def mia():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def site(client, mia):
    client.force_login(mia)
    return client


def given(content, name="lines.csv", **kw):
    return {"kind": "invoices", "file": SimpleUploadedFile(name, content)} | kw


def lines(*rows):
    return "\n".join(",".join(map(str, row)) for row in (HEAD, *rows)).encode()


def handed_in():
    return process(batch_id=ImportBatch.objects.latest("pk").pk)


def address(name, batch):
    return reverse(f"kpis:import-{name}", args=[batch.pk])


def test_files_stand_in_the_order_in_which_they_were_received(site, mia):
    for day in (3, 1, 2):
        facts.batch(file_name=f"{day}.csv", by=mia, received_at=timezone.now() - timedelta(days=day))
    text = site.get(reverse("kpis:import-list")).content.decode()
    assert re.findall(r">(\d)\.csv<", text) == ["1", "2", "3"]


def test_a_workbook_handed_in_is_applied(site, mia):
    account, ball = make.account(mia), facts.product()
    content = workbook([HEAD, [account.code, "R1", ball.code, "2026-11-17", 3, 30.5]])
    site.post(NEW, given(content, "lines.xlsx"))
    batch = handed_in()
    assert (batch.state, batch.file_name, len(batch.sha256)) == ("applied", "lines.xlsx", 64)
    assert batch.sha256 in site.get(address("detail", batch)).content.decode()


def test_the_page_says_which_files_it_takes(site):
    page = site.get(NEW).content.decode()
    assert "Excel (XLSX, XLS), text (CSV, TSV), EDIFACT, X12 or an Amazon vendor report (JSON)." in page
    assert re.findall(r'<input type="file" name="(\w+)"( multiple)?', page) == [
        ("file", ""), ("mapping_file", ""), ("beside", " multiple"),
    ]  # fmt: skip


def orders(*beside):
    own = SimpleUploadedFile("own.toml", (ORDERS + LOOKUP).encode())
    files = [SimpleUploadedFile(name, content) for name, content in beside]
    return given(ORDER_FILE.encode(), kind="orders", mapping_file=own) | ({"beside": files} if files else {})


@pytest.mark.parametrize("names", [["head.txt"], ["heads of today.txt"], ["other.txt", "head.txt"]])
def test_a_joined_file_is_handed_in_beside(site, mia, names):
    account = make.account(mia)
    facts.product(code="P1")
    head = f"1|{account.code}|2026-01-05\n2|{account.code}|2026-01-06\n".encode()
    site.post(NEW, orders(*((name, head if "head" in name else b"x") for name in names)))
    assert (handed_in().state, OrderLine.objects.count()) == ("applied", 2)


def test_a_joined_file_that_is_missing_is_asked_for(site):
    for answer in (site.post(NEW, orders()), site.post(NEW, orders(("a.txt", b"x"), ("b.txt", b"x")))):
        said = answer.context["form"].errors["beside"]
        assert (answer.status_code, said) == (422, ["The mapping joins head.txt: hand it in with the file."])
    assert ImportBatch.objects.count() == 0


def test_a_joined_file_above_the_limit_is_refused(site, settings):
    settings.IMPORT_MAX_BYTES = 100
    answer = site.post(NEW, orders(("head.txt", b"x" * 101)))
    assert list(answer.context["form"].errors) == ["beside"]


def test_a_waiting_file_can_be_taken_back(site, mia):
    site.post(NEW, given(lines()))
    batch = ImportBatch.objects.get()
    assert address("cancelled", batch) in site.get(address("detail", batch)).content.decode()
    assert site.post(address("cancelled", batch)).url == address("detail", batch)
    batch = process(batch_id=batch.pk)
    assert (batch.state, batch.rows, batch.finished_at is not None) == ("cancelled", 0, True)
    assert Entry.objects.get(object_id=str(batch.pk), model="kpis.importbatch").verb == "cancel"
    assert address("cancelled", batch) not in site.get(address("detail", batch)).content.decode()


@pytest.mark.parametrize("state", ["applied", "checked", "rejected", "cancelled"])
def test_a_file_that_is_done_cannot_be_taken_back(site, mia, state):
    batch = facts.batch(by=mia, state=state)
    site.post(address("cancelled", batch))
    batch.refresh_from_db()
    assert batch.state == state


def test_a_refused_file_is_handed_in_corrected_with_the_mapping_it_came_with(site, mia):
    account = make.account(mia)
    facts.product(code="P1")
    head = f"1|{account.code}|2026-01-05\n2|{account.code}|2026-01-06\n".encode()
    site.post(
        NEW, orders(("head.txt", head)) | {"file": SimpleUploadedFile("o.csv", ORDER_FILE.replace("5", "x").encode())}
    )
    refused = handed_in()
    assert refused.state == "rejected"
    assert f"{NEW}?again={refused.pk}" in site.get(address("detail", refused)).content.decode()
    page = site.get(f"{NEW}?again={refused.pk}")
    assert page.context["form"].initial["kind"] == "orders"
    again = {"again": refused.pk, "beside": [SimpleUploadedFile("head.txt", head)]}
    site.post(NEW, given(ORDER_FILE.encode(), kind="orders") | again)
    assert (handed_in().state, OrderLine.objects.count()) == ("applied", 2)


def test_the_report_of_a_workbook_is_made_from_its_text_as_csv_and_as_workbook(site, mia, monkeypatch):
    account = make.account(mia)
    site.post(NEW, given(workbook([HEAD, [account.code, "=1+1", "NO", "2026-11-17", 3, 30.5]]), "lines.xlsx"))
    batch = handed_in()
    monkeypatch.setattr("kpis.imports.workbook._read", None)  # nobody reads a workbook in the web process
    csv = b"".join(site.get(address("report", batch)).streaming_content).decode()
    assert csv.splitlines()[1].startswith(f"{account.code},'=1+1,NO,2026-11-17,3,30.5,2,product,")
    answer = site.get(address("workbook", batch))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    header, row = ([cell.value for cell in line] for line in sheet.iter_rows())
    assert header == [*HEAD, "line", "column", "reason"]
    assert (row[1], row[6:8], sheet["B2"].data_type) == ("=1+1", [2, "product"], "s")
    assert address("workbook", batch) in site.get(address("detail", batch)).content.decode()
    workbook_module.forget(store.folder_of(batch.stored_name) / store.DATA)
    csv = b"".join(site.get(address("report", batch)).streaming_content).decode()
    assert csv.lstrip("\ufeff").splitlines()[0] == "Line,Column,Value,Reason"


def test_a_report_too_long_for_a_workbook_is_not_offered_as_one(site, mia):
    batch = facts.batch(by=mia, state="rejected", rejected=20_001)
    assert address("workbook", batch) not in site.get(address("detail", batch)).content.decode()
    assert site.get(address("workbook", batch)).status_code == 404


def test_refusals_stand_in_the_log_with_hash_and_counts(site, mia):
    site.post(NEW, given(lines(["K-0", "R1", "P", "soon", "x", 1])))
    batch = handed_in()
    entry = Entry.objects.get(object_id=str(batch.pk), model="kpis.importbatch")
    assert (entry.verb, entry.actor, entry.after["rows"], entry.after["sha256"]) == ("rejected", mia, 1, batch.sha256)
    site.post(NEW, given(b"\x1f\x8bzip"))
    assert Entry.objects.get(object_id=str(handed_in().pk), model="kpis.importbatch").verb == "unusable"


def test_somebody_elses_batch_is_not_taken_back_nor_corrected(site):
    batch = facts.batch(by=make.user(), state="waiting")
    assert site.post(address("cancelled", batch)).status_code == 404
    assert site.get(f"{NEW}?again={batch.pk}").context["form"].initial == {"dry_run": True}
    answer = site.post(NEW, given(lines(), again=batch.pk))
    assert (answer.status_code, ImportBatch.objects.count()) == (422, 1)


# Finding


def test_imports_are_found_by_code_and_name_of_their_feed(site, mia):
    account = make.account(mia)
    named = [facts.feed(account, code="north-weekly", name="Weekly north"), facts.feed(account, code="s", name="South")]
    batches = [facts.batch(feed, by=mia) for feed in (*named, None)]

    def found(query):
        return [row.pk for row in site.get(f"/kpis/imports/?{query}").context["rows"]]

    assert found("feed_named=NORTH-w") == found("feed_named=ly nor") == found(f"feed={named[0].pk}") == [batches[0].pk]
    assert found("feed_named=nobody") == []
    assert len(found("")) == 3


def test_the_list_costs_the_same_however_many_feeds_there_are(site, mia):
    account = make.account(mia)
    facts.batch(facts.feed(account), by=mia)

    def page():
        with CaptureQueriesContext(connection) as asked:
            text = site.get("/kpis/imports/").content.decode()
        return len(asked), text

    page()
    few, _ = page()
    for n in range(1000):
        facts.feed(account, name=f"Feed number {n}")
    many, text = page()
    assert (many, "Feed number 5" in text) == (few, False)
