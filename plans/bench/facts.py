"""The company's facts: everything between two days, as weekly files would have brought it.

An account orders once a week, is delivered and invoiced five days later and pays 15 to 32 days after that, one in eight
20 days later still. One order line in 200 is forgotten, one in 30 comes a day late. One account in fifty stops sending
its sell-through.

Sales have a season, more before Christmas than in February; one row in forty is missing, one in twenty has returns.
Places are counted every week in the last quarter, prices looked at every fourth week of the last year.
"""

import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise

from django.db import connection

from kpis.calc import last_complete_week
from kpis.partitions import PARTITIONED, months

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
# Weeks before the newest whose orders may still be shipped, received or paid: 5 + 52 days and what they began with.
STILL_MOVING = 9 * WEEK
BATCHES_KEPT = COUNTED = 13 * WEEK
LOOKED_AT = 52 * WEEK

# n is the account's number; everything that differs between accounts follows from it.
ACCOUNTS = """
(SELECT a.*, substr(a.code, 3)::int AS n FROM accounts_account a
    WHERE a.code LIKE 'B-%%' AND substr(a.code, 3)::int >= %(start)s)
"""
# Percent of an average week, from January on.
SEASON = "(ARRAY[85, 75, 80, 90, 95, 100, 95, 85, 95, 105, 130, 165])"
LISTED = """
JOIN LATERAL (
    SELECT p.id, x.n FROM generate_series(0, %(listed)s - 1) k, LATERAL (SELECT (a.n * 7 + k) %% %(products)s AS n) x
    JOIN kpis_product p ON p.code = 'B-' || x.n
) p ON true
"""
# Each account's history begins in one of four weeks.
WEEKS = f"""
(SELECT d::date AS week, (d::date - date '2001-01-01') / 7 AS number,
        {SEASON}[extract(month FROM d)::int] AS season
    FROM generate_series(%(first)s::date, %(last)s::date, interval '7 days') d) w
JOIN {ACCOUNTS} a ON w.week > %(begin)s::date + 7 * (%(weeks)s / 4 * (3 - a.n * 5 / 8 %% 4))
"""

