from datetime import date
from decimal import Decimal as D

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.imports import cells
from kpis.imports.kinds import Field, Type
from kpis.imports.mapping import Marks

MONEY = Field("value", Type.DECIMAL, "", places=2)
GERMAN = Marks(decimal=",", thousands=".")
ENGLISH = Marks(thousands=",", strip=("$",))


PLAIN = Marks()


def read(texts, field, marks=PLAIN):
    """(values, faults) of the cells, as lists."""
    words = cells.words(pl.Series(texts, dtype=pl.String), marks)
    values, faults = cells.read(words, field, marks)
    return values.to_list(), [None] * len(texts) if faults is None else faults.to_list()


@pytest.mark.parametrize(("text", "value"), [("5", "5"), ("5.", "5"), (".5", "0.5"), ("+5.10", "5.10"),
    ("-5.10", "-5.10"), (" 5 ", "5"), ("5-", "-5"), ("(5.10)", "-5.10"), ("−5", "-5"),
    ("0005.1000", "5.1"), ("9999999999999999.99", "9999999999999999.99")])  # fmt: skip
def test_numbers(text, value):
    assert read([text], MONEY) == ([D(value)], [None])


@pytest.mark.parametrize(("text", "fault"), [("abc", "number"), ("1.2.3", "number"), ("1,5", "number"),
    ("1e5", "number"), ("0x10", "number"), ("12 3", "number"), ("--5", "number"), ("-", "number"), ("5%", "number"),
    ("1_000", "number"), ("NaN", "number"), ("inf", "number"), ("1.2OO", "number"),
    ("10000000000000000", "too_large"), ("9" * 60, "too_large"), ("1.005", "too_precise")])  # fmt: skip
def test_what_is_no_number(text, fault):
    assert read([text], MONEY)[1] == [fault]


@given(st.lists(st.from_regex(r"[-+(]?[0-9]{0,18}[.,eE]?[0-9]{0,4}[-)%]?", fullmatch=True), min_size=1))
def test_a_column_of_usual_numbers_is_read_as_its_cells_are_one_by_one(texts):
    """Where all cells are written in the usual way they are read at once; a mark that stands nowhere prevents it."""
    together = read(texts, MONEY, Marks(strip=("€",)))
    assert read(texts, MONEY) == together
    alone = [read([text], MONEY) for text in texts]
    assert ([values[0] for values, _ in alone], [faults[0] for _, faults in alone]) == together


@pytest.mark.parametrize(("text", "value"), [("1.234,50", "1234.50"), ("-1.234.567,5", "-1234567.5"),
    ("718,80", "718.80"), ("1234,5", "1234.5")])  # fmt: skip
def test_decimal_comma(text, value):
    assert read([text], MONEY, GERMAN) == ([D(value)], [None])


@pytest.mark.parametrize(("text", "fault"), [("1.5", "grouping"), ("12.34,5", "grouping"), ("1,5,5", "number"),
    ("1234.567", "grouping"), ("1.2OO", "number")])  # fmt: skip
def test_a_point_that_cannot_group_is_never_dropped(text, fault):
    """1.5 read as 15 would be wrong by ten, and silent."""
    assert read([text], MONEY, GERMAN)[1] == [fault]


def test_currency_signs_and_commas():
    assert read(["$1,234.50", "$ 5", "-$3", "($1,000.00)"], MONEY, ENGLISH)[0] == [D("1234.50"), 5, -3, -1000]


def test_a_point_is_not_a_decimal_mark_where_the_comma_is():
    assert read(["1.50"], MONEY, Marks(decimal=","))[1] == ["number"]


def test_rounding_is_half_away_from_zero_and_only_on_request():
    texts = ["1.005", "-1.005", "2.675", "430.90000000000003", "1.0049"]
    rounded = [D("1.01"), D("-1.01"), D("2.68"), D("430.90"), D("1.00")]
    assert read(texts, MONEY, Marks(rounded=True)) == (rounded, [None] * 5)


def test_words_for_empty():
    assert read(["", " ", "n/a", "0"], MONEY, Marks(empty=("n/a",))) == ([None, None, None, 0], [None] * 4)


