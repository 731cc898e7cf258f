"""Workbooks: read as if somebody had saved the sheet as text, the way the mapping writes numbers and dates."""

import csv
import io
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.imports import sheet_older, store
from kpis.imports import workbook as engine
from kpis.imports.errors import UnusableFile
from kpis.imports.mapping import Format, Marks
from kpis.imports.reader import batches, open_source
from kpis.imports.report import report
from kpis.imports.sheet_cells import text_of
from kpis.imports.workbook import Writing
from kpis.models import OrderLine, SellThrough
from tests import make
from tests.kpis import facts
from tests.kpis.files import CREATES, SELL_THROUGH, check, complaints, data, take, workbook, write
from tests.kpis.older import older_workbook
from tests.kpis.test_imports_check import LOOKUP, ORDER_FILE, ORDERS

HEAD = ["account", "store", "product", "week", "units", "value"]
MONDAY = date(2026, 11, 16)
GOOD = ["K-1", "S1", "P1", MONDAY, 5, 10.5]
GERMAN = SELL_THROUGH + '[file]\ndecimal = ","\nthousands = "."\ndates = ["%d.%m.%Y"]\n'


def read(content, folder, form=None, names=(), writing=None):
    """(headers, rows with their line, notes); empty cells are ''."""
    rows = []
    with open_source(write(folder, content), form or Format(), names, writing) as source:
        for frame in batches(source):
            rows += [(row[-1], *("" if cell is None else cell for cell in row[:-1])) for row in frame.iter_rows()]
        return source.names, rows, source.notes


def refused(content, folder, form=None, names=()):
    with pytest.raises(UnusableFile) as caught:
        read(content, folder, form, names)
    assert str(caught.value) != caught.value.code
    return caught.value.code, caught.value.params


def test_cells_by_their_type(tmp_path):
    row = ["00012", 1234.5, 7, MONDAY, datetime(2026, 11, 16, 13, 30), True, 0.1 + 0.2, 4006381333931, None]
    names = [f"c{n}" for n in range(len(row))]
    assert read(workbook([names, row]), tmp_path)[1] == [
        (2, "00012", "1234.5", "7", "2026-11-16", "2026-11-16", "TRUE", "0.3", "4006381333931", "")
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.15, "0,15"),
        (-3.0, "-3"),
        (1e-7, "0,0000001"),
        (1.5e20, "150000000000000000000"),
        (1234567.891, "1234567,891"),
        (False, "FALSE"),
        (time(13, 30), "13:30:00"),
        (timedelta(hours=30), "1 day, 6:00:00"),
        ("x\r\ny", "x\x1ey"),
        ("a\x1fb", "a b"),
        ("1.234,5", "1.234,5"),
    ],
)
def test_a_cell_as_text(value, text):
    assert text_of(value, ",", ("%d.%m.%Y",)) == text


@pytest.mark.parametrize(
    ("day", "forms", "text"),
    [
        (date(2026, 11, 16), ("%d.%m.%Y",), "16.11.2026"),
        (date(2026, 11, 16), ("%G-W%V",), "2026-W47"),
        (date(2026, 11, 18), ("%G-W%V",), "2026-11-18"),
        (date(2026, 11, 18), ("%G-W%V", "%m/%d/%y"), "11/18/26"),
        (date(2099, 12, 31), ("%d.%m.%y",), "2099-12-31"),
        (date(1969, 12, 31), ("%d.%m.%y",), "1969-12-31"),
        (date(2026, 11, 6), ("%-d/%-m/%Y",), "6/11/2026"),
        (date(2026, 11, 6), ("%F",), "2026-11-06"),
        (datetime(2026, 11, 6, 23, 59), ("%d.%m.%Y",), "06.11.2026"),
    ],
)
def test_a_date_is_never_written_in_a_form_that_would_lose_its_day(day, forms, text):
    assert text_of(day, ".", forms) == text


def test_numbers_and_dates_are_written_as_their_column_says(tmp_path):
    german, english = Marks(",", ".", dates=("%d.%m.%Y",)), Marks()
    rows = [["net", "gross", "day"], [1.5, 2.5, MONDAY]]
    writing = Writing(german, (("Gross", english),))
    assert read(workbook(rows), tmp_path, writing=writing)[1] == [(2, "1,5", "2.5", "16.11.2026")]
    writing = Writing(german, ((2, english), (3, english)))
    assert read(workbook(rows[1:]), tmp_path, Format(header=0), (), writing)[1] == [(1, "1,5", "2.5", "2026-11-16")]


