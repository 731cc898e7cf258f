"""The KPI floor's steps of the night.

Each is a set of statements over the accounts of one shard, idempotent for its business date. A night that is run
again for a past date repeats what it did, with the facts as they stand now: a restatement replaces what it
restates, so what was known then cannot be had back. It does not take up weeks that changed after it, and does
not overwrite what a later night has found.
"""

from datetime import timedelta

from django.db import connection

from accounts.alerts import raise_alerts
from kam.measures import Window, all_measures
from kpis import summing, watch
from kpis.calc import last_complete_week
from kpis.feeds.alerts import tell
from kpis.feeds.due import end_of
from kpis.feeds.standing import waiting
from kpis.levels import WITHOUT_RATE
from kpis.partitions import make_ahead

WINDOW_WEEKS = 8


def partitions(night) -> int:
    """The months to come of the partitioned tables, so that no import waits for them."""
    return make_ahead(night.date)


def feeds(night) -> int:
    """Alerts for what is wrong with the feeds of accounts; how many weeks, those of the whole house too, is noted."""
    due = tell(night, end_of(night.date))
    if due:  # which ones is for those who see the accounts: alerts and the page of feeds say it
        night.note("feeds_late", count=len({fault.feed.pk for fault in due}))
    return len(due)


def rollups(night) -> int:
    """Sum the weeks whose facts changed; see `kpis.summing`."""
    return summing.by_night(night)


def measures(night) -> int:
    """Every registered measure for the last eight complete weeks, and back to the oldest week touched tonight."""
    window = window_of(night)
    late = waiting(night)
    if lines := _left_out(window):
        night.note("foreign_currency", lines=lines)
    return sum(_store(measure, window, late.of(measure.feeds)) for measure in all_measures().values())


def _left_out(window):
    """How many order lines and receivables no amount knows, because nobody knows a rate."""
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_RATE, window.params)
        return cursor.fetchone()[0]


def window_of(night) -> Window:
    """The weeks this night measures."""
    last = last_complete_week(night.date)
    first = last - timedelta(weeks=WINDOW_WEEKS - 1)
    oldest = "SELECT min(week) FROM kpis_touched WHERE night = %s AND mod(account_id, %s) = %s"
    with connection.cursor() as cursor:
        cursor.execute(oldest, [night.date, night.shards, night.shard])
        touched = cursor.fetchone()[0] or first
    return Window(min(first, touched), last, night.date, night.shard, night.shards)


# A value that was changed by a later night stays. Where news is late the old value is kept and marked, and where
# there is none a row says that it is missing, if the account was measured before.
STORE = """
WITH measured AS MATERIALIZED ({sql}),
late AS MATERIALIZED (SELECT * FROM unnest(%(late_accounts)s::bigint[], %(late_weeks)s::date[]) AS l(account_id, week)),
missing AS (
    SELECT l.account_id, l.week FROM late l
    WHERE l.week BETWEEN %(first)s AND %(last)s AND (
        EXISTS (SELECT 1 FROM measured m WHERE m.account_id = l.account_id AND m.week <= l.week)
        OR EXISTS (SELECT 1 FROM kpis_measurevalue v
            WHERE v.account_id = l.account_id AND v.measure = %(code)s AND v.week <= l.week))
),
fresh AS MATERIALIZED (
    SELECT m.account_id, m.week, round(m.numerator, 4) AS numerator, round(m.denominator, 4) AS denominator,
        false AS late
    FROM measured m WHERE NOT EXISTS (SELECT 1 FROM late l WHERE l.account_id = m.account_id AND l.week = m.week)
    UNION ALL
    SELECT s.account_id, s.week, v.numerator, v.denominator, true
    FROM missing s LEFT JOIN kpis_measurevalue v
        ON v.account_id = s.account_id AND v.week = s.week AND v.measure = %(code)s
),
gone AS (
    DELETE FROM kpis_measurevalue v
    WHERE v.measure = %(code)s AND v.week BETWEEN %(first)s AND %(last)s AND v.as_of <= %(as_of)s
        AND mod(v.account_id, %(shards)s) = %(shard)s
        AND (v.account_id, v.week) NOT IN (SELECT f.account_id, f.week FROM fresh f)
    RETURNING 1
),
put AS (
    INSERT INTO kpis_measurevalue AS v (account_id, measure, definition, week, numerator, denominator, as_of, late)
    SELECT f.account_id, %(code)s, %(version)s, f.week, f.numerator, f.denominator, %(as_of)s, f.late
    FROM fresh f ORDER BY f.account_id, f.week
    ON CONFLICT (account_id, measure, week) DO UPDATE
    SET definition = excluded.definition, numerator = excluded.numerator, denominator = excluded.denominator,
        as_of = CASE WHEN excluded.late THEN v.as_of ELSE excluded.as_of END, late = excluded.late
    WHERE v.as_of <= excluded.as_of AND (v.definition, v.numerator, v.denominator, v.late)
        IS DISTINCT FROM (excluded.definition, excluded.numerator, excluded.denominator, excluded.late)
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM put)
"""


def _store(measure, window, late):
    params = window.params | {
        "code": measure.code,
        "version": measure.version,
        "late_accounts": [account for account, _week in late],
        "late_weeks": [week for _account, week in late],
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE.format(sql=measure.sql(window)), params)
        return cursor.fetchone()[0]


def alerts(night) -> int:
    """What deserves attention; accounts whose news is late or not whole keep the alerts they have."""
    held_back, found = waiting(night), 0
    since = last_complete_week(night.date) - timedelta(weeks=1)
    for rule in watch.RULES:
        kept = held_back.accounts(rule.feed, since)
        rows = [row for row in rule.find(night) if row.account_id not in kept]
        found += raise_alerts(rows + watch.as_they_are(rule.code, kept, night), code=rule.code, night=night)
    kinds = {rule.feed for rule in watch.RULES}
    if waits := set().union(*(held_back.accounts(kind, since) for kind in kinds)):
        night.note("alerts_wait", count=len(waits))
    return found
