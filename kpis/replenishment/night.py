"""The night reckons the advice of the accounts whose facts changed, and marks that of those whose news is overdue."""

from datetime import timedelta
from statistics import NormalDist

from django.db import connection

from kpis.calc import last_complete_week
from kpis.feeds.standing import waiting
from kpis.sql import MINE
from kpis.stockouts.night import changed

SERVICE = {"A": 0.98, "B": 0.95, "C": 0.90, "": 0.95}
KINDS = ("sell_through", "orders")

# Of an order line `l`, up to a `{day}`: the units that are still to come, and whether they are expected at all.
COMING = """sum(greatest(l.ordered - coalesce(l.cancelled, 0) - coalesce(l.rejected, 0)
            - CASE WHEN l.received_on <= {day} OR l.received_on IS NULL THEN coalesce(l.received, 0) ELSE 0 END,
            0))"""
COUNTS = """l.ordered_on BETWEEN {day} - 182 AND {day}
        AND coalesce(l.requested_on, l.ordered_on) >= {day} - 56
        AND (l.received_on IS NULL OR l.received_on > {day})"""
URGENCY = """WHEN missing <> '' THEN 'unknown' WHEN on_hand + on_order <= reorder_point THEN 'now'
            WHEN on_hand <= safety_stock THEN 'coming'
            WHEN on_hand + on_order < up_to THEN 'soon' ELSE 'enough'"""
ADVISED = "ceil(greatest(up_to - on_hand - on_order, 0) / case_size) * case_size"
TODAY = "%(date)s::date"

