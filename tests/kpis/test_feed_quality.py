"""Data quality: how timely, whole and fresh feeds are, what was wrong with their files, and where that stands."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.urls import reverse
from django.utils import timezone

from kam.roles import Role
from kpis.feeds.due import end_of
from kpis.feeds.quality import Quality, Reason, Unknown, by_week, quality_of, reasons, together, unknowns
from kpis.models import BatchWeek, ImportBatch, ImportError
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back

pytestmark = pytest.mark.django_db
NOW = end_of(DAY)
SEEN = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def monday(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def mia(monday):
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def site(mia, client):
    client.force_login(mia)
    return client


def weekly(account, weeks=8, **kw):
    """A feed due on Monday, of which so many weeks are there, each with two stores and 1,000 units."""
    feed = facts.feed(account, **{"weekday": 0} | kw)
    feed.shops = [make.store(account) for _ in range(2)]
    for back in range(weeks):
        facts.sold(account, weeks_back(back), store=feed.shops[0], touch=False)
        facts.told(feed, weeks_back(back), units=1000, stores=feed.shops)
    return feed


def lost(account):
    """The week of an account was never reported."""
    ImportBatch.objects.filter(weeks__week=WEEK, weeks__account=account).update(state="undone")
    facts.SellThrough.objects.filter(week=WEEK, account=account).delete()


def fault(batch, line, code="unknown_product", value="X-1", **kw):
    return ImportError.objects.create(batch=batch, line=line, column="product", value=value, code=code, **kw)


def found(feed, user, weeks=4):
    return quality_of([feed], user, NOW, weeks)[feed.pk]


def test_a_feed_that_comes_whole_and_on_time(mia):
    feed = weekly(make.account(mia))
    quality = found(feed, mia)
    assert (quality.due, quality.on_time, quality.gaps, quality.short) == (4, 4, 0, 0)
    assert (quality.timeliness, quality.completeness, quality.newest, quality.age(NOW)) == (1, 1, WEEK, 1)


def test_late_partial_and_missing_weeks_are_counted(mia):
    feed = weekly(make.account(mia))
    late = BatchWeek.objects.get(week=weeks_back(1)).batch
    type(late).objects.filter(pk=late.pk).update(received_at=NOW - timedelta(hours=1))
    BatchWeek.objects.filter(week=weeks_back(2)).update(store_ids=[feed.shops[0].pk])
    lost(feed.account)
    quality = found(feed, mia)
    assert (quality.due, quality.on_time, quality.gaps, quality.short) == (4, 2, 1, 1)
    assert (quality.timeliness, quality.completeness, quality.newest, quality.age(NOW)) == (
        D("0.5"), D(5) / 6, weeks_back(1), 8,
    )  # fmt: skip


def test_what_was_refused_sent_twice_and_restated_is_counted(mia):
    feed = weekly(make.account(mia))
    bad = facts.batch(feed, state="rejected", rows=10, rejected=3, received_at=SEEN)
    for line in (2, 5):
        fault(bad, line)
    fault(bad, 7, "duplicate", "k")
    facts.batch(feed, state="duplicate", rows=10, rejected=9, received_at=SEEN)
    facts.batch(feed, state="checked", dry_run=True, rows=10, rejected=9, received_at=SEEN)
    facts.batch(feed, state="rejected", rows=10, rejected=9, received_at=SEEN - timedelta(weeks=8))
    BatchWeek.objects.filter(week=WEEK).update(changed=4)
    quality = found(feed, mia)
    assert (quality.rows, quality.rejected, quality.unknown, quality.repeated) == (10, 3, 2, 1)
    assert (quality.duplicates, quality.restated, quality.rejection) == (1, 4, D("0.3"))


def test_each_reason_and_each_unknown_name_leads_to_the_newest_file_and_its_first_line(mia):
    feed = weekly(make.account(mia))
    old = facts.batch(feed, state="rejected", received_at=SEEN - timedelta(weeks=1))
    new = facts.batch(feed, state="rejected", received_at=SEEN)
    for batch, lines in ((old, (3, 4)), (new, (9, 6))):
        for line in lines:
            fault(batch, line)
    fault(old, 8, value="X-2")
    fault(new, 2, "number", "many")
    assert reasons(feed, mia, NOW, 4) == [Reason("unknown_product", 5, 2, new.pk, 6), Reason("number", 1, 1, new.pk, 2)]
    assert unknowns(feed, mia, NOW, 4) == [
        Unknown("unknown_product", "X-1", 4, new.pk, 6), Unknown("unknown_product", "X-2", 1, old.pk, 8),
    ]  # fmt: skip
    assert by_week(feed, mia, NOW, 4) == {
        ("unknown_product", weeks_back(1)): 3, ("unknown_product", WEEK): 2, ("number", WEEK): 1,
    }  # fmt: skip


def test_files_that_somebody_does_not_see_are_not_counted_for_them(mia):
    account = make.account(mia)
    feed = weekly(account)
    bad = facts.batch(feed, state="rejected", rows=10, rejected=3, received_at=SEEN)
    fault(bad, 2)
    field = make.user(Role.FIELD)
    make.Membership.objects.create(account=account, user=field)
    assert [(found(feed, user).rejected, len(reasons(feed, user, NOW, 4))) for user in (mia, field)] == [(3, 1), (0, 0)]


def test_several_feeds_together_are_sums_and_the_oldest_of_their_news():
    one = Quality(due=4, on_time=4, newest=WEEK, rows=10, rejected=1)
    two = Quality(due=4, on_time=2, newest=weeks_back(2), rows=30)
    assert together([one, two, Quality()]) == Quality(
        due=8, on_time=6, newest=weeks_back(2), rows=40, rejected=1
    )  # fmt: skip
    assert (together([]).timeliness, together([]).newest) == (None, None)


# Pages


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_twelve_queries_for_one_and_three_feeds(site, mia, rows, django_assert_num_queries):
    for _ in range(rows):
        feed = weekly(make.account(mia))
        fault(facts.batch(feed, state="rejected", received_at=SEEN), 2)
    site.get(reverse("kpis:quality-list"))
    with django_assert_num_queries(12):
        answer = site.get(reverse("kpis:quality-list"))
    assert [len(cells) for _feed, cells in answer.context["grid"]] == [13] * rows


def test_the_list_sums_all_feeds_and_maps_their_weeks(site, mia):
    good, bad = weekly(make.account(mia, name="A")), weekly(make.account(mia, name="B"))
    lost(bad.account)
    facts.batch(good, state="rejected", rows=8, rejected=2, received_at=SEEN)
    page = site.get(reverse("kpis:quality-list"), {"weeks": 4})
    assert {str(tile["name"]): tile["value"] and round(tile["value"], 1) for tile in page.context["kpis"]} == {
        "On time": D("87.5"), "Stores there": 100, "Weeks missing": 1, "Rows refused": 2, "Files sent twice": 0,
        "Rows restated": 0,
    }  # fmt: skip
    assert [[said for *_look, said in cells] for _feed, cells in page.context["grid"]] == [
        ["W47: On time", "W46: On time", "W45: On time", "W44: On time"],
        ["W47: Missing", "W46: On time", "W45: On time", "W44: On time"],
    ]


def test_what_is_wrong_with_a_feed_stands_out(site, mia):
    bad = weekly(make.account(mia))
    lost(bad.account)
    weekly(make.account(mia))
    text = site.get(reverse("kpis:quality-list"), {"weeks": 4}).content.decode()
    rows = text.split("<tbody>")[1].split("</tbody>")[0]
    assert rows.count("k-status-bad") == 1


def test_the_list_leaves_as_it_stands(site, mia):
    feed = weekly(make.account(mia, name="A"), name="POS")
    facts.batch(feed, state="rejected", rows=8, rejected=2, received_at=SEEN)
    weekly(make.account(name="Foreign"))
    answer = site.get(reverse("kpis:quality-list"), {"format": "csv", "weeks": 4})
    header, *rows = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert [dict(zip(header, row, strict=True))["Rows refused"] for row in rows] == ["2"]
    assert (header[:2], rows[0][0]) == (["Feed", "Code"], "POS")
    book = site.get(reverse("kpis:quality-list"), {"format": "xlsx"})
    assert b"".join(book.streaming_content)[:2] == b"PK"
    book.close()


@pytest.mark.parametrize("rows", [1, 3])
def test_the_part_of_the_account_page_costs_the_same_for_one_and_three_feeds(
    site, mia, rows, django_assert_num_queries
):
    account = make.account(mia)
    for number in range(rows):
        weekly(account, kind=("sell_through", "stock", "service")[number])
    with django_assert_num_queries(10):
        answer = site.get(reverse("kpis:account-quality", args=[account.pk]))
    assert len(answer.context["rows"]) == rows


def test_the_account_page_asks_for_its_data_quality_where_there_are_feeds(site, mia):
    account = make.account(mia)
    page = reverse("accounts:whole", args=[account.pk])
    url = reverse("kpis:account-quality", args=[account.pk])
    assert f'hx-get="{url}"' not in site.get(page).text
    weekly(account)
    assert f'hx-get="{url}"' in site.get(page).text


def test_the_page_of_a_feed_says_what_was_refused_and_where(site, mia):
    feed = weekly(make.account(mia))
    batch = facts.batch(feed, state="rejected", received_at=SEEN)
    fault(batch, 7)
    page = site.get(reverse("kpis:feed", args=[feed.pk]))
    assert [(str(word), row.cells, sum(filter(None, counts))) for word, row, counts in page.context["reasons"]] == [
        ("Product is not known", 1, 1)
    ]
    assert [(str(noun), row.value, row.line) for noun, row in page.context["unknowns"]] == [("Product", "X-1", 7)]
    assert reverse("kpis:import-detail", args=[batch.pk]) in page.text


# The API


def test_the_api_tells_quality_weeks_and_takes_a_week_as_it_is(mia, api_of):
    feed = weekly(make.account(mia), weeks=7)
    for back in (8, 7):
        facts.sold(feed.account, weeks_back(back), touch=False)
    BatchWeek.objects.filter(week=WEEK).update(units_moved=1)
    api = api_of(mia)
    quality = api.get(f"/api/v1/feeds/{feed.pk}/quality/").json()
    assert (quality["weeks"], quality["due"], quality["short"], quality["reasons"]) == (13, 7, 1, [])
    weeks = api.get(f"/api/v1/feeds/{feed.pk}/weeks/").json()
    assert (weeks[0]["week"], weeks[0]["state"], weeks[0]["total"], weeks[0]["usual"]) == (
        "2026-11-16", "small", "1.000", "1000.000",
    )  # fmt: skip
    body = {"week": "2026-11-16", "reason": "Strike"}
    assert [api.post(f"/api/v1/feeds/{feed.pk}/accept/", body, format="json").status_code for _ in range(2)] == [
        200,
        409,
    ]
    assert api.get(f"/api/v1/feeds/{feed.pk}/weeks/").json()[0]["reason"] == "Strike"
    week = {"week": "2026-11-16"}
    again = [api.post(f"/api/v1/feeds/{feed.pk}/watch/", week, format="json").status_code for _ in range(2)]
    assert (again, api.get(f"/api/v1/feeds/{feed.pk}/weeks/").json()[0]["state"]) == ([200, 404], "small")
