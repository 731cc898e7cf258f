from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis import calc
from kpis.calc import Ratio

D = Decimal
MON = date(2026, 11, 16)
amounts = st.decimals(min_value=-1000, max_value=1000, places=2)
units = st.decimals(min_value=0, max_value=1000, places=3)
days = st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31))
maybe_days = st.none() | days


@pytest.mark.parametrize(
    ("numerator", "denominator", "value"),
    [(1, 4, D("0.25")), (0, 4, 0), (4, 0, None), (0, 0, None), (None, 4, None), (4, None, None), (-1, 4, D("-0.25"))],
)
def test_rate(numerator, denominator, value):
    found = Ratio(None if numerator is None else D(numerator), None if denominator is None else D(denominator)).value
    assert found == value


def test_rates_are_summed_by_their_parts_and_unknown_ones_left_out():
    ratios = [Ratio(D(1), D(10)), Ratio(D(9), D(10)), Ratio(D(5), None), Ratio(None, D(7))]
    assert calc.summed(ratios) == Ratio(D(10), D(20))


def test_the_sum_of_nothing_known_is_unknown():
    assert calc.summed([Ratio(D(5), None)]) == Ratio(None, None)
    assert calc.summed([]) == Ratio(None, None)


@pytest.mark.parametrize("shift", range(7))
def test_monday_names_the_week(shift):
    assert calc.monday(MON + timedelta(days=shift)) == MON


@pytest.mark.parametrize(("day", "week"), [(MON, MON - timedelta(7)), (MON + timedelta(6), MON)])
def test_a_week_is_complete_on_its_sunday(day, week):
    assert calc.last_complete_week(day) == week


@pytest.mark.parametrize(
    ("units", "returns", "opening", "receipts", "ratio"),
    [
        (D(30), D(2), D(100), D(12), Ratio(D(28), D(112))),
        (D(30), None, D(100), D(12), Ratio(D(30), D(112))),
        (D(2), D(5), D(10), D(0), Ratio(D(-3), D(10))),
        (D(30), None, None, D(12), Ratio(D(30), None)),
        (D(30), None, D(100), None, Ratio(D(30), None)),
        (None, D(1), D(100), D(12), Ratio(None, D(112))),
    ],
)
def test_sell_through(units, returns, opening, receipts, ratio):
    assert calc.sell_through(units, returns, opening, receipts) == ratio


def test_sell_through_may_exceed_one_and_fall_below_zero():
    assert calc.sell_through(D(12), None, D(10), D(0)).value == D("1.2")
    assert calc.sell_through(D(0), D(1), D(10), D(0)).value == D("-0.1")


@pytest.mark.parametrize(
    ("stock", "sold", "value"),
    [
        (D(120), [D(30), D(10), D(20), D(20)], D(6)),
        (D(120), [None, None, D(20), D(40)], D(4)),
        (D(120), [None] * 4, None),
        (D(120), [D(0)] * 4, None),
        (D(120), [D(-5), D(0)], None),
        (D(0), [D(20)], 0),
        (None, [D(20)], None),
    ],
)
def test_weeks_of_supply(stock, sold, value):
    assert calc.weeks_of_supply(stock, sold).value == value


@pytest.mark.parametrize(
    ("ordered", "shipped", "cancelled", "shipped_on", "left"),
    [
        (D(10), None, None, None, D(10)),
        (D(10), D(4), None, None, D(6)),
        (D(10), D(4), D(1), MON, D(5)),
        (D(10), D(4), D(1), MON + timedelta(1), D(9)),
        (D(10), D(12), None, MON, D(0)),
        (D(10), None, D(12), None, D(0)),
        (D(10), D(8), D(5), MON, D(0)),
    ],
)
def test_open_units(ordered, shipped, cancelled, shipped_on, left):
    assert calc.open_units(ordered, shipped, cancelled, shipped_on, MON) == left


@given(units, st.none() | units, st.none() | units, maybe_days, days)
def test_open_units_lie_between_nothing_and_what_was_ordered(ordered, shipped, cancelled, shipped_on, cutoff):
    assert 0 <= calc.open_units(ordered, shipped, cancelled, shipped_on, cutoff) <= ordered


@pytest.mark.parametrize(
    ("received", "day", "early", "late", "expected"),
    [
        (D(10), 0, 0, 0, (D(10), D(10), D(10))),
        (D(10), -1, 0, 0, (D(0), D(10), D(0))),
        (D(10), -1, 1, 0, (D(10), D(10), D(10))),
        (D(10), -2, 1, 0, (D(0), D(10), D(0))),
        (D(10), 1, 0, 0, (D(0), D(10), D(0))),
        (D(10), 2, 0, 2, (D(10), D(10), D(10))),
        (D(7), 0, 0, 0, (D(10), D(7), D(7))),
        (D(14), 0, 0, 0, (D(10), D(10), D(10))),
        (D(0), 0, 0, 0, (D(0), D(0), D(0))),
        (None, None, 0, 0, (D(0), D(0), D(0))),
        (D(7), None, 0, 0, (D(0), D(7), D(0))),
    ],
)
def test_delivery_of_one_line(received, day, early, late, expected):
    received_on = None if day is None else MON + timedelta(days=day)
    found = calc.delivery(D(10), received, MON, received_on, early=early, late=late)
    assert (found.on_time, found.in_full, found.otif) == expected


