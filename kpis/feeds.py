"""Which feeds are late, and so which weeks of which accounts nobody knows yet. Silence is not zero.

The file of a week is due on the feed's weekday of the following week, and late from the end of that day plus its
days of grace. It has arrived when there are facts of that week in the feed's scope, or when a batch of the feed
was applied after the week had ended and until the business date.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from kpis.calc import monday

WEEKS_BACK = 8

# Facts of a kind: the table, the day (or week) they are about.
FACTS = {
    "sell_through": ("kpis_sellthrough", "week"),
    "orders": ("kpis_orderline", "ordered_on"),
    "invoices": ("kpis_invoiceline", "invoiced_on"),
    "open_items": ("kpis_openitem", "issued_on"),
    "stock": ("kpis_stocklevel", "day"),
    "shipments": ("kpis_shipment", "shipped_on"),
    "service": ("kpis_servicefact", "week"),
    "prices": ("kpis_priceobservation", "observed_on"),
}

# Each question is asked account by account, through the index on account and day, and ends with the first answer;
# the LIMIT keeps the planner from reading whole tables instead.
LATE = """
WITH due AS MATERIALIZED (
    SELECT f.id, f.code, f.name, f.account_id, w.week, w.due
    FROM kpis_feed f
    CROSS JOIN LATERAL (
        SELECT max(b.received_at AT TIME ZONE 'UTC')::date AS day FROM kpis_importbatch b
        WHERE b.feed_id = f.id AND b.state = 'applied'
            AND b.received_at < (%(date)s::date + 1)::timestamp AT TIME ZONE 'UTC'
    ) newest
    CROSS JOIN LATERAL (
        SELECT d::date AS week, d::date + 7 + f.weekday + f.grace_days AS due
        FROM generate_series(%(first)s::date, %(date)s::date, interval '7 days') d
    ) w
    WHERE f.kind = '{kind}' AND f.weekday IS NOT NULL AND w.due <= %(date)s
        AND (newest.day IS NULL OR newest.day < w.week + 7)
)
SELECT '{kind}' AS kind, d.id, d.code, d.name, d.account_id, d.week, d.due FROM due d
WHERE NOT {in_week} AND ({before} OR d.due > %(date)s::date - 7 AND NOT {ever})
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


@dataclass(frozen=True)
class Late:
    """A feed of which files are missing: their weeks, oldest first, and the day the oldest was due."""

    feed_id: int
    code: str
    name: str
    kind: str
    account_id: int | None
    weeks: tuple[date, ...]
    due: date


def late_feeds(day: date) -> list[Late]:
    """Every feed that is late at the end of `day`, looking eight weeks back; all kinds in one query."""
    params = {"date": day, "first": monday(day) - timedelta(weeks=WEEKS_BACK)}
    with connection.cursor() as cursor:
        cursor.execute(LATE_OF_ALL, params)
        rows = cursor.fetchall()
    by_feed = defaultdict(list)
    for kind, *feed, week, due in rows:
        by_feed[kind, *feed].append((week, due))
    return [
        Late(pk, code, name, kind, account, tuple(week for week, _due in found), found[0][1])
        for (kind, pk, code, name, account), found in by_feed.items()
    ]


def _late_sql(kind, table, day):
    facts = {name: FACT.format(table=table, condition=text.format(day=day)) for name, text in CONDITIONS.items()}
    return LATE.format(kind=kind, **{name: HAS_FACTS.format(fact=fact) for name, fact in facts.items()})


LATE_OF_ALL = " UNION ALL ".join(f"({_late_sql(kind, *where)})" for kind, where in FACTS.items())
LATE_OF_ALL += " ORDER BY code, week"


@dataclass(frozen=True)
class LateWeeks:
    """(account, week) pairs without news, of one shard, by kind of facts."""

    by_kind: dict[str, frozenset]

    def of(self, kinds):
        """The pairs of any of these kinds, in order."""
        return sorted(set().union(*(self.by_kind.get(kind, ()) for kind in kinds)))

    def accounts(self, kind, since):
        """Accounts of which a week from `since` on is missing."""
        return {account for account, week in self.by_kind.get(kind, ()) if week >= since}


def late_weeks(night) -> LateWeeks:
    """What the night's shard has to wait for: a feed speaks for its account and everything below it."""
    found = defaultdict(set)
    late = late_feeds(night.date)
    below = _accounts_below(night, late)
    for feed in late:
        found[feed.kind].update((account, week) for account in below[feed.account_id] for week in feed.weeks)
    return LateWeeks({kind: frozenset(pairs) for kind, pairs in found.items()})


def _accounts_below(night, late):
    """The shard's accounts by the account a feed is for; under None all of them."""
    roots = {feed.account_id for feed in late}
    sql = "SELECT id, lineage FROM accounts_account WHERE mod(id, %s) = %s"
    below = {root: [] for root in roots}
    if not roots:
        return below
    with connection.cursor() as cursor:
        cursor.execute(sql, [night.shards, night.shard])
        for account, lineage in cursor.fetchall():
            for root in roots & {None, *lineage}:
                below[root].append(account)
    return below
