from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection, transaction
from django.db.models import Count, Sum

from accounts.models import Alert
from kam.sql import ROOM
from kpis import night as steps
from kpis import rollups
from kpis.feeds.due import end_of
from kpis.feeds.standing import faults
from kpis.imports.toml import mapping_text
from kpis.models import AccountWeek, MeasureValue, ProductWeek, SellThrough, Touched
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back
from tests.kpis.files import take

pytestmark = pytest.mark.django_db
D = Decimal
SUNDAY = WEEK + timedelta(days=6)


def sums(account, week=WEEK):
    names = ("sell_in_units", "sell_in_value", "units", "value", "returns", "receipts", "stock")
    return AccountWeek.objects.filter(account=account, week=week).values_list(*names).first()


def stored(account, measure):
    rows = MeasureValue.objects.filter(account=account, measure=measure).order_by("week")
    return [(v.week, v.numerator, v.denominator, v.late) for v in rows]


def nights(account):
    return list(Touched.objects.filter(account=account).order_by("week", "night").values_list("week", "night"))


def everything():
    """The derived tables without surrogate ids."""
    return [
        list(model.objects.order_by(*keys).values_list(*keys, *rest))
        for model, keys, rest in (
            (AccountWeek, ("account", "week"), ("sell_in_value", "units", "value", "stock")),
            (ProductWeek, ("account", "product", "week"), ("units", "value", "stock")),
            (MeasureValue, ("account", "measure", "week"), ("numerator", "denominator", "as_of", "late")),
            (Touched, ("account", "week"), ("night",)),
            (Alert, ("fingerprint",), ("state", "params", "at_stake", "raised_on", "seen_on")),
        )
    ]


def test_rollup_sums_a_week_over_stores_products_and_invoice_lines():
    account, ball = make.account(), facts.product()
    one, two = make.store(account), make.store(account)
    facts.sold(account, units=10, value=20, stock=5, receipts=3, returns=1, store=one, of=ball)
    facts.sold(account, units=7, value=14, stock=6, receipts=None, returns=None, store=two, of=ball)
    facts.invoiced(account, WEEK, value=100, quantity=4)
    facts.invoiced(account, SUNDAY, value=-30, quantity=-1, is_credit=True)
    facts.invoiced(account, SUNDAY + timedelta(days=1), value=999, quantity=9)
    steps.rollups(facts.night())
    assert sums(account) == (D(3), D(70), D(17), D(34), D(1), D(3), D(11))
    assert ProductWeek.objects.values_list("product", "units", "value", "receipts", "stock").get() == (
        ball.pk, D(17), D(34), D(3), D(11),
    )  # fmt: skip


def test_weeks_that_are_over_are_stamped_with_the_night_and_the_running_week_stays_touched():
    account = make.account()
    facts.invoiced(account, WEEK)
    facts.invoiced(account, DAY, value=5)
    facts.invoiced(account, DAY + timedelta(days=1), value=7)
    facts.touched(account, DAY + timedelta(weeks=1))
    steps.rollups(facts.night(DAY))
    assert nights(account) == [(WEEK, DAY), (DAY, None), (DAY + timedelta(weeks=1), None)]
    assert sums(account, DAY)[1] == 5
    steps.rollups(facts.night(DAY + timedelta(days=1)))
    assert sums(account, DAY)[1] == 12


def test_an_untouched_week_is_left_alone():
    account = make.account()
    facts.sold(account, touch=False)
    assert steps.rollups(facts.night()) == 0
    assert sums(account) is None


def test_a_restated_week_replaces_its_sums_and_vanished_facts_take_their_rows_along():
    account = make.account()
    line = facts.invoiced(account)
    row = facts.sold(account, weeks_back(1))
    facts.run(DAY)
    line.delete()
    type(row).objects.filter(account=account).delete()
    facts.touched(account, WEEK)
    facts.touched(account, weeks_back(1))
    facts.run(DAY + timedelta(days=1))
    assert (sums(account), sums(account, weeks_back(1)), ProductWeek.objects.count()) == (None, None, 0)
    assert stored(account, "sell_in") == stored(account, "sell_through_units") == []


