"""What is known at a moment of some weeks of feeds; what is wrong with them, and their pages, are told from it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from kpis.calc import monday
from kpis.feeds.due import due_at
from kpis.feeds.judge import HISTORY, judge
from kpis.feeds.late import missing
from kpis.feeds.told import all_stores, told
from kpis.models import AcceptedWeek, Feed


def last_weeks(at: datetime, count: int) -> list[date]:
    """The Mondays of the last weeks that are over at a moment, the latest first."""
    return [monday(at.date()) - timedelta(weeks=back) for back in range(1, count + 1)]


class Known:
    """All that is known at a moment of these weeks of these feeds, which must bring facts: four queries for all.

    By feed and week: `due` says by when it must be here, `gone` has those that are due and not here, `accepted` what
    somebody takes as it is, `verdicts` how what came is judged; `told` is what files told, of older weeks too.
    """

    def __init__(self, feeds: Sequence[Feed], weeks: Sequence[date], at: datetime):
        self.at, self.weeks = at, weeks
        self.told = told(feeds, min(weeks) - timedelta(weeks=2 * HISTORY), max(weeks), at)
        self.due = {(f.pk, week): due_at(f, week) for f in feeds if f.weekday is not None for week in weeks}
        self.gone = missing([(*key, due) for key, due in self.due.items() if due <= at], at)
        accepted = AcceptedWeek.objects.filter(feed__in=feeds, week__in=weeks)
        self.accepted = {(row.feed_id, row.week): row for row in accepted}
        every = all_stores(feeds)
        self.verdicts = {
            (f.pk, week): judge(f, self.told[f.pk], week, every.get(f.pk))
            for f in feeds
            for week in weeks
            if week in self.told.get(f.pk, ())
        }
