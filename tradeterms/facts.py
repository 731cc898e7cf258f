"""What the rules need to know of the facts, in one statement per kind of term for all terms and periods of a shard.

An agreement covers its account and every account below it. Only facts up to the business date count: a payment or a
receipt after it has not happened yet. `evidence` are the worst rows, at most `MOST_ROWS`, as JSON with numbers as text.
"""

import json

from kam.audit import plain
from kam.sql import dicts

MOST_ROWS = 50

ASKED = """
WITH asked AS (
    SELECT * FROM jsonb_to_recordset(%(asked)s::jsonb) AS r(term_id bigint, account_id bigint, currency text,
        starts date, ends date, days int, grace int, early int, late int, weeks date[], weekday int)
),
covered AS (
    SELECT q.account_id AS root, a.id AS account_id, a.code
    FROM (SELECT DISTINCT account_id FROM asked) q JOIN accounts_account a ON a.lineage @> ARRAY[q.account_id]
),
"""

# Rows in another currency cannot be added; they are counted, so that a page can say so.
INVOICES = (
    ASKED
    + """
document AS (
    SELECT k.term_id, k.starts, c.code, l.document, l.currency = k.currency AS ours, min(l.invoiced_on) AS day,
        sum(l.value) AS value, coalesce(sum(l.value) FILTER (WHERE l.is_credit), 0) AS credits
    FROM asked k JOIN covered c ON c.root = k.account_id
    JOIN kpis_invoiceline l ON l.account_id = c.account_id
        AND l.invoiced_on BETWEEN k.starts AND least(k.ends, %(date)s)
    GROUP BY 1, 2, 3, 4, 5
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY term_id, starts, ours ORDER BY abs(value) DESC, document, code) AS place
    FROM document
),
summed AS (
    SELECT term_id, starts, sum(value) FILTER (WHERE ours) AS base, count(*) FILTER (WHERE ours) AS documents,
        sum(credits) FILTER (WHERE ours) AS credits, count(*) FILTER (WHERE NOT ours) AS left_out,
        jsonb_agg(jsonb_build_object('account', code, 'document', document, 'day', day, 'value', value::text)
            ORDER BY place) FILTER (WHERE ours AND place <= %(most)s) AS evidence
    FROM ranked GROUP BY 1, 2
),
known AS (
    SELECT DISTINCT c.root FROM covered c
    WHERE EXISTS (SELECT FROM kpis_invoiceline l WHERE l.account_id = c.account_id AND l.invoiced_on <= %(date)s)
)
SELECT k.term_id, k.starts, k.account_id IN (SELECT root FROM known) AS known, s.base,
    coalesce(s.documents, 0) AS documents, s.credits, coalesce(s.left_out, 0) AS left_out, s.evidence
FROM asked k LEFT JOIN summed s USING (term_id, starts)
"""
)

