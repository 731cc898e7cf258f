"""How good the data of feeds is: on time, whole, fresh, and how much of it was refused, repeated or restated.

Weeks are judged as `kpis.feeds.weeks` judges them; what files were like is counted over the files that came by the feed
in the same time, those that the reader sees.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Max, Min, OuterRef, Q, Subquery, Sum

from kpis.calc import monday, rate, sunday
from kpis.feeds.weeks import FeedWeek, weeks_of_all
from kpis.models import BatchWeek, Feed, ImportBatch, ImportError

UNKNOWN = ("unknown_product", "unknown_store", "unknown_account")
WATCHED = ("missing", "partial", "small", "late", "on_time", "accepted")
LISTED = 20
QUARTER = 13


@dataclass(frozen=True)
class Quality:
    """The quality of one feed over some weeks, or of several together. Rates are None where there is nothing to judge.

    `due` weeks were watched, of which `on_time` came by their hour and `gaps` are missing; `reported` of `expected`
    stores are there; `newest` is the last week that came. Of the files, `rows` were read and `rejected`; `unknown`
    cells named what nobody knows, `repeated` keys stood twice in a file; `duplicates` were files sent again, `restated`
    rows changed what was stored.
    """

    due: int = 0
    on_time: int = 0
    gaps: int = 0
    short: int = 0
    reported: int = 0
    expected: int = 0
    newest: date | None = None
    files: int = 0
    duplicates: int = 0
    rows: int = 0
    rejected: int = 0
    unknown: int = 0
    repeated: int = 0
    restated: int = 0
    weeks: tuple[FeedWeek, ...] = field(default=(), compare=False)

    @property
    def timeliness(self) -> Decimal | None:
        return rate(Decimal(self.on_time), Decimal(self.due))

    @property
    def completeness(self) -> Decimal | None:
        return rate(Decimal(self.reported), Decimal(self.expected))

    @property
    def rejection(self) -> Decimal | None:
        return rate(Decimal(self.rejected), Decimal(self.rows))

    def age(self, at: datetime) -> int | None:
        """How many days have gone by since the newest week ended."""
        return None if self.newest is None else (at.date() - sunday(self.newest)).days - 1


SUMS = (
    *("due", "on_time", "gaps", "short", "reported", "expected"),
    *("files", "duplicates", "rows", "rejected", "unknown", "repeated", "restated"),
)


def quality_of(feeds: Iterable[Feed], user, at: datetime, weeks: int) -> dict[int, Quality]:
    """The quality of each feed over the last `weeks` weeks as somebody sees it, by feed: five queries for all."""
    feeds = list(feeds)
    since = at - timedelta(weeks=weeks)
    by_week, files = weeks_of_all(feeds, at, weeks, named=False), _files(feeds, user, since)
    return {feed.pk: Quality(**_of_weeks(by_week[feed.pk]), **files[feed.pk]) for feed in feeds}


def together(found: Iterable[Quality]) -> Quality:
    """Several feeds as one: sums, and the oldest of what each brought last."""
    found = list(found)
    newest = min((each.newest for each in found if each.newest), default=None)
    return Quality(newest=newest, **{name: sum(getattr(each, name) for each in found) for name in SUMS})


def _of_weeks(rows):
    watched = [row for row in rows if row.state in WATCHED]
    counted = [row for row in rows if row.expected is not None]
    return {
        "due": len(watched),
        "on_time": sum(bool(row.told and row.due_at and row.told.first_at <= row.due_at) for row in watched),
        "gaps": sum(row.state == "missing" for row in rows),
        "short": sum(row.state in ("partial", "small") for row in rows),
        "reported": sum(row.reported for row in counted),
        "expected": sum(row.expected for row in counted),
        "newest": max((row.week for row in rows if row.told), default=None),
        "weeks": tuple(rows),
    }


def _files(feeds, user, since):
    """Counts of the files that came by each feed since a moment."""
    found = defaultdict(dict)
    seen = ImportBatch.objects.visible_to(user).filter(feed__in=feeds, received_at__gte=since, dry_run=False)
    own, again = {"batch": OuterRef("pk")}, Q(state="duplicate")
    cells = ImportError.objects.filter(**own).order_by().values("batch")
    stored = BatchWeek.objects.filter(**own).order_by().values("batch")
    each = seen.annotate(
        unknown_cells=Subquery(cells.filter(code__in=UNKNOWN).annotate(n=Count("pk")).values("n")),
        repeated_cells=Subquery(cells.filter(code="duplicate").annotate(n=Count("pk")).values("n")),
        restated_rows=Subquery(stored.annotate(n=Sum("changed")).values("n")),
    )
    counts = {
        "files": Count("pk"),
        "duplicates": Count("pk", filter=again),
        "rows": Sum("rows", filter=~again, default=0),
        "rejected": Sum("rejected", filter=~again, default=0),
        "unknown": Sum("unknown_cells", default=0),
        "repeated": Sum("repeated_cells", default=0),
        "restated": Sum("restated_rows", filter=Q(state="applied"), default=0),
    }
    for row in each.order_by().values("feed").annotate(**counts):
        found[row.pop("feed")] = row
    return found


@dataclass(frozen=True)
class Reason:
    """One reason for which cells were refused: how many, in how many files, and where the last of them stands."""

    code: str
    cells: int
    files: int
    batch_id: int
    line: int


def reasons(feed: Feed, user, at: datetime, weeks: int) -> list[Reason]:
    """Why cells of a feed's files were refused in the last weeks, the most frequent first; one query."""
    found = _faults(feed, user, at, weeks).order_by().values("code")
    counted = found.annotate(cells=Count("pk"), files=Count("batch", distinct=True), newest=Max("batch"))
    rows = list(counted.order_by("-cells", "code"))
    lines = _first_lines(rows, "code")
    return [
        Reason(row["code"], row["cells"], row["files"], row["newest"], lines[row["newest"], row["code"]])
        for row in rows
    ]