SELL_THROUGH = f"""
INSERT INTO kpis_sellthrough (week, store_id, product_id, account_id, units, value, stock, receipts, returns, currency,
    batch_id)
SELECT w.week, s.id, p.id, a.id, u.units, u.units * (10 + p.n %% 20), 60 + u.units, u.units,
    CASE WHEN u.chance %% 20 = 0 THEN 1 END, a.currency, 0
FROM {WEEKS} JOIN accounts_store s ON s.account_id = a.id {LISTED},
    LATERAL (SELECT s.id * 7 + p.n * 3 + w.number * 11 AS chance,
        ((a.n * 31 + s.id * 5 + p.n * 13 + w.number * 17) %% 23) * w.season / 100 AS units) u
WHERE w.week > %(known)s AND w.week <= %(complete)s AND (%(is_first)s OR a.n %% 50 <> 7) AND u.chance %% 40 <> 7
ORDER BY w.week, s.id, p.id
"""
STOCK = f"""
INSERT INTO kpis_stocklevel (day, store_id, product_id, account_id, on_hand, unsellable, on_order, value, currency,
    batch_id)
SELECT w.week + 6, s.id, p.id, a.id, u.units, (u.units %% 9 = 8)::int, 20, u.units * (5 + p.n %% 10), a.currency, 0
FROM {WEEKS}
JOIN LATERAL (SELECT id FROM accounts_store WHERE account_id = a.id ORDER BY id LIMIT 1) s ON true {LISTED},
    LATERAL (SELECT (a.n * 11 + p.n * 7 + w.number * 13) %% 90 AS units) u
WHERE w.week > %(known)s AND w.week <= %(complete)s AND w.week > %(counted)s
ORDER BY 1, 2, 3
"""
PRICES = f"""
INSERT INTO kpis_priceobservation (account_id, product_id, observed_on, place, price, regular_price, is_promotion,
    currency)
SELECT a.id, p.id, w.week + 2, 'web', round(u.regular * CASE WHEN u.is_promotion THEN 0.8 ELSE 1 END, 2), u.regular,
    u.is_promotion, a.currency
FROM {WEEKS} {LISTED},
    LATERAL (SELECT (12 + p.n %% 20)::numeric AS regular, (a.n + p.n + w.number / 4) %% 6 = 0 AS is_promotion) u
WHERE w.week > %(known)s AND w.week <= %(complete)s AND w.week > %(looked_at)s AND w.number %% 4 = 0
ORDER BY a.id, w.week, p.id
"""
ORDERS = f"""
INSERT INTO kpis_orderline AS known (account_id, order_number, line_number, product_id, ordered_on, requested_on,
    promised_on, ordered, confirmed, price, currency, shipped_on, shipped, received_on, received, rejected)
SELECT a.id, 'B' || a.n || '-' || w.week, p.n, p.id, o.day, o.day + 7, o.day + 7, o.units, o.units, 5 + p.n %% 10,
    a.currency, CASE WHEN is_sent THEN o.day + 5 END, CASE WHEN is_sent THEN o.units END,
    CASE WHEN is_there THEN o.comes END, CASE WHEN is_there THEN o.units END, CASE WHEN is_there THEN 0 END
FROM {WEEKS} {LISTED},
    LATERAL (SELECT w.week + a.n %% 5 AS day, (1 + (a.n * 37 + p.n * 11 + w.number) %% 40)::int AS units,
        w.week + a.n %% 5 + 7 + ((a.n + p.n + w.number) %% 30 = 0)::int AS comes) o,
    LATERAL (SELECT o.day + 5 <= %(until)s AND (a.n + p.n * 3 + w.number * 7) %% 200 <> 0 AS is_sent) s,
    LATERAL (SELECT is_sent AND o.comes <= %(until)s AS is_there) t
WHERE p.n %% 2 = 0 AND o.day <= %(until)s
ORDER BY a.id, w.week, p.id
ON CONFLICT (account_id, order_number, line_number) DO UPDATE
SET shipped_on = excluded.shipped_on, shipped = excluded.shipped, received_on = excluded.received_on,
    received = excluded.received, rejected = excluded.rejected
WHERE (known.shipped_on, known.received_on) IS DISTINCT FROM (excluded.shipped_on, excluded.received_on)
"""
INVOICES = f"""
INSERT INTO kpis_invoiceline (account_id, document, product_id, occurrence, invoiced_on, quantity, price, value,
    currency, is_credit)
SELECT l.account_id, l.order_number, l.product_id, 1, l.shipped_on, l.shipped, l.price, l.shipped * l.price, l.currency,
    false
FROM kpis_orderline l JOIN {ACCOUNTS} a ON a.id = l.account_id
WHERE l.shipped_on > %(since)s
ORDER BY l.account_id, l.order_number
"""
ITEMS = f"""
INSERT INTO kpis_openitem AS known (account_id, document, issued_on, due_on, amount, paid, paid_on, currency)
SELECT i.account_id, i.document, i.day, i.day + 30, i.amount, CASE WHEN i.pays <= %(until)s THEN i.amount ELSE 0 END,
    CASE WHEN i.pays <= %(until)s THEN i.pays END, i.currency
FROM (
    SELECT l.account_id, l.document, l.currency, min(l.invoiced_on) AS day, sum(l.value) AS amount,
        min(l.invoiced_on) + 15 + (a.n + extract(week FROM min(l.invoiced_on))::int * 7) %% 18
            + (a.n %% 8 = 5)::int * 20 AS pays
    FROM kpis_invoiceline l JOIN {ACCOUNTS} a ON a.id = l.account_id
    WHERE l.invoiced_on >= %(first)s
    GROUP BY 1, 2, 3, a.n
) i
ORDER BY i.account_id, i.document
ON CONFLICT (account_id, document) DO UPDATE SET paid = excluded.paid, paid_on = excluded.paid_on
WHERE known.paid_on IS DISTINCT FROM excluded.paid_on
"""
BATCHES = f"""
INSERT INTO kpis_importbatch (feed_id, kind, mapping, file_name, stored_name, size, content, state, dry_run, rows,
    accepted, rejected, ignored, created, changes, warnings, received_at, finished_at, attempt)
SELECT f.id, f.kind, f.mapping, f.code || '_' || w.week || '.csv', '', 900, md5(f.code || w.week), 'applied', false, 16,
    16, 0, '{{}}', '{{}}', '{{}}', '[]', %(until)s::date, %(until)s::date, 1
FROM {WEEKS} JOIN kpis_feed f ON f.account_id = a.id
WHERE w.week > %(known)s AND w.week <= %(complete)s AND w.week > %(kept)s AND (%(is_first)s OR a.n %% 50 <> 7)
ORDER BY w.week, f.id
"""
# As an import does it: the weeks of all the days of what is new or was changed.
TOUCHED = f"""
INSERT INTO kpis_touched (account_id, week)
SELECT DISTINCT a.id, date_trunc('week', c.day)::date FROM {ACCOUNTS} a JOIN (
    SELECT account_id, week AS day FROM kpis_sellthrough WHERE week > %(known)s
    UNION SELECT account_id, invoiced_on FROM kpis_invoiceline WHERE invoiced_on > %(since)s
    UNION SELECT account_id, unnest(ARRAY[ordered_on, requested_on, shipped_on, received_on]) FROM kpis_orderline
        WHERE greatest(ordered_on, shipped_on, received_on) > %(since)s
    UNION SELECT account_id, unnest(ARRAY[issued_on, due_on, paid_on]) FROM kpis_openitem
        WHERE greatest(issued_on, paid_on) > %(since)s
) c ON c.account_id = a.id
WHERE c.day IS NOT NULL AND c.day <= %(until)s
ON CONFLICT DO NOTHING
"""
TABLES = {
    "kpis_sellthrough": SELL_THROUGH,
    "kpis_stocklevel": STOCK,
    "kpis_priceobservation": PRICES,
    "kpis_orderline": ORDERS,
    "kpis_invoiceline": INVOICES,
    "kpis_openitem": ITEMS,
    "kpis_importbatch": BATCHES,
    "kpis_touched": TOUCHED,
}
Told = Callable[[str, int, float], None]