@given(units, st.none() | units, days, maybe_days, st.integers(0, 5), st.integers(0, 5))
def test_otif_is_never_better_than_on_time_or_in_full(ordered, received, requested_on, received_on, early, late):
    found = calc.delivery(ordered, received, requested_on, received_on, early=early, late=late)
    assert 0 <= found.otif <= min(found.on_time, found.in_full) <= ordered


@given(units, st.none() | units, days, maybe_days, st.integers(0, 5), st.integers(0, 5))
def test_a_wider_window_never_makes_otif_worse(ordered, received, requested_on, received_on, early, late):
    narrow = calc.delivery(ordered, received, requested_on, received_on, early=early, late=late)
    wide = calc.delivery(ordered, received, requested_on, received_on, early=early + 1, late=late + 1)
    assert wide.otif >= narrow.otif


@pytest.mark.parametrize(
    ("paid", "paid_on", "left"),
    [(0, None, 100), (40, None, 60), (40, MON, 60), (40, MON + timedelta(1), 100), (100, MON, 0)],
)
def test_open_amount_at_a_cutoff(paid, paid_on, left):
    assert calc.open_amount(D(100), D(paid), paid_on, MON) == left


@pytest.mark.parametrize(
    ("days", "name"),
    [(-5, "not_due"), (0, "not_due"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
     (90, "61-90"), (91, "over_90"), (900, "over_90")],
)  # fmt: skip
def test_bucket(days, name):
    assert calc.bucket(MON - timedelta(days=days), MON) == name


@given(st.lists(st.tuples(amounts, days)), days)
def test_ageing_loses_nothing(items, cutoff):
    found = calc.ageing(items, cutoff)
    assert sum(found.values()) == sum(amount for amount, _due in items)
    assert list(found) == ["not_due", "1-30", "31-60", "61-90", "over_90"]


def test_days_sales_outstanding():
    assert calc.days_sales_outstanding(D(300_000), D(900_000), 90) == D(30)
    assert calc.days_sales_outstanding(D(300_000), D(0), 90) is None


@pytest.mark.parametrize(
    ("last_year", "before", "before_last_year", "expected"),
    [(400, 880, 800, 440), (400, 0, 800, 400), (400, 880, 0, 400), (0, 880, 800, 0)],
)
def test_season_expectation(last_year, before, before_last_year, expected):
    assert calc.season_expectation(D(last_year), D(before), D(before_last_year)) == expected


@pytest.mark.parametrize(
    ("actual", "expected", "missing"),
    [(84, 100, 16), (85, 100, 0), (100, 100, 0), (120, 100, 0), (0, 100, 100), (0, 0, 0), (-5, -1, 0)],
)
def test_shortfall_begins_below_the_tolerance(actual, expected, missing):
    assert calc.shortfall(D(actual), D(expected), D("0.15")) == missing


def test_missing_and_excess_supply():
    assert calc.missing_supply(D(10), D(20), D(2)) == D(30)
    assert calc.missing_supply(D(50), D(20), D(2)) == 0
    assert calc.excess_supply(D(300), D(20), D(12)) == D(60)
    assert calc.excess_supply(D(200), D(20), D(12)) == 0


@pytest.mark.parametrize(
    ("week", "share"),
    [
        (date(2025, 12, 29), D(1) / 53),
        (date(2026, 6, 29), D(27) / 53),
        (date(2026, 12, 28), D(1)),
        (date(2025, 12, 22), D(1)),
    ],
)
def test_the_iso_year_elapses_week_by_week(week, share):
    assert calc.year_share(week) == share


LAST_YEAR = {date(2025, 1, 6): D(10), date(2025, 6, 23): D(20), date(2025, 6, 30): D(30), date(2025, 12, 22): D(40)}


@pytest.mark.parametrize(
    ("last_year", "week", "share"),
    [
        (LAST_YEAR, date(2026, 6, 22), D("0.3")),
        (LAST_YEAR, date(2026, 6, 29), D("0.6")),
        (LAST_YEAR | {date(2026, 1, 5): D(900)}, date(2026, 6, 29), D("0.6")),
        (LAST_YEAR, date(2025, 12, 29), D(0)),
        (LAST_YEAR, date(2026, 12, 21), D(1)),
        (LAST_YEAR | {date(2025, 1, 6): D(-10)}, date(2026, 1, 5), D(0)),
        (LAST_YEAR | {date(2025, 12, 22): D(-10)}, date(2026, 6, 29), D(1)),
        ({date(2025, 1, 27): D(1)}, date(2026, 1, 5), None),
        ({date(2025, 1, 20): D(1)}, date(2026, 1, 5), D(0)),
        ({date(2025, 1, 6): D(1), date(2025, 2, 3): D(-1)}, date(2026, 6, 29), None),
        ({}, date(2026, 6, 29), None),
        ({date(2026, 1, 5): D(1)}, date(2027, 1, 4), D(0)),
        ({date(2026, 1, 5): D(1)}, date(2027, 1, 11), D(1)),
    ],
)
def test_last_year_says_how_much_comes_until_a_week(last_year, week, share):
    assert calc.season_share(last_year, week) == share