@given(st.decimals(-(10**14), 10**14, places=2, allow_nan=False))
def test_numbers_written_in_german_and_english_come_back(number):
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert read([english], MONEY, ENGLISH) == ([number], [None])
    assert read([german], MONEY, GERMAN) == ([number], [None])


def test_integers():
    field = Field("occurrence", Type.INTEGER, "", least=1)
    texts = ["12", "12.0", "12.5", "0", "9" * 30, "x"]
    assert read(texts, field)[1] == [None, None, "integer", "too_small", "too_large", "number"]


def test_dates():
    field = Field("day", Type.DATE, "")
    marks = Marks(dates=("%d.%m.%Y", "%Y-%m-%d", "%m/%d/%Y"))
    texts = ["30.11.2026", "2026-11-30", "11/30/2026", "30.02.2026", "2026-13-01", "soon", "01.01.0026", None]
    day = date(2026, 11, 30)
    values, faults = read(texts, field, marks)
    assert values[:3] == [day] * 3
    assert faults == [None, None, None, "date", "date", "date", "date_range", None]


def test_a_time_of_day_is_dropped():
    marks = Marks(dates=("%Y-%m-%d %H:%M:%S%.f",))
    texts = ["2010-12-01 08:26:00", "2022-04-29 00:00:00.000"]
    assert read(texts, Field("day", Type.DATE, ""), marks)[0] == [date(2010, 12, 1), date(2022, 4, 29)]


def test_leap_days():
    assert read(["2024-02-29", "2023-02-29"], Field("day", Type.DATE, ""))[1] == [None, "date"]


def test_weeks_are_mondays():
    field = Field("week", Type.WEEK, "")
    assert read(["2026-11-16", "2026-11-17"], field)[1] == [None, "not_monday"]


def test_iso_weeks():
    field = Field("week", Type.WEEK, "")
    values, faults = read(["2026-W47", "2020-W53", "2026-W60"], field, Marks(dates=("%G-W%V",)))
    assert (values[:2], faults) == ([date(2026, 11, 16), date(2020, 12, 28)], [None, None, "date"])


@given(st.dates(date(1971, 1, 1), date(2099, 12, 31)))
def test_snapping_finds_the_monday_on_or_before(day):
    values, faults = cells.snapped(pl.Series([day.isoformat()]), ("%Y-%m-%d",))
    monday = values[0]
    assert faults is None
    assert (monday.weekday(), 0 <= (day - monday).days < 7) == (0, True)


def test_numbered_weeks_count_from_the_anchor():
    values, faults = cells.numbered_weeks(pl.Series(["1", "2", "53", "2.0"]), date(2017, 1, 1))
    assert values.to_list() == [date(2016, 12, 26), date(2017, 1, 2), date(2017, 12, 25), date(2017, 1, 2)]
    assert faults is None


@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "99999"])
def test_what_is_no_week_number(text):
    _, faults = cells.numbered_weeks(pl.Series([text]), date(2017, 1, 1))
    assert faults.to_list() == ["week_number"]


def test_flags():
    values, faults = read(["yes", "N", "1", "perhaps", ""], Field("f", Type.FLAG, ""))
    assert (values, faults) == ([True, False, True, None, None], [None, None, None, "flag", None])


def test_texts():
    field = Field("name", Type.TEXT, "", longest=8)
    values, faults = read([" a\n b ", "x" * 9, None], field)
    assert (values[0], faults) == ("a b", [None, "too_long", None])


def test_codes_with_characters_that_cannot_be_printed():
    assert read(["a\tb", "ab"], Field("code", Type.CODE, ""))[1] == ["control", None]


def test_choices_and_shapes():
    assert read(["A", "x"], Field("tier", Type.TEXT, "", choices=("A", "B")))[1] == [None, "choice"]
    assert read(["DE", "de", "DEU"], Field("c", Type.CODE, "", shape="country"))[1] == [None, "country", "country"]
    assert read(["EUR", "€"], Field("c", Type.CODE, "", shape="currency"))[1] == [None, "currency"]


def test_an_empty_column():
    for kind in Type:
        assert read([], Field("f", kind, ""))[0] == []
