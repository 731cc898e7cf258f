"""What files told of each feed's weeks: how much, of which stores, first when, and which file said it last."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kam.sql import dicts
from kpis.models import Feed

# An account's own feeds and those above speak of it; the whole house has root 0.
SCOPE = """
WITH scope AS MATERIALIZED (
    SELECT f.id AS feed_id, f.kind, a.id AS account_id
    FROM kpis_feed f JOIN accounts_account a ON f.account_id IS NULL OR a.lineage @> ARRAY[f.account_id]
    WHERE f.id = ANY(%(feeds)s::bigint[])
),
part AS MATERIALIZED (
    SELECT s.feed_id, w.week, w.batch_id, b.received_at, w.store_ids,
        coalesce(w.units_moved, w.value_moved, w.new) AS moved
    FROM scope s
    JOIN kpis_batchweek w ON w.account_id = s.account_id AND w.week BETWEEN %(first)s AND %(last)s
    JOIN kpis_importbatch b ON b.id = w.batch_id AND b.kind = s.kind AND b.state = 'applied' AND b.received_at < %(at)s
)
"""
# One pass: a part stands once for each of its stores, and its amount counts with the first of them.
TOLD = f"""{SCOPE}
SELECT p.feed_id, p.week, sum(p.moved) FILTER (WHERE coalesce(s.place, 1) = 1) AS total,
    min(p.received_at) AS first_at, max(p.batch_id) AS batch_id,
    array_agg(DISTINCT s.id) FILTER (WHERE s.id IS NOT NULL) AS store_ids
FROM part p LEFT JOIN LATERAL unnest(p.store_ids) WITH ORDINALITY s(id, place) ON true
GROUP BY 1, 2 ORDER BY 1, 2
"""
ALL_STORES = """
SELECT f.id, array_agg(s.id) FROM kpis_feed f
JOIN accounts_account a ON a.lineage @> ARRAY[f.account_id] JOIN accounts_store s ON s.account_id = a.id
WHERE f.id = ANY(%(feeds)s::bigint[]) GROUP BY 1
"""


@dataclass(frozen=True)
class Told:
    """One week of one feed: the total of what is stored, its stores, its first arrival, and the latest file."""

    week: date
    total: Decimal
    first_at: datetime
    batch_id: int
    stores: frozenset[int]


def told(feeds: Iterable[Feed], first: date, last: date, at: datetime) -> dict[int, dict[date, Told]]:
    """What is known at `at` of the weeks from `first` to `last`, by feed and week.

    The total is of units, else of value, else of rows, whatever the kind has; a restatement counts with what it moved.
    """
    params = {"feeds": [feed.pk for feed in feeds], "first": first, "last": last, "at": at}
    found = defaultdict(dict)
    for row in dicts(TOLD, params) if params["feeds"] else ():
        pk, stores = row.pop("feed_id"), frozenset(row.pop("store_ids") or ())
        found[pk][row["week"]] = Told(stores=stores, **row | {"total": row["total"] or Decimal(0)})
    return found


def all_stores(feeds: Iterable[Feed]) -> dict[int, frozenset[int]]:
    """Every store of the account of a feed, and of what is below it, by feed."""
    ids = [feed.pk for feed in feeds if feed.account_id and feed.expected_stores == Feed.Expected.ALL]
    rows = dicts(ALL_STORES, {"feeds": ids}) if ids else []
    return {row["id"]: frozenset(row["array_agg"]) for row in rows}
