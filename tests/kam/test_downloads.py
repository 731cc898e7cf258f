"""Cells of an export that a spreadsheet must not take for formulas."""

from decimal import Decimal

import pytest

from kam.downloads import csv_response, neutral


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "|cmd",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\N{NO-BREAK SPACE}=1",
        "\ufeff=1",
        "＝1",
        "＠x",
    ],
)
def test_what_begins_like_a_formula_is_text(text):
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("value", ["Anna", "a=b", "", "1-2", Decimal("-1.50"), -3, None])
def test_the_rest_stays_as_it_is(value):
    assert neutral(value) == value


@pytest.mark.parametrize(
    "text", ["=1+1", "+A1", "-A1", "@SUM(1)", " =1", "\t=1", "\r=1", "\ufeff=1", "＝1", "|x", "\n"]
)
def test_formulas_are_text_also_where_numbers_stay(text):
    assert neutral(text, keep_numbers=True) == "'" + text


@pytest.mark.parametrize("text", ["-5", "+5.00", "-1.234,50", "abc", "", "a=b"])
def test_numbers_stay_where_they_shall(text):
    assert neutral(text, keep_numbers=True) == text


def test_a_csv_is_streamed_with_a_mark_for_excel():
    response = csv_response("x.csv", ["A", "=B"], iter([["Ä,1", None], [Decimal("-1.5"), '"q"']]))
    assert b"".join(response.streaming_content).decode() == '\ufeffA,\'=B\r\n"Ä,1",\r\n-1.5,"""q"""\r\n'
    assert response["Content-Disposition"] == 'attachment; filename="x.csv"'
