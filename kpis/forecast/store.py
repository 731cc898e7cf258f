"""Baselines from tables of figures to rows: staged by COPY, merged so that only what differs is written."""

from datetime import timedelta

import numpy as np
import polars as pl
from django.db import connection

from kpis import calc
from kpis.forecast.backtest import look_ahead
from kpis.forecast.series import histories
from kpis.forecast.services import HORIZON
from kpis.imports.copying import copy_in, execute

PLACES = 3

STAGES = """
    CREATE TEMP TABLE kam_series ON COMMIT DROP AS SELECT account_id, product_id, as_of, made_on, method, refusal,
        weeks, gaps, stockouts, tested, error, naive_error FROM kpis_forecastseries WITH NO DATA;
    CREATE TEMP TABLE kam_weeks ON COMMIT DROP AS SELECT account_id, product_id, week, baseline, low, high, naive
        FROM kpis_forecastweek WITH NO DATA
"""
SERIES = """
WITH gone AS (
    DELETE FROM kpis_forecastseries f
    WHERE f.account_id = ANY(%(accounts)s)
        AND (f.account_id, f.product_id) NOT IN (SELECT s.account_id, s.product_id FROM kam_series s)
)
INSERT INTO kpis_forecastseries AS f (account_id, product_id, as_of, made_on, method, refusal, weeks, gaps, stockouts,
    tested, error, naive_error)
SELECT account_id, product_id, as_of, made_on, coalesce(method, ''), coalesce(refusal, ''), weeks, gaps, stockouts,
    tested, error, naive_error
FROM kam_series ORDER BY account_id, product_id
ON CONFLICT (account_id, product_id) DO UPDATE
SET as_of = excluded.as_of, made_on = excluded.made_on, method = excluded.method, refusal = excluded.refusal,
    weeks = excluded.weeks, gaps = excluded.gaps, stockouts = excluded.stockouts, tested = excluded.tested,
    error = excluded.error, naive_error = excluded.naive_error
"""
# What is over is kept by the frozen versions; a week without a baseline any more may still have events.
WEEKS = """
WITH gone AS (
    DELETE FROM kpis_forecastweek f WHERE f.account_id = ANY(%(accounts)s) AND f.week <= %(last)s RETURNING 1
),
emptied AS (
    UPDATE kpis_forecastweek f SET baseline = NULL, low = NULL, high = NULL, naive = NULL
    WHERE f.account_id = ANY(%(accounts)s) AND f.week > %(last)s AND f.baseline IS NOT NULL
        AND (f.account_id, f.product_id, f.week) NOT IN (SELECT s.account_id, s.product_id, s.week FROM kam_weeks s)
    RETURNING 1
),
put AS (
    INSERT INTO kpis_forecastweek AS f (account_id, product_id, week, baseline, low, high, naive)
    SELECT * FROM kam_weeks ORDER BY account_id, product_id, week
    ON CONFLICT (account_id, product_id, week) DO UPDATE
    SET baseline = excluded.baseline, low = excluded.low, high = excluded.high, naive = excluded.naive
    WHERE (f.baseline, f.low, f.high, f.naive)
        IS DISTINCT FROM (excluded.baseline, excluded.low, excluded.high, excluded.naive)
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM emptied) + (SELECT count(*) FROM put)
"""


def refresh(accounts, last, made_on) -> int:
    """Compute and store the baseline of accounts (ids) for the 26 weeks after `last`; returns rows of weeks written."""
    accounts = list(accounts)
    if not accounts:
        return 0
    execute("DROP TABLE IF EXISTS kam_series, kam_weeks")
    execute(STAGES)
    for history in histories(accounts, last):
        outlook = look_ahead(history.table, HORIZON)
        copy_in("kam_series", _series(history, outlook, made_on))
        copy_in("kam_weeks", _weeks(history, outlook))
    given = {"accounts": accounts, "last": last}
    with connection.cursor() as cursor:
        cursor.execute(SERIES, given)
        cursor.execute(WEEKS, given)
        rows = cursor.fetchone()[0]
        cursor.execute("SELECT kpis_replan(%s)", [accounts])
    return rows


def _series(history, outlook, made_on):
    count = len(history.products)
    return pl.DataFrame({
        "account_id": [history.account] * count,
        "product_id": history.products,
        "as_of": [history.as_of] * count,
        "made_on": [made_on] * count,
        "method": [text or None for text in outlook.method],
        "refusal": [text or None for text in outlook.refusal],
        "weeks": (~np.isnan(history.table)).sum(axis=1),
        "gaps": history.gaps,
        "stockouts": history.stockouts,
        "tested": outlook.tested,
        "error": _numbers(outlook.error, 4),
        "naive_error": _numbers(outlook.naive_error, 4),
    })  # fmt: skip


def _weeks(history, outlook):
    """A row for each product with a baseline and each week ahead."""
    told = [n for n, method in enumerate(outlook.method) if method]
    weeks = calc.mondays(history.last + timedelta(weeks=1), HORIZON)
    figures = {"baseline": outlook.figures, "low": outlook.low, "high": outlook.high, "naive": outlook.naive}
    return pl.DataFrame({
        "account_id": pl.Series([history.account] * len(told) * HORIZON, dtype=pl.Int64),
        "product_id": pl.Series([history.products[n] for n in told for _week in weeks], dtype=pl.Int64),
        "week": pl.Series(weeks * len(told), dtype=pl.Date),
        **{name: _numbers(table[told].ravel(), PLACES) for name, table in figures.items()},
    })  # fmt: skip


def _numbers(values, places):
    """Floats as a column of rounded figures; NaN is nothing."""
    return pl.Series(np.round(np.asarray(values, dtype=float), places)).fill_nan(None)
