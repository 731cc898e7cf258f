import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.imports.errors import UnusableFile
from kpis.imports.mapping import Format
from kpis.imports.reader import LINE, batches, open_source
from tests.kpis.files import data, write

OPEN_QUOTE = 'a,b\n1,2\n3,"never closed\n4,5\n'


def read(path, form=None, names=()):
    """(headers, rows with their line, ragged) of a file; empty cells are ''."""
    rows = []
    with open_source(path, form or Format(), names) as source:
        for frame in batches(source):
            rows += [(row[-1], *("" if cell is None else cell for cell in row[:-1])) for row in frame.iter_rows()]
    return source.names, rows, [(line, width) for line, width, _ in source.ragged]


def refused(path, form=None, names=()):
    with pytest.raises(UnusableFile) as caught:
        read(path, form, names)
    assert str(caught.value)
    return caught.value.code, caught.value.params


def test_rows_carry_their_line(tmp_path):
    path = write(tmp_path, "a,b\n1,2\n3,4\n")
    assert read(path) == (("a", "b"), [(2, "1", "2"), (3, "3", "4")], [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_break_is_known(tmp_path, end):
    path = write(tmp_path, end.join(["a,b", "1,2", "3,4", ""]))
    assert read(path)[1] == [(2, "1", "2"), (3, "3", "4")]


def test_a_last_line_without_line_break_counts(tmp_path):
    assert read(write(tmp_path, "a,b\n1,2"))[1] == [(2, "1", "2")]


def test_lines_stay_right_after_quoted_line_breaks_and_blank_lines(tmp_path):
    path = write(tmp_path, 'a,b\n"x\ny",1\n\n5,6\n"p ""q"" r",7\n')
    assert read(path)[1] == [(2, "x\ny", "1"), (5, "5", "6"), (6, 'p "q" r', "7")]


@pytest.mark.parametrize(("body", "bare"), [(b"1,x\n2,y\n", {2}), (b"1,x\r\n2,y\r\n", {2}), (b"1,'x'\n", {2}),
    (b"1, x\n", set()), (b"1,x\t\n", set()), (b"1,a\rb\n", set()), (b"1,x\x7f\n", set()), (b"1,x\x1f\n", set()),
    ("1,x\u00a0\n".encode(), set()), ("1,ü\n".encode(), set())])  # fmt: skip
def test_what_has_nothing_to_strip_is_known(tmp_path, body, bare):
    path = tmp_path / "file.csv"
    path.write_bytes(b"no,code\n" + body)
    with open_source(path, Format(delimiter=",")) as source:
        list(batches(source))
        assert source.bare == bare


def test_stray_quotes_inside_a_field_survive(tmp_path):
    path = write(tmp_path, 'size,n\n5" pipe,1\n6" pipe,2\n')
    assert read(path)[1] == [(2, '5" pipe', "1"), (3, '6" pipe', "2")]


def test_without_a_quote_character_quotes_are_text(tmp_path):
    path = write(tmp_path, 'a,b\n"x,1\ny",2\n')
    assert read(path, Format(quote=None))[1] == [(2, '"x', "1"), (3, 'y"', "2")]


def test_rows_of_another_width_are_told_with_their_line(tmp_path):
    path = write(tmp_path, "a,b,c\n1,2,3\n1,2\n1,2,3,4\n5,6,7\n")
    assert read(path)[1:] == ([(2, "1", "2", "3"), (5, "5", "6", "7")], [(3, 2), (4, 4)])


def test_a_short_row_and_a_long_row_do_not_make_up_for_each_other(tmp_path):
    assert read(write(tmp_path, "a,b\n1\n2,3\n4,5,6\n"))[2] == [(2, 1), (4, 3)]


def test_title_rows_above_the_header(tmp_path):
    path = write(tmp_path, "Weekly report\n\na,b\n1,2\n")
    assert read(path, Format(delimiter=",", header=3)) == (("a", "b"), [(4, "1", "2")], [])


def test_without_header_columns_have_no_names(tmp_path):
    assert read(write(tmp_path, "1,2\n3,4\n"), Format(header=0)) == ((), [(1, "1", "2"), (2, "3", "4")], [])


def test_delimiter_of_several_characters_and_row_end(tmp_path):
    path = write(tmp_path, "1+|a+b|c+|2&|\n3+||+|4&|\n")
    form = Format(delimiter="+|", header=0, row_end="&|", quote=None)
    assert read(path, form)[1] == [(1, "1", "a+b|c", "2"), (2, "3", "|", "4")]


def test_delimiter_of_several_characters_inside_quotes(tmp_path):
    path = write(tmp_path, 'a||b\n"x||y"||2\n')
    assert read(path, Format(delimiter="||"))[1] == [(2, "x||y", "2")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", ":"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    path = write(tmp_path, delimiter.join("ab") + "\n" + delimiter.join("12") + "\n")
    assert read(path)[:2] == (("a", "b"), [(2, "1", "2")])


def test_expected_headers_decide_between_delimiters(tmp_path):
    path = write(tmp_path, "store;a,b\nS1;1,5\n")
    assert read(path, names=["store", "a,b"])[0] == ("store", "a,b")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_encoding_is_found(tmp_path, encoding):
    path = write(tmp_path, "Größe,b\nÄ,€\n".encode(encoding))
    assert read(path)[:2] == (("Größe", "b"), [(2, "Ä", "€")])


def test_guesses_are_told(tmp_path):
    with open_source(write(tmp_path, "Größe;b\nÄ;1\n".encode("cp1252")), Format()) as source:
        assert source.notes == [("guessed_encoding", {"encoding": "cp1252"}), ("guessed_delimiter", {"delimiter": ";"})]


def test_an_empty_file(tmp_path):
    assert refused(write(tmp_path, "")) == ("empty", {})
    assert refused(write(tmp_path, "\n \n")) == ("empty", {})


def test_a_missing_file(tmp_path):
    assert refused(tmp_path / "nowhere.csv") == ("no_file", {"path": "nowhere.csv"})


def test_a_file_that_ends_before_its_header(tmp_path):
    assert refused(write(tmp_path, "one line\n"), Format(header=3)) == ("no_header", {"line": 3})


def test_spreadsheets_and_archives_are_named(tmp_path):
    assert refused(write(tmp_path, b"PK\x03\x04rest"))[0] == "broken_workbook"
    assert refused(write(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest"))[0] == "broken_workbook"
    assert refused(write(tmp_path, b"\x1f\x8brest"))[0] == "compressed"


def test_nul_characters_are_refused_with_their_line(tmp_path):
    path = write(tmp_path, b"a,b\n1,2\n3,\x004\n")
    assert refused(path) == ("binary", {"line": 3, "encoding": "utf-8"})


def test_a_wrong_encoding_is_refused_with_its_line(tmp_path):
    path = write(tmp_path, "a,b\n1,2\nÄ,3\n".encode("cp1252"))
    assert refused(path, Format(encoding="utf-8")) == ("encoding", {"line": 3, "encoding": "utf-8"})


def test_a_wrong_encoding_that_could_be_read_is_refused_too(tmp_path):
    path = write(tmp_path, "a,b\nÄ,3\n")
    assert refused(path, Format(encoding="cp1252")) == ("looks_utf8", {"encoding": "cp1252"})


def test_bytes_no_encoding_knows_are_refused_with_their_line(tmp_path):
    path = write(tmp_path, b"a,b\n1,\x81\n")
    assert refused(path) == ("encoding", {"line": 2, "encoding": "cp1252"})


def test_an_encoding_nobody_knows(tmp_path):
    path = write(tmp_path, "a\n1\n")
    assert refused(path, Format(encoding="klingon")) == ("unknown_encoding", {"encoding": "klingon"})


def test_a_quote_that_is_never_closed(tmp_path):
    assert refused(write(tmp_path, OPEN_QUOTE)) == ("unclosed_quote", {"line": 3})


def test_a_field_of_more_than_a_million_characters(tmp_path):
    path = write(tmp_path, 'a,b\n1,"' + "x\n" * 600_000 + '"\n')
    assert refused(path) == ("long_field", {"line": 2})


CELL = st.text(st.sampled_from('ab,;"\n\té €'), max_size=4)


@given(rows=st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6), many=st.booleans())
def test_whatever_was_written_is_read(tmp_path_factory, rows, many):
    """Every quoted file comes back cell by cell, on whichever of the two ways it is read."""
    rows = [row for row in rows if any(row)] * (3 if many else 1) or [("a", "b", "c")]
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    path = write(tmp_path_factory.mktemp("files"), "\n".join(['"x","y","z"', *lines]) + "\n")
    _, found, ragged = read(path, Format(delimiter=",", encoding="utf-8"))
    assert ([row[1:] for row in found], ragged) == (rows, [])


@pytest.mark.parametrize("name", ["comma_in_quotes", "empty", "empty_crlf", "escaped_quotes", "json", "newlines",
    "newlines_crlf", "quotes_and_newlines", "simple", "simple_crlf", "utf8"])  # fmt: skip
def test_csv_spectrum(name):
    names, rows, ragged = read(data("messy_csv", "csv-spectrum", "csvs", f"{name}.csv"), Format(delimiter=","))
    truth = json.loads(data("messy_csv", "csv-spectrum", "json", f"{name}.json").read_text("utf-8"))
    assert [dict(zip(names, row[1:], strict=True)) for row in rows] == truth
    assert ragged == []


def test_csv_spectrum_coordinates():
    """The telephone number of the truth is not that of the file; every other cell is."""
    folder = data("messy_csv", "csv-spectrum")
    names, rows, _ = read(folder / "csvs" / "location_coordinates.csv", Format(delimiter=","))
    truth = json.loads((folder / "json" / "location_coordinates.json").read_text("utf-8"))
    del truth["Contact Phone Number"]
    assert [dict(zip(names[1:], row[2:], strict=True)) for row in rows] == [truth]


@pytest.mark.parametrize(("file", "width", "rows"), [("1030_columns.csv", 1030, 9), ("100kb.csv", 6, 1471),
    ("1mb.csv", 9, 950), ("various-characters.csv", 3, 5), ("separators/carets.csv", 3, 2),
    ("separators/tab.tsv", 3, 2)])  # fmt: skip
def test_frictionless(file, width, rows):
    names, found, ragged = read(data("messy_csv", "frictionless", "csv", file))
    assert (len(names), len(found), ragged) == (width, rows, [])


def test_frictionless_ragged_and_empty():
    folder = data("messy_csv", "frictionless")
    assert read(folder / "csv" / "inconsistent-column-number.csv")[2] == [(3, 2)]
    assert refused(folder / "empty-files" / "empty.csv")[0] == "empty"
    assert refused(folder / "empty-files" / "empty.xls") == ("empty_sheet", {"sheet": "Sheet1"})


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
def test_frictionless_workbooks(kind):
    folder = data("messy_csv", "frictionless", "excel")
    one = [(2, "1", "two", "TRUE"), (3, "3", "four", "FALSE")]
    assert read(folder / f"sample-1-sheet.{kind}") == (("number", "string", "boolean"), one, [])
    two = folder / f"sample-2-sheets.{kind}"
    assert read(two)[1] == [(2, "a", "b", "c"), (3, "d", "e", "f")]
    assert read(two, names=["header5"])[1] == [(2, "g", "h", "i"), (3, "j", "k", "l")]


def test_iowa_keeps_the_tab_inside_a_quoted_field():
    names, rows, ragged = read(data("iowa_liquor", "Iowa_Liquor_Sales_10k.csv"))
    place = names.index("Store Location") + 1
    assert (len(rows), ragged, rows[0][place].count("\t")) == (10_000, [], 2)
    assert rows[-1][0] == 10_001


def test_long_files_are_read_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr("kpis.imports.reader.PIECE", 100)
    monkeypatch.setattr("kpis.imports.reader.ROWS", 7)
    lines = [f'{n},"{n}\n{n}"' if n == 60 else f"{n},{n}" for n in range(200)]
    with open_source(write(tmp_path, "a,b\n" + "\n".join(lines) + "\n"), Format(delimiter=",")) as source:
        frame = pl.concat(batches(source))
    assert frame["c0"].to_list() == [str(n) for n in range(200)]
    assert frame[LINE].to_list() == [*range(2, 63), *range(64, 203)]
