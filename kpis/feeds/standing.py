"""How every feed stands at a moment: which of its weeks are late, partial or strangely small.

Whoever says that a week is right as it is (`AcceptedWeek`) is believed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import connection

from kpis.calc import monday
from kpis.feeds.due import due_at, end_of
from kpis.feeds.judge import HISTORY, judge
from kpis.feeds.late import FACTS, missing
from kpis.feeds.told import all_stores, told
from kpis.models import AcceptedWeek, Feed

WEEKS_BACK = 8


@dataclass(frozen=True)
class Fault:
    """One week of one feed that is not as expected: `what` is "late", "partial" or "small".

    A late week has no batch; the others name the latest file that told of it. `missing` are ids of stores.
    """

    feed: Feed
    week: date
    due_at: datetime
    what: str
    batch_id: int | None = None
    expected: int = 0
    missing: frozenset[int] = frozenset()
    total: Decimal | None = None
    usual: Decimal | None = None
    below: Decimal | None = None

    @property
    def kind(self) -> str:
        return self.feed.kind

    @property
    def account_id(self) -> int | None:
        return self.feed.account_id


def watched() -> list[Feed]:
    """The feeds of which files are expected on a day of the week."""
    return list(Feed.objects.filter(weekday__isnull=False, kind__in=list(FACTS)).order_by("code"))


def faults(at: datetime, feeds: Iterable[Feed] | None = None) -> list[Fault]:
    """Every week that is not as it is expected at `at`, looking eight weeks back; feeds by code, weeks in order.

    A week that came partly is told of before it is due, so that nobody is misled by it meanwhile.
    """
    feeds = watched() if feeds is None else [f for f in feeds if f.weekday is not None and f.kind in FACTS]
    this = monday(at.date())
    weeks = [this - timedelta(weeks=back) for back in range(WEEKS_BACK, -1, -1)]
    accepted = set(AcceptedWeek.objects.filter(feed__in=feeds, week__gte=weeks[0]).values_list("feed", "week"))
    asked = [(f, w, due) for f in feeds for w in weeks if (f.pk, w) not in accepted and (due := due_at(f, w))]
    late = missing([(f.pk, w, due) for f, w, due in asked if due <= at], at)
    found = {(f.pk, w): Fault(f, w, due, "late") for f, w, due in asked if (f.pk, w) in late}
    came = [(f, w, due) for f, w, due in asked if (f.pk, w) not in late and w + timedelta(days=7) <= at.date()]
    found |= _short(came, at)
    return [found[key] for f, w, _due in asked if (key := (f.pk, w)) in found]


def _short(asked, at):
    """Weeks that came, but partly or strangely small."""
    feeds = list({f.pk: f for f, _week, _due in asked}.values())
    if not feeds:
        return {}
    first, last = min(w for _f, w, _due in asked), max(w for _f, w, _due in asked)
    known, every = told(feeds, first - timedelta(weeks=2 * HISTORY), last, at), all_stores(feeds)
    found = {}
    for feed, week, due in asked:
        if week in known.get(feed.pk, ()):
            verdict = judge(feed, known[feed.pk], week, every.get(feed.pk))
            if verdict.what:
                found[feed.pk, week] = _fault(feed, week, due, verdict, known[feed.pk][week].batch_id)
    return found


def _fault(feed, week, due, verdict, batch_id):
    return Fault(
        feed,
        week,
        due,
        verdict.what,
        batch_id,
        len(verdict.expected or ()),
        verdict.missing,
        verdict.total,
        verdict.usual,
        verdict.below,
    )


@dataclass(frozen=True)
class Waiting:
    """(account, week) pairs of one shard whose news is missing or not whole, by kind of facts."""

    by_kind: dict[str, frozenset]

    def of(self, kinds):
        """The pairs of any of these kinds, in order."""
        return sorted(set().union(*(self.by_kind.get(kind, ()) for kind in kinds)))

    def accounts(self, kind, since):
        """Accounts of which a week from `since` on is waited for."""
        return {account for account, week in self.by_kind.get(kind, ()) if week >= since}


def waiting(night) -> Waiting:
    """What the night's shard has to wait for: a feed speaks for its account and everything below it."""
    found, faulty = defaultdict(set), faults(end_of(night.date))
    below = _accounts_below(night, faulty)
    for fault in faulty:
        found[fault.kind].update((account, fault.week) for account in below[fault.account_id])
    return Waiting({kind: frozenset(pairs) for kind, pairs in found.items()})


def _accounts_below(night, faulty):
    """The shard's accounts by the account a feed is for; under None all of them."""
    roots = {fault.account_id for fault in faulty}
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
