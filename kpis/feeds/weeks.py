"""The weeks of one feed: what was expected, what came when, and how that is judged; for its page and the API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import Store
from kpis.calc import monday
from kpis.feeds.due import due_at
from kpis.feeds.judge import HISTORY, Verdict, judge
from kpis.feeds.late import FACTS, missing
from kpis.feeds.told import Told, all_stores, told
from kpis.models import AcceptedWeek, Feed, ImportBatch

SHOWN = 16
FAULTY = ("missing", "partial", "small")
STATES = ("awaited", *FAULTY, "late", "on_time", "accepted", "unknown")


@dataclass(frozen=True)
class FeedWeek:
    """One week of a feed. `state` is one of: awaited, missing, partial, small, late, on_time, accepted, unknown.

    "late" is whole, but came after it was due. "unknown" is what nobody watched: due on no day, or before the first
    file came.
    `missing` are the numbers of the stores that are expected and not there.
    """

    week: date
    due_at: datetime | None
    state: str
    told: Told | None = None
    verdict: Verdict | None = None
    missing: tuple[str, ...] = ()
    accepted: AcceptedWeek | None = None

    @property
    def expected(self) -> int | None:
        """How many stores are expected, None where nobody can say."""
        return None if not self.verdict or self.verdict.expected is None else len(self.verdict.expected)

    @property
    def reported(self) -> int | None:
        """How many of the expected stores are there."""
        return None if self.expected is None else self.expected - len(self.verdict.missing)

    @property
    def is_faulty(self) -> bool:
        return self.state in FAULTY

    @property
    def usual(self) -> Decimal | None:
        return self.verdict and self.verdict.usual


def weeks_of(feed: Feed, at: datetime, count: int = SHOWN) -> list[FeedWeek]:
    """The last weeks of a feed that are over at a moment, the latest first."""
    return weeks_of_all([feed], at, count)[feed.pk]


def weeks_of_all(
    feeds: Iterable[Feed], at: datetime, count: int = SHOWN, *, named: bool = True
) -> dict[int, list[FeedWeek]]:
    """The same by feed: five queries, whatever the counts, four where missing stores need not be `named`.

    A feed that brings no facts has no weeks.
    """
    known = _Known([feed for feed in feeds if feed.kind in FACTS], at, count, named)
    return {feed.pk: known.rows(feed) if feed.kind in FACTS else [] for feed in feeds}


class _Known:
    """What is known of the weeks of feeds at one moment."""

    def __init__(self, feeds, at, count, named):
        self.at, last = at, monday(at.date()) - timedelta(weeks=1)
        self.weeks = [last - timedelta(weeks=back) for back in range(count)]
        self.told = told(feeds, self.weeks[-1] - timedelta(weeks=2 * HISTORY), last, at)
        self.due = {(f.pk, week): due_at(f, week) for f in feeds if f.weekday is not None for week in self.weeks}
        self.gone = missing([(*key, due) for key, due in self.due.items() if due <= at], at)
        accepted = AcceptedWeek.objects.filter(feed__in=feeds, week__in=self.weeks)
        self.accepted = {(row.feed_id, row.week): row for row in accepted}
        every = all_stores(feeds)
        self.verdicts = {
            (f.pk, week): judge(f, self.told[f.pk], week, every.get(f.pk))
            for f in feeds
            for week in self.weeks
            if week in self.told.get(f.pk, ())
        }
        self.codes = _codes(self.verdicts.values()) if named else {}

    def rows(self, feed):
        told = self.told.get(feed.pk, {})
        since = min((found.first_at for found in told.values()), default=self.at)
        return [self._row(feed, week, told.get(week), since) for week in self.weeks]

    def _row(self, feed, week, told, since):
        key = feed.pk, week
        verdict, due = self.verdicts.get(key), self.due.get(key)
        gone = () if verdict is None else tuple(sorted(self.codes[pk] for pk in verdict.missing if pk in self.codes))
        state = "accepted" if key in self.accepted else self._state(due, told, verdict, key in self.gone, since)
        return FeedWeek(week, due, state, told, verdict, gone, self.accepted.get(key))

    def _state(self, due, told, verdict, is_missing, since):
        if told is None:
            return "missing" if is_missing else "awaited" if due and due > self.at else "unknown"
        if due is None:
            return "unknown"
        if verdict.what:
            return verdict.what
        if due < since:
            return "unknown"
        return "late" if told.first_at > due else "on_time"


def seen_files(weeks: list[FeedWeek], user) -> set[int]:
    """Which of the files that told of these weeks a person sees; of the others they see no figures either."""
    batches = {week.told.batch_id for week in weeks if week.told}
    return set(ImportBatch.objects.visible_to(user).filter(pk__in=batches).values_list("pk", flat=True))


def _codes(verdicts):
    wanted = set().union(*(verdict.missing for verdict in verdicts))
    return dict(Store.objects.filter(pk__in=wanted).values_list("pk", "code")) if wanted else {}
