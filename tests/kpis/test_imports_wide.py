"""Tables with a column for each week: they become rows, and every fault names the original line and column."""

from datetime import date

import pytest

from kpis.imports.errors import MappingError, UnusableFile
from kpis.imports.headers import day_in, week_in
from kpis.imports.services import process
from kpis.imports.toml import parse_mapping
from kpis.models import SellThrough, StockLevel
from tests import make
from tests.kpis import facts
from tests.kpis.files import check, complaints, take, workbook

WIDE = """
kind = "sell_through"
[file]
header = 3
decimal = ","
[unfold]
into = "week"
cells = "units"
[columns]
account = "Konto"
store = "Filiale"
product = "Artikel"
"""
TITLE = "Absatz\n\n"
HEAD = "Konto;Filiale;Artikel;Name;KW 5/2026;2026-W06;09.02.2026;2026年第8周\n"


def test_each_filled_cell_below_a_week_is_a_row(tmp_path):
    result = check(tmp_path, TITLE + HEAD + "K-1;S1;P1;Ball;1;2,5;;4\nK-1;S1;P2;Net;;;3;\n", WIDE)
    rows = sorted(result.frame.select("product", "week", "units").rows())
    assert [(product, week, float(units)) for product, week, units in rows] == [
        ("P1", date(2026, 1, 26), 1), ("P1", date(2026, 2, 2), 2.5), ("P1", date(2026, 2, 16), 4),
        ("P2", date(2026, 2, 9), 3),
    ]  # fmt: skip
    assert (result.rows, result.accepted, result.rejected) == (4, 4, 0)
    assert dict(result.warnings)["unknown_columns"] == {"columns": ["Name"]}


def test_a_fault_names_the_line_and_the_column_of_the_file_and_leaves_the_other_weeks(tmp_path):
    result = check(tmp_path, TITLE + HEAD + "K-1;S1;P1;Ball;1;x;3;4\nK-1;;P2;Net;1;2;;\n", WIDE)
    assert complaints(result) == [
        (4, "2026-W06", "x", "number"), (5, "Filiale", "", "required"), (5, "Filiale", "", "required"),
    ]  # fmt: skip
    assert (result.rows, result.accepted, result.rejected) == (6, 3, 3)
    assert [fault[:2] for fault in result.sentences()] == [(4, "2026-W06"), (5, "Filiale")]


def test_the_same_week_of_a_product_in_two_lines_is_told_once_for_each_cell(tmp_path):
    result = check(tmp_path, TITLE + HEAD + "K-1;S1;P1;Ball;1;2;;\nK-1;S1;P1;Ball;;5;6;\n", WIDE)
    [(line, _column, _value, sentence)] = result.sentences()
    assert (line, result.accepted) == (5, 3)
    assert sentence == "The same key stands in line 4 already: K-1 / S1 / P1 / 2026-02-02."


@pytest.mark.parametrize(
    ("header", "code"),
    [("Konto;Filiale;Artikel;Menge", "no_weeks"), ("Konto;Filiale;Artikel;KW 5/2026;2026-W05", "weeks_twice")],
)
def test_a_table_without_weeks_or_with_one_twice_is_refused(tmp_path, header, code):
    with pytest.raises(UnusableFile) as refused:
        check(tmp_path, TITLE + header + "\n" + "K-1;S1;P1;1;2\n", WIDE)
    assert refused.value.code == code


def test_headers_that_say_more_are_found_by_a_pattern_and_take_the_year_that_is_said(tmp_path):
    mapping = WIDE.replace('cells = "units"', 'cells = "units"\nyear = 2026\nlike = "^Absatz (.*)$"')
    text = TITLE + "Konto;Filiale;Artikel;Absatz KW 5;Bestand KW 5;Absatz KW 6\nK-1;S1;P1;1;100;2\n"
    rows = check(tmp_path, text, mapping).frame.select("week", "units").rows()
    assert sorted((week, int(units)) for week, units in rows) == [(date(2026, 1, 26), 1), (date(2026, 2, 2), 2)]


