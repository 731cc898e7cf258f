"""What the KPI floor measures: per account and ISO week, in SQL over all accounts of a shard.

A cut-off is the week's Sunday, or `as_of` when that is earlier. Amounts are in the account's own currency; the steps of
rollups and of measures say when something was left out for want of a rate.
"""

from django.utils.translation import gettext_lazy as _

from kam.measures import measure
from kam.roles import DataClass
from kpis.levels import ITEMS, ITEMS_BEFORE, LINE_RATE, LINES_BEFORE, ORDER_LINES, level
from kpis.sql import MINE, SHARD, WEEK
from kpis.supply_cost.measure import COST_PER_UNIT


def _of_rollup(column, known):
    """A weekly sum of the rollup; weeks that nobody reported have no row."""
    return f"""
        SELECT w.account_id, w.week, {column} AS numerator, 1::numeric AS denominator
        FROM kpis_accountweek w
        WHERE w.week BETWEEN %(first)s AND %(last)s AND {known} IS NOT NULL AND {MINE.format("w")}
    """


@measure(
    "sell_in",
    label=_("Sell-in"),
    unit="money",
    kind="amount",
    decimals=0,
    feeds=("invoices",),
    definition=_("Net invoiced value of the week, credit notes deducted."),
)
def sell_in(window):
    return _of_rollup("w.sell_in_value", "w.sell_in_value")


@measure(
    "sell_in_units",
    label=_("Sell-in, units"),
    unit="units",
    kind="amount",
    decimals=0,
    feeds=("invoices",),
    definition=_("Units invoiced in the week, credited units deducted."),
)
def sell_in_units(window):
    return _of_rollup("w.sell_in_units", "w.sell_in_units")


@measure(
    "sell_through",
    label=_("Sell-through"),
    unit="money",
    kind="amount",
    decimals=0,
    feeds=("sell_through",),
    definition=_("Value the account sold to shoppers in the week, as it reports it."),
)
def sell_through(window):
    return _of_rollup("w.value", "w.value")


@measure(
    "sell_through_units",
    label=_("Sell-through, units"),
    unit="units",
    kind="amount",
    decimals=0,
    feeds=("sell_through",),
    definition=_("Units the account sold to shoppers in the week, less what shoppers brought back."),
)
def sell_through_units(window):
    return _of_rollup("w.units - coalesce(w.returns, 0)", "w.units")


@measure(
    "sell_through_rate",
    label=_("Sell-through rate"),
    unit="percent",
    feeds=("sell_through",),
    definition=_(
        "Units sold less returns ÷ (stock at the end of the week before + units received in the week). "
        "Over several weeks both sides are summed."
    ),
)
def sell_through_rate(window):
    return f"""
        SELECT w.account_id, w.week, w.units - coalesce(w.returns, 0) AS numerator,
            before.stock + w.receipts AS denominator
        FROM kpis_accountweek w
        LEFT JOIN kpis_accountweek before ON before.account_id = w.account_id AND before.week = w.week - 7
        WHERE w.week BETWEEN %(first)s AND %(last)s AND w.units IS NOT NULL AND {MINE.format("w")}
    """


@measure(
    "weeks_of_supply",
    label=_("Stock cover"),
    unit="weeks",
    snapshot=True,
    good="",
    feeds=("sell_through",),
    definition=_("Stock at the end of the week ÷ mean weekly units sold of the reported weeks among the last four."),
)
def weeks_of_supply(window):
    return f"""
        SELECT w.account_id, w.week, w.stock AS numerator,
            (SELECT greatest(sum(t.units - coalesce(t.returns, 0)) / count(*), 0) FROM kpis_accountweek t
             WHERE t.account_id = w.account_id AND t.week BETWEEN w.week - 21 AND w.week AND t.units IS NOT NULL
             HAVING count(*) > 0) AS denominator
        FROM kpis_accountweek w
        WHERE w.week BETWEEN %(first)s AND %(last)s AND w.stock IS NOT NULL AND {MINE.format("w")}
    """


