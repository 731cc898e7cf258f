"""The night keeps the episodes of stock-outs: opened, extended, ended, merged and withdrawn as the facts say.

Only accounts whose facts changed are judged, from the oldest week that changed on, at most half a year back. What a
person corrected keeps their cause. An episode is never deleted: what the facts do not show any more is withdrawn, and
comes back as it was when they show it again. A night for a past date leaves alone what a later one has judged.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from kam.audit import log_many, plain
from kpis.calc import last_complete_week
from kpis.feeds.standing import waiting
from kpis.models import StockOut
from kpis.sql import MINE
from kpis.stockouts import evidence, gaps, tree

WEEKS_BACK = timedelta(weeks=25)
Standing, State = StockOut.Standing, StockOut.State

CHANGED = f"""
SELECT t.account_id, min(t.week) FROM kpis_touched t
WHERE t.night = %(date)s AND {MINE.format("t")}
    AND NOT EXISTS (SELECT FROM kpis_touched n WHERE n.account_id = t.account_id AND n.night > %(date)s)
GROUP BY 1 ORDER BY 1
"""
WRITTEN = [
    *("kind", "standing", "first_week", "last_week", "weeks", "expected", "sold", "lost_units", "lost_value"),
    *("currency", "stores", "empty_stores", "found", "cause", "path", "merged_into"),
]
KEPT = ["as_of", "version", "updated_at"]
LOGGED = ("standing", "first_week", "last_week", "found", "lost_units")
# Withdrawn episodes first, open ones last, so that none meets another that has yet to make room.
ROOM = (Standing.WITHDRAWN, Standing.ENDED, Standing.OPEN)


@dataclass
class Change:
    """What the night does to the episodes: rows to insert, rows to update, and what the log says of each."""

    new: list = field(default_factory=list)
    known: list = field(default_factory=list)
    verbs: dict = field(default_factory=lambda: defaultdict(list))


def stockouts(night) -> int:
    """Judge the shard's accounts whose facts changed; returns how many episodes they have in the weeks judged."""
    last = last_complete_week(night.date)
    late = waiting(night)
    without = late.of(("sell_through",))
    found = 0
    for start, accounts in _by_start(changed(night), last).items():
        shown = gaps.find(accounts, start, last, without)
        evidence.gather(shown, night.date, late.by_kind.get("orders", frozenset()))
        _keep(shown, _stored(accounts, start), night.date)
        found += len(shown)
    return found


def changed(night):
    """(account, oldest week) of the shard's accounts whose facts changed, and which no later night has judged."""
    with connection.cursor() as cursor:
        cursor.execute(CHANGED, night.params)
        return cursor.fetchall()


def _by_start(pairs, last):
    """Accounts by the first week that is judged again, so that one statement finds the gaps of many."""
    found = defaultdict(list)
    for account, week in pairs:
        if week <= last:
            found[max(week, last - WEEKS_BACK)].append(account)
    return found


def _stored(accounts, start):
    """The accounts' episodes that reach into the weeks judged, locked; by account and product, oldest first."""
    rows = StockOut.objects.select_for_update(of=("self",)).filter(
        account__in=accounts, last_week__gte=start - gaps.BRIDGED
    )
    found = defaultdict(list)
    for row in rows.select_related("account", "product").order_by("first_week", "pk"):
        found[row.account_id, row.product_id].append(row)
    return found


def _keep(shown, stored, day):
    """Make the stored episodes say what the facts show."""
    change, used = Change(), set()
    for gap in shown:
        rows = [row for row in stored[gap.account_id, gap.product_id] if _overlap(row, gap) and row.pk not in used]
        rows = [row for row in rows if row.as_of <= day]
        chief = next((row for row in rows if row.standing != Standing.WITHDRAWN), None) or next(iter(rows), None)
        used.update(row.pk for row in rows)
        _write_gap(change, chief, gap, day)
        for other in rows:
            if other is not chief and other.standing != Standing.WITHDRAWN:
                _withdraw(change, other, day, into=chief)
    for rows in stored.values():
        for row in rows:
            if row.pk not in used and row.as_of <= day and row.standing != Standing.WITHDRAWN:
                _withdraw(change, row, day)
    _write(change)


def _overlap(row, gap):
    return row.first_week <= gap.last_week and row.last_week >= gap.first_week


def _write_gap(change, row, gap, day):
    """Put a gap on its episode, a new one where there is none, and judge why."""
    fresh = row is None
    row = StockOut(account_id=gap.account_id, product_id=gap.product_id, version=1) if fresh else row
    before = None if fresh else _facts(row)
    cause, path = tree.judge(gap)
    standing = row.standing
    row.standing = Standing.OPEN if gap.is_open else Standing.ENDED
    row.kind, row.first_week, row.last_week, row.weeks = gap.kind, gap.first_week, gap.last_week, gap.weeks
    row.expected, row.sold, row.lost_units, row.lost_value = gap.expected, gap.sold, gap.lost, gap.lost_value
    row.currency, row.stores, row.empty_stores = gap.currency, gap.stores, gap.empty_stores
    row.found, row.path, row.merged_into, row.as_of = cause, plain(path), None, day
    if row.state != State.CORRECTED:
        row.cause = cause
    if fresh:
        change.new.append(row)
    elif _facts(row) != before:
        _changed_row(change, row, before, _verb(standing, row, before))


def _verb(standing, row, before):
    if standing != row.standing:
        return {Standing.OPEN: "reopened", Standing.ENDED: "ended"}[row.standing]
    return "judged" if before["found"] != row.found else "counted"


def _withdraw(change, row, day, into=None):
    before = _facts(row)
    row.standing, row.merged_into, row.as_of = Standing.WITHDRAWN, into, day
    _changed_row(change, row, before, "merged" if into else "withdrawn")


def _changed_row(change, row, before, verb):
    row.version += 1
    row.updated_at = timezone.now()
    row.was = before
    change.known.append(row)
    change.verbs[verb].append(row)


def _facts(row):
    """What the night says of an episode, but for the day it said it."""
    return {name: plain(getattr(row, name)) for name in WRITTEN}


def _write(change):
    for standing in ROOM:
        rows = [row for row in change.known if row.standing == standing]
        StockOut.objects.bulk_update(rows, [*WRITTEN, *KEPT], batch_size=500)
    StockOut.objects.bulk_create(change.new, batch_size=500)
    log_many(_named(change.new), "found", by=None, after=_said)
    for verb, rows in change.verbs.items():
        if verb != "counted":
            log_many(rows, verb, by=None, before=_was, after=_said)


def _named(rows):
    """New rows with the names that the log calls them by."""
    return StockOut.objects.filter(pk__in=[row.pk for row in rows]).select_related("account", "product").order_by("pk")


def _said(row):
    return {name: getattr(row, name) for name in LOGGED}


def _was(row):
    return {name: row.was[name] for name in LOGGED}
