"""Corrected rows handed in alone: they stand where the bad ones stood, and lines stay those of the file."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kam.errors import Conflict
from kpis.imports.report import report, table
from kpis.imports.services import process
from kpis.imports.trace import line_of
from kpis.models import ImportBatch, SellThrough
from kpis.services import correct, import_checked
from tests import make
from tests.kpis import facts
from tests.kpis.files import SELL_THROUGH, take, workbook

pytestmark = pytest.mark.django_db
GERMAN = '[file]\nheader = 3\ndelimiter = ";"\nencoding = "cp1252"\ndecimal = ","\ndates = ["%d.%m.%Y"]\n'
MAPPING = SELL_THROUGH.replace("[columns]", f"{GERMAN}[columns]")
HEAD = "Bericht für Süd\n\naccount;store;product;week;units;value\n"
BAD = (
    HEAD
    + "K-1;S1;P1;16.11.2026;5;10,50\nK-1;S1;P2;16.11.2026;fünf;x\nK-1;S1;P3;09.11.2026;1\nK-1;S1;P1;09.11.2026;2;4\n"
)


@pytest.fixture
def feed():
    account = make.account(code="K-1")
    make.store(account, code="S1")
    for code in ("P1", "P2", "P3"):
        facts.product(code=code)
    return facts.feed(account)


def refused(text=BAD, **fields):
    return take(text.encode("cp1252"), MAPPING, **fields)


def told(batch):
    return "".join(report(batch))


def handed_in(batch, text, name="report.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    again = correct(batch, by=None, file=SimpleUploadedFile(name, content))
    return process(batch_id=again.pk)


def stored():
    rows = SellThrough.objects.order_by("product__code", "week").values_list("product__code", "week", "units")
    return [(code, week.day, int(units)) for code, week, units in rows]


def corrected(text):
    return text.replace("fünf,x", "6,7").replace("K-1,S1,P3,09.11.2026,1,,", "K-1,S1,P3,09.11.2026,3,1,")


def test_of_a_refused_file_the_corrected_rows_replace_the_bad_ones_and_the_whole_file_is_stored(feed):
    first = refused()
    assert (first.state, first.rejected) == ("rejected", 2)
    again = handed_in(first, corrected(told(first)))
    assert (again.state, again.rows, again.rejected, again.corrects) == ("applied", 4, 0, first)
    assert stored() == [("P1", 9, 2), ("P1", 16, 5), ("P2", 16, 6), ("P3", 9, 3)]


def test_each_cell_that_was_changed_counts_though_a_row_stands_there_once_for_each_fault(feed):
    first = refused()
    lines = told(first).splitlines(keepends=True)
    assert sum("fünf" in line for line in lines) == 2
    lines[1] = lines[1].replace("fünf", "6")
    lines[2] = lines[2].replace(",x,", ',"7,25",')
    lines[3] = lines[3].replace("09.11.2026,1,,", "09.11.2026,3,1,")
    assert handed_in(first, "".join(lines)).state == "applied"
    fact = SellThrough.objects.get(product__code="P2")
    assert (fact.units, str(fact.value)) == (6, "7.25")


def test_lines_of_the_file_are_still_found_and_show_what_was_corrected(feed):
    first = refused()
    handed_in(first, corrected(told(first)))
    line = line_of(SellThrough.objects.select_related("account", "store", "product", "batch").get(product__code="P2"))
    assert (line.number, dict(line.cells)["units"]) == (5, "6")


def test_what_is_still_bad_is_told_by_its_line_as_it_stands_now(feed):
    again = handed_in(first := refused(), corrected(told(first)).replace("6,7,5,", "six,7,5,"))
    assert (again.state, [(e.line, e.value) for e in again.errors.all()]) == ("rejected", [(5, "six")])
    [_header, row] = list(table(again))
    assert row[4:7] == ["six", "7", 5]
    assert handed_in(again, told(again).replace("six", "8")).state == "applied"
    assert stored()[2:] == [("P2", 16, 8), ("P3", 9, 3)]


def test_where_good_rows_are_stored_the_corrected_ones_are_read_alone(feed):
    feed.keeps_good_rows = True
    feed.save()
    first = refused(feed=feed)
    assert (first.state, first.rejected, len(stored())) == ("applied", 2, 2)
    again = handed_in(first, corrected(told(first)))
    assert (again.state, again.rows, again.changes["new"]) == ("applied", 2, 2)
    assert len(stored()) == 4


def test_a_workbook_as_report_will_do(feed):
    first = refused()
    rows = [[cell if isinstance(cell, int) else str(cell) for cell in row] for row in table(first)]
    for row in rows[1:]:
        row[4:6] = ["3", "1"]
    assert handed_in(first, workbook(rows), "report.xlsx").state == "applied"
    assert openpyxl.load_workbook(io.BytesIO(workbook(rows))).active.max_row == len(rows)


def test_a_corrected_file_that_was_only_checked_is_checked_and_then_imported(feed):
    first = refused(dry_run=True)
    again = handed_in(first, corrected(told(first)))
    assert (again.state, stored()) == ("checked", [])
    done = process(batch_id=import_checked(again, by=None).pk)
    assert (done.state, len(stored())) == ("applied", 4)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("account,store,product,week,units,value\nK-1,S1,P1,x,5,1\n", "corrections_number"),
        ("a,b,c,d,e,f,line,column,reason\n1,2,3,4,5,6,900,x,y\n", "corrections_line"),
        ("a,b,line,column,reason\n1,2,5,x,y\n", "corrections_shape"),
        ("line,column,reason\n5,x,y\n", "corrections_shape"),
    ],
)
def test_what_is_no_report_of_the_file_is_refused(feed, text, code):
    again = handed_in(refused(), text)
    assert (again.state, again.problem["code"]) == ("unusable", code)
    assert stored() == []


def test_only_a_file_with_bad_rows_is_corrected(feed):
    good = refused(HEAD + "K-1;S1;P1;16.11.2026;5;10,50\n")
    with pytest.raises(Conflict):
        handed_in(good, "x")
    assert ImportBatch.objects.count() == 1