@measure(
    "backlog",
    label=_("Order backlog"),
    unit="money",
    kind="amount",
    snapshot=True,
    good="",
    decimals=0,
    feeds=("orders",),
    definition=_("(Units ordered − shipped − cancelled) × net price of all order lines, at the end of the week."),
)
def backlog(window):
    return level(
        f"""
        SELECT l.account_id, e.day, e.up, 0::numeric AS base FROM ({ORDER_LINES}) l,
            LATERAL (VALUES (l.ordered_on, l.wanted), (greatest(l.shipped_on, l.ordered_on), -l.gone)) e(day, up)
        UNION ALL {LINES_BEFORE}
        """,
        denominator="1::numeric",
    )


@measure(
    "past_due_backlog",
    label=_("Past-due backlog"),
    unit="money",
    kind="amount",
    snapshot=True,
    good="down",
    decimals=0,
    feeds=("orders",),
    definition=_("The part of the order backlog that was requested for a day before the end of the week."),
)
def past_due_backlog(window):
    return level(
        f"""
        SELECT l.account_id, e.day, e.up, 0::numeric AS base FROM ({ORDER_LINES}) l,
            LATERAL (VALUES
                (l.ordered_on, 0::numeric),
                (greatest(l.ordered_on, l.requested_on + 1), CASE WHEN l.requested_on IS NULL THEN 0 ELSE l.wanted END),
                (greatest(l.ordered_on, l.requested_on + 1, l.shipped_on),
                    CASE WHEN l.requested_on IS NULL THEN 0 ELSE -l.gone END)
            ) e(day, up)
        UNION ALL {LINES_BEFORE}
        """,
        denominator="1::numeric",
    )


def _delivered(numerator, dated):
    """Order lines requested in the week; `dated` leaves out lines that were received on a day nobody knows."""
    known = "NOT (l.received > 0 AND l.received_on IS NULL)" if dated else "true"
    return f"""
        SELECT l.account_id, {WEEK.format("l.requested_on")} AS week, sum({numerator}) AS numerator,
            sum(l.ordered) AS denominator
        FROM (
            SELECT o.account_id, o.requested_on, o.received_on, o.ordered,
                CASE WHEN o.received_on > %(as_of)s THEN 0 ELSE greatest(coalesce(o.received, 0), 0) END AS received
            FROM accounts_account a JOIN kpis_orderline o ON o.account_id = a.id
            WHERE {SHARD} AND o.requested_on BETWEEN %(first)s::date AND least(%(last)s::date + 6, %(as_of)s::date)
        ) l
        WHERE {known}
        GROUP BY 1, 2
    """


@measure(
    "otif",
    label=_("OTIF"),
    unit="percent",
    feeds=("orders",),
    definition=_(
        "Units received on the requested day, at most what was ordered ÷ units ordered, of order lines requested "
        "in the week. Early is not on time."
    ),
)
def otif(window):
    on_day = "CASE WHEN l.received_on = l.requested_on THEN least(l.received, l.ordered) ELSE 0 END"
    return _delivered(on_day, dated=True)


@measure(
    "on_time",
    label=_("On time"),
    unit="percent",
    feeds=("orders",),
    definition=_("Units of order lines received on the requested day ÷ units ordered, of lines requested in the week."),
)
def on_time(window):
    on_day = "CASE WHEN l.received_on = l.requested_on AND l.received > 0 THEN l.ordered ELSE 0 END"
    return _delivered(on_day, dated=True)


@measure(
    "in_full",
    label=_("In full"),
    unit="percent",
    feeds=("orders",),
    definition=_(
        "Units received on any day, at most what was ordered ÷ units ordered, of order lines requested in the week."
    ),
)
def in_full(window):
    return _delivered("least(l.received, l.ordered)", dated=False)


