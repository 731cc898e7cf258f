"""The pages of feeds: which files we expect, and expecting one no more."""

import pytest
from django.urls import reverse

from kam.models import Entry, StepRun
from kam.roles import Role
from kpis.models import Feed
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


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_and_three_feeds(site, mia, rows, django_assert_num_queries):
    account = make.account(mia)
    StepRun.objects.create(date=facts.DAY, step="measures", state="done")
    for _ in range(rows):
        facts.feed(account, weekday=0)
    with django_assert_num_queries(11):
        answer = site.get(reverse("kpis:feed-list"))
    assert [len(feed.late.weeks) for feed in answer.context["rows"]] == [1] * rows


def test_files_and_feeds_are_tabs_of_each_other(site):
    for page, current in (("import-list", "Files"), ("feed-list", "Feeds")):
        tabs = site.get(reverse(f"kpis:{page}")).context["tabs"]
        assert [(str(tab["label"]), tab["current"]) for tab in tabs] == [
            ("Files", current == "Files"),
            ("Feeds", current == "Feeds"),
        ]


def test_a_feed_is_made_and_changed_with_an_entry_each(site, mia):
    account = make.account(mia)
    values = {"code": "weekly", "name": "Weekly file", "kind": "orders", "account": account.pk, "grace_days": 1}
    site.post(reverse("kpis:feed-create"), values)
    feed = Feed.objects.get()
    assert (feed.account, feed.mapping, feed.weekday) == (account, "default", None)
    site.post(reverse("kpis:feed-update", args=[feed.pk]), values | {"weekday": 2, "version": 1})
    feed.refresh_from_db()
    assert (feed.weekday, feed.version) == (2, 2)
    told = Entry.objects.filter(model="kpis.feed", object_id=str(feed.pk)).order_by("pk")
    assert [(e.verb, e.actor) for e in told] == [("created", mia), ("changed", mia)]


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
