"""When the file of a week is due: by the clocks of the feed's time zone, so that summer time moves nothing."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(weeks=1)


def end_of(day: date) -> datetime:
    """The moment at which a business date is over."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def due_day(feed, week: date) -> date:
    """The day, where the feed is, until which the file of a week may come."""
    return week + timedelta(days=7 + feed.weekday + feed.grace_days)


def due_at(feed, week: date) -> datetime:
    """The moment in UTC by which the feed's file of a week must be here, its days of grace included.

    A time that clocks skip in spring counts an hour later, one that they show twice in autumn the first time.
    """
    return _moment(due_day(feed, week), feed)


def next_due(feed, at: datetime) -> datetime | None:
    """The next moment after `at` on which a file of the feed is due, grace left aside; None without a weekday."""
    if feed.weekday is None:
        return None
    today = at.astimezone(ZoneInfo(feed.time_zone)).date()
    day = today + timedelta(days=(feed.weekday - today.weekday()) % 7)
    found = _moment(day, feed)
    return found if found > at else _moment(day + WEEK, feed)


def _moment(day, feed):
    wall = datetime.combine(day, time()) + timedelta(hours=feed.hour)
    return wall.replace(tzinfo=ZoneInfo(feed.time_zone)).astimezone(UTC)