def _of_lines(numerator, denominator, known="true"):
    """Sums over order lines requested in the week, as far as they are `known`."""
    return f"""
        SELECT o.account_id, {WEEK.format("o.requested_on")} AS week, sum({numerator}) AS numerator,
            sum({denominator}) AS denominator
        FROM accounts_account a JOIN kpis_orderline o ON o.account_id = a.id
        WHERE {SHARD} AND o.requested_on BETWEEN %(first)s::date AND least(%(last)s::date + 6, %(as_of)s::date)
            AND {known}
        GROUP BY 1, 2
    """


@measure(
    "fill_rate",
    label=_("Fill rate"),
    unit="percent",
    feeds=("orders",),
    definition=_("Units shipped, at most what was ordered ÷ units ordered, of order lines requested in the week."),
)
def fill_rate(window):
    gone = """
        CASE WHEN coalesce(o.shipped_on, o.received_on) > %(as_of)s THEN 0
        ELSE least(greatest(coalesce(o.shipped, o.received, 0), 0), o.ordered) END
    """
    return _of_lines(gone, "o.ordered")


@measure(
    "confirmation_rate",
    label=_("Confirmation rate"),
    unit="percent",
    feeds=("orders",),
    definition=_(
        "Units confirmed ÷ units ordered, of order lines requested in the week that we answered. May be above 100 %."
    ),
)
def confirmation_rate(window):
    return _of_lines("o.confirmed", "o.ordered", "o.confirmed IS NOT NULL")


@measure(
    "book_to_bill",
    label=_("Book-to-bill"),
    unit="ratio",
    good="",
    decimals=2,
    feeds=("orders", "invoices"),
    definition=_("Net value of what was ordered in the week ÷ net invoiced value of the week."),
)
def book_to_bill(window):
    return f"""
        WITH booked AS (
            SELECT l.account_id, {WEEK.format("l.ordered_on")} AS week, sum(l.ordered * l.price * r.rate) AS value
            FROM accounts_account a JOIN kpis_orderline l ON l.account_id = a.id
                CROSS JOIN LATERAL (SELECT {LINE_RATE} AS rate) r
            WHERE {SHARD} AND l.ordered_on BETWEEN %(first)s::date AND least(%(last)s::date + 6, %(as_of)s::date)
                AND r.rate IS NOT NULL
            GROUP BY 1, 2
        ),
        billed AS (
            SELECT w.account_id, w.week, w.sell_in_value AS value FROM kpis_accountweek w
            WHERE w.week BETWEEN %(first)s AND %(last)s AND w.sell_in_value IS NOT NULL AND {MINE.format("w")}
                AND EXISTS (SELECT FROM kpis_orderline o WHERE o.account_id = w.account_id)
        )
        SELECT coalesce(o.account_id, i.account_id) AS account_id, coalesce(o.week, i.week) AS week,
            coalesce(o.value, 0) AS numerator, coalesce(i.value, 0) AS denominator
        FROM booked o FULL JOIN billed i ON i.account_id = o.account_id AND i.week = o.week
    """


@measure(
    "overdue_share",
    label=_("Overdue share"),
    unit="percent",
    snapshot=True,
    good="down",
    feeds=("open_items",),
    data_class=DataClass.FINANCE,
    definition=_("Receivables due before the end of the week ÷ all open receivables, at the end of the week."),
)
def overdue_share(window):
    return level(
        f"""
        SELECT i.account_id, e.day, e.up, e.base FROM ({ITEMS}) i,
            LATERAL (VALUES
                (i.issued_on, 0::numeric, i.amount),
                (greatest(i.paid_on, i.issued_on), 0, -i.paid),
                (i.due_on + 1, i.amount, 0),
                (greatest(i.paid_on, i.due_on + 1), -i.paid, 0)
            ) e(day, up, base)
        UNION ALL {ITEMS_BEFORE}
        """
    )


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
    return COST_PER_UNIT
