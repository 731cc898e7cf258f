"""Which weeks of a product at an account were out of stock, and what was lost: one statement over the rollups.

A product is *selling* in a week when at least `LEAST_WEEKS` of its weeks in the half year before were fine (it had
stock, in more than half of its stores, and sold); it *is expected* to sell the mean of the latest `BASIS_WEEKS` of
them, scaled by how the account's week of last year compares with last year's mean of the same weeks (between ½ and 2;
1 where last year is not known). A selling product that is expected to sell `LEAST_UNITS` or more is out of stock when

- no store has any left at the end of the week, or
- half of its stores or more have none, and less than `FELT` of what was expected was sold, `LEAST_UNITS` or more
  fewer, or
- there is stock, or nobody says, and nothing was sold of `PLAUSIBLE` units or more. With 5 expected, nothing at all is
  sold by chance in one week of a hundred and fifty.

`lost = max(0, expected − sold)`, week by week. Weeks without complete news are left out: they neither make nor end an
episode; three of them do.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from kam.sql import dicts

BASIS_WEEKS = 8
LEAST_WEEKS = 4
LEAST_UNITS = 2
FELT = Decimal("0.75")
PLAUSIBLE = 5
HALF_YEAR = timedelta(weeks=26)
# The news of so many days may be missing within an episode.
BRIDGED = timedelta(days=21)
# An account that goes on reporting, but not this product, does not list it any more after so many days.
UNLISTED = timedelta(days=14)


@dataclass
class Gap:
    """One run of weeks out of stock, as the facts show it tonight; quantities in units, money in `currency`.

    `recent` and `before` are units sold in the four fine weeks before it and in the four before these, `opening` the
    stock five weeks before it, `on_hand` the mean stock while it lasts, None where nobody says.
    """

    account_id: int
    product_id: int
    first_week: date
    last_week: date
    weeks: int
    kind: str
    is_open: bool
    expected: Decimal
    sold: Decimal
    lost: Decimal
    lost_value: Decimal | None
    currency: str
    stores: int | None
    empty_stores: int | None
    on_hand: Decimal | None
    recent: Decimal | None
    before: Decimal | None
    opening: Decimal | None
    supply: dict = field(default_factory=dict)

    @property
    def weekly(self):
        """Mean units expected in a week of it."""
        return self.expected / self.weeks


# `n` fine weeks stand before a week, so the basis of a week is a range of `n`: one pass over the weeks, whatever the
# planner believes of a table that has just been filled.
GAPS = """
WITH late AS MATERIALIZED (
    SELECT * FROM unnest(%(late_accounts)s::bigint[], %(late_weeks)s::date[]) AS l(account_id, week)
),
week AS (
    SELECT p.account_id, p.product_id, p.week, p.units, p.value, p.stock, p.stores, p.empty_stores,
        p.units > 0 AND coalesce(p.stock > 0, true) AND coalesce(2 * p.empty_stores < p.stores, true) AS fine,
        row_number() OVER along AS position, lead(p.week) OVER along AS next_week,
        first_value(p.stock) OVER (along RANGE BETWEEN '35 days' PRECEDING AND '35 days' PRECEDING) AS opening
    FROM kpis_productweek p
    WHERE p.account_id = ANY(%(accounts)s::bigint[]) AND p.week BETWEEN %(since)s::date - 182 AND %(last)s
        AND p.units IS NOT NULL AND (p.account_id, p.week) NOT IN (SELECT l.account_id, l.week FROM late l)
    WINDOW along AS (PARTITION BY p.account_id, p.product_id ORDER BY p.week)
),
counted AS (
    SELECT w.*, count(*) FILTER (WHERE fine) OVER before AS n, max(week) FILTER (WHERE fine) OVER before AS basis_to
    FROM week w
    WINDOW before AS (PARTITION BY account_id, product_id ORDER BY week
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
summed AS (
    SELECT c.*, least(n, {basis}) AS basis_weeks, min(week) FILTER (WHERE fine) OVER basis AS basis_from,
        sum(units) FILTER (WHERE fine) OVER basis AS basis_units,
        sum(value) FILTER (WHERE fine) OVER basis AS basis_value,
        sum(units) FILTER (WHERE fine) OVER (along RANGE BETWEEN {basis} / 2 PRECEDING AND 1 PRECEDING) AS recent,
        sum(units) FILTER (WHERE fine)
            OVER (along RANGE BETWEEN {basis} PRECEDING AND {basis} / 2 + 1 PRECEDING) AS before
    FROM counted c
    WINDOW along AS (PARTITION BY account_id, product_id ORDER BY n),
        basis AS (along RANGE BETWEEN {basis} PRECEDING AND 1 PRECEDING)
),
based AS (
    SELECT * FROM summed
    WHERE NOT fine AND week >= %(since)s AND n >= {least_weeks} AND basis_to >= week - 182
),
expected AS (
    SELECT b.*, b.basis_units / b.basis_weeks
        * CASE WHEN y.units / u.units > 0 THEN least(greatest(y.units / u.units, 0.5), 2) ELSE 1 END AS expected
    FROM based b
    LEFT JOIN kpis_accountweek y ON y.account_id = b.account_id AND y.week = b.week - 364 AND y.units > 0
    LEFT JOIN LATERAL (
        SELECT avg(a.units) AS units FROM kpis_accountweek a
        WHERE a.account_id = b.account_id AND a.week BETWEEN b.basis_from - 364 AND b.basis_to - 364 AND a.units > 0
    ) u ON true
),
judged AS (
    SELECT e.*, CASE
        WHEN stock <= 0 THEN 'empty'
        WHEN 2 * empty_stores >= stores AND units < {felt} * expected AND expected - units >= {least_units}
            THEN 'part'
        WHEN units <= 0 AND expected >= {plausible} AND coalesce(2 * empty_stores < stores, true) THEN 'phantom'
    END AS kind
    FROM expected e WHERE expected >= {least_units}
),
run AS (
    SELECT j.*, count(*) FILTER (WHERE starts) OVER (PARTITION BY account_id, product_id ORDER BY week) AS run
    FROM (
        SELECT *, coalesce(position > lag(position) OVER along + 1 OR week - lag(week) OVER along > {bridged}, true)
            AS starts
        FROM judged WHERE kind IS NOT NULL
        WINDOW along AS (PARTITION BY account_id, product_id ORDER BY week)
    ) j
),
gap AS (
    SELECT account_id, product_id, min(week) AS first_week, max(week) AS last_week, count(*) AS weeks,
        mode() WITHIN GROUP (ORDER BY kind) AS kind,
        round(sum(expected), 3) AS expected, sum(units) AS sold,
        round(sum(greatest(expected - units, 0)), 3) AS lost,
        round(sum(greatest(expected - units, 0) * basis_value / basis_units), 2) AS lost_value,
        max(stores) AS stores, max(empty_stores) AS empty_stores, round(avg(stock), 3) AS on_hand,
        (array_agg(recent ORDER BY week))[1] AS recent, (array_agg(before ORDER BY week))[1] AS before,
        (array_agg(opening ORDER BY week))[1] AS opening, (array_agg(next_week ORDER BY week DESC))[1] AS next_week
    FROM run GROUP BY account_id, product_id, run
)
SELECT g.account_id, g.product_id, g.first_week, g.last_week, g.weeks, g.kind, g.expected, g.sold, g.lost, g.lost_value,
    a.currency, g.stores, g.empty_stores, g.on_hand, g.recent, g.before, g.opening,
    g.next_week IS NULL AND coalesce(newest.week <= g.last_week + {unlisted}, true) AS is_open
FROM gap g
JOIN accounts_account a ON a.id = g.account_id
CROSS JOIN LATERAL (
    SELECT max(w.week) AS week FROM kpis_accountweek w
    WHERE w.account_id = g.account_id AND w.units IS NOT NULL AND w.week <= %(last)s
) newest
WHERE g.last_week >= %(until)s
ORDER BY g.account_id, g.product_id, g.first_week
"""
SQL = GAPS.format(
    basis=BASIS_WEEKS,
    least_weeks=LEAST_WEEKS,
    least_units=LEAST_UNITS,
    felt=FELT,
    plausible=PLAUSIBLE,
    bridged=BRIDGED.days,
    unlisted=UNLISTED.days,
)


def find(accounts, start, last, late) -> list[Gap]:
    """The gaps of these accounts that reach into the weeks from `start` on, judged to the week `last`.

    `late` are (account, week) pairs without complete news.
    """
    params = {
        "accounts": accounts,
        "since": start - HALF_YEAR,
        "until": start - BRIDGED,
        "last": last,
        "late_accounts": [account for account, _week in late],
        "late_weeks": [week for _account, week in late],
    }
    return [Gap(**row) for row in dicts(SQL, params)]