def test_the_same_night_again_writes_nothing_and_changes_nothing():
    account = make.account()
    facts.sold(account, units=10, value=20, stock=0, receipts=0)
    facts.sold(account, weeks_back(1), units=10, value=20, stock=30, receipts=0)
    facts.invoiced(account)
    facts.ordered(account)
    facts.item(account)
    late = make.account()
    facts.feed(late, weekday=0)
    facts.sold(late, weeks_back(2))
    facts.run(DAY)
    before = everything()
    assert stored(late, "sell_through_units")[1:] == [(weeks_back(1), None, None, True), (WEEK, None, None, True)]
    assert steps.rollups(facts.night()) == steps.measures(facts.night()) == 0
    facts.run(DAY)
    assert everything() == before


def test_the_same_night_again_takes_up_what_arrived_meanwhile():
    account = make.account()
    facts.invoiced(account, value=100)
    facts.run(DAY)
    facts.invoiced(account, value=50)
    facts.run(DAY)
    assert stored(account, "sell_in") == [(WEEK, D(150), D(1), False)]
    assert nights(account) == [(WEEK, DAY)]


def test_a_past_night_again_leaves_later_knowledge_to_the_next_night():
    account, later = make.account(), DAY + timedelta(days=2)
    facts.invoiced(account, value=100)
    facts.run(DAY)
    facts.invoiced(account, weeks_back(1), value=70)
    facts.run(later)
    facts.invoiced(account, weeks_back(2), value=30)
    before = everything()
    facts.run(DAY)
    assert everything() == before
    assert [w for w, _n, _d, _late in stored(account, "sell_in")] == [weeks_back(1), WEEK]
    facts.run(later + timedelta(days=1))
    assert [w for w, _n, _d, _late in stored(account, "sell_in")] == [weeks_back(2), weeks_back(1), WEEK]


def test_a_past_night_does_not_overwrite_what_a_later_one_found():
    account = make.account()
    facts.ordered(account, requested_on=WEEK, received_on=DAY + timedelta(days=1), received=10)
    facts.run(DAY)
    assert stored(account, "in_full") == [(WEEK, D(0), D(10), False)]
    facts.run(DAY + timedelta(days=1))
    assert stored(account, "in_full") == [(WEEK, D(10), D(10), False)]
    facts.run(DAY)
    assert stored(account, "in_full") == [(WEEK, D(10), D(10), False)]


def test_measures_reach_back_to_the_oldest_week_touched_this_night():
    account = make.account()
    facts.invoiced(account, weeks_back(30), value=5)
    facts.invoiced(account, weeks_back(20), value=6, touch=False)
    facts.run(DAY)
    assert stored(account, "sell_in") == [(weeks_back(30), D(5), D(1), False)]
    assert steps.window_of(facts.night(DAY)).first == weeks_back(30)
    assert steps.window_of(facts.night(DAY + timedelta(days=1))).first == weeks_back(7)


def test_a_week_is_measured_from_its_sunday_on():
    account = make.account()
    facts.invoiced(account)
    facts.run(SUNDAY - timedelta(days=1))
    assert stored(account, "sell_in") == []
    facts.run(SUNDAY)
    assert stored(account, "sell_in") == [(WEEK, D(100), D(1), False)]


def test_a_denominator_of_zero_is_no_value():
    account = make.account()
    facts.sold(account, weeks_back(1), units=0, stock=0, receipts=0)
    facts.sold(account, units=0, stock=0, receipts=0)
    facts.run()
    row = MeasureValue.objects.get(account=account, measure="sell_through_rate", week=WEEK)
    assert (row.numerator, row.denominator, row.value) == (0, 0, None)


def test_lines_in_another_currency_are_converted_at_the_rates_of_their_week():
    account = make.account(currency="GBP")
    facts.exchange(currency="GBP", day=weeks_back(3), per_euro="0.80")
    facts.exchange(currency="GBP", day=DAY, per_euro="9")
    facts.exchange(currency="CNY", day=weeks_back(1), per_euro="8")
    facts.invoiced(account, value=100)
    facts.invoiced(account, value=50, currency="EUR")
    facts.invoiced(account, value=30, currency="CNY")
    facts.sold(account, units=1, value=10, currency="EUR")
    night = facts.night()
    steps.rollups(night)
    week = AccountWeek.objects.get(account=account)
    assert (week.sell_in_value, week.value, night.notes) == (D(143), D(8), [])
    assert ProductWeek.objects.get(account=account).value == D(8)