def test_lines_are_the_rows_of_the_sheet(tmp_path):
    rows = [["Weekly report"], [], [None, "a", "b"], [None, 1, "x\ny"], [], [None, 3, None], [], []]
    names, found, _ = read(workbook(rows), tmp_path, Format(header=3))
    assert (names, found) == (("", "a", "b"), [(4, "", "1", "x\ny"), (6, "", "3", "")])


def test_a_line_break_in_a_header_stays(tmp_path):
    assert read(workbook([["Net\nvalue", "b"], [1, 2]]), tmp_path)[0] == ("Net\nvalue", "b")


def test_a_blank_line_where_the_header_should_be(tmp_path):
    assert refused(workbook([[], ["a", "b"], [1, 2]]), tmp_path) == ("blank_header", {"line": 1})
    assert refused(workbook([["a", "b"]]), tmp_path, Format(header=9)) == ("no_header", {"line": 9})


def test_the_sheet_whose_header_fits_is_read_and_told(tmp_path):
    content = workbook(("Notes", [["read me"]]), ("Data", [["a", "b"], [1, 2]]), ("More", [["b"]]))
    names, rows, notes = read(content, tmp_path, names=["a", "b"])
    assert (names, rows) == (("a", "b"), [(2, "1", "2")])
    assert notes == [("sheet_chosen", {"sheet": "Data", "others": ["Notes", "More"]})]


def test_an_empty_sheet_is_passed_over(tmp_path):
    assert read(workbook(("Empty", []), ("Data", [["a", "b"], [1, 2]])), tmp_path)[0] == ("a", "b")
    assert refused(workbook(("Empty", [])), tmp_path) == ("empty_sheet", {"sheet": "Empty"})


@pytest.mark.parametrize("sheet", ["More", "more", 2])
def test_the_sheet_the_mapping_names(tmp_path, sheet):
    content = workbook(("Data", [["a"], [1]]), ("More", [["b"], [2]]))
    assert read(content, tmp_path, Format(sheet=sheet), ["a"]) == (("b",), [(2, "2")], [])


@pytest.mark.parametrize("sheet", ["None", 3])
def test_a_sheet_that_is_not_there(tmp_path, sheet):
    content = workbook(("Data", [["a"], [1]]), ("More", [["b"], [2]]))
    said = {"sheet": str(sheet), "found": ["Data", "More"]}
    assert refused(content, tmp_path, Format(sheet=sheet)) == ("no_sheet", said)


def two_sheets(hide):
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([1, 2])
    other = book.create_sheet("Other")
    other.append(["a", "b", "c"])
    other.append([3, 4, 5])
    hide(other)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_hidden_sheets_are_read_only_where_the_mapping_names_them(tmp_path):
    for state in ("hidden", "veryHidden"):
        content = two_sheets(lambda sheet, state=state: setattr(sheet, "sheet_state", state))
        assert read(content, tmp_path, names=["c"])[1:] == ([(2, "1", "2")], [("sheets_hidden", {"hidden": ["Other"]})])
        assert read(content, tmp_path, Format(sheet="Other"))[1] == [(2, "3", "4", "5")]


def test_only_the_first_cell_of_a_merged_area_has_its_value(tmp_path):
    def merge(sheet):
        sheet.parent.active.merge_cells("A2:A3")
        sheet.parent.active["B3"] = 9

    assert read(two_sheets(merge), tmp_path, Format(sheet=1))[1:] == (
        [(2, "1", "2"), (3, "", "9")],
        [("cells_merged", {"area": "A2:A3"})],
    )


def test_merged_titles_above_the_header_are_nothing_to_tell(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Report"], ["a", "b"], [1, 2]):
        book.active.append(row)
    book.active.merge_cells("A1:B1")
    content = io.BytesIO()
    book.save(content)
    assert read(content.getvalue(), tmp_path, Format(header=2))[2] == []


def test_formulas_are_the_values_they_were_saved_with_and_text_that_looks_like_one_stays_text(tmp_path):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["a", "b"])
        page.write_formula(1, 0, "=1+1", value=2)
        page.write_string(1, 1, "=1+1")
    assert read(content.getvalue(), tmp_path)[1] == [(2, "2", "=1+1")]


def test_a_cell_with_an_error_is_a_fault_with_its_reason(tmp_path):
    rows = [HEAD, ["#N/A", "S1", "P1", MONDAY, "#DIV/0!", 1], ["K-1", "S1", "P1", "#REF!", 1, None]]
    result = check(tmp_path, workbook(rows), SELL_THROUGH)
    assert complaints(result) == [
        (2, "account", "#N/A", "cell_error"),
        (2, "units", "#DIV/0!", "cell_error"),
        (3, "week", "#REF!", "cell_error"),
    ]
    reasons = [reason for *_, reason in result.sentences()]
    assert reasons[0] == "“#N/A” is the error of a formula, not a value."


