"""What is open at an account, as SQL: order lines and receivables, on one day or at the end of each week.

Money is the account's; what has another currency is converted (see `rates`), or left out where no rate is known.
"""

from kpis.rates import rate_of
from kpis.sql import SHARD, WEEK


def level(events, denominator="denominator"):
    """A level at each week's cut-off, from what changed it on which day: `events` selects account_id, day, up, base.

    Everything before the window is one opening change; an account has a level from its first event on.
    """
    return f"""
        WITH event AS ({events}),
        step AS (
            SELECT e.account_id, greatest({WEEK.format("e.day")}, %(first)s::date) AS week,
                sum(e.up) AS up, sum(e.base) AS base
            FROM event e WHERE e.day <= least(%(last)s::date + 6, %(as_of)s::date)
            GROUP BY 1, 2
        ),
        grid AS (
            SELECT s.account_id, d::date AS week
            FROM (SELECT account_id, min(week) AS since FROM step GROUP BY 1) s,
                generate_series(s.since, %(last)s::date, interval '7 days') d
        ),
        level AS (
            SELECT g.account_id, g.week,
                sum(coalesce(s.up, 0)) OVER through AS numerator, sum(coalesce(s.base, 0)) OVER through AS denominator
            FROM grid g LEFT JOIN step s ON s.account_id = g.account_id AND s.week = g.week
            WINDOW through AS (PARTITION BY g.account_id ORDER BY g.week)
        )
        SELECT account_id, week, numerator, {denominator} AS denominator FROM level
    """


LINE_RATE, ITEM_RATE = rate_of("l", "ordered_on"), rate_of("i", "issued_on")


def _lines(left):
    """Order lines of the shard that were not settled before a day: `left` compares `settled_on` with it.

    Where nobody said what was shipped, what was received must have been. A settled line has changed every level up
    and down again by the same amount, so that what happened before stays out of the sums without changing them.
    """
    return f"""
        SELECT l.account_id, l.ordered_on, l.requested_on,
            CASE WHEN l.shipped IS NULL THEN l.received_on ELSE l.shipped_on END AS shipped_on,
            greatest(l.ordered - coalesce(l.cancelled, 0), 0) * l.price * r.rate AS wanted,
            least(greatest(coalesce(l.shipped, l.received, 0), 0), greatest(l.ordered - coalesce(l.cancelled, 0), 0))
                * l.price * r.rate AS gone
        FROM accounts_account a JOIN kpis_orderline l ON l.account_id = a.id
            CROSS JOIN LATERAL (SELECT {LINE_RATE} AS rate) r
        WHERE l.price IS NOT NULL AND r.rate IS NOT NULL AND {SHARD}
            AND (l.settled_on IS NULL OR l.settled_on {left})
    """


def _items(left):
    """Receivables of the shard that were not settled before a day, see `_lines`."""
    return f"""
        SELECT i.account_id, i.issued_on, i.due_on, i.paid_on, i.amount * r.rate AS amount, i.paid * r.rate AS paid
        FROM accounts_account a JOIN kpis_openitem i ON i.account_id = a.id
            CROSS JOIN LATERAL (SELECT {ITEM_RATE} AS rate) r
        WHERE r.rate IS NOT NULL AND {SHARD} AND (i.settled_on IS NULL OR i.settled_on {left})
    """


def _known_before(table, day, known="true"):
    """An event without amount for each account that had rows before the window, so that its level begins with it."""
    return f"""
        SELECT a.id AS account_id, %(first)s::date AS day, 0::numeric AS up, 0::numeric AS base
        FROM accounts_account a, LATERAL (
            SELECT FROM {table} x
            WHERE x.account_id = a.id AND x.{day} < %(first)s AND ({rate_of("x", day)}) IS NOT NULL AND {known}
            LIMIT 1) known
        WHERE {SHARD}
    """


LINES_BEFORE = _known_before("kpis_orderline", "ordered_on", "x.price IS NOT NULL")
ITEMS_BEFORE = _known_before("kpis_openitem", "issued_on")
ORDER_LINES, OPEN_LINES = _lines(">= %(first)s"), _lines("> %(date)s")
ITEMS, OPEN_ITEMS = _items(">= %(first)s"), _items("> %(date)s")

# Order lines and receivables of the weeks of a window that are left out, because nobody knows a rate.
WITHOUT_RATE = f"""
    SELECT (
        SELECT count(*) FROM accounts_account a JOIN kpis_orderline l ON l.account_id = a.id
        WHERE l.currency <> a.currency AND l.price IS NOT NULL AND {SHARD} AND ({LINE_RATE}) IS NULL
            AND (l.settled_on IS NULL OR l.settled_on >= %(first)s)
    ) + (
        SELECT count(*) FROM accounts_account a JOIN kpis_openitem i ON i.account_id = a.id
        WHERE i.currency <> a.currency AND {SHARD} AND ({ITEM_RATE}) IS NULL
            AND (i.settled_on IS NULL OR i.settled_on >= %(first)s)
    )
"""
