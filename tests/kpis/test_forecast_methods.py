"""Arithmetic of forecasts: each method on series whose future is known, and the choice between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.forecast import backtest, methods
from kpis.forecast.backtest import look_ahead, refusals
from kpis.forecast.series import as_known

NAN = np.nan
CHANCE = np.random.default_rng(4)


def table(*rows):
    return np.array(rows, dtype=float)


def wave(weeks, size=0.5, start=0):
    return 1 + size * np.sin(2 * np.pi * (np.arange(weeks) + start) / methods.YEAR)


@pytest.mark.parametrize("name", methods.METHODS)
def test_a_constant_goes_on_by_every_method(name):
    said = methods.by_every_method(np.full((2, 104), 7.0), 13)[name]
    assert said.shape == (2, 13)
    assert said == pytest.approx(np.full((2, 13), 7.0), rel=0.06 if name == "intermittent" else 1e-9)


def test_last_year_is_the_same_iso_week():
    weeks = np.arange(104.0)[None, :]
    assert methods.seasonal_naive(weeks, 3).tolist() == [[52, 53, 54]]
    assert np.isnan(methods.seasonal_naive(weeks[:, :51], 3)).all()


def test_last_year_is_scaled_by_the_last_quarter():
    before = wave(52) * 100
    assert methods.last_year_scaled(table([*before, *(before * 1.2)]), 4)[0] == pytest.approx(before[:4] * 1.2 * 1.2)


def test_a_trend_is_damped():
    said = methods.damped_trend(np.arange(60.0)[None, :], 26)[0]
    steps = np.diff(said)
    assert said[0] > 58
    assert (steps > 0).all()
    assert (np.diff(steps) < 0).all()


def test_what_is_bought_now_and_then_is_the_size_over_the_weeks_between():
    assert methods.intermittent(table([0, 0, 0, 8] * 20), 2)[0] == pytest.approx([2 * 0.95] * 2, rel=0.05)


def test_a_season_is_found_and_goes_on():
    said = methods.by_every_method(table(wave(130) * 40), 26)["season"][0]
    assert said == pytest.approx(wave(26, start=130) * 40, rel=0.08)


def test_a_season_shared_by_all_helps_who_shows_none():
    many = wave(104) * 1000
    short = np.full(104, NAN)
    short[80:] = many[80:] / 100
    said = methods.by_every_method(table(many, short), 13)["shared_season"]
    assert said[1] == pytest.approx(said[0] / 100, rel=0.05)


def test_weeks_that_are_not_known_change_nothing():
    whole = np.full((1, 60), 5.0)
    holes = whole.copy()
    holes[0, [3, 20, 21, 58, 59]] = NAN
    said, gapped = methods.by_every_method(whole, 4), methods.by_every_method(holes, 4)
    for name in methods.METHODS:
        assert np.isnan(said[name]).all() == np.isnan(gapped[name]).all(), name
    assert gapped["level"] == pytest.approx(said["level"])


def test_who_is_refused_and_why():
    never, short = np.full(60, NAN), np.full(60, NAN)
    short[53:] = 3
    idle = np.zeros(60)
    idle[0] = 9
    assert refusals(table(never, short, idle, np.ones(60))) == ["nothing_known", "too_short", "asleep", ""]


def test_refused_series_have_no_figures():
    out = look_ahead(table(np.zeros(60), np.ones(60)), 13)
    assert out.method[0] == ""
    assert np.isnan(out.figures[0]).all()
    assert np.isnan(out.low[0]).all()
    assert not np.isnan(out.figures[1]).any()


def test_the_back_test_takes_the_season_where_there_is_one_and_the_level_where_there_is_none():
    seasonal = wave(156, 0.8) * 200 + CHANCE.normal(0, 5, 156)
    assert look_ahead(seasonal[None, :], 8).method[0] in ("season", "shared_season")
    flat = 50 + CHANCE.normal(0, 5, (30, 156))
    picked = look_ahead(flat, 8).method
    assert sum(name in ("level", "intermittent", "damped_trend") for name in picked) > 20


@pytest.mark.parametrize("start", [0, 26])
def test_four_of_five_weeks_fall_into_the_interval(start):
    """In the high season as in the low one."""
    rows = CHANCE.poisson(np.exp(CHANCE.normal(3, 0.7, (300, 1))) * wave(112, start=start))
    out = look_ahead(rows[:, :104].astype(float), 8)
    inside = (rows[:, 104:] >= out.low) & (rows[:, 104:] <= out.high)
    assert 0.72 < inside.mean() < 0.9


def test_the_choice_beats_last_year_where_last_year_is_noise():
    rows = CHANCE.poisson(20, (100, 112)).astype(float)
    out = look_ahead(rows[:, :104], 8)
    wrong = [np.abs(said - rows[:, 104:]).sum() for said in (out.figures, out.naive)]
    assert wrong[0] < 0.85 * wrong[1]
    assert np.nanmean(out.error) < np.nanmean(out.naive_error)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_whatever_is_known_figures_are_possible(data):
    """Any history: figures are finite or all missing, never negative, inside their interval; nothing warns."""
    count, weeks = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 130))
    cell = st.one_of(st.just(NAN), st.just(0.0), st.floats(0, 1e7, allow_subnormal=False))
    rows = np.array(data.draw(st.lists(st.lists(cell, min_size=weeks, max_size=weeks), min_size=count, max_size=count)))
    out = look_ahead(rows, 26)
    for n, name in enumerate(out.method):
        assert (name == "") == np.isnan(out.figures[n]).all()
        if name:
            assert np.isfinite(out.figures[n]).all()
            assert (out.low[n] >= 0).all()
            assert (out.low[n] <= out.figures[n]).all()
            assert (out.figures[n] <= out.high[n]).all()


def test_what_is_known_of_sales():
    reported = np.array([True, True, True, True, True, False, True])
    units = table([NAN, 4, 6, NAN, 5, NAN, 1])
    stock = table([NAN, 9, 9, 9, 9, NAN, 0])
    found, gaps, stockouts = as_known(units, stock, reported)
    np.testing.assert_array_equal(found, table([NAN, 4, 6, 0, 5, NAN, NAN]))
    assert (gaps.tolist(), stockouts.tolist()) == ([1], [1])


def test_the_last_pieces_of_a_good_week_count():
    reported = np.ones(4, dtype=bool)
    assert as_known(table([5, 5, 5, 9]), table([1, 1, 1, 0]), reported)[0].tolist() == [[5, 5, 5, 9]]


def test_the_methods_are_those_that_rows_may_name():
    from kpis.models import ForecastSeries  # noqa: PLC0415 (arithmetic needs no models)

    assert {"", *methods.METHODS} == set(ForecastSeries.Method)
    assert {"", backtest.NOTHING, backtest.TOO_SHORT, backtest.ASLEEP} == set(ForecastSeries.Refusal)
