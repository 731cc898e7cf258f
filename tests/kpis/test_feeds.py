"""The pages of feeds: which files we expect, and expecting one no more."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from kam.models import Entry
from kam.roles import Role
from kpis.feeds.due import end_of
from kpis.models import AcceptedWeek, BatchWeek, Feed, ImportBatch
from tests import make
from tests.kpis import facts

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def site(client, mia):
    client.force_login(mia)
    return client


def removed(site, feed):
    """(the page on which the person lands, what it says)."""
    page = site.post(reverse("kpis:feed-remove", args=[feed.pk]), follow=True)
    *_earlier, message = page.context["messages"]
    return page.request["PATH_INFO"], message


@pytest.fixture
def monday(monkeypatch):
    """It is late in the evening of the Monday after the week."""
    monkeypatch.setattr(timezone, "now", lambda: end_of(facts.DAY))


def weekly(account, *, stores=2, **kw):
    """A feed due on Monday whose eight weeks before came with all stores."""
    feed = facts.feed(account, weekday=0, **kw)
    shops = [make.store(account) for _ in range(stores)]
    for back in range(9):
        facts.sold(account, facts.weeks_back(back), store=shops[0], touch=False)
        if back:
            facts.told(feed, facts.weeks_back(back), units=1000, stores=shops)
    return feed, shops


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_and_three_feeds(monday, site, mia, rows, django_assert_num_queries):
    account = make.account(mia)
    for _ in range(rows):
        facts.feed(account, weekday=0)
    with django_assert_num_queries(11):
        answer = site.get(reverse("kpis:feed-list"))
    assert [[fault.what for fault in feed.faults] for feed in answer.context["rows"]] == [["late"]] * rows


def test_the_list_says_what_is_wrong_with_each_feed(monday, site, mia):
    account = make.account(mia)
    late, _stores = weekly(account, name="A")
    facts.SellThrough.objects.filter(week=facts.WEEK).delete()
    partial, shops = weekly(make.account(mia), name="B")
    facts.told(partial, units=1000, stores=shops[:1])
    small, shops = weekly(make.account(mia), name="C")
    facts.told(small, units=1, stores=shops)
    fine, shops = weekly(make.account(mia), name="D")
    facts.told(fine, units=1000, stores=shops)
    facts.feed(account, name="E", weekday=None)
    rows = site.get(reverse("kpis:feed-list")).context["rows"]
    assert [row.standing for row in rows] == [
        ("late", "W47 is missing"),
        ("warning", "W47 is incomplete"),
        ("warning", "W47 is strangely small"),
        ("good", "On time"),
        ("neutral", "Irregular"),
    ]


@pytest.mark.parametrize("stores", [1, 3])
def test_the_page_of_a_feed_costs_the_same_for_one_and_three_stores(
    monday, site, mia, stores, django_assert_num_queries
):
    feed, _shops = weekly(make.account(mia), stores=stores, expected_stores="all")
    facts.told(feed, units=1000, stores=[make.store(feed.account)])
    with django_assert_num_queries(14):
        answer = site.get(reverse("kpis:feed", args=[feed.pk]))
    week, _sign, sees = answer.context["weeks"][0]
    assert (week.state, week.reported, week.expected, len(week.missing), sees) == (
        "partial",
        1,
        stores + 1,
        stores,
        True,
    )


def test_a_feed_opened_from_the_list_knows_its_neighbours(site, mia):
    account = make.account(mia)
    first, second, third = (facts.feed(account, name=name) for name in "ABC")
    assert f"{second.get_absolute_url()}?in=" in site.get(reverse("kpis:feed-list")).text
    beside = site.get(second.get_absolute_url(), {"in": ""}).context["neighbours"]
    assert [beside[name].partition("?")[0] for name in ("previous", "next")] == [
        first.get_absolute_url(),
        third.get_absolute_url(),
    ]


def states(site, feed):
    page = site.get(reverse("kpis:feed", args=[feed.pk]))
    return [week.state for week, _sign, _sees in page.context["weeks"]]


def test_the_page_tells_week_by_week_what_came_and_when(monday, site, mia):
    feed, shops = weekly(make.account(mia))
    facts.told(feed, units=1, stores=shops)
    found = BatchWeek.objects.filter(week=facts.weeks_back(2)).values("batch")
    ImportBatch.objects.filter(pk__in=found).update(received_at=end_of(facts.DAY) - timedelta(hours=1))
    assert states(site, feed) == ["small", "on_time", "late", *["on_time"] * 6, *["unknown"] * 7]


def test_the_page_speaks_of_stores_only_where_files_name_them(monday, site, mia):
    feed, _shops = weekly(make.account(mia))
    assert ">Stores<" in site.get(feed.get_absolute_url()).text
    house = facts.feed(None, kind="orders", weekday=0)
    facts.told(house, units=1, account=feed.account)
    page = site.get(house.get_absolute_url())
    assert page.context["weeks"]
    assert ">Stores<" not in page.text


def test_a_week_is_taken_as_it_is_and_judged_again(monday, site, mia):
    feed, shops = weekly(make.account(mia))
    facts.told(feed, units=1, stores=shops)
    url = reverse("kpis:feed-week-accepted", args=[feed.pk, facts.WEEK])
    assert [str(m) for m in site.post(url, {"reason": ""}, follow=True).context["messages"]] == [
        "This field cannot be blank."
    ]
    assert states(site, feed)[0] == "small"
    site.post(url, {"reason": "Strike"})
    accepted = AcceptedWeek.objects.get()
    assert (accepted.reason, states(site, feed)[0]) == ("Strike", "accepted")
    again = site.post(url, {"reason": "Strike"}, follow=True)
    assert [str(m) for m in again.context["messages"]] == ["Nothing is wrong with this week any more."]
    site.post(reverse("kpis:feed-week-watched", args=[accepted.pk]))
    assert states(site, feed)[0] == "small"
    told = Entry.objects.filter(model="kpis.acceptedweek").order_by("pk").values_list("verb", "actor__name")
    assert list(told) == [("created", mia.name), ("removed", mia.name)]


def test_whoever_does_not_see_the_file_sees_no_totals(monday, client):
    account = make.account()
    feed, shops = weekly(account)
    facts.told(feed, units=4711, stores=shops)
    field = make.user(Role.FIELD)
    make.Membership.objects.create(account=account, user=field)
    client.force_login(field)
    page = client.get(reverse("kpis:feed", args=[feed.pk]))
    assert ("4,711" in page.text, page.context["weeks"][0][0].state) == (False, "on_time")


def test_files_and_feeds_are_tabs_of_each_other(site):
    for page, current in (("import-list", "Files"), ("feed-list", "Feeds"), ("quality-list", "Data quality")):
        tabs = site.get(reverse(f"kpis:{page}")).context["tabs"]
        assert [(str(tab["label"]), tab["current"]) for tab in tabs] == [
            ("Files", current == "Files"),
            ("Feeds", current == "Feeds"),
            ("Data quality", current == "Data quality"),
        ]


def test_a_feed_is_made_and_changed_with_an_entry_each(site, mia):
    account = make.account(mia)
    values = {"code": "weekly", "name": "Weekly file", "kind": "orders", "account": account.code, "grace_days": 1}
    values |= {"hour": 10, "time_zone": "Europe/Berlin", "expected_stores": "usual", "completeness": 90}
    site.post(reverse("kpis:feed-create"), values)
    feed = Feed.objects.get()
    assert (feed.account, feed.mapping, feed.weekday, feed.hour, feed.time_zone, feed.completeness) == (
        account, "default", None, 10, "Europe/Berlin", 90,
    )  # fmt: skip
    site.post(reverse("kpis:feed-update", args=[feed.pk]), values | {"weekday": 2, "version": 1})
    feed.refresh_from_db()
    assert (feed.weekday, feed.tolerance, feed.version) == (2, None, 2)
    told = Entry.objects.filter(model="kpis.feed", object_id=str(feed.pk)).order_by("pk")
    assert [(e.verb, e.actor) for e in told] == [("created", mia), ("changed", mia)]


def test_the_form_knows_the_account_by_its_number_and_begins_in_the_time_zone_of_who_makes_the_feed(site, mia):
    account = make.account(mia)
    type(mia).objects.update(time_zone="Asia/Shanghai")
    new = site.get(reverse("kpis:feed-create")).context["form"]
    assert (new["time_zone"].value(), new["hour"].value()) == ("Asia/Shanghai", 24)
    feed = facts.feed(account, time_zone="Europe/Berlin")
    old = site.get(reverse("kpis:feed-update", args=[feed.pk]))
    assert old.context["form"]["time_zone"].value() == "Europe/Berlin"
    assert f'value="{account.code}"' in old.text


def test_the_account_of_others_is_none(site):
    other = make.account()
    values = {"code": "x", "name": "X", "kind": "orders", "account": other.code, "grace_days": 0, "hour": 24}
    values |= {"time_zone": "UTC", "expected_stores": "usual", "completeness": 95}
    page = site.post(reverse("kpis:feed-create"), values)
    assert (page.status_code, page.context["form"].errors["account"]) == (
        422, ["There is none of this number or name."],
    )  # fmt: skip


def test_a_feed_that_brought_files_stays(site, mia):
    feed = facts.feed(make.account(mia))
    facts.batch(feed, by=mia)
    landed, message = removed(site, feed)
    assert (landed, message.level_tag) == (reverse("kpis:feed-update", args=[feed.pk]), "error")
    assert str(message).startswith("Files came by this feed")
    assert Feed.objects.get() == feed


def test_a_feed_without_files_goes_and_comes_back(site, mia):
    feed = facts.feed(make.account(mia))
    landed, message = removed(site, feed)
    assert (landed, Feed.objects.count()) == (reverse("kpis:feed-list"), 0)
    site.post(message.extra_tags.removeprefix("undo:"))
    assert Feed.objects.get() == feed
