"""Sums of shipments by account, and by product group through the lines of their orders; in the account's currency.

A shipment belongs to the day it arrived, or left where nobody says when it arrived. One of which no cost is known does
not count, so that a missing figure is not taken for none. The cost of a shipment is shared among the product groups of
its order by the units that were ordered of each; what names no known order has no group.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from kam.sql import dicts
from kpis import calc
from kpis.supply_cost.measure import COSTS, DAY, IS_KNOWN, ON_ITS_WAY

COUNTED = f"""
    SELECT s.account_id, s.order_number, s.units, {", ".join(f"coalesce(s.{name}, 0) AS {name}" for name in COSTS)},
        {DAY} >= %(first)s AS is_now
    FROM kpis_shipment s JOIN accounts_account a ON a.id = s.account_id AND a.currency = s.currency
    WHERE s.account_id = ANY(%(accounts)s::bigint[]) AND s.shipped_on BETWEEN %(earliest)s AND %(last)s
        AND {DAY} BETWEEN %(before)s AND %(last)s AND {IS_KNOWN}
"""
SUMS = ", ".join(f"sum(c.{name}) AS {name}" for name in COSTS)
BY_ACCOUNT = f"""
    SELECT c.account_id AS key, c.is_now, sum(c.units) AS units, {SUMS}
    FROM ({COUNTED}) c GROUP BY 1, 2
"""
SHARED = ", ".join(f"sum(c.{name} * coalesce(g.share, 1)) AS {name}" for name in COSTS)
BY_GROUP = f"""
    WITH counted AS MATERIALIZED ({COUNTED}),
    share AS (
        SELECT l.account_id, l.order_number, m.category_id,
            sum(l.ordered) / nullif(sum(sum(l.ordered)) OVER (PARTITION BY l.account_id, l.order_number), 0) AS share
        FROM (SELECT DISTINCT account_id, order_number FROM counted WHERE order_number <> '') o
        JOIN kpis_orderline l USING (account_id, order_number)
        JOIN kpis_product m ON m.id = l.product_id
        GROUP BY 1, 2, 3
    )
    SELECT k.name AS key, c.is_now, sum(c.units * coalesce(g.share, 1)) AS units, {SHARED}
    FROM counted c
    LEFT JOIN share g ON g.account_id = c.account_id AND g.order_number = c.order_number AND g.share IS NOT NULL
    LEFT JOIN kpis_category k ON k.id = g.category_id
    GROUP BY 1, 2
"""


@dataclass
class Cost:
    """Units and costs of a period by part, money in the account's currency; `before` is the same of the one before."""

    units: Decimal = calc.ZERO
    parts: dict = field(default_factory=dict)
    before: "Cost | None" = None

    @property
    def total(self):
        return sum(self.parts.values(), calc.ZERO) if self.units else None

    def each(self, part=None):
        """Cost per unit, of one part or of all; None without units."""
        return calc.rate(self.total if part is None else self.parts.get(part), self.units)

    @property
    def change(self):
        """By how much one unit costs more than in the period before, in percent; None where one is unknown."""
        now, before = self.each(), self.before.each() if self.before else None
        return None if now is None or not before else (now / before - 1) * 100


def by_account(accounts, last: date, weeks: int) -> dict[int, Cost]:
    """Costs of these accounts in the `weeks` weeks to `last`, by id; those without shipments are left out."""
    return _costs(BY_ACCOUNT, accounts, last, weeks)


def by_group(account, last: date, weeks: int) -> dict[str | None, Cost]:
    """Costs of one account by the name of the product group, None for what has none."""
    return _costs(BY_GROUP, [account], last, weeks)


def _costs(sql, accounts, last, weeks):
    first = last - timedelta(weeks=weeks - 1)
    before = first - timedelta(weeks=weeks)
    earliest = before - timedelta(days=ON_ITS_WAY)
    days = {"first": first, "before": before, "last": calc.sunday(last), "earliest": earliest}
    found = {}
    for row in dicts(sql, {"accounts": list(accounts)} | days):
        cost = Cost(row["units"], {name: row[name] for name in COSTS})
        found.setdefault(row["key"], {})[row["is_now"]] = cost
    for pair in found.values():
        pair.setdefault(True, Cost()).before = pair.get(False)
    return {key: pair[True] for key, pair in found.items()}
