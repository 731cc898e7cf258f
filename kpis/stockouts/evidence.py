"""What was ordered, confirmed and delivered for each gap: one statement over the order lines of all of them.

The lines of a gap are those requested for the four weeks before it or for its own weeks. Of one line, by the night's
day: what we did not confirm or rejected is *cut*; what of the rest did not come although its day is over is *short*;
what came after its day, and not before the gap began, is *late*, and *in transit* if it had left us before that day.
"""

import json
from dataclasses import asdict
from datetime import timedelta
from functools import reduce
from operator import or_

from django.db.models import Q

from kam.audit import plain
from kam.sql import dicts
from kpis import calc
from kpis.models import OrderLine

# Days before a gap in which what it lacked should have come.
BEFORE = 28
# How long an account waits for us where nobody knows: days from order to receipt.
USUAL_LEAD = 14

SUPPLY = f"""
WITH gap AS (
    SELECT * FROM jsonb_to_recordset(%(gaps)s::jsonb) AS g(n int, account_id bigint, product_id bigint,
        first_week date, last_week date)
),
account AS (
    SELECT a.account_id,
        (SELECT avg(l.received_on - l.ordered_on) FROM kpis_orderline l
         WHERE l.account_id = a.account_id AND l.ordered_on BETWEEN %(date)s::date - 182 AND %(date)s
            AND l.received_on BETWEEN l.ordered_on AND %(date)s) AS lead,
        EXISTS (SELECT FROM kpis_orderline l WHERE l.account_id = a.account_id
            AND l.ordered_on BETWEEN a.first_week - 182 AND %(date)s) AS orders
    FROM (SELECT account_id, min(first_week) AS first_week FROM gap GROUP BY 1) a
),
line AS (
    SELECT g.n, g.first_week, l.id, l.ordered_on, l.requested_on, l.shipped_on, l.received_on, l.ordered, c.cut,
        least(greatest(coalesce(l.received, l.shipped, 0), 0), l.ordered) AS came,
        l.requested_on <= %(date)s AS is_due,
        l.received_on > l.requested_on AND l.received_on >= g.first_week
            OR l.received_on IS NULL AND l.received IS NULL AND l.shipped > 0 AND l.requested_on < %(date)s AS is_late
    FROM gap g
    JOIN kpis_orderline l ON l.account_id = g.account_id AND l.product_id = g.product_id
        AND l.requested_on BETWEEN g.first_week - {BEFORE} AND g.last_week + 6 AND l.ordered_on <= %(date)s
    CROSS JOIN LATERAL (
        SELECT least(l.ordered, greatest(l.ordered - coalesce(l.confirmed, l.ordered), coalesce(l.rejected, 0))) AS cut
    ) c
),
supply AS (
    SELECT n, count(*) AS lines, sum(ordered) AS ordered, sum(cut) AS cut,
        sum(greatest(ordered - cut - came, 0)) FILTER (WHERE is_due) AS short,
        sum(came) FILTER (WHERE is_late AND NOT coalesce(shipped_on < requested_on, false)) AS late,
        sum(came) FILTER (WHERE is_late AND shipped_on < requested_on) AS transit,
        sum(ordered) FILTER (WHERE ordered_on <= first_week - coalesce(round(a.lead)::int, {USUAL_LEAD})) AS in_time,
        min(ordered_on) AS first_order
    FROM line JOIN (SELECT g.n, a.lead FROM gap g JOIN account a USING (account_id)) a USING (n)
    GROUP BY n
)
SELECT g.n, a.orders, round(a.lead, 1) AS lead, coalesce(s.lines, 0) AS lines, coalesce(s.ordered, 0) AS ordered,
    coalesce(s.cut, 0) AS cut, coalesce(s.short, 0) AS short, coalesce(s.late, 0) AS late,
    coalesce(s.transit, 0) AS transit, coalesce(s.in_time, 0) AS in_time,
    s.first_order, before.ordered_on AS last_order,
    coalesce(s.lines, 0) = 0 AND EXISTS (
        SELECT FROM kpis_orderline l WHERE l.account_id = g.account_id AND l.product_id = g.product_id
            AND l.requested_on IS NULL AND l.ordered_on BETWEEN g.first_week - 2 * {BEFORE} AND g.last_week + 6
    ) AS undated
FROM gap g JOIN account a USING (account_id) LEFT JOIN supply s USING (n)
LEFT JOIN LATERAL (
    SELECT max(l.ordered_on) AS ordered_on FROM kpis_orderline l
    WHERE s.n IS NULL AND l.account_id = g.account_id AND l.product_id = g.product_id
        AND l.ordered_on <= g.last_week + 6
) before ON true
ORDER BY g.n
"""
NAMED = ("account_id", "product_id", "first_week", "last_week")


def gather(gaps, day, late_orders):
    """Give each gap its `supply`; `late_orders` are (account, week) pairs of which orders are missing."""
    rows = [{"n": n} | {name: asdict(gap)[name] for name in NAMED} for n, gap in enumerate(gaps)]
    for row in dicts(SUPPLY, {"gaps": json.dumps(plain(rows)), "date": day}):
        gap = gaps[row.pop("n")]
        gap.supply = row | {"orders_late": _is_late(gap, late_orders)}
    return gaps


def lines_between(row, first, last):
    """Order lines of an episode's product, requested from four weeks before the Monday `first` to the day `last`."""
    days = first - timedelta(days=BEFORE), last
    lines = OrderLine.objects.filter(account=row.account_id, product=row.product_id, requested_on__range=days)
    return lines.order_by("requested_on", "order_number", "line_number")


def judged_on(episodes):
    """The order lines that each episode was judged on, oldest first, by its key: one query for all of them."""
    spans = {row.pk: (row.first_week - timedelta(days=BEFORE), calc.sunday(row.last_week)) for row in episodes}
    asked = [Q(account=row.account_id, product=row.product_id, requested_on__range=spans[row.pk]) for row in episodes]
    found = {row.pk: [] for row in episodes}
    for line in OrderLine.objects.filter(reduce(or_, asked)).order_by("requested_on", "order_number", "line_number"):
        for row in episodes:
            first, last = spans[row.pk]
            is_its = (line.account_id, line.product_id) == (row.account_id, row.product_id)
            if is_its and first <= line.requested_on <= last:
                found[row.pk].append(line)
    return found


def _is_late(gap, late_orders):
    first = gap.first_week - timedelta(days=BEFORE)
    weeks = (gap.last_week - first).days // 7 + 1
    return any((gap.account_id, first + timedelta(weeks=n)) in late_orders for n in range(weeks))