# An item is two parts: what was paid, on the day of the last payment, and what is still open at the business date.
# A paid part whose day nobody knows cannot be judged, an open part only once it is late.
OPEN_ITEMS = (
    ASKED
    + """
item AS (
    SELECT k.term_id, k.starts, c.code, i.document, i.issued_on, i.issued_on + k.days AS due_on, k.grace, i.amount,
        i.currency = k.currency AS ours, CASE WHEN i.paid_on <= %(date)s THEN i.paid_on END AS paid_on,
        CASE WHEN i.paid_on > %(date)s THEN 0 ELSE least(greatest(i.paid, 0), i.amount) END AS paid
    FROM asked k JOIN covered c ON c.root = k.account_id
    JOIN kpis_openitem i ON i.account_id = c.account_id AND i.issued_on BETWEEN k.starts AND least(k.ends, %(date)s)
    WHERE i.amount > 0
),
part AS (
    SELECT i.*, v.part, v.ended - i.issued_on AS taken, v.ended - i.due_on AS over, v.is_open,
        coalesce(v.ended > i.due_on + i.grace, false) AS late
    FROM item i, LATERAL (VALUES (i.paid, i.paid_on, false), (i.amount - i.paid, %(date)s::date, true))
        v(part, ended, is_open)
    WHERE v.part > 0 AND i.ours
),
judged AS (
    SELECT term_id, starts, code, document, issued_on, due_on, paid_on, amount,
        sum(part) FILTER (WHERE late OR NOT is_open AND taken IS NOT NULL) AS judged,
        sum(part * taken) FILTER (WHERE late OR NOT is_open) AS judged_days,
        sum(part) FILTER (WHERE late) AS late, sum(part) FILTER (WHERE late AND is_open) AS open_late,
        sum(part * over) FILTER (WHERE late) AS late_days, max(over) FILTER (WHERE late) AS days
    FROM part GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY term_id, starts
        ORDER BY late_days DESC NULLS LAST, document, code) AS place
    FROM judged
),
summed AS (
    SELECT term_id, starts, count(*) AS items, count(judged) AS judged_items, sum(judged) AS judged,
        sum(judged_days) AS judged_days, count(late) AS late_items, sum(late) AS late, sum(open_late) AS open_late,
        sum(late_days) AS late_days,
        jsonb_agg(jsonb_build_object('account', code, 'document', document, 'issued_on', issued_on, 'due_on', due_on,
            'paid_on', paid_on, 'amount', amount::text, 'late', late::text, 'days', days) ORDER BY place)
            FILTER (WHERE late IS NOT NULL AND place <= %(most)s) AS evidence
    FROM ranked GROUP BY 1, 2
),
other AS (SELECT term_id, starts, count(*) AS left_out FROM item WHERE NOT ours GROUP BY 1, 2)
SELECT k.term_id, k.starts, coalesce(s.items, 0) AS items, coalesce(s.judged_items, 0) AS judged_items, s.judged,
    s.judged_days, coalesce(s.late_items, 0) AS late_items, coalesce(s.late, 0) AS late,
    coalesce(s.open_late, 0) AS open_late, coalesce(s.late_days, 0) AS late_days, coalesce(o.left_out, 0) AS left_out,
    s.evidence
FROM asked k LEFT JOIN summed s USING (term_id, starts) LEFT JOIN other o USING (term_id, starts)
"""
)

# A week counts as reported when it was there at the end of the day it was due on, by the clocks of the account's feed.
# What was due before the first file of the account came is history: nobody watched when that was reported.
WEEKS = (
    ASKED
    + """
zone AS MATERIALIZED (
    SELECT r.root, coalesce((
        SELECT f.time_zone FROM accounts_account a JOIN kpis_feed f ON f.account_id = ANY(a.lineage)
        WHERE a.id = r.root AND f.kind = 'sell_through'
        ORDER BY array_position(a.lineage, f.account_id) DESC, f.id LIMIT 1), 'UTC') AS name
    FROM (SELECT DISTINCT root FROM covered) r
),
arrived AS MATERIALIZED (
    SELECT c.root, w.week, min(b.received_at) AS first_at
    FROM covered c JOIN kpis_batchweek w ON w.account_id = c.account_id AND w.rows > 0
    JOIN kpis_importbatch b ON b.id = w.batch_id AND b.kind = 'sell_through' AND b.state = 'applied'
    GROUP BY 1, 2
),
since AS (SELECT root, min(first_at) AS at FROM arrived GROUP BY 1),
reported AS (
    SELECT k.term_id, k.starts, m.week, (v.first_at AT TIME ZONE z.name)::date AS arrived_on,
        coalesce(v.first_at >= d.due AND d.due >= s.at, false) AS late, (
        SELECT sum(w.units) FROM covered c JOIN kpis_accountweek w ON w.account_id = c.account_id AND w.week = m.week
        WHERE c.root = k.account_id) AS units
    FROM asked k JOIN zone z ON z.root = k.account_id
    CROSS JOIN LATERAL unnest(k.weeks) AS m(week)
    CROSS JOIN LATERAL (SELECT (m.week + 8 + k.weekday)::timestamp AT TIME ZONE z.name AS due) d
    LEFT JOIN arrived v ON v.root = k.account_id AND v.week = m.week
    LEFT JOIN since s ON s.root = k.account_id
)
SELECT k.term_id, k.starts, count(r.week) AS due, count(r.units) FILTER (WHERE NOT r.late) AS reported,
    count(r.units) FILTER (WHERE r.late) AS late_weeks,
    jsonb_agg(jsonb_build_object('week', r.week, 'units', r.units::text, 'arrived_on', r.arrived_on) ORDER BY r.week)
        FILTER (WHERE r.week IS NOT NULL) AS evidence
FROM asked k LEFT JOIN reported r USING (term_id, starts)
GROUP BY 1, 2
"""
)

