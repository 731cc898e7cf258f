"""The company's facts: everything between two days, as weekly files would have brought it.

An account orders once a week, is delivered and invoiced five days later and pays 15 to 32 days after that, one in eight
20 days later still. One order line in 200 is forgotten, one in 30 comes a day late. One account in fifty stops sending
its sell-through.
"""

from datetime import date, timedelta

from django.db import connection

from kpis.calc import last_complete_week

WEEK = timedelta(weeks=1)
# Weeks before the newest whose orders may still be shipped, received or paid: 5 + 52 days and what they began with.
STILL_MOVING = 9 * WEEK
BATCHES_KEPT = 13 * WEEK

# n is the account's place, from 0; everything that differs between accounts follows from it.
ACCOUNTS = "(SELECT a.*, substr(a.code, 3)::int AS n FROM accounts_account a WHERE a.code LIKE 'B-%%')"
LISTED = """
JOIN LATERAL (
    SELECT p.id, x.n FROM generate_series(0, %(listed)s - 1) k, LATERAL (SELECT (a.n * 7 + k) %% %(products)s AS n) x
    JOIN kpis_product p ON p.code = 'B-' || x.n
) p ON true
"""
# Each account's history begins in one of four weeks.
WEEKS = f"""
(SELECT d::date AS week, (d::date - date '2001-01-01') / 7 AS number
    FROM generate_series(%(first)s::date, %(last)s::date, interval '7 days') d) w
JOIN {ACCOUNTS} a ON w.week > %(begin)s::date + 7 * (%(weeks)s / 4 * (3 - a.n * 5 / 8 %% 4))
"""

SELL_THROUGH = f"""
INSERT INTO kpis_sellthrough (week, store_id, product_id, account_id, units, value, stock, receipts, currency, batch_id)
SELECT w.week, s.id, p.id, a.id, u.units, u.units * (10 + p.n %% 20), 60 + u.units, u.units, a.currency, 0
FROM {WEEKS} JOIN accounts_store s ON s.account_id = a.id {LISTED},
    LATERAL (SELECT ((a.n * 31 + p.n * 13 + w.number * 17) %% 23)::int AS units) u
WHERE w.week > %(known)s AND w.week <= %(complete)s AND (%(is_first)s OR a.n %% 50 <> 7)
ORDER BY w.week, s.id, p.id
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
    "kpis_orderline": ORDERS,
    "kpis_invoiceline": INVOICES,
    "kpis_openitem": ITEMS,
    "kpis_importbatch": BATCHES,
    "kpis_touched": TOUCHED,
}


def deliver(size, begin: date, since: date | None, until: date) -> dict[str, int]:
    """Store what happened after `since` (None: ever) to the end of `until`; rows stored or changed by table.

    `begin` is the day that the history of all accounts is counted from, see `beginning`.
    """
    monday = until - timedelta(days=until.weekday())
    known = begin if since is None else last_complete_week(since)
    given = {
        "begin": begin,
        "weeks": size.weeks,
        "listed": size.listed,
        "products": size.products,
        "first": begin + WEEK if since is None else monday - STILL_MOVING,
        "last": monday,
        "since": since or begin,
        "until": until,
        "known": known,
        "complete": last_complete_week(until),
        "kept": last_complete_week(until) - BATCHES_KEPT,
        "is_first": since is None,
    }
    with connection.cursor() as cursor:
        for week in range((monday - known).days // 7 + 1):
            cursor.execute("SELECT kam_make_partition('kpis_sellthrough', %s)", [known + week * WEEK])
        return {table: _count(cursor, statement, given) for table, statement in TABLES.items()}


def beginning(size, day: date) -> date:
    """A Monday `size.weeks` weeks before the newest complete week of `day`."""
    return last_complete_week(day) - size.weeks * WEEK


def _count(cursor, statement, given):
    cursor.execute(statement, given)
    return cursor.rowcount
