"""What it costs to bring one unit to an account, as SQL: which shipments count, on which day, and at what cost."""

from kpis.sql import SHARD, WEEK

COSTS = ("freight", "expedite", "handling", "penalties", "returns")
# A consignment is on its way for no longer than so many days.
ON_ITS_WAY = 60
# The day that a shipment `s` belongs to, and whether it counts.
DAY = "coalesce(s.delivered_on, s.shipped_on)"
IS_KNOWN = f"num_nonnulls({', '.join(f's.{name}' for name in COSTS)}) > 0"

COST_PER_UNIT = f"""
    SELECT s.account_id, {WEEK.format(DAY)} AS week,
        sum({" + ".join(f"coalesce(s.{name}, 0)" for name in COSTS)}) AS numerator, sum(s.units) AS denominator
    FROM accounts_account a
    JOIN kpis_shipment s ON s.account_id = a.id AND s.currency = a.currency
        AND s.shipped_on BETWEEN %(first)s::date - {ON_ITS_WAY} AND least(%(last)s::date + 6, %(as_of)s::date)
    WHERE {SHARD} AND {DAY} BETWEEN %(first)s::date AND least(%(last)s::date + 6, %(as_of)s::date) AND {IS_KNOWN}
    GROUP BY 1, 2
"""
