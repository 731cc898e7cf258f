"""The weeks of one feed: what was expected, what came when, and how that is judged; for its page and the API."""

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

    "late" is whole, but came after it was due. "unknown" is what nobody watched: it was due before the first file came.
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
    """The last weeks that are over at a moment, the latest first; five queries, whatever the count."""
    return _Weeks(feed, at, count).rows() if feed.kind in FACTS else []


class _Weeks:
    """What is known of the weeks of one feed at one moment."""

    def __init__(self, feed, at, count):
        self.feed, self.at = feed, at
        last = monday(at.date()) - timedelta(weeks=1)
        self.weeks = [last - timedelta(weeks=back) for back in range(count)]
        self.known = told([feed], self.weeks[-1] - timedelta(weeks=2 * HISTORY), last, at).get(feed.pk, {})
        self.since = min((found.first_at for found in self.known.values()), default=at)
        self.due = {week: due_at(feed, week) for week in self.weeks} if feed.weekday is not None else {}
        self.gone = missing([(feed.pk, week, due) for week, due in self.due.items() if due <= at], at)
        self.accepted = {row.week: row for row in AcceptedWeek.objects.filter(feed=feed, week__in=self.weeks)}

    def rows(self):
        every = all_stores([self.feed]).get(self.feed.pk)
        verdicts = {week: judge(self.feed, self.known, week, every) for week in self.weeks if week in self.known}
        codes = _codes(verdicts.values())
        return [self._row(week, verdicts.get(week), codes) for week in self.weeks]

    def _row(self, week, verdict, codes):
        gone = () if verdict is None else tuple(sorted(codes[pk] for pk in verdict.missing if pk in codes))
        told = self.known.get(week)
        return FeedWeek(
            week, self.due.get(week), self._state(week, verdict), told, verdict, gone, self.accepted.get(week)
        )

    def _state(self, week, verdict):
        due, told = self.due.get(week), self.known.get(week)
        if week in self.accepted:
            return "accepted"
        if told is None:
            return "missing" if (self.feed.pk, week) in self.gone else "awaited" if due and due > self.at else "unknown"
        if verdict.what and due:
            return verdict.what
        if due and due < self.since:
            return "unknown"
        return "late" if due and told.first_at > due else "on_time"


def seen_files(weeks: list[FeedWeek], user) -> set[int]:
    """Which of the files that told of these weeks a person sees; of the others they see no figures either."""
    batches = {week.told.batch_id for week in weeks if week.told}
    return set(ImportBatch.objects.visible_to(user).filter(pk__in=batches).values_list("pk", flat=True))


def _codes(verdicts):
    wanted = set().union(*(verdict.missing for verdict in verdicts))
    return dict(Store.objects.filter(pk__in=wanted).values_list("pk", "code")) if wanted else {}
