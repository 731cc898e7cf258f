"""How much of a product each store needs: the advice of its account, reckoned for every store when somebody asks.

    share = the store's mean week ÷ those of all stores together, over its last 13 weeks with stock
    d     = units a week of the account's advice × share
    σ     = standard deviation of those weeks

Lead time, days between orders and service level are those of the account, whose orders they are read from; the rest is
the formula of the account (`kpis.replenishment`). Where a store has no stock, four such weeks, or the account no lead
time, nothing is advised but what is missing is said.

On order are lines that name the store, and its share of those that name none and of what lies in warehouses: a
warehouse that sells nothing needs nothing. So a single store that sells each week needs what its account needs; several
together may need more, as each keeps a safety stock of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from kam.sql import dicts
from kpis.models import Replenishment
from kpis.replenishment.night import ADVISED, COMING, COUNTS, SERVICE, URGENCY, quantile

WEEKS = 13
CHUNK = 100

ADVISE = f"""
WITH advice AS MATERIALIZED (
    SELECT r.*, t.z FROM kpis_replenishment r
    JOIN unnest(%(levels)s::numeric[], %(quantiles)s::numeric[]) AS t(level, z) ON t.level = r.service_level
    WHERE r.id = ANY(%(rows)s::bigint[])
),
shelf AS MATERIALIZED (
    SELECT a.id, s.store_id, count(*) FILTER (WHERE f.had) AS weeks, avg(s.units) FILTER (WHERE f.had) AS mean,
        stddev_samp(s.units) FILTER (WHERE f.had) AS deviation, sum(s.units) AS sold, max(s.week) AS newest,
        sum(s.stock) FILTER (WHERE s.week = a.week) AS on_hand
    FROM advice a
    JOIN accounts_store o ON o.account_id = a.account_id
    JOIN kpis_sellthrough s ON s.week = ANY(%(weeks)s::date[]) AND s.store_id = o.id AND s.product_id = a.product_id
        AND s.week BETWEEN a.week - 84 AND a.week
    CROSS JOIN LATERAL (SELECT coalesce(s.stock > 0, true) AS had) f
    GROUP BY 1, 2
),
coming AS (
    SELECT a.id, l.store_id, {COMING.format(day="a.as_of")} AS units
    FROM advice a
    JOIN kpis_orderline l ON l.account_id = a.account_id AND l.product_id = a.product_id
        AND {COUNTS.format(day="a.as_of")}
    WHERE l.store_id IS NOT NULL
    GROUP BY 1, 2
),
listed AS MATERIALIZED (
    SELECT h.*, o.kind = 'warehouse' AND h.sold <= 0 AS keeps,
        h.mean / nullif(sum(h.mean) OVER (PARTITION BY h.id), 0) AS share
    FROM shelf h
    JOIN advice a ON a.id = h.id
    JOIN accounts_store o ON o.id = h.store_id
    WHERE h.newest >= a.week - 21 AND (h.sold > 0 OR h.on_hand > 0)
),
free AS (
    SELECT a.id, greatest(a.on_order - coalesce((SELECT sum(c.units) FROM coming c WHERE c.id = a.id), 0), 0)
        + coalesce((SELECT sum(l.on_hand) FROM listed l WHERE l.id = a.id AND l.keeps), 0) AS units
    FROM advice a
),
known AS (
    SELECT a.id, a.z, a.lead_days, a.review_days, a.case_size, h.store_id, h.on_hand, h.keeps, x.shared,
        coalesce(c.units, 0) + x.shared AS on_order,
        round(CASE WHEN h.weeks >= 4 THEN coalesce(a.weekly * h.share, h.mean) END, 3) AS weekly,
        round(CASE WHEN h.weeks >= 4 THEN h.deviation END, 3) AS deviation
    FROM listed h
    JOIN advice a ON a.id = h.id
    JOIN free f ON f.id = h.id
    LEFT JOIN coming c ON c.id = h.id AND c.store_id = h.store_id
    CROSS JOIN LATERAL (SELECT round(coalesce(f.units * h.share, 0), 3) AS shared) x
),
level AS (
    SELECT k.*, round(z * deviation * sqrt((lead_days + review_days) / 7), 3) AS safety_stock,
        CASE WHEN keeps THEN '' WHEN on_hand IS NULL THEN 'stock' WHEN weekly IS NULL OR deviation IS NULL THEN 'sales'
            WHEN lead_days IS NULL THEN 'lead_time' ELSE '' END AS missing
    FROM known k
),
goal AS (
    SELECT l.*, round(weekly * lead_days / 7 + safety_stock, 3) AS reorder_point,
        round(weekly * (lead_days + review_days) / 7 + safety_stock, 3) AS up_to
    FROM level l
),
judged AS (
    SELECT g.*, CASE WHEN weekly > 0 THEN round(least(on_hand / weekly, 999), 1) END AS cover,
        CASE WHEN keeps THEN '' {URGENCY} END AS urgency
    FROM goal g
)
SELECT j.id AS advice, j.store_id AS pk, o.code, o.name, o.city, j.on_hand, j.on_order, j.shared, j.weekly, j.deviation,
    j.safety_stock, j.reorder_point, j.up_to, j.case_size, j.missing, j.cover, j.urgency,
    CASE WHEN urgency NOT IN ('', 'unknown') THEN {ADVISED} END AS advised
