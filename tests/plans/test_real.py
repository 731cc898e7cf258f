"""Real files through import and night, as by `make real`: every figure as the data's README and plain Python say."""

import ast
import os
from decimal import Decimal as D
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account
from plans.real import plain, plain_terms, sets
from plans.real.cases import Case, each, shown
from plans.real.sets import SETS, look
from plans.real.steps import Unusable

IOWA = "Iowa_Liquor_Sales_10k.csv"
COUNTS = {"uci": 74, "complete_journey": 31, "iowa": 24, "iowa_jim_beam": 20, "adventureworks": 34}


@pytest.fixture
def folder():
    """The real data; skips without KAM_DATA."""
    if not os.environ.get("KAM_DATA"):
        pytest.skip("KAM_DATA is not set: the real data is not here")
    return os.environ["KAM_DATA"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", SETS)
def test_real_data_gives_the_known_answers(name, folder):
    cases = list(look(name, folder))
    wrong = [line for case in cases if not case.is_ok for line in (case.what, *case.differences())]
    assert (wrong, len(cases), Account.objects.count()) == ([], COUNTS[name], 0)


@pytest.mark.parametrize("module", [plain, plain_terms], ids=["plain", "plain_terms"])
def test_the_second_computation_uses_nothing_of_the_house(module):
    tree = ast.parse(Path(module.__file__).read_text())
    found = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    found |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    standard = {"csv", "collections", "datetime", "decimal", "fractions", "typing"}
    assert found - standard == ({"plans.real"} if module is plain_terms else set())


@pytest.mark.django_db
def test_a_file_that_is_missing_is_said(tmp_path):
    with pytest.raises(Unusable, match=f"{IOWA} is missing"):
        list(look("iowa", tmp_path))


@pytest.mark.django_db
def test_a_file_that_is_not_taken_is_said(tmp_path):
    (tmp_path / "iowa_liquor").mkdir()
    (tmp_path / "iowa_liquor" / IOWA).write_text("")
    with pytest.raises(Unusable, match=IOWA):
        list(look("iowa", tmp_path))


@pytest.mark.django_db
def test_the_command_prints_expected_beside_got(monkeypatch, tmp_path, capsys):
    cases = [Case("lines", 2, 2), Case("value by shop", {"a": D("1.50"), "b": D(2)}, {"a": D("1.50"), "b": D(3)})]
    monkeypatch.setitem(SETS, "iowa", sets.Set("Iowa", lambda folder: iter(cases)))
    with pytest.raises(CommandError, match="1 differences"):
        call_command("real", str(tmp_path), only="iowa")
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["lines", "2", "2", "ok"] in said
    assert ["b:", "expected", "2,", "got", "3"] in said


@pytest.mark.django_db
def test_the_command_wants_a_folder_and_an_empty_database(tmp_path):
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("real", str(tmp_path / "nowhere"))
    Account.objects.create(code="K-1", name="Somebody", country="DE", currency="EUR")
    with pytest.raises(CommandError, match="holds data already"):
        call_command("real", str(tmp_path))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345, "12,345"),
        (D("1234.5000"), "1,234.50"),
        (D("0.1250"), "0.125"),
        (D("1200.000"), "1,200"),
        (None, "–"),
        ([("met", D(13), None), ("met", D(12), None)], "met 13 –, met 12 –"),
        ({"a": 1, "b": D("2.5")}, "a 1, b 2.50"),
        ([], "none"),
        ({n: D(n) for n in range(40)}, "40 rows, in all 780"),
        (list(range(100)), "100 rows"),
        ([("x" * 50, 1)] * 2, "2 rows"),
        (("x" * 50, 1), "x" * 43 + "…"),
        ("x" * 100, "x" * 43 + "…"),
    ],
)
def test_values_are_shown_short(value, text):
    assert shown(value) == text


def test_only_the_first_differences_are_told():
    case = Case("rows", list(range(9)), [-1] * 9)
    assert case.differences() == [f"{n}: expected {n}, got -1" for n in range(3)] + ["… 9 differences"]


def test_rows_are_compared_by_their_key():
    cases = list(each("finding", [("a", 1), ("b", 2), ("b", 3)], [("b", 2), ("c", 4)], 1))
    assert [(case.what, case.expected, case.got) for case in cases] == [
        ("finding a", [(1,)], []),
        ("finding b", [(2,), (3,)], [(2,)]),
        ("finding c", [], [(4,)]),
    ]
