"""Stock-outs are found in the facts: opened, extended, ended, merged and withdrawn, and never where news is missing."""

from datetime import timedelta
from decimal import Decimal as D

import pytest

from kam.models import Entry
from kpis.models import SellThrough, StockOut
from kpis.stockouts.night import stockouts
from tests import make
from tests.kpis import facts
from tests.kpis.stockouts import DAY, WEEK, empty, judge, steady, weeks_back

pytestmark = pytest.mark.django_db
SUNDAY = WEEK + timedelta(days=6)


def said(row):
    return row.first_week, row.last_week, row.weeks, row.kind, row.standing


def restate(account, of, back, **fields):
    SellThrough.objects.filter(account=account, product=of, week=weeks_back(back)).update(**fields)
    facts.touched(account, weeks_back(back))


def test_a_product_without_stock_that_sold_before_is_out_of_stock():
    account, of = steady()
    empty(account, of, (3, 2, 1, 0))
    (row,) = judge()
    assert said(row) == (weeks_back(3), WEEK, 4, "empty", "open")
    assert (row.expected, row.sold, row.lost_units, row.lost_value, row.currency) == (80, 0, 80, 400, "EUR")
    assert (row.account, row.product, row.as_of, row.version) == (account, of, DAY, 1)


def test_lost_is_what_was_expected_and_not_sold_week_by_week():
    account, of = steady()
    empty(account, of, (3,), units=15)
    empty(account, of, (2,), units=30)
    (row,) = judge()
    assert (row.weeks, row.sold, row.lost_units) == (2, 45, 5)


def test_expected_follows_last_years_season():
    account, of = steady()
    empty(account, of, (0,))
    for back in range(4, 16):
        facts.account_week(account, weeks_back(back + 52), units=10)
    facts.account_week(account, weeks_back(52), units=15)
    (row,) = judge()
    assert row.expected == 30


@pytest.mark.parametrize(("units", "index"), [(100, 2), (1, D("0.5"))])
def test_a_season_is_never_more_than_twice_or_less_than_half(units, index):
    account, of = steady()
    empty(account, of, (0,))
    for back in range(4, 16):
        facts.account_week(account, weeks_back(back + 52), units=10)
    facts.account_week(account, weeks_back(52), units=units)
    assert judge()[0].expected == 20 * index


def test_stock_that_nobody_buys_is_phantom_stock():
    account, of = steady()
    empty(account, of, (1, 0), stock=40)
    (row,) = judge()
    assert (row.kind, row.cause, row.standing) == ("phantom", "phantom", "open")


@pytest.mark.parametrize("units", [1, 4])
def test_a_slow_seller_that_sells_nothing_is_no_phantom(units):
    account, of = steady(units=units)
    empty(account, of, (0,), stock=40)
    assert judge() == []


def test_half_of_the_stores_without_stock_are_a_stock_out_where_it_is_felt():
    account = make.account()
    of, stores = facts.product(), [make.store(account) for _ in range(2)]
    for store in stores:
        steady(account, of=of, store=store)
    empty(account, of, (1, 0), store=stores[0])
    facts.sold(account, weeks_back(1), 5, of=of, store=stores[1], stock=60)
    facts.sold(account, WEEK, 35, of=of, store=stores[1], stock=60)
    (row,) = judge()
    assert (*said(row), row.cause) == (weeks_back(1), weeks_back(1), 1, "part", "ended", "distribution")
    assert (row.stores, row.empty_stores) == (2, 1)


def test_what_never_sold_or_sells_next_to_nothing_is_no_stock_out():
    for units in (0, 1):
        account, of = steady(units=units)
        empty(account, of, (0,))
    account, of = steady(weeks=range(4, 7))
    empty(account, of, (0,))
    assert judge() == []


def test_it_ends_when_there_is_stock_again():
    account, of = steady()
    empty(account, of, (3, 2))
    facts.sold(account, weeks_back(1), 20, of=of, stock=50)
    (row,) = judge()
    assert said(row) == (weeks_back(3), weeks_back(2), 2, "empty", "ended")


def test_it_ends_when_the_account_does_not_list_the_product_any_more():
    account, of = steady()
    empty(account, of, (3,))
    steady(account, weeks=range(3))
    assert [row.standing for row in judge() if row.product == of] == ["ended"]


