"""One alert for what is wrong with a feed's week, none once it is right, and no false alarms meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from accounts.models import Alert
from accounts.wording import sentence
from kam.models import StepRun
from kam.night import Night
from kpis import night as steps
from kpis import panels, services
from kpis.feeds.alerts import tell
from kpis.feeds.due import end_of
from kpis.feeds.standing import faults
from kpis.models import AcceptedWeek, BatchWeek, MeasureValue
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back
from tests.kpis.files import SELL_THROUGH, take
from tests.kpis.test_watch import season, supply

pytestmark = pytest.mark.django_db
NIGHTS = {"feed_late", "feed_partial", "feed_small"}


def open_alerts():
    rows = Alert.objects.unresolved().order_by("code", "fingerprint")
    return [(alert.code, alert.fingerprint.split(":", 2)[2:]) for alert in rows]


def told_before(feed, weeks=8, **kw):
    """The weeks before the judged one came as usual."""
    for back in range(1, weeks + 1):
        facts.told(feed, weeks_back(back), **kw)


def weekly(account=None, **kw):
    """A feed whose file is due on Monday, and facts that say that the weeks are there."""
    account = account or make.account()
    feed = facts.feed(account, **{"weekday": 0} | kw)
    for back in range(9):
        facts.sold(account, weeks_back(back), touch=False)
    return feed


def found(day=DAY):
    return [(fault.what, fault.week) for fault in faults(end_of(day))]


# What is wrong


def test_a_feed_that_brings_what_is_expected_is_quiet():
    feed = weekly()
    stores = [make.store(feed.account) for _ in range(4)]
    told_before(feed, stores=stores)
    facts.told(feed, stores=stores)
    assert found() == []


def test_a_week_without_some_of_its_usual_stores_is_partial_and_names_them():
    feed = weekly()
    stores = [make.store(feed.account, code=f"F{n:02}") for n in range(20)]
    told_before(feed, stores=stores)
    batch = facts.told(feed, stores=stores[7:])
    tell(Night(DAY), end_of(DAY))
    alert = Alert.objects.get()
    assert (alert.code, alert.account, alert.url) == ("feed_partial", feed.account, f"/kpis/imports/{batch.pk}/")
    with translation.override("en"):
        assert sentence(alert) == (
            "“Weekly file” is incomplete for W47: 7 of 20 stores are missing (F00, F01, F02, F03, F04, …). "
            "Figures and alerts wait for them."
        )


def test_a_week_far_below_the_median_is_small_and_says_how_much():
    feed = weekly()
    told_before(feed, units=1000)
    batch = facts.told(feed, units=380)
    tell(Night(DAY), end_of(DAY))
    alert = Alert.objects.get()
    assert (alert.code, alert.url) == ("feed_small", f"/kpis/imports/{batch.pk}/")
    with translation.override("en"):
        assert sentence(alert).startswith(
            "“Weekly file” is strangely small for W47: 380, 62\u00a0% below the usual 1,000."
        )


def test_two_files_of_one_week_are_judged_together():
    feed = weekly()
    stores = [make.store(feed.account) for _ in range(4)]
    told_before(feed, units=1000, stores=stores)
    facts.told(feed, units=400, stores=stores[:2])
    assert found() == [("partial", WEEK)]
    facts.told(feed, units=500, stores=stores[2:])
    assert found() == []


def test_a_file_handed_in_without_its_feed_counts_as_well():
    feed = weekly()
    told_before(feed, units=1000)
    facts.told(feed, units=100)
    other = facts.batch(None, received_at=datetime(2026, 11, 23, 10, tzinfo=UTC))
    BatchWeek.objects.create(batch=other, account=feed.account, week=WEEK, rows=1, units_moved=900)
    assert found() == []


def test_the_feed_of_a_group_is_judged_by_all_accounts_below():
    group = make.account(kind="group")
    below = [make.account(parent=group) for _ in range(2)]
    feed = weekly(group)
    for account in below:
        for back in range(1, 9):
            facts.told(feed, weeks_back(back), units=500, account=account)
    facts.told(feed, units=500, account=below[0])
    assert found() == []
    BatchWeek.objects.filter(week=WEEK).update(units_moved=490)
    assert found() == [("small", WEEK)]


def test_an_undone_file_does_not_count():
    feed = weekly()
    told_before(feed, units=1000)
    facts.told(feed, units=900)
    batch = facts.told(feed, units=100)
    type(batch).objects.exclude(pk=batch.pk).filter(weeks__week=WEEK).update(state="undone")
    assert found() == [("small", WEEK)]


def test_another_weeks_file_does_not_stand_in_for_a_missing_one():
    feed = weekly()
    facts.told(feed, DAY)
    type(facts.sold(feed.account, DAY)).objects.filter(week=WEEK).delete()
    assert found(DAY + timedelta(weeks=1)) == [("late", WEEK)]


def test_what_comes_before_it_is_due_is_judged_and_alerts_only_when_it_is():
    feed = weekly(weekday=3, hour=10, time_zone="Europe/Berlin")
    told_before(feed, units=1000)
    facts.told(feed, units=100)
    assert found() == [("small", WEEK)]
    for at, codes in ((datetime(2026, 11, 26, 8, 59, tzinfo=UTC), []), (datetime(2026, 11, 26, 9, tzinfo=UTC), 1)):
        tell(Night(at.date()), at)
        assert len(open_alerts()) == (codes or 0)


def test_a_late_file_is_told_from_its_hour_on():
    feed = weekly(hour=10, time_zone="Asia/Shanghai")
    type(facts.sold(feed.account, DAY)).objects.filter(week=WEEK).delete()
    assert [len(faults(datetime(2026, 11, 23, hour, minute, tzinfo=UTC))) for hour, minute in ((1, 59), (2, 0))] == [
        0,
        1,
    ]


# One alert, which closes by itself


def test_a_week_has_one_alert_from_late_over_partial_to_whole():
    account = make.account()
    feed = facts.feed(account, weekday=0)
    stores = [make.store(account, code=f"F{n}") for n in range(4)]
    facts.product(code="RUN-1")

    def file(week, of):
        rows = [f"{account.code},{store.code},RUN-1,{week},10" for store in of]
        text = "\n".join(["account,store,product,week,units", *rows, ""])
        batch = take(text, SELL_THROUGH, feed=feed)
        type(batch).objects.filter(pk=batch.pk).update(
            received_at=datetime.combine(week, datetime.min.time(), UTC) + timedelta(days=7, hours=9)
        )

    for back in range(1, 6):
        file(weeks_back(back), stores)
    seen = []
    for step in (lambda: None, lambda: file(WEEK, stores[:2]), lambda: file(WEEK, stores[2:])):
        step()
        tell(Night(DAY), end_of(DAY))
        seen.append([code for code, _rest in open_alerts()])
    assert seen == [["feed_late"], ["feed_partial"], []]


def test_an_alert_of_each_week_and_the_same_again_on_the_next_night():
    feed = weekly()
    for back in range(2, 10):
        facts.told(feed, weeks_back(back), units=1000)
    for back in (0, 1):
        facts.told(feed, weeks_back(back), units=100)
    for day in (DAY, DAY + timedelta(days=1)):
        tell(Night(day), end_of(day))
        assert open_alerts() == [("feed_small", [str(weeks_back(1))]), ("feed_small", [str(WEEK)])]
    assert Alert.objects.count() == 2


# A week that is right as it is


@pytest.fixture
def small():
    feed = weekly()
    for back in range(9):
        week = weeks_back(back, facts.WEEK)
        facts.told(feed, week, units=100 if week == WEEK else 1000)
    return feed


def test_whoever_says_that_a_week_is_right_is_believed_until_it_is_judged_again(small, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: end_of(DAY))
    person = make.user()
    row = services.accept_week(small, WEEK, by=person, reason="Strike in all stores")
    assert (found(), row.reason) == ([], "Strike in all stores")
    services.watch_week_again(row, by=person)
    assert found() == [("small", WEEK)]


def test_a_week_with_which_nothing_is_wrong_is_not_accepted(small, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: end_of(DAY))
    with pytest.raises(services.Conflict):
        services.accept_week(small, weeks_back(1), by=make.user(), reason="x")
    assert not AcceptedWeek.objects.exists()


# No false alarms


def behind(account):
    season(account, now=80, before=110, last_year=100, before_last_year=100)


def out_of_stock(account):
    ball, shoe = facts.product(), facts.product()
    for back in range(1, 5):
        facts.sold(account, weeks_back(back), units=10, value=30, stock=50, of=ball)
    facts.sold(account, weeks_back(1), units=10, value=30, stock=50, of=shoe)
    facts.sold(account, units=1, value=3, stock=0, of=ball)
    facts.sold(account, units=10, value=30, stock=50, of=shoe)


def overdue(account):
    facts.item(account)


def past_due(account):
    facts.ordered(account)


STORIES = {
    "sell_through_behind": ("sell_through", behind),
    "supply_low": ("sell_through", lambda account: supply(account, 19)),
    "supply_high": ("sell_through", lambda account: supply(account, 500)),
    "stockout": ("sell_through", out_of_stock),
    "past_due_backlog": ("orders", past_due),
    "receivables_overdue": ("open_items", overdue),
}


def fault(what, kind, account):
    """Make the feed of an account late, partial or small; returns the week and the night on which it is so."""
    feed = facts.feed(account, kind=kind, weekday=0, tolerance=50, completeness=95)
    stores = [make.store(account) for _ in range(4)]
    told_before(feed, units=1000, value_moved=1000, stores=stores)
    if what == "late":
        facts.told(feed, units=1000, value_moved=1000, stores=stores)
        return feed, DAY, DAY + timedelta(weeks=1)
    units, of = (900, stores[1:]) if what == "partial" else (10, stores)
    facts.told(feed, units=units, value_moved=units, stores=of)
    return feed, WEEK, DAY


def is_there(kind, account):
    """A fact of the week beside the story: what has facts is not late."""
    if kind == "sell_through":
        facts.sold(account, touch=False)
    elif kind == "orders":
        facts.ordered(account, ordered_on=WEEK, requested_on=DAY + timedelta(days=30))
    else:
        facts.item(account, issued_on=WEEK, due_on=DAY + timedelta(days=30))


CASES = [
    (code, what)
    for code, (kind, _story) in STORIES.items()
    for what in ("late", "partial", "small")
    if what != "partial" or kind == "sell_through"
]


@pytest.mark.parametrize(("code", "what"), CASES)
def test_while_a_week_is_not_whole_its_alerts_are_held_back_and_come_with_the_rest(code, what):
    kind, story = STORIES[code]
    account = make.account()
    feed, week, day = fault(what, kind, account)
    story(account)
    is_there(kind, account)
    nights = facts.run(day)
    assert {alert[0] for alert in open_alerts()} & {code, *NIGHTS} == {f"feed_{what}"}
    assert nights["alerts", 0].notes == [{"code": "alerts_wait", "params": {"count": 1}}]
    AcceptedWeek.objects.create(feed=feed, week=week, reason="It is so")
    facts.run(day)
    assert {alert[0] for alert in open_alerts()} & {code, *NIGHTS} == {code}


@pytest.mark.parametrize("what", ["partial", "small"])
def test_the_figures_of_a_week_that_is_not_whole_are_marked_and_come_with_the_rest(what):
    account = make.account()
    facts.sold(account, weeks_back(1), units=500)
    facts.sold(account, WEEK, units=10)
    feed, week, day = fault(what, "sell_through", account)
    facts.run(day)

    def figures():
        rows = MeasureValue.objects.filter(account=account, measure="sell_through_units").order_by("week")
        return [(row.week, row.numerator and int(row.numerator), row.late) for row in rows]

    assert figures() == [(weeks_back(1), 500, False), (WEEK, None, True)]
    AcceptedWeek.objects.create(feed=feed, week=week, reason="It is so")
    facts.run(day + timedelta(days=1))
    assert figures() == [(weeks_back(1), 500, False), (WEEK, 10, False)]


def test_the_chart_of_an_account_has_a_gap_where_a_week_is_not_whole(rf):
    person = make.user()
    account = make.account(person)
    for back in (1, 2):
        facts.sold(account, weeks_back(back), units=500, value=1000, stock=5)
    facts.sold(account, WEEK, units=10, value=20, stock=5)
    fault("small", "sell_through", account)
    StepRun.objects.create(date=DAY, step="measures", state="done")
    facts.run(DAY)
    request = rf.get("/")
    request.user = person
    _sell_in, sold, _last_year = panels.sell_in_and_through(request, account)["chart"]["series"]
    assert sold["data"][-3:] == [1.0, 1.0, None]


def test_the_night_says_how_many_feeds_are_wrong():
    feed = weekly()
    told_before(feed, units=1000)
    facts.told(feed, units=1)
    night = facts.night()
    steps.feeds(night)
    assert night.notes == [{"code": "feeds_late", "params": {"count": 1}}]


# What it costs


@pytest.mark.parametrize("count", [1, 3])
def test_all_feeds_are_judged_by_the_same_number_of_queries(count, django_assert_num_queries):
    for _ in range(count):
        feed = weekly(expected_stores="all")
        told_before(feed, stores=list(feed.account.stores.all()))
        facts.told(feed, units=1, stores=list(feed.account.stores.all()))
    with django_assert_num_queries(5):
        assert len(faults(end_of(DAY))) == count
