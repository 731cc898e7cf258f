"""What was forecast is kept as it stood, by how many weeks ahead, and compared with what came."""

from datetime import timedelta

from django.db import connection

from kpis import queries
from kpis.models.forecast import LAGS
from kpis.sql import MINE, SHARD

SCORED_WEEKS = 26

# A night for a past date freezes nothing: by then more was known than on its day.
FREEZE = f"""
    INSERT INTO kpis_forecastversion (account_id, product_id, week, lag, baseline, naive, agreed, author_id, frozen_on)
    SELECT f.account_id, f.product_id, f.week, (f.week - %(last)s) / 7, f.baseline, f.naive, f.agreed, o.author_id,
        %(date)s
    FROM kpis_forecastweek f
    LEFT JOIN kpis_forecastoverride o
        ON o.account_id = f.account_id AND o.product_id = f.product_id AND o.week = f.week
    WHERE {MINE.format("f")} AND f.week = ANY(%(weeks)s) AND f.agreed IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM kpis_forecastseries s WHERE s.account_id = f.account_id AND s.made_on > %(date)s)
    ORDER BY f.account_id, f.week, f.product_id
    ON CONFLICT (account_id, lag, week, product_id) DO NOTHING
"""
# Weeks that were touched, that became known since, and of which an account's own forecast came in only later.
PAIRS = f"""
    SELECT t.account_id, t.week FROM kpis_touched t
    WHERE t.night = %(date)s AND {MINE.format("t")} AND t.week BETWEEN %(oldest)s AND %(last)s
    UNION
    SELECT v.account_id, v.week FROM kpis_forecastversion v
    JOIN kpis_accountweek w ON w.account_id = v.account_id AND w.week = v.week AND w.units IS NOT NULL
    WHERE {MINE.format("v")} AND v.week BETWEEN %(oldest)s AND %(last)s AND NOT EXISTS (
        SELECT 1 FROM kpis_forecastscore s WHERE s.account_id = v.account_id AND s.lag = v.lag AND s.week = v.week)
    UNION
    SELECT v.account_id, v.week FROM (
        SELECT a.id FROM accounts_account a
        WHERE {SHARD} AND EXISTS (SELECT 1 FROM kpis_accountforecast t WHERE t.account_id = a.id)
    ) a
    JOIN kpis_forecastversion v ON v.account_id = a.id AND v.week BETWEEN %(oldest)s AND %(last)s
        AND v.baseline IS NOT NULL AND v.naive IS NOT NULL
    JOIN kpis_accountweek w ON w.account_id = v.account_id AND w.week = v.week AND w.units IS NOT NULL
    WHERE NOT EXISTS (
        SELECT 1 FROM kpis_forecastscore s
        WHERE s.account_id = v.account_id AND s.lag = v.lag AND s.week = v.week AND s.by_account
    ) AND EXISTS (
        SELECT 1 FROM kpis_accountforecast t
        WHERE t.account_id = v.account_id AND t.product_id = v.product_id AND t.week = v.week
            AND t.made_on <= v.frozen_on)
    ORDER BY 1, 2
"""
GIVEN = "SELECT * FROM unnest(%(accounts)s::bigint[], %(weeks)s::date[]) AS p(account_id, week)"
FORGET = f"DELETE FROM kpis_forecastscore s USING ({GIVEN}) p WHERE s.account_id = p.account_id AND s.week = p.week"
# What an account forecast itself is judged as it stood on the day ours was frozen, on the products of both.
SCORE = f"""
    INSERT INTO kpis_forecastscore (account_id, author_id, by_account, lag, week, products, actual, agreed_wrong,
        baseline_wrong, naive_wrong, agreed_over, baseline_over, naive_over)
    SELECT v.account_id, f.author_id, f.by_account, v.lag, v.week, count(*), sum(a.units),
        sum(abs(f.units - a.units)), sum(abs(v.baseline - a.units)), sum(abs(v.naive - a.units)),
        sum(f.units - a.units), sum(v.baseline - a.units), sum(v.naive - a.units)
    FROM ({GIVEN}) p
    JOIN kpis_accountweek w ON w.account_id = p.account_id AND w.week = p.week AND w.units IS NOT NULL
    JOIN kpis_forecastversion v ON v.account_id = p.account_id AND v.week = p.week
        AND v.baseline IS NOT NULL AND v.naive IS NOT NULL
    LEFT JOIN kpis_productweek s
        ON s.account_id = v.account_id AND s.product_id = v.product_id AND s.week = v.week
    CROSS JOIN LATERAL (SELECT greatest(coalesce(s.units, 0), 0) AS units) a
    CROSS JOIN LATERAL (
        SELECT v.agreed AS units, v.author_id, false AS by_account
        UNION ALL
        (SELECT t.units, NULL, true FROM kpis_accountforecast t
         WHERE t.account_id = v.account_id AND t.product_id = v.product_id AND t.week = v.week
            AND t.made_on <= v.frozen_on
         ORDER BY t.made_on DESC LIMIT 1)
    ) f
    GROUP BY v.account_id, f.author_id, f.by_account, v.lag, v.week
    ORDER BY 1, 4, 5
"""


def freeze(night, last) -> int:
    """Keep what is agreed for the weeks that are one, two, four, eight and thirteen weeks after `last`."""
    weeks = [last + timedelta(weeks=lag) for lag in LAGS]
    with connection.cursor() as cursor:
        cursor.execute(FREEZE, night.params | {"last": last, "weeks": weeks})
        return cursor.rowcount


def score(night, last) -> int:
    """Compare frozen forecasts with weeks that are newly known or were restated, half a year back at most."""
    oldest = queries.span(last, SCORED_WEEKS)[0]
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, night.params | {"last": last, "oldest": oldest})
        pairs = cursor.fetchall()
        given = {"accounts": [account for account, _week in pairs], "weeks": [week for _account, week in pairs]}
        cursor.execute(FORGET, given)
        cursor.execute(SCORE, given)
        return cursor.rowcount