FROM judged j JOIN accounts_store o ON o.id = j.store_id
ORDER BY j.id, array_position(%(urgencies)s::text[], urgency) NULLS LAST, cover NULLS LAST, o.name, o.id
"""


@dataclass(frozen=True)
class Need:
    """What one store needs of the product of one row of advice, in units; `pk` is that of the store.

    `shared` is the part of `on_order` that lies in warehouses or is ordered for no store. A warehouse that sells
    nothing has no `urgency`; see `Replenishment` for the rest.
    """

    advice: int
    pk: int
    code: str
    name: str
    city: str
    on_hand: Decimal | None
    on_order: Decimal
    shared: Decimal
    weekly: Decimal | None
    deviation: Decimal | None
    safety_stock: Decimal | None
    reorder_point: Decimal | None
    up_to: Decimal | None
    case_size: int
    missing: str
    cover: Decimal | None
    urgency: str
    advised: Decimal | None

    @property
    def is_warehouse(self):
        return not self.urgency


@dataclass(frozen=True)
class Balance:
    """All stores together, in units: to order now, on hand, and what is shared out among them: from where."""

    advised: Decimal
    on_hand: Decimal
    kept: Decimal
    unnamed: Decimal


def needs(advice: Iterable[Replenishment]) -> list[Need]:
    """What the stores need of these rows of advice, the most urgent first below each: one query."""
    advice = list(advice)
    last = [row.week for row in advice]
    given = {
        "rows": [row.pk for row in advice],
        "weeks": sorted({week - timedelta(weeks=n) for week in set(last) for n in range(WEEKS)}),
        "levels": [str(level) for level in set(SERVICE.values())],
        "quantiles": [str(quantile(level)) for level in set(SERVICE.values())],
        "urgencies": list(Replenishment.Urgency.values),
    }
    return [Need(**row) for row in dicts(ADVISE, given)]


def needs_of_all(advice) -> Iterator[tuple[Replenishment, Need]]:
    """The same of many rows, a chunk at a time, each beside its advice."""
    rows = list(advice)
    for start in range(0, len(rows), CHUNK):
        chunk = {row.pk: row for row in rows[start : start + CHUNK]}
        order = {pk: at for at, pk in enumerate(chunk)}
        for need in sorted(needs(chunk.values()), key=lambda need: order[need.advice]):
            yield chunk[need.advice], need


def balance(found: Iterable[Need]) -> Balance:
    """The stores of one row of advice together, what warehouses keep, and what is ordered without naming a store."""
    shops = [need for need in found if not need.is_warehouse]
    kept = _sum(need.on_hand for need in found if need.is_warehouse)
    return Balance(
        advised=_sum(need.advised for need in shops),
        on_hand=_sum(need.on_hand for need in shops),
        kept=kept,
        unnamed=max(_sum(need.shared for need in shops) - kept, Decimal(0)),
    )


def _sum(figures):
    return sum((figure for figure in figures if figure is not None), Decimal(0))