# A line received on a day nobody knows cannot be judged; one that was not received by the end of its window failed.
ORDER_LINES = (
    ASKED
    + """
line AS (
    SELECT k.term_id, k.starts, k.early, k.late, k.currency, c.code, l.order_number, l.line_number, l.requested_on,
        l.ordered, l.price, l.currency AS priced_in,
        CASE WHEN l.received_on <= %(date)s THEN l.received_on END AS received_on,
        CASE WHEN l.received_on > %(date)s THEN 0 ELSE greatest(coalesce(l.received, 0), 0) END AS came
    FROM asked k JOIN covered c ON c.root = k.account_id
    JOIN kpis_orderline l ON l.account_id = c.account_id
        AND l.requested_on BETWEEN k.starts AND least(k.ends, %(date)s::date - k.late)
    WHERE l.ordered > 0 AND NOT (coalesce(l.received, 0) > 0 AND l.received_on IS NULL)
),
timed AS (
    SELECT *, least(came, ordered) AS in_full,
        came > 0 AND received_on BETWEEN requested_on - early AND requested_on + late AS on_time,
        CASE WHEN priced_in = currency THEN ordered * price END AS value
    FROM line
),
checked AS (
    SELECT *, CASE WHEN on_time THEN in_full ELSE 0 END AS good, NOT (on_time AND in_full = ordered) AS failed
    FROM timed
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY term_id, starts
        ORDER BY failed DESC, value DESC NULLS LAST, order_number, line_number, code) AS place
    FROM checked
),
summed AS (
    SELECT term_id, starts, count(*) AS lines, count(*) FILTER (WHERE NOT failed) AS good_lines,
        sum(ordered) AS ordered, sum(good) AS good, sum(in_full) AS in_full,
        coalesce(sum(ordered) FILTER (WHERE on_time), 0) AS on_time,
        coalesce(sum(value) FILTER (WHERE failed), 0) AS failed_value,
        count(*) FILTER (WHERE failed AND value IS NULL) AS unpriced,
        jsonb_agg(jsonb_build_object('account', code, 'order', order_number, 'line', line_number,
            'requested_on', requested_on, 'received_on', received_on, 'ordered', ordered::text, 'received', came::text,
            'value', value::numeric(18, 2)::text) ORDER BY place)
            FILTER (WHERE failed AND place <= %(most)s) AS evidence
    FROM ranked GROUP BY 1, 2
),
undated AS (
    SELECT k.term_id, k.starts, count(*) AS undated
    FROM asked k JOIN covered c ON c.root = k.account_id
    JOIN kpis_orderline l ON l.account_id = c.account_id
        AND l.requested_on BETWEEN k.starts AND least(k.ends, %(date)s::date - k.late)
    WHERE l.ordered > 0 AND l.received > 0 AND l.received_on IS NULL
    GROUP BY 1, 2
),
known AS (
    SELECT DISTINCT c.root FROM covered c
    WHERE EXISTS (SELECT FROM kpis_orderline l WHERE l.account_id = c.account_id AND l.received_on <= %(date)s)
)
SELECT k.term_id, k.starts, k.account_id IN (SELECT root FROM known) AS known,
    coalesce(s.lines, 0) AS lines, coalesce(u.undated, 0) AS undated, s.good_lines, s.ordered, s.good, s.on_time,
    s.in_full, s.failed_value, s.unpriced, s.evidence
FROM asked k LEFT JOIN summed s USING (term_id, starts) LEFT JOIN undated u USING (term_id, starts)
"""
)


def gather(sql, asked, date):
    """Run one of the statements for `asked` (dicts, see the columns of `asked`): {(term_id, starts): row as dict}."""
    params = {"asked": json.dumps(plain(asked)), "date": date, "most": MOST_ROWS}
    rows = dicts(sql, params)
    for row in rows:
        row["evidence"] = json.loads(row["evidence"]) if row["evidence"] else []
    return {(row["term_id"], row["starts"]): row for row in rows}
