"""Which weeks of which feeds nobody has reported yet. Silence is not zero.

A week has arrived when there are facts of it in the feed's scope. Of kinds that do not tell of each week, such as
orders, it has also arrived when a file of the feed was applied after the week had ended: nothing happened then. Of
sell-through and the like that holds only for files of which nobody knows what they told.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection

from kpis.imports.tables import TABLES

# Kinds of files that bring facts.
FACTS = tuple(TABLES)
# Kinds that tell of every week: another week's file does not stand in for it.
EACH_WEEK = ("sell_through", "stock", "service")

DUE = """
WITH due AS MATERIALIZED (
    SELECT f.id, f.kind, f.account_id, g.week, g.due_at
    FROM unnest(%(feeds)s::bigint[], %(weeks)s::date[], %(dues)s::timestamptz[]) g(feed_id, week, due_at)
    JOIN kpis_feed f ON f.id = g.feed_id
    LEFT JOIN (
        SELECT b.feed_id, max(b.received_at AT TIME ZONE 'UTC')::date AS day FROM kpis_importbatch b
        WHERE b.feed_id = ANY(%(feeds)s::bigint[]) AND b.state = 'applied' AND b.received_at < %(at)s
            AND NOT (b.kind = ANY(%(each)s) AND EXISTS (SELECT FROM kpis_batchweek w WHERE w.batch_id = b.id))
        GROUP BY 1
    ) newest ON newest.feed_id = f.id
    WHERE newest.day IS NULL OR newest.day < g.week + 7
)
"""
# Each question is asked account by account, through the index on account and day, and ends with the first answer;
# the LIMIT keeps the planner from reading whole tables instead.
LATE = """
SELECT d.id, d.week FROM due d
WHERE d.kind = '{kind}'
    AND NOT {in_week} AND ({before} OR d.due_at > %(at)s::timestamptz - interval '7 days' AND NOT {ever})
"""
HAS_FACTS = """CASE WHEN d.account_id IS NULL
    THEN EXISTS (SELECT FROM accounts_account a, {fact})
    ELSE EXISTS (SELECT FROM accounts_account a, {fact} WHERE a.lineage @> ARRAY[d.account_id]) END"""
FACT = "LATERAL (SELECT FROM {table} x WHERE x.account_id = a.id AND {condition} LIMIT 1) fact"
CONDITIONS = {
    "in_week": "x.{day} BETWEEN d.week AND d.week + 6",
    "before": "x.{day} <= d.week",
    "ever": "true",
}


def missing(due: Sequence[tuple[int, date, datetime]], at: datetime) -> set[tuple[int, date]]:
    """Of (feed id, week, due at), those that have not arrived by `at`: (feed id, week). One query for all kinds."""
    if not due:
        return set()
    feeds, weeks, dues = (list(column) for column in zip(*due, strict=True))
    params = {"feeds": feeds, "weeks": weeks, "dues": dues, "at": at, "each": list(EACH_WEEK)}
    with connection.cursor() as cursor:
        cursor.execute(LATE_OF_ALL, params)
        return set(cursor.fetchall())


def _late_sql(kind, table):
    said = {name: text.format(day=table.day) for name, text in CONDITIONS.items()}
    facts = {name: FACT.format(table=table.name, condition=text) for name, text in said.items()}
    return LATE.format(kind=kind, **{name: HAS_FACTS.format(fact=fact) for name, fact in facts.items()})


LATE_OF_ALL = DUE + " UNION ALL ".join(f"({_late_sql(kind, table)})" for kind, table in TABLES.items())