@pytest.mark.parametrize(
    ("unfold", "key"),
    [
        ('into = "store"\ncells = "units"', "unfold.into"),
        ('into = "week"\ncells = "colour"', "unfold.cells"),
        ('into = "week"\ncells = "store"', "store"),
        ('into = "week"\ncells = "units"\nyear = 5', "unfold.year"),
        ('into = "week"\ncells = "units"\nlike = "("', "unfold.like"),
    ],
)
def test_what_cannot_be_unfolded_is_refused_by_key(unfold, key):
    with pytest.raises(MappingError) as refused:
        parse_mapping(WIDE.replace('into = "week"\ncells = "units"', unfold), "wide.toml")
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("text", "year", "week"),
    [
        *((text, None, date(2026, 1, 26)) for text in (
            "2026-W05", "2026W5", "KW 5/2026", "KW05 2026", "5. KW 2026", "Week 5, 2026", "W05-2026", "2026年第5周",
            "第5周 2026年", "28.01.2026", "2026-01-26", "2026/1/28", "2026年1月28日", "20260126", "2026-01-28 00:00:00",
        )),
        ("KW 5", 2026, date(2026, 1, 26)), ("第5周", 2026, date(2026, 1, 26)), ("KW 53/2026", None, date(2026, 12, 28)),
        *((text, None, None) for text in ("KW 5", "KW 54/2026", "31.02.2026", "5/1/2026", "Units", "12", "2026", "")),
    ],
)  # fmt: skip
def test_weeks_are_read_as_people_write_them(text, year, week):
    assert week_in(text, year) == week


def test_a_day_is_read_only_where_it_is_clear():
    assert [day_in(text) for text in ("05.01.2026", "2026-01-05", "01/05/2026", "KW 5/2026")] == [
        date(2026, 1, 5), date(2026, 1, 5), None, None,
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_wide_workbook_is_stored_as_one_fact_for_each_week():
    store = make.store(make.account(code="K-1"), code="S1")
    facts.product(code="P1")
    rows = [["Absatz"], [], ["Konto", "Filiale", "Artikel", "KW 5/2026", date(2026, 2, 2)], ["K-1", "S1", "P1", 3, 4.5]]
    batch = take(workbook(rows), WIDE)
    assert (batch.state, batch.rows, batch.accepted, batch.changes["new"]) == ("applied", 2, 2, 2)
    found = SellThrough.objects.filter(store=store).order_by("week").values_list("week", "units")
    assert list(found) == [(date(2026, 1, 26), 3), (date(2026, 2, 2), 4.5)]


@pytest.mark.django_db
def test_a_column_for_each_day_makes_stock_of_days():
    make.store(make.account(code="K-1"), code="S1")
    facts.product(code="P1")
    mapping = WIDE.replace("sell_through", "stock").replace('"week"', '"day"').replace('"units"', '"on_hand"')
    text = TITLE + "Konto;Filiale;Artikel;05.01.2026;06.01.2026\nK-1;S1;P1;7;8\n"
    assert take(text, mapping, kind="stock").state == "applied"
    assert list(StockLevel.objects.order_by("day").values_list("day", "on_hand")) == [
        (date(2026, 1, 5), 7), (date(2026, 1, 6), 8),
    ]  # fmt: skip


@pytest.mark.django_db
def test_bad_cells_of_a_wide_file_are_kept_once_and_the_database_tells_its_own_of_the_line():
    make.store(make.account(code="K-1"), code="S1")
    facts.product(code="P1")
    batch = take(TITLE + HEAD + "K-1;S1;P1;Ball;1;x;3;4\nK-1;S9;P1;Net;1;2;;\n", WIDE)
    assert (batch.state, batch.rows, batch.rejected) == ("rejected", 6, 3)
    assert [(f.line, f.column, f.value, f.code) for f in batch.errors.order_by("line")] == [
        (4, "2026-W06", "x", "number"), (5, "Filiale", "S9", "unknown_store"),
    ]  # fmt: skip
    assert process(batch_id=batch.pk).state == "rejected"
