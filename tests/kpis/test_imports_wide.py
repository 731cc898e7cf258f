"""Tables with a column for each week: they become rows, and every fault names the original line and column."""

from datetime import date

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.imports.errors import MappingError, UnusableFile
from kpis.imports.headers import day_in, week_beside, week_in
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
        ('into = "week"\ncells = {}', "unfold.cells"),
        ('into = "week"\ncells = { units = 1 }', "unfold.cells"),
        ('into = "week"\ncells = { units = "Stk.", stock = "(stk)" }', "unfold.cells"),
        ('into = "week"\ncells = { units = "", colour = "x" }', "unfold.cells"),
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


@pytest.mark.parametrize(
    ("text", "week", "beside"),
    [
        *((text, date(2026, 1, 26), "units") for text in (
            "2026-W05 units", "units 2026-W05", "KW 5/2026 (units)", "units_KW05 2026", "units: Week 5, 2026",
            "2026-01-28 units", "2026-W05\nunits", "units 28.01.2026",
        )),
        *((text, date(2026, 1, 26), "进") for text in ("2026年第5周进", "进2026-W05")),
        ("2026-W05", date(2026, 1, 26), ""),
        *((text, None, "") for text in ("KW 5-7/2026 units", "2026-W051 units", "Raw 5/2026", "KW 5 units")),
        (f"2026-W05 {'x' * 1000}", None, ""),
    ],
)  # fmt: skip
def test_a_word_beside_a_week_is_told_apart_from_it(text, week, beside):
    assert week_beside(text) == (week, beside)


# Several measures, and headers of several lines


SEVERAL = WIDE.replace('cells = "units"', 'cells = { units = "Absatz", stock = "Bestand", returns = "" }')
BLOCKS = "Konto;Filiale;Artikel;Absatz KW 5/2026;Absatz KW 6/2026;KW 5/2026 (Bestand);2026-W06;2026-W07 VKP\n"


def test_several_columns_of_one_week_are_one_row(tmp_path):
    result = check(tmp_path, TITLE + BLOCKS + "K-1;S1;P1;1;2,5;7;;9\nK-1;S1;P2;;3;;1;\n", SEVERAL)
    rows = sorted(result.frame.select("product", "week", "units", "stock", "returns").rows())
    assert [(product, week, *(n if n is None else float(n) for n in more)) for product, week, *more in rows] == [
        ("P1", date(2026, 1, 26), 1, 7, None), ("P1", date(2026, 2, 2), 2.5, None, None),
        ("P2", date(2026, 2, 2), 3, None, 1),
    ]  # fmt: skip
    assert (result.rows, result.accepted, dict(result.warnings)["unknown_columns"]) == (
        3, 3, {"columns": ["2026-W07 VKP"]},
    )  # fmt: skip


def test_a_fault_names_the_column_of_its_week_and_measure(tmp_path):
    text = TITLE + BLOCKS + "K-1;S1;P1;1;x;7,1234;;\nK-1;S1;P2;;;7;y;\n"
    assert complaints(check(tmp_path, text, SEVERAL)) == [
        (4, "Absatz KW 6/2026", "x", "number"), (4, "KW 5/2026 (Bestand)", "7,1234", "too_precise"),
        (5, "Absatz KW 5/2026", "", "required"), (5, "Absatz KW 6/2026", "", "required"),
        (5, "2026-W06", "y", "number"),
    ]  # fmt: skip


def test_a_measure_of_which_there_is_no_column_at_all_is_refused_by_its_word(tmp_path):
    with pytest.raises(UnusableFile) as refused:
        check(tmp_path, TITLE + "Konto;Filiale;Artikel;Absatz KW 5/2026;KW 5/2026\nK-1;S1;P1;1;2\n", SEVERAL)
    assert (refused.value.code, refused.value.params["columns"]) == ("missing_columns", ["Bestand"])


CHINESE = SEVERAL.replace('{ units = "Absatz", stock = "Bestand", returns = "" }', '{ units = "销", stock = "存" }')


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        (";;;2026年第5周;;2026年第6周;\nKonto;Filiale;Artikel;销;存;销;存\n", 2),
        ("Konto;Filiale;Artikel;销;;存;\n;;;2026-W05;2026-W06;2026-W05;2026-W06\n", 2),
        (";;;2026;;;\n;;;KW 5;;KW 6;\nKonto;Filiale;Artikel;销;存;销;存\n", 3),
    ],
)
def test_headers_of_several_lines_are_one(tmp_path, above, lines):
    mapping = CHINESE.replace("header = 3", f"header = {lines}\nheader_lines = {lines}")
    order = (1, 7, 2, 8) if ";销;存;销;存" in above else (1, 2, 7, 8)
    text = above + "K-1;S1;P1;" + ";".join(map(str, order)) + "\nK-1;S1;P2;x;;;\n"
    result = check(tmp_path, text, mapping)
    rows = sorted(result.frame.select("week", "units", "stock").rows())
    assert rows == [(date(2026, 1, 26), 1, 7), (date(2026, 2, 2), 2, 8)]
    [(line, column, value, code)] = complaints(result)
    assert (line, value, code, "销" in column, "5" in column) == (lines + 2, "x", "number", True, True)


@pytest.mark.parametrize("lines", [0, 4, 2])
def test_a_header_has_at_most_three_lines_and_no_more_than_stand_there(lines):
    with pytest.raises(MappingError) as refused:
        parse_mapping(CHINESE.replace("header = 3", f"header = 1\nheader_lines = {lines}"), "wide.toml")
    assert refused.value.key == "file.header_lines"


LONG = """
kind = "sell_through"
[columns]
account = "Konto"
store = "Filiale"
product = "Artikel"
week = "Woche"
units = "Absatz"
stock = "Bestand"
"""
CELLS = st.sampled_from(["", "1", "2.5", "-3", "0", "x", "1.2345", "#N/A"])
WEEKS = ("2026-W05", "2026-W06", "2026-W07")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.tuples(CELLS, CELLS), min_size=3, max_size=3), min_size=1, max_size=4),
    st.permutations(range(6)),
)
def test_the_same_cells_in_long_form_give_the_same_facts_and_faults(tmp_path, table, order):
    names = [f"{week} {word}" for week in WEEKS for word in ("Absatz", "Bestand")]
    wide = ["Konto;Filiale;Artikel;" + ";".join(names[at] for at in order)]
    long = ["Konto;Filiale;Artikel;Woche;Absatz;Bestand"]
    for number, weeks in enumerate(table):
        flat = [cell for pair in weeks for cell in pair]
        wide.append(f"K-1;S1;P{number};" + ";".join(flat[at] for at in order))
        days = zip(("2026-01-26", "2026-02-02", "2026-02-09"), weeks, strict=True)
        long += [f"K-1;S1;P{number};{day};{units};{stock}" for day, (units, stock) in days if units or stock]
    if len(long) == 1:
        return
    mapping = SEVERAL.replace(', returns = ""', "").replace("header = 3", "header = 1").replace('decimal = ","', "")
    found = [check(tmp_path, "\n".join(lines) + "\n", form) for lines, form in ((wide, mapping), (long, LONG))]
    assert _facts(found[0]) == _facts(found[1])
    assert found[0].rows == found[1].rows


def _facts(result):
    fields = ("account", "store", "product", "week", "units", "stock")
    faults = result.errors.select("value", "code").rows()
    return sorted(map(str, result.frame.select(pl.col(fields).cast(pl.String)).rows())), sorted(faults)


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