def test_the_same_night_twice_changes_nothing_and_a_later_one_extends():
    account, of = steady()
    empty(account, of, (1,))
    (first,) = judge(SUNDAY)
    entries = Entry.objects.count()
    (again,) = judge(SUNDAY)
    assert (again.pk, again.version, Entry.objects.count()) == (first.pk, 1, entries)
    empty(account, of, (0,))
    (later,) = judge()
    assert (later.pk, later.weeks, later.last_week, later.version) == (first.pk, 2, WEEK, 2)


def test_facts_that_are_restated_withdraw_and_bring_back():
    account, of = steady()
    empty(account, of, (1,))
    facts.sold(account, WEEK, 20, of=of, stock=50)
    (row,) = judge()
    restate(account, of, 1, units=20, stock=60)
    assert judge() == []
    row.refresh_from_db()
    assert row.standing == "withdrawn"
    restate(account, of, 1, units=0, stock=0)
    assert [r.pk for r in judge()] == [row.pk]
    verbs = Entry.objects.filter(model="kpis.stockout").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["found", "withdrawn", "ended"]


def test_two_become_one_when_the_week_between_them_is_restated():
    account, of = steady()
    empty(account, of, (3, 1))
    facts.sold(account, weeks_back(2), 20, of=of, stock=50)
    facts.sold(account, WEEK, 20, of=of, stock=50)
    first, second = judge()
    restate(account, of, 2, units=0, stock=0)
    (row,) = judge()
    assert (row.pk, row.first_week, row.last_week, row.weeks) == (first.pk, weeks_back(3), weeks_back(1), 3)
    second.refresh_from_db()
    assert (second.standing, second.merged_into) == ("withdrawn", row)


def test_one_becomes_two_when_a_week_within_it_is_restated():
    account, of = steady()
    empty(account, of, (3, 2, 1))
    facts.sold(account, WEEK, 20, of=of, stock=50)
    (whole,) = judge()
    restate(account, of, 2, units=20, stock=50)
    rows = judge()
    assert [(r.first_week, r.last_week) for r in rows] == [(weeks_back(3),) * 2, (weeks_back(1),) * 2]
    assert rows[0].pk == whole.pk


def test_an_open_one_that_joins_an_earlier_one_makes_room_first():
    account, of = steady()
    empty(account, of, (2, 0))
    facts.sold(account, weeks_back(1), 20, of=of, stock=50)
    first, second = judge()
    assert (first.standing, second.standing) == ("ended", "open")
    restate(account, of, 1, units=0, stock=0)
    (row,) = judge()
    assert (row.pk, row.standing, row.weeks) == (first.pk, "open", 3)


def test_weeks_without_complete_news_neither_make_nor_end_one():
    account, of = steady()
    facts.feed(account, weekday=0, grace_days=0)
    empty(account, of, (3, 1))
    assert [said(row) for row in judge()] == [(weeks_back(3), weeks_back(1), 2, "empty", "open")]


def test_a_late_feed_opens_none():
    account, of = steady(weeks=range(1, 13))
    facts.feed(account, weekday=0, grace_days=0)
    facts.touched(account, WEEK)
    assert judge() == []


def test_a_night_for_a_past_date_leaves_alone_what_a_later_one_judged():
    account, of = steady()
    empty(account, of, (1, 0))
    (row,) = judge()
    facts.touched(account, weeks_back(1))
    judge(DAY - timedelta(days=7))
    row.refresh_from_db()
    assert (row.weeks, row.as_of, row.version) == (2, DAY, 1)


def test_a_corrected_cause_stays_while_figures_follow_the_facts():
    account, of = steady()
    empty(account, of, (1,))
    (row,) = judge(SUNDAY)
    StockOut.objects.filter(pk=row.pk).update(state="corrected", cause="forecast", reason="A feast.")
    empty(account, of, (0,))
    (row,) = judge()
    assert (row.weeks, row.cause, row.found, row.reason) == (2, "forecast", "unknown", "A feast.")


def test_only_accounts_whose_facts_changed_are_judged():
    account, of = steady()
    empty(account, of, (0,))
    judge()
    assert stockouts(facts.night(DAY + timedelta(days=1))) == 0
