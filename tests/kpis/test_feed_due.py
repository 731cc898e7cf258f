"""When files are due: by the clocks of the feed, also in the weeks in which these are put forward and back."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from kpis.feeds.due import due_at, due_day, end_of, next_due

WEEK = date(2026, 11, 16)


def feed(weekday=1, hour=24, zone="UTC", grace=0):
    return SimpleNamespace(weekday=weekday, hour=hour, time_zone=zone, grace_days=grace)


@pytest.mark.parametrize(
    ("expected", "at"),
    [
        (feed(), datetime(2026, 11, 25, tzinfo=UTC)),
        (feed(hour=10), datetime(2026, 11, 24, 10, tzinfo=UTC)),
        (feed(grace=2, hour=10), datetime(2026, 11, 26, 10, tzinfo=UTC)),
        (feed(hour=10, zone="Europe/Berlin"), datetime(2026, 11, 24, 9, tzinfo=UTC)),
        (feed(hour=10, zone="Asia/Shanghai"), datetime(2026, 11, 24, 2, tzinfo=UTC)),
        (feed(zone="America/New_York"), datetime(2026, 11, 25, 5, tzinfo=UTC)),
        (feed(weekday=6, zone="Pacific/Kiritimati"), datetime(2026, 11, 29, 10, tzinfo=UTC)),
    ],
)
def test_a_file_is_due_at_its_hour_where_the_feed_is(expected, at):
    assert due_at(expected, WEEK) == at


def test_the_hour_of_the_wall_clock_stays_when_summer_time_begins_and_ends():
    berlin = feed(weekday=6, hour=10, zone="Europe/Berlin")
    hours = [due_at(berlin, date(2026, month, day)).hour for month, day in ((3, 9), (3, 16), (10, 5), (10, 12))]
    assert hours == [9, 8, 8, 9]


def test_a_time_that_is_skipped_counts_an_hour_later_and_one_that_comes_twice_the_first_time():
    at_two = feed(weekday=6, hour=2, zone="Europe/Berlin")
    assert due_at(at_two, date(2026, 3, 16)) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert due_at(at_two, date(2026, 10, 12)) == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_people_are_told_the_day_where_the_feed_is():
    assert due_day(feed(zone="America/New_York"), WEEK) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("expected", "now", "then"),
    [
        (feed(hour=10), datetime(2026, 11, 24, 9, 59, tzinfo=UTC), datetime(2026, 11, 24, 10, tzinfo=UTC)),
        (feed(hour=10), datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC)),
        (feed(hour=1, zone="Asia/Shanghai"), datetime(2026, 11, 23, 16, tzinfo=UTC),
         datetime(2026, 11, 23, 17, tzinfo=UTC)),
        (feed(weekday=None), datetime(2026, 11, 24, tzinfo=UTC), None),
    ],
)  # fmt: skip
def test_the_next_file_is_due_at(expected, now, then):
    assert next_due(expected, now) == then


def test_a_business_date_ends_at_midnight_utc():
    assert end_of(date(2026, 11, 24)) == datetime(2026, 11, 25, tzinfo=UTC)