@dataclass(frozen=True)
class Unknown:
    """One name that nobody knows: what it was meant to be, how often it stood there, and where it did last."""

    code: str
    value: str
    cells: int
    batch_id: int
    line: int


def unknowns(feed: Feed, user, at: datetime, weeks: int) -> list[Unknown]:
    """Products, stores and accounts that files named and nobody knows, the most frequent first, at most twenty."""
    found = _faults(feed, user, at, weeks).filter(code__in=UNKNOWN).order_by().values("code", "value")
    counted = found.annotate(cells=Count("pk"), newest=Max("batch")).order_by("-cells", "code", "value")[:LISTED]
    rows = list(counted)
    lines = _first_lines(rows, "value")
    return [
        Unknown(row["code"], row["value"], row["cells"], row["newest"], lines[row["newest"], row["value"]])
        for row in rows
    ]


def _faults(feed, user, at, weeks):
    seen = ImportBatch.objects.visible_to(user).filter(feed=feed, received_at__gte=at - timedelta(weeks=weeks))
    return ImportError.objects.filter(batch__in=seen.order_by().values("pk"))


def _first_lines(rows, name):
    """The first line of each reason or name in the newest file that has it."""
    found = ImportError.objects.filter(batch__in={row["newest"] for row in rows}).order_by()
    found = found.filter(**{f"{name}__in": {row[name] for row in rows}})
    lines = found.values_list("batch", name).annotate(line=Min("line"))
    return {(batch, value): line for batch, value, line in lines}


def by_week(feed: Feed, user, at: datetime, weeks: int) -> dict[tuple[str, date], int]:
    """How many cells were refused by reason and week of arrival, by (code, Monday); one query."""
    found = _faults(feed, user, at, weeks).order_by().values_list("code", "batch__received_at__date")
    counts = defaultdict(int)
    for code, day, cells in found.annotate(cells=Count("pk")):
        counts[code, monday(day)] += cells
    return dict(counts)