def test_a_corrected_rate_has_the_weeks_it_holds_for_summed_again():
    account = make.account(currency="EUR")
    for back in (4, 2, 1, 0):
        facts.account_week(account, weeks_back(back))
    text = f"currency,day,per_euro\nGBP,{weeks_back(2)},0.9\nGBP,{weeks_back(0)},0.8\n"
    take(text, mapping_text("default_rates"), kind="rates")
    assert touched(account) == [weeks_back(2), weeks_back(1), WEEK]
    Touched.objects.all().delete()
    take(text.replace("0.9", "0.7"), mapping_text("default_rates"), kind="rates")
    assert touched(account) == [weeks_back(2), weeks_back(1)]


def touched(account):
    return sorted(Touched.objects.filter(account=account).values_list("week", flat=True))


def test_lines_in_another_currency_without_a_rate_are_left_out_and_said():
    account = make.account(currency="EUR")
    facts.invoiced(account, value=100)
    facts.invoiced(account, value=40, currency="USD")
    night = facts.night()
    steps.rollups(night)
    assert sums(account)[:2] == (D(2), D(100))
    assert night.notes == [{"code": "foreign_currency", "params": {"lines": 1}}]


def test_order_lines_and_open_items_without_a_rate_are_left_out_and_said():
    account = make.account(currency="EUR")
    facts.ordered(account, ordered=10, price=5)
    facts.ordered(account, ordered=10, price=5, currency="USD")
    facts.ordered(account, ordered=10, price=None, currency="USD")
    facts.item(account, currency="USD")
    night = facts.night()
    steps.measures(night)
    assert stored(account, "backlog")[-1][1] == 50
    assert night.notes == [{"code": "foreign_currency", "params": {"lines": 2}}]
    facts.exchange(currency="USD", day=weeks_back(30), per_euro="1.25")
    night = facts.night()
    steps.measures(night)
    assert (stored(account, "backlog")[-1][1], night.notes) == (90, [])


def test_many_weeks_are_summed_some_at_a_time_and_come_to_the_same(monkeypatch):
    accounts, weeks = [make.account() for _ in range(3)], [weeks_back(n) for n in range(3)]
    rows = [facts.sold(account, week, units=5) for account in accounts for week in weeks]
    facts.run(DAY)
    rows[0].delete()
    for account, week in product(accounts, weeks):
        facts.touched(account, week)
    SellThrough.objects.filter(pk=rows[4].pk).update(units=7)
    with monkeypatch.context() as few:
        few.setattr(rollups, "AT_ONCE", 4)
        few.setattr(rollups, "AGAIN_AT_ONCE", 1)
        steps.rollups(facts.night(DAY + timedelta(days=1)))
    assert ProductWeek.objects.aggregate(Count("pk"), Sum("units")) == {"pk__count": 8, "units__sum": 42}
    for account, week in product(accounts, weeks):
        facts.touched(account, week)
    assert steps.rollups(facts.night(DAY + timedelta(days=2))) == 0


def test_sums_that_are_gone_are_looked_up_in_a_hash_table_however_little_memory_the_server_gives():
    pairs, plans = {"accounts": [1] * 50_000, "weeks": [WEEK] * 50_000}, []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64kB'; SET LOCAL hash_mem_multiplier = 1")
        for prepare in ("SELECT 1", ROOM):
            cursor.execute(prepare)
            cursor.execute(f"EXPLAIN {rollups.PRODUCT_WEEKS}", pairs)
            plans.append("product_id = (hashed SubPlan" in "".join(line for (line,) in cursor.fetchall()))
    assert plans == [False, True]


@pytest.mark.parametrize("shards", [1, 3])
def test_any_number_of_shards_gives_the_same_figures(shards):
    accounts = [make.account() for _ in range(4)]
    for n, account in enumerate(accounts):
        facts.invoiced(account, value=100 + n)
        facts.sold(account, units=n, stock=1)
    facts.run(shards=shards)
    assert [stored(a, "sell_in")[0][1] for a in accounts] == [100, 101, 102, 103]
    assert [nights(a) for a in accounts] == [[(WEEK, DAY)]] * 4


# Feeds


def late_notes(day):
    night = facts.night(day)
    steps.feeds(night)
    late = list(Counter(fault.feed.name for fault in faults(end_of(day))).items())
    assert night.notes == ([{"code": "feeds_late", "params": {"count": len(late)}}] if late else [])
    return late


@pytest.mark.parametrize(("day", "late"), [(1, []), (2, []), (3, [("Weekly file", 1)])])
def test_a_feed_is_late_at_the_end_of_its_last_day_of_grace(day, late):
    account = make.account()
    facts.feed(account, weekday=1, grace_days=2)
    facts.sold(account, weeks_back(1))
    assert late_notes(DAY + timedelta(days=day)) == late


