"""The arithmetic of plans, by example and by law."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans import calc

FIGURES = st.decimals(-1_000_000, 1_000_000, places=4)
SHARES = st.decimals(0, 1, places=6)


def test_what_is_expected_by_now():
    half = D("0.5")
    assert calc.expected(D(3200), None, half, sums=True) == 1600
    assert calc.expected(D("0.955"), D("0.931"), half, sums=False) == D("0.943")
    assert calc.expected(D("0.955"), None, half, sums=False) == D("0.955")


@given(FIGURES, FIGURES, SHARES)
def test_a_rate_is_expected_between_base_and_target(target, base, share):
    aim = calc.expected(target, base, share, sums=False)
    assert min(base, target) <= aim <= max(base, target)


@pytest.mark.parametrize(
    ("good", "base", "target", "way"),
    [("down", D(1), D(2), "down"), ("", D(1), D(2), "up"), ("", D(2), D(1), "down"), ("", None, D(1), "")],
)
def test_which_way_is_welcome(good, base, target, way):
    assert calc.direction(good, base, target) == way


@pytest.mark.parametrize(
    ("actual", "target", "aim", "way", "rate", "word"),
    [
        (None, D(100), D(50), "up", False, "open"),
        (D(100), D(100), D(50), "up", False, "reached"),
        (D(45), D(100), D(50), "up", False, "on_track"),
        (D("44.99"), D(100), D(50), "up", False, "behind"),
        (D("0.931"), D("0.955"), D("0.941"), "up", True, "on_track"),
        (D("0.9309"), D("0.955"), D("0.941"), "up", True, "behind"),
        (D(126), D(40), D(80), "down", False, "behind"),
        (D(40), D(40), D(80), "down", False, "reached"),
        (D(7), D(6), D(6), "", False, "behind"),
        (D("6.5"), D(6), D(6), "", False, "on_track"),
    ],
)
def test_how_a_measure_stands(actual, target, aim, way, rate, word):
    assert calc.standing(actual, target, aim, way, rate=rate) == word


@pytest.mark.parametrize(
    ("old", "new", "rate", "verdict"),
    [
        (D(2560), D(3200), False, "beyond"),
        (D(100), D(105), False, "within"),
        (D(40), D(40), False, "unchanged"),
        (D("0.390"), D("0.392"), True, "within"),
        (D("0.390"), D("0.396"), True, "beyond"),
        (None, D(1), False, "beyond"),
        (D(1), None, False, "beyond"),
        (D(0), D(1), False, "beyond"),
    ],
)
def test_a_changed_target_is_within_or_beyond_tolerance(old, new, rate, verdict):
    assert calc.change(old, new, rate=rate).verdict == verdict


@pytest.mark.parametrize(
    ("value", "target", "base", "way", "sums", "share"),
    [
        ("250", "1000", "900", "up", True, "0.25"),
        ("0.93", "0.95", "0.91", "up", False, "0.5"),
        ("6", "5", "8", "down", False, D(2) / 3),
        ("6", "5", "5", "down", False, D(5) / 6),
        ("4", "5", None, "down", False, "1"),
        ("0.9", "0.6", None, "up", False, "1.5"),
        (None, "5", "8", "down", False, None),
        ("1", "0", None, "up", True, None),
    ],
)
def test_how_much_of_the_way_is_done(value, target, base, way, sums, share):
    numbers = [None if n is None else D(n) for n in (value, target, base)]
    assert calc.way_done(*numbers, way, sums=sums) == (None if share is None else D(share))


def test_a_change_in_figures():
    grown = calc.change(D(2560), D(3200), rate=False)
    assert (grown.difference, grown.share) == (640, D("0.25"))
    new = calc.change(None, D(3200), rate=False)
    assert (new.difference, new.share) == (None, None)
    assert calc.change(D(0), D(1), rate=False).share is None