def test_an_error_in_a_column_nobody_asks_for_is_none(tmp_path):
    assert check(tmp_path, workbook([[*HEAD, "note"], [*GOOD, "#N/A"]]), SELL_THROUGH).rejected == 0


def test_errors_are_found_in_the_sheet_that_is_read(tmp_path):
    content = workbook(("Notes", [["x"], ["#N/A"]]), ("Data", [["a", "b"], [1, "#NUM!"]]))
    assert read(content, tmp_path, names=["a"])[1] == [(2, "1", "#NUM!")]
    assert read(workbook(("N", [["#N/A"]]), ("D", [["a"], [1]])), tmp_path, names=["a"])[1] == [(2, "1")]


@pytest.mark.parametrize("padded", [0, 4096])
def test_an_error_in_an_xls_file_is_told_as_in_an_xlsx_file(tmp_path, padded):
    rows = [HEAD, ["#N/A", "S1", "P1", "2026-11-16", ("=", "#DIV/0!"), 1.0]]
    rows += [["K-1", "S1", "P1", "#REF!", ("=", 1.0), None], ["K-1", "S1", "P1", "2026-11-16", 2.0, True]]
    for content in (older_workbook(rows, padded=padded), older_workbook([["#NULL!"]], rows, padded=padded)):
        result = check(tmp_path, content, SELL_THROUGH)
        assert complaints(result) == [
            (2, "account", "#N/A", "cell_error"),
            (2, "units", "#DIV/0!", "cell_error"),
            (3, "week", "#REF!", "cell_error"),
            (4, "value", "TRUE", "number"),
        ]


def test_an_error_above_the_other_cells_of_an_xls_sheet_stands_where_it_stood(tmp_path):
    content = older_workbook([[None, "#NAME?"], [None, "a", "b"], [None, "#NUM!", ("=", "#VALUE!")]])
    form = Format(header=2)
    assert read(content, tmp_path, form)[:2] == (("", "a", "b"), [(3, "", "#NUM!", "#VALUE!")])


@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_xls_file_breaks_nothing(tmp_path, data):
    content = bytearray(older_workbook([["a", "#N/A"], [1.0, ("=", "#REF!")]], padded=0))
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[at] = data.draw(st.integers(0, 255))
    path = write(tmp_path, bytes(content[: data.draw(st.integers(1, len(content)))]))
    assert isinstance(sheet_older.errors_of(path, 0), dict)


def test_the_same_faults_as_a_text_of_the_same_content(tmp_path):
    rows = [HEAD, GOOD, ["K-1", "", "P1", date(2026, 11, 17), 5, 10.555], ["K-1", "S1", "P1", "16.11.26", "x", 1], GOOD]
    german = [HEAD, [*GOOD[:3], "16.11.2026", "5", "10,5"], ["K-1", "", "P1", "17.11.2026", "5", "10,555"]]
    german += [["K-1", "S1", "P1", "16.11.26", "x", "1"], german[1]]
    expected = complaints(check(tmp_path, "\n".join(";".join(row) for row in german) + "\n", GERMAN))
    assert [fault[3] for fault in expected] == [
        "required", "not_monday", "too_precise", "date_range", "number", "duplicate",
    ]  # fmt: skip
    assert complaints(check(tmp_path, workbook(rows), GERMAN)) == expected


def test_a_number_where_a_date_should_be_is_not_taken_for_one(tmp_path):
    assert complaints(check(tmp_path, workbook([HEAD, [*GOOD[:3], 46342, 1, 1]]), SELL_THROUGH)) == [
        (2, "week", "46342", "date")
    ]


def test_content_counts_not_the_name(tmp_path):
    rows = [["a", "b"], [1, 2]]
    path = write(tmp_path, workbook(rows), "table.csv")
    with open_source(path, Format()) as source:
        assert source.names == ("a", "b")
    with open_source(write(tmp_path, "a,b\n1,2\n", "table.xlsx"), Format()) as source:
        assert (source.names, source.delimiter) == (("a", "b"), ",")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "markup"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', "markup"),
        (b"%PDF-1.7", "document"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture"),
        (b"7z\xbc\xaf\x27\x1c", "compressed"),
    ],
)
def test_what_is_called_a_workbook_and_is_none(tmp_path, content, code):
    assert refused(content, tmp_path)[0] == code


# One table, two files.

CODES = st.from_regex(r"\A[A-Z0-9]{1,6}\Z")
MONDAYS = st.integers(-500, 500).map(lambda n: MONDAY + timedelta(weeks=n))
UNITS = st.decimals(-99999, 99999, places=3)
VALUES = st.none() | st.decimals(-999999, 999999, places=2)
LINES = st.lists(st.tuples(CODES, CODES, MONDAYS, UNITS, VALUES), min_size=1, max_size=12)
STYLES = [
    ("", ".", "%Y-%m-%d"),
    ('decimal = ","\nthousands = "."', ",", "%d.%m.%Y"),
    ('thousands = ","', ".", "%m/%d/%Y"),
]