def test_a_feed_with_facts_of_the_week_has_arrived_also_for_accounts_below():
    group = make.account(kind="group")
    below = make.account(parent=group)
    facts.feed(group, weekday=0)
    facts.sold(below, WEEK)
    assert late_notes(DAY) == []


def test_a_file_of_the_feed_counts_as_arrived_even_when_it_says_nothing_about_the_week():
    account = make.account()
    feed = facts.feed(account, weekday=0)
    facts.sold(account, weeks_back(1))
    facts.batch(feed, received_at=datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert late_notes(DAY) == []


@pytest.mark.parametrize("state", ["rejected", "unusable", "checked"])
def test_a_file_that_was_not_applied_has_not_arrived(state):
    account = make.account()
    feed = facts.feed(account, weekday=0)
    facts.sold(account, weeks_back(1))
    facts.batch(feed, state=state, received_at=datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert late_notes(DAY) == [("Weekly file", 1)]


def test_a_feed_that_never_delivered_misses_only_its_last_file():
    facts.feed(make.account(), weekday=0)
    assert late_notes(DAY) == [("Weekly file", 1)]


def test_a_feed_without_a_weekday_is_never_late():
    facts.feed(make.account(), weekday=None)
    assert late_notes(DAY) == []


@pytest.mark.parametrize(
    ("kind", "make_fact"),
    [("invoices", facts.invoiced), ("orders", lambda a, d: facts.ordered(a, ordered_on=d)),
     ("open_items", lambda a, d: facts.item(a, issued_on=d, due_on=d))],
)  # fmt: skip
def test_a_feed_of_the_house_is_noted_and_raises_no_alert(kind, make_fact):
    facts.feed(None, kind=kind, weekday=0)
    make_fact(make.account(), weeks_back(1))
    assert late_notes(DAY) == [("Weekly file", 1)]
    assert Alert.objects.count() == 0
    make_fact(make.account(), WEEK)
    assert late_notes(DAY) == []


def test_one_alert_for_each_late_feed_and_none_once_it_has_come():
    account = make.account()
    facts.feed(account, weekday=0, name="POS of Nordmart")
    facts.sold(account, weeks_back(3))
    facts.run(DAY)
    alert = Alert.objects.get()
    assert (alert.code, alert.account, alert.severity, alert.params["weeks"]) == ("feed_late", account, "critical", 3)
    for back in (0, 1, 2):
        facts.sold(account, weeks_back(back))
    facts.run(DAY + timedelta(days=1))
    alert.refresh_from_db()
    assert (alert.state, alert.resolved_on) == ("resolved", DAY + timedelta(days=1))


def test_a_late_week_keeps_its_old_value_marked_and_a_missing_one_gets_a_row_that_says_so():
    account = make.account()
    facts.feed(account, weekday=0)
    facts.sold(account, weeks_back(2), units=5)
    facts.sold(account, weeks_back(1), units=6)
    facts.run(DAY - timedelta(days=1))
    type(facts.sold(account, WEEK, touch=False)).objects.filter(week__gte=weeks_back(1)).delete()
    facts.run(DAY)
    assert stored(account, "sell_through_units") == [
        (weeks_back(2), D(5), D(1), False),
        (weeks_back(1), D(6), D(1), True),
        (WEEK, None, None, True),
    ]
    facts.sold(account, WEEK, units=9)
    facts.sold(account, weeks_back(1), units=7)
    facts.run(DAY + timedelta(days=1))
    assert stored(account, "sell_through_units")[1:] == [
        (weeks_back(1), D(7), D(1), False),
        (WEEK, D(9), D(1), False),
    ]


def test_an_account_that_was_never_measured_gets_no_empty_rows():
    account = make.account()
    facts.feed(account, weekday=0)
    facts.run(DAY)
    assert MeasureValue.objects.count() == 0


def test_a_late_feed_of_one_kind_leaves_other_measures_alone():
    account = make.account()
    facts.feed(account, weekday=0)
    facts.sold(account, weeks_back(1))
    facts.invoiced(account, WEEK)
    facts.run(DAY)
    assert stored(account, "sell_in") == [(WEEK, D(100), D(1), False)]


def test_the_date_decides_not_the_clock():
    account = make.account()
    facts.invoiced(account, date(2011, 3, 1), value=5)
    facts.run(date(2011, 3, 31))
    assert stored(account, "sell_in") == [(date(2011, 2, 28), D(5), D(1), False)]
