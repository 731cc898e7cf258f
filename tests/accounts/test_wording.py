"""Parameters of sentences in the reader's language."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy, ngettext_lazy, override

from accounts import wording
from accounts.models import Alert
from kam.floors import gathered

SPACE = "\N{NO-BREAK SPACE}"
PARAMS = {
    "stake": wording.money(Decimal("148000.00"), "EUR"),
    "small": wording.money(Decimal("-12.50"), "USD"),
    "rate": wording.percent(Decimal("0.9812")),
    "cover": wording.number(Decimal("11.43"), 1),
    "due": wording.day(date(2020, 11, 26)),
    "week": wording.week(date(2020, 11, 16)),
    "units": 12345,
    "name": "Kestrel 3",
    "none": None,
}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "€ 148 k; $ −12.50; 98.1 %; 11.4; 26 Nov 2020; W47/2020; 12,345; Kestrel 3; –"),
        ("de", "148 T €; −12,50 $; 98,1 %; 11,4; 26.11.2020; KW 47/2020; 12.345; Kestrel 3; –"),
        ("zh-hans", "14.8 万欧元; −12.50 美元; 98.1 %; 11.4; 2020年11月26日; 2020年第47周; 12,345; Kestrel 3; –"),
    ],
)
def test_parameters_follow_the_reader(language, expected):
    with override(language):
        said = "; ".join(str(wording.shown(v)) for v in PARAMS.values())
    assert said.replace(SPACE, " ") == expected


@pytest.mark.parametrize("wrap", [wording.number, wording.percent, wording.day, wording.week])
def test_nothing_is_a_dash(wrap):
    assert str(wording.shown(wrap(None))) == "–"


def test_no_money_is_a_dash():
    assert str(wording.shown(wording.money(None, "EUR"))) == "–"


@pytest.mark.parametrize(("n", "expected"), [(1, "1 week"), (3, "3 weeks"), (1200, "1,200 weeks")])
def test_counts_choose_the_plural(n, expected):
    template = ngettext_lazy("%(n)s week", "%(n)s weeks", "n")
    with override("en"):
        assert wording.phrase(template, {"n": n}) == expected


def test_a_missing_parameter_is_a_dash():
    assert wording.phrase(gettext_lazy("%(a)s of %(b)s"), {"a": "x"}) == "x of –"


def test_an_unknown_code_is_shown_as_it_is():
    assert wording.sentence(Alert(code="retired_rule", params={"x": 1})) == "retired_rule"


def test_every_next_step_belongs_to_a_sentence():
    assert set(gathered("sentences", "NEXT_STEPS")) <= set(gathered("sentences", "SENTENCES"))


@pytest.mark.parametrize("code", gathered("sentences", "SENTENCES"))
def test_every_sentence_can_be_said_without_parameters(code):
    assert wording.sentence(Alert(code=code, params={}))
