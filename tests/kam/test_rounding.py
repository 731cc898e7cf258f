"""One rule for every figure: half up, away from zero on both sides."""

from decimal import Decimal as D

import pytest

from kam.rounding import cents, rounded


@pytest.mark.parametrize(
    ("amount", "shown"), [("0.125", "0.13"), ("0.135", "0.14"), ("-0.125", "-0.13"), ("7", "7.00"), ("0.1249", "0.12")]
)
def test_money_is_rounded_half_up(amount, shown):
    assert str(cents(D(amount))) == shown


@pytest.mark.parametrize(("value", "places", "shown"), [("2.5", 0, "3"), ("0.00005", 4, "0.0001"), ("1.25", 1, "1.3")])
def test_a_figure_has_exactly_its_decimals(value, places, shown):
    assert str(rounded(D(value), places)) == shown