def as_text(rows, decimal, form):
    out = io.StringIO()
    lines = csv.writer(out, delimiter=";")
    lines.writerow(HEAD)
    for account, product, week, units, value in rows:
        figures = ["" if figure is None else str(figure).replace(".", decimal) for figure in (units, value)]
        lines.writerow([account, "S1", product, week.strftime(form), *figures])
    return out.getvalue()


def as_workbook(rows):
    lines = ([a, "S1", p, w, float(u), None if v is None else float(v)] for a, p, w, u, v in rows)
    return workbook([HEAD, *lines])


@settings(max_examples=25, deadline=None)
@given(rows=LINES, style=st.sampled_from(STYLES))
def test_one_table_as_text_and_as_workbook_gives_the_same_columns_and_faults(tmp_path_factory, rows, style):
    said, decimal, form = style
    mapping = f'{SELL_THROUGH}[file]\n{said}\ndates = ["{form}"]\n'
    folder = tmp_path_factory.mktemp("twice")
    text = check(folder, as_text(rows, decimal, form), mapping)
    book = check(folder, as_workbook(rows), mapping)
    assert complaints(book) == complaints(text)
    assert book.frame.equals(text.frame)
    assert (book.rows, book.units, book.value) == (text.rows, text.units, text.value)


# The store.


@pytest.mark.django_db
def test_one_table_as_text_and_as_workbook_stores_the_same_facts():
    rows = [("K-1", f"P{n}", MONDAY + timedelta(weeks=n % 3), Decimal(n) / 8, Decimal(n)) for n in range(60)]
    fields = ("account__code", "store__code", "product__code", "week", "units", "value", "currency")
    stored = []
    for content in (as_text(rows, ".", "%Y-%m-%d"), as_workbook(rows)):
        batch = take(content, SELL_THROUGH + CREATES)
        assert (batch.state, batch.accepted) == ("applied", 60)
        stored.append(list(SellThrough.objects.order_by("week", "product__code").values_list(*fields)))
        changes = batch.changes
    assert (stored[0], changes) == (stored[1], {"new": 0, "changed": 0, "unchanged": 60})


@pytest.mark.django_db
def test_a_stored_workbook_leaves_no_text_behind_and_a_rejected_one_its_report(monkeypatch):
    batch = take(workbook([HEAD, GOOD]), SELL_THROUGH + CREATES)
    assert {path.name for path in store.folder_of(batch.stored_name).iterdir()} == {"data", "mapping.toml"}
    batch = take(workbook([HEAD, GOOD, [*GOOD[:3], "soon", -5, "=1+1"]]), GERMAN + CREATES)
    assert (batch.state, batch.rejected) == ("rejected", 1)
    monkeypatch.setattr(engine, "_read", None)  # the report is made in the web process: it reads no workbook
    lines = list(csv.reader(io.StringIO("".join(report(batch)))))
    assert lines == [
        [*HEAD, "line", "column", "reason"],
        ["K-1", "S1", "P1", "soon", "-5", "'=1+1", "3", "week", "“soon” is not a date written as 16.11.2026."],
        ["K-1", "S1", "P1", "soon", "-5", "'=1+1", "3", "value", "“=1+1” is not a number."],
    ]


@pytest.mark.django_db
def test_a_joined_file_may_be_a_workbook():
    make.account(code="K-1")
    facts.product(code="P1")
    head = workbook([[1, "K-1", date(2026, 1, 5)], [2, "K-1", date(2026, 1, 6)]])
    beside = [("head.txt", io.BytesIO(head))]
    assert take(ORDER_FILE, ORDERS + LOOKUP, kind="orders", beside=beside).state == "applied"
    days = OrderLine.objects.order_by("order_number").values_list("ordered_on", flat=True)
    assert list(days.distinct()) == [date(2026, 1, 5), date(2026, 1, 6)]


def test_a_real_table_as_workbook(tmp_path):
    path = data("adventureworks", "AW_SpecialOffer.csv")
    with open_source(path, Format(delimiter="\t", header=0)) as source:
        rows = [row[:-1] for frame in batches(source) for row in frame.iter_rows()]
    content = workbook([[cell and cell.removeprefix("#") for cell in row] for row in rows])
    found = read(content, tmp_path, Format(header=0))[1]
    assert [tuple(row[1:]) for row in found] == [tuple(cell or "" for cell in row) for row in rows]
