"""The measure of what bringing one unit to an account costs."""

from django.utils.translation import gettext_lazy as _

from kam.measures import measure
from kpis.measures import SHARD, WEEK

COSTS = ("freight", "expedite", "handling", "penalties", "returns")


@measure(
    "supply_cost",
    label=_("Supply cost per unit"),
    unit="each",
    good="down",
    decimals=2,
    feeds=("shipments",),
    definition=_(
        "(Freight + express surcharge + handling + penalties + cost of returns) ÷ units, of shipments that arrived in "
        "the week, or left in it where nobody says when they arrived. Shipments of which no cost is known do not count."
    ),
)
def supply_cost(window):
    cost = " + ".join(f"coalesce(s.{name}, 0)" for name in COSTS)
    day = "coalesce(s.delivered_on, s.shipped_on)"
    return f"""
        SELECT s.account_id, {WEEK.format(day)} AS week, sum({cost}) AS numerator, sum(s.units) AS denominator
        FROM accounts_account a
        JOIN kpis_shipment s ON s.account_id = a.id AND s.currency = a.currency
            AND s.shipped_on BETWEEN %(first)s::date - 60 AND least(%(last)s::date + 6, %(as_of)s::date)
        WHERE {SHARD} AND {day} BETWEEN %(first)s::date AND least(%(last)s::date + 6, %(as_of)s::date)
            AND num_nonnulls({", ".join(f"s.{name}" for name in COSTS)}) > 0
        GROUP BY 1, 2
    """
