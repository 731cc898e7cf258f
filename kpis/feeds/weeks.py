"""The weeks of one feed: what was expected, what came when, and how that is judged; for its page and the API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from accounts.models import Store
from kpis.feeds.judge import Verdict
from kpis.feeds.known import Known, last_weeks
from kpis.feeds.late import FACTS
from kpis.feeds.told import Told
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
    telling = [feed for feed in feeds if feed.kind in FACTS]
    known = Known(telling, last_weeks(at, count), at)
    codes = _codes(known.verdicts.values()) if named else {}
    rows = {feed.pk: _rows(feed, known, codes) for feed in telling}
    return {feed.pk: rows.get(feed.pk, []) for feed in feeds}


def _rows(feed, known, codes):
    told = known.told.get(feed.pk, {})
    since = min((found.first_at for found in told.values()), default=known.at)
    return [_row((feed.pk, week), told.get(week), known, codes, since) for week in known.weeks]


def _row(key, told, known, codes, since):
    verdict, due = known.verdicts.get(key), known.due.get(key)
    gone = () if verdict is None else tuple(sorted(codes[pk] for pk in verdict.missing if pk in codes))
    state = "accepted" if key in known.accepted else _state(key, told, known, since)
    return FeedWeek(key[1], due, state, told, verdict, gone, known.accepted.get(key))


def _state(key, told, known, since):
    due = known.due.get(key)
    if told is None:
        return "missing" if key in known.gone else "awaited" if due and due > known.at else "unknown"
    if due is None:
        return "unknown"
    if what := known.verdicts[key].what:
        return what
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