ADVISE = f"""
WITH tier AS (SELECT * FROM unnest(%(tiers)s::text[], %(levels)s::numeric[], %(quantiles)s::numeric[])
    AS t(tier, service_level, z)),
account AS MATERIALIZED (
    SELECT a.id, t.service_level, t.z, o.lead_days,
        least(greatest(182.0 / nullif(o.days, 0), 7), 28) AS review_days,
        (SELECT max(w.week) FROM kpis_accountweek w
         WHERE w.account_id = a.id AND w.units IS NOT NULL AND w.week <= %(last)s) AS week
    FROM accounts_account a
    JOIN tier t ON t.tier = CASE WHEN a.tier IN ('A', 'B', 'C') THEN a.tier ELSE '' END
    CROSS JOIN LATERAL (
        SELECT count(DISTINCT l.ordered_on) AS days,
            avg(l.received_on - l.ordered_on)
                FILTER (WHERE l.received_on BETWEEN l.ordered_on AND %(date)s) AS lead_days
        FROM kpis_orderline l
        WHERE l.account_id = a.id AND l.ordered_on BETWEEN %(date)s::date - 182 AND %(date)s
    ) o
    WHERE a.id = ANY(%(accounts)s::bigint[])
),
recent AS MATERIALIZED (
    SELECT p.account_id, p.product_id, a.week,
        count(*) FILTER (WHERE p.units > 0 AND coalesce(p.stock > 0, true)) AS weeks,
        avg(p.units) FILTER (WHERE p.units > 0 AND coalesce(p.stock > 0, true)) AS mean,
        stddev_samp(p.units) FILTER (WHERE p.units > 0 AND coalesce(p.stock > 0, true)) AS deviation,
        sum(p.stock) FILTER (WHERE p.week = a.week) AS on_hand
    FROM account a
    JOIN kpis_productweek p ON p.account_id = a.id AND p.week BETWEEN a.week - 84 AND a.week AND p.units IS NOT NULL
    GROUP BY 1, 2, 3
    HAVING max(p.week) >= a.week - 21 AND sum(p.units) > 0
),
planned AS (
    SELECT f.account_id, f.product_id, avg(f.agreed) AS weekly
    FROM account a
    JOIN kpis_forecastweek f ON f.account_id = a.id AND f.week BETWEEN a.week + 7 AND a.week + 28
    GROUP BY 1, 2 HAVING count(f.agreed) = 4
),
coming AS (
    SELECT l.account_id, l.product_id, {COMING.format(day=TODAY)} AS units
    FROM account a
    JOIN kpis_orderline l ON l.account_id = a.id AND {COUNTS.format(day=TODAY)}
    GROUP BY 1, 2
),
known AS (
    SELECT r.account_id, r.product_id, r.week, CASE WHEN f.weekly IS NULL THEN 'mean' ELSE 'forecast' END AS basis,
        round(coalesce(f.weekly, CASE WHEN r.weeks >= 4 THEN r.mean END), 3) AS weekly,
        round(CASE WHEN r.weeks >= 4 THEN r.deviation END, 3) AS deviation,
        round(a.lead_days, 1) AS lead_days, round(coalesce(a.review_days, 7), 1) AS review_days, a.service_level, a.z,
        r.on_hand, coalesce(c.units, 0) AS on_order, coalesce(m.case_size, 1) AS case_size
    FROM recent r
    JOIN account a ON a.id = r.account_id
    JOIN kpis_product m ON m.id = r.product_id
    LEFT JOIN planned f USING (account_id, product_id)
    LEFT JOIN coming c USING (account_id, product_id)
),
level AS (
    SELECT k.*, round(z * deviation * sqrt((lead_days + review_days) / 7), 3) AS safety_stock,
        CASE WHEN on_hand IS NULL THEN 'stock' WHEN weekly IS NULL OR deviation IS NULL THEN 'sales'
            WHEN lead_days IS NULL THEN 'lead_time' ELSE '' END AS missing
    FROM known k
),
goal AS (
    SELECT l.*, round(weekly * lead_days / 7 + safety_stock, 3) AS reorder_point,
        round(weekly * (lead_days + review_days) / 7 + safety_stock, 3) AS up_to
    FROM level l
),
fresh AS MATERIALIZED (
    SELECT account_id, product_id, week, basis, weekly, deviation, lead_days, review_days, service_level,
        safety_stock, reorder_point, up_to, on_hand, on_order, case_size,
        CASE WHEN missing = '' THEN {ADVISED} END AS advised,
        CASE WHEN weekly > 0 THEN round(least(on_hand / weekly, 999), 1) END AS cover,
        CASE {URGENCY} END AS urgency,
        missing
    FROM goal
),
gone AS (
    DELETE FROM kpis_replenishment r
    WHERE r.account_id = ANY(%(accounts)s::bigint[]) AND r.as_of <= %(date)s
        AND (r.account_id, r.product_id) NOT IN (SELECT f.account_id, f.product_id FROM fresh f)
    RETURNING 1
),
put AS (
    INSERT INTO kpis_replenishment AS r (account_id, product_id, week, basis, weekly, deviation, lead_days, review_days,
        service_level, safety_stock, reorder_point, up_to, on_hand, on_order, case_size, advised, cover, urgency,
        missing, late, as_of)
    SELECT f.*, false, %(date)s FROM fresh f ORDER BY account_id, product_id
    ON CONFLICT (account_id, product_id) DO UPDATE
    SET week = excluded.week, basis = excluded.basis, weekly = excluded.weekly, deviation = excluded.deviation,
        lead_days = excluded.lead_days, review_days = excluded.review_days, service_level = excluded.service_level,
        safety_stock = excluded.safety_stock, reorder_point = excluded.reorder_point, up_to = excluded.up_to,
        on_hand = excluded.on_hand, on_order = excluded.on_order, case_size = excluded.case_size,
        advised = excluded.advised, cover = excluded.cover, urgency = excluded.urgency, missing = excluded.missing,
        as_of = excluded.as_of
    WHERE r.as_of <= excluded.as_of
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
"""
MARK = f"""
UPDATE kpis_replenishment r SET late = NOT r.late
WHERE {MINE.format("r")} AND r.late <> (r.account_id = ANY(%(waiting)s::bigint[]))
"""


def replenishment(night) -> int:
    """Reckon the advice of the shard's accounts whose facts changed; returns rows written."""
    held_back = waiting(night)
    last = last_complete_week(night.date)
    late = set().union(*(held_back.accounts(kind, last - timedelta(weeks=1)) for kind in KINDS))
    accounts = [account for account, _week in changed(night) if account not in late]
    with connection.cursor() as cursor:
        rows = _advise(cursor, accounts, night.date, last) if accounts else 0
        cursor.execute(MARK, night.params | {"waiting": sorted(late)})
    return rows


def _advise(cursor, accounts, day, last):
    given = {
        "accounts": accounts,
        "date": day,
        "last": last,
        "tiers": list(SERVICE),
        "levels": [str(level) for level in SERVICE.values()],
        "quantiles": [str(quantile(level)) for level in SERVICE.values()],
    }
    cursor.execute(ADVISE, given)
    return cursor.fetchone()[0]


def quantile(level) -> float:
    """How many standard deviations cover this share of weeks: 0.95 is 1.645."""
    return round(NormalDist().inv_cdf(level), 3)
