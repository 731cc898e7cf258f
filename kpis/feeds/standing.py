"""How every feed stands at a moment: which of its weeks are late, partial or strangely small.

Whoever says that a week is right as it is (`AcceptedWeek`) is believed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q, QuerySet

from kpis.calc import monday, sunday
from kpis.feeds.due import end_of
from kpis.feeds.judge import Verdict
from kpis.feeds.known import Known, last_weeks
from kpis.feeds.late import FACTS
from kpis.models import Feed

WEEKS_BACK = 8


@dataclass(frozen=True)
class Fault:
    """One week of one feed that is not as expected: `what` is "late", "partial" or "small".

    A late week has neither batch nor verdict; of the others the batch is the latest file that told of it.
    """

    feed: Feed
    week: date
    due_at: datetime
    what: str
    batch_id: int | None = None
    verdict: Verdict | None = None

    @property
    def kind(self) -> str:
        return self.feed.kind

    @property
    def account_id(self) -> int | None:
        return self.feed.account_id


def watched() -> QuerySet:
    """The feeds of which files are expected on a day of the week."""
    return Feed.objects.filter(weekday__isnull=False, kind__in=list(FACTS)).order_by("code")


def faults(at: datetime, feeds: Iterable[Feed] | None = None) -> list[Fault]:
    """Every week that is not as it is expected at `at`, looking eight weeks back; feeds by code, weeks in order.

    A week that came partly is told of before it is due, so that nobody is misled by it meanwhile.
    """
    feeds = list(watched()) if feeds is None else [f for f in feeds if f.weekday is not None and f.kind in FACTS]
    weeks = [*reversed(last_weeks(at, WEEKS_BACK)), monday(at.date())]  # far in the east this week's file may be due
    known = Known(feeds, weeks, at)
    return [fault for feed in feeds for week in weeks if (fault := _fault(feed, week, known))]


def _fault(feed, week, known):
    key = feed.pk, week
    if key in known.accepted:
        return None
    if key in known.gone:
        return Fault(feed, week, known.due[key], "late")
    verdict = known.verdicts.get(key)
    if verdict is None or not verdict.what or sunday(week) >= known.at.date():
        return None
    return Fault(feed, week, known.due[key], verdict.what, known.told[feed.pk][week].batch_id, verdict)


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
    found, below = defaultdict(set), _accounts_below(night)
    speaking = watched().filter(Q(account=None) | Q(account__in=[root for root in below if root]))
    for fault in faults(end_of(night.date), speaking):
        found[fault.kind].update((account, fault.week) for account in below[fault.account_id])
    return Waiting({kind: frozenset(pairs) for kind, pairs in found.items()})


def _accounts_below(night):
    """The shard's accounts by each account that they are or are below; under None all of them."""
    below = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, lineage FROM accounts_account WHERE mod(id, %s) = %s", [night.shards, night.shard])
        for account, lineage in cursor.fetchall():
            for root in (None, *lineage):
                below[root].append(account)
    return below