def deliver(size, begin: date, since: date | None, until: date, told: Told | None = None) -> dict[str, int]:
    """Store what happened after `since` (None: ever) to the end of `until`; rows stored or changed by table.

    `begin` is the day that the history of all accounts is counted from, see `beginning`. `told` is called with table,
    rows and seconds after each piece: a month of what is partitioned by months, all at once of the rest.
    """
    monday = until - timedelta(days=until.weekday())
    known = begin if since is None else last_complete_week(since)
    complete = last_complete_week(until)
    given = {
        "start": size.start,
        "begin": begin,
        "weeks": size.weeks,
        "listed": size.listed,
        "products": size.products,
        "first": begin + WEEK if since is None else monday - STILL_MOVING,
        "last": monday,
        "since": since or begin,
        "until": until,
        "known": known,
        "complete": complete,
        "kept": complete - BATCHES_KEPT,
        "counted": complete - COUNTED,
        "looked_at": complete - LOOKED_AT,
        "is_first": since is None,
    }
    rows = dict.fromkeys(TABLES, 0)
    with connection.cursor() as cursor:
        for table, statement in TABLES.items():
            for piece in _pieces(cursor, table, known, complete):
                began = time.perf_counter()
                cursor.execute(statement, given | piece)
                rows[table] += cursor.rowcount
                if told and cursor.rowcount:
                    told(table, cursor.rowcount, time.perf_counter() - began)
    return rows


def _pieces(cursor, table, known, complete) -> Iterator[dict]:
    """Month by month, each sorted and committed by itself, where a table is cut by months; else everything at once."""
    if table not in PARTITIONED:
        yield {}
        return
    first, last = known + WEEK, complete + WEEK  # a Sunday may be in the month after its week
    starts = months(first, 12 * (last.year - first.year) + last.month - first.month)
    for start in starts:
        cursor.execute("SELECT kam_make_partition(%s, %s)", [table, start])
    for start, after in pairwise([*starts, *months(last, 1)[1:]]):
        yield {"known": max(start - DAY, known), "complete": min(after - DAY, complete)}


def beginning(size, day: date) -> date:
    """A Monday `size.weeks` weeks before the newest complete week of `day`."""
    return last_complete_week(day) - size.weeks * WEEK
