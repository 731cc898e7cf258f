"""The forecast of the night: baselines where something is new, versions that never change, accuracy by lag."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from kam.models import Entry
from kam.night import Night
from kpis.forecast import night as steps
from kpis.models import (
    AccountWeek,
    ForecastNotice,
    ForecastScore,
    ForecastSeries,
    ForecastVersion,
    ForecastWeek,
    ProductWeek,
)
from tests import make
from tests.kpis import facts, forecasts
from tests.kpis.forecasts import LAST, NEXT, NIGHT, ahead, history

pytestmark = pytest.mark.django_db


def run(day=NIGHT, **kw):
    return steps.forecast(Night(day, **kw))


def told(account):
    """Everything the night made of an account, without surrogate ids."""
    tables = {
        ForecastSeries: ("product", "method", "as_of", "made_on", "weeks"),
        ForecastWeek: ("product", "week", "baseline", "agreed", "told"),
        ForecastVersion: ("product", "week", "lag", "agreed", "frozen_on"),
        ForecastScore: ("week", "lag", "actual", "agreed_wrong"),
    }
    return [list(model.objects.filter(account=account).values_list(*names)) for model, names in tables.items()]


@pytest.fixture
def account():
    return make.account()


def test_a_baseline_for_half_a_year_with_its_interval_and_last_year(account):
    product = history(account, [10] * 60)
    run()
    weeks = list(ForecastWeek.objects.filter(account=account, product=product))
    assert [row.week for row in weeks] == [ahead(n + 1) for n in range(26)]
    assert {(row.baseline, row.naive, row.planned, row.agreed) for row in weeks} == {(D(10),) * 4}
    assert all(row.low <= row.baseline <= row.high for row in weeks)


def test_the_series_says_its_method_and_what_it_stands_on(account):
    units = [10] * 60
    units[40] = 0
    stock = [50] * 60
    stock[40] = 0
    product = history(account, units, stock=stock)
    AccountWeek.objects.filter(account=account, week=LAST - timedelta(weeks=5)).update(units=None)
    ProductWeek.objects.filter(account=account, week=LAST - timedelta(weeks=5)).delete()
    run()
    row = ForecastSeries.objects.get(account=account, product=product)
    assert (row.method, row.refusal, row.as_of, row.made_on) == ("level", "", LAST, NIGHT)
    assert (row.weeks, row.gaps, row.stockouts) == (58, 1, 1)
    assert row.error == 0
    assert row.tested > 30


def test_too_little_is_refused_with_the_reason(account):
    history(account, [10] * 60)
    young = history(account, [3] * 5)
    asleep = history(account, [3] + [0] * 40)
    run()
    found = dict(ForecastSeries.objects.exclude(refusal="").values_list("product", "refusal"))
    assert found == {young.pk: "too_short", asleep.pk: "asleep"}
    assert not ForecastWeek.objects.filter(product__in=[young, asleep]).exists()


def test_late_figures_are_told_by_their_date(account):
    history(account, [10] * 60, last=LAST - timedelta(weeks=2))
    run()
    assert ForecastSeries.objects.get().as_of == LAST - timedelta(weeks=2)
    assert ForecastWeek.objects.order_by("week").first().week == NEXT


def test_running_again_changes_nothing(account):
    history(account, [10, 12, 9, 14] * 20)
    run()
    before = told(account)
    assert run() == 0
    assert told(account) == before


def test_only_what_has_news_is_computed_again(account):
    other = make.account()
    history(account, [10] * 60)
    history(other, [10] * 60)
    run()
    ProductWeek.objects.update(units=20)
    forecasts.touched(account, LAST)
    run()
    assert set(ForecastWeek.objects.filter(account=account).values_list("baseline", flat=True)) == {D(20)}
    assert set(ForecastWeek.objects.filter(account=other).values_list("baseline", flat=True)) == {D(10)}


def test_a_new_week_moves_the_horizon(account):
    history(account, [10] * 60)
    run()
    run(NIGHT + timedelta(weeks=1))
    weeks = ForecastWeek.objects.values_list("week", flat=True).order_by("week")
    assert (weeks.first(), weeks.last()) == (ahead(2), ahead(27))


def test_a_night_of_the_past_leaves_later_forecasts_alone(account):
    history(account, [10] * 60)
    run(NIGHT + timedelta(weeks=1))
    before = told(account)
    run(NIGHT)
    assert told(account) == before


def test_shards_keep_to_their_accounts(account):
    other = make.account()
    for each in (account, other):
        history(each, [10] * 60)
    run(shards=2, shard=account.pk % 2)
    seen = {row.account_id % 2 for row in ForecastSeries.objects.all()}
    assert seen == {account.pk % 2}


def test_what_is_agreed_is_frozen_by_lag(account):
    product = history(account, [10] * 60)
    run()
    author = make.user()
    forecasts.override(account, product, ahead(9), 25, author=author)
    run(NIGHT + timedelta(weeks=1))
    found = ForecastVersion.objects.filter(week=ahead(9)).values_list("lag", "agreed", "baseline", "author")
    assert list(found) == [(8, D(25), D(10), author.pk)]
    assert sorted(ForecastVersion.objects.filter(frozen_on=NIGHT).values_list("week", "lag")) == [
        (ahead(lag), lag) for lag in (1, 2, 4, 8, 13)
    ]


def test_what_is_frozen_stays_whatever_is_set_later(account):
    product = history(account, [10] * 60)
    run()
    forecasts.override(account, product, NEXT, 25)
    run()
    assert ForecastVersion.objects.get(week=NEXT).agreed == D(10)


@pytest.mark.parametrize("attempt", [
    lambda rows: rows.update(agreed=F("agreed") + 1),
    lambda rows: rows.delete(),
    lambda rows: rows.first().delete(),
])  # fmt: skip
def test_the_database_keeps_frozen_versions(account, attempt):
    history(account, [10] * 60)
    run()
    with pytest.raises(DatabaseError, match="kpis_forecastversion"), transaction.atomic():
        attempt(ForecastVersion.objects.all())


def test_accuracy_compares_what_was_frozen_with_what_came(account):
    """Vector of the formulas: actual (1000, 10), agreed (950, 25)."""
    author = make.user()
    big, small = make.product(), make.product()
    for product, actual, agreed, by in ((big, 1000, 950, author), (small, 10, 25, author)):
        history(account, [actual], product=product)
        ForecastVersion.objects.create(
            account=account, product=product, week=LAST, lag=1, baseline=900, naive=20, agreed=agreed, author=by,
            frozen_on=NIGHT - timedelta(weeks=1),
        )  # fmt: skip
    run()
    row = ForecastScore.objects.get(account=account)
    assert (row.author, row.lag, row.week, row.products) == (author, 1, LAST, 2)
    assert (row.actual, row.agreed_wrong, row.agreed_over) == (D(1010), D(65), D(-35))
    assert (row.baseline_wrong, row.naive_wrong) == (D(990), D(990))


def test_a_week_without_a_line_sold_nothing_but_a_week_not_reported_is_not_judged(account):
    product = make.product()
    for week, reported in ((LAST, True), (LAST - timedelta(weeks=1), False)):
        AccountWeek.objects.create(account=account, week=week, currency="EUR", units=1 if reported else None)
        ForecastVersion.objects.create(
            account=account, product=product, week=week, lag=1, baseline=5, naive=5, agreed=5, frozen_on=LAST
        )
    run()
    assert list(ForecastScore.objects.values_list("week", "actual", "agreed_wrong")) == [(LAST, D(0), D(5))]


def test_a_restated_week_is_judged_anew(account):
    product = history(account, [10])
    ForecastVersion.objects.create(
        account=account, product=product, week=LAST, lag=2, baseline=8, naive=8, agreed=8, frozen_on=LAST
    )
    run()
    ProductWeek.objects.update(units=30)
    run()
    assert ForecastScore.objects.get().agreed_wrong == D(2)
    forecasts.touched(account, LAST)
    run()
    assert ForecastScore.objects.get().agreed_wrong == D(22)


def frozen(account, product, agreed, lag=1, **kw):
    """A version of the last complete week: baseline 90, last year 120."""
    fields = {"baseline": 90, "naive": 120, "frozen_on": NIGHT - timedelta(weeks=lag)} | kw
    return ForecastVersion.objects.create(account=account, product=product, week=LAST, lag=lag, agreed=agreed, **fields)


def sums(**of):
    """Products, sold, and wrong and over of the figure, the baseline and last year, of the one row there is."""
    names = ("actual", "agreed_wrong", "agreed_over", "baseline_wrong", "baseline_over", "naive_wrong", "naive_over")
    return ForecastScore.objects.values_list("products", *names).get(**of)


def test_the_account_is_judged_by_what_it_said_when_ours_was_frozen(account):
    """Sold 100 and 50. Ours 80 and 60: wrong by 30, 10 too few. Theirs 110 and 20: wrong by 40, 20 too few.

    A third product, of which they said nothing, is in our row alone.
    """
    big, small, silent = make.product(), make.product(), make.product()
    for product, actual, agreed in ((big, 100, 80), (small, 50, 60), (silent, 7, 5)):
        history(account, [actual], product=product)
        frozen(account, product, agreed)
    day = NIGHT - timedelta(weeks=1)
    for product, units, made_on in (
        (big, 500, day - timedelta(days=9)), (big, 110, day), (big, 100, day + timedelta(days=1)), (small, 20, day),
    ):  # fmt: skip
        facts.told_us(account, product=product, week=LAST, units=units, made_on=made_on)
    run()
    assert sums(by_account=True) == (2, D(150), D(40), D(-20), D(50), D(30), D(90), D(90))
    assert sums(by_account=False) == (3, D(157), D(32), D(-12), D(133), D(113), D(203), D(203))


def test_each_lag_knows_what_the_account_had_said_by_then(account):
    product = history(account, [100])
    for lag in (1, 4):
        frozen(account, product, 100, lag)
    facts.told_us(account, product=product, week=LAST, units=130, made_on=NIGHT - timedelta(weeks=4))
    facts.told_us(account, product=product, week=LAST, units=95, made_on=NIGHT - timedelta(weeks=2))
    run()
    found = ForecastScore.objects.filter(by_account=True).order_by("lag").values_list("lag", "agreed_over")
    assert list(found) == [(1, D(-5)), (4, D(30))]


def test_a_forecast_of_the_account_that_came_in_late_is_judged_by_the_next_night(account):
    product = history(account, [100])
    frozen(account, product, 100)
    run()
    assert not ForecastScore.objects.filter(by_account=True).exists()
    facts.told_us(account, product=product, week=LAST, units=70, made_on=NIGHT - timedelta(weeks=1))
    run()
    assert ForecastScore.objects.get(by_account=True).agreed_wrong == D(30)
    assert ForecastScore.objects.filter(by_account=False).count() == 1
    assert run() == 0


def test_what_an_account_said_too_late_or_without_a_baseline_beside_it_is_not_judged(account):
    late, bare = history(account, [100]), history(account, [100], reported=False)
    frozen(account, late, 100)
    frozen(account, bare, 100, baseline=None)
    facts.told_us(account, product=late, week=LAST, made_on=NIGHT)
    facts.told_us(account, product=bare, week=LAST, made_on=NIGHT - timedelta(weeks=1))
    run()
    assert list(ForecastScore.objects.values_list("by_account", flat=True)) == [False]


def test_logistics_is_told_once_when_much_changes_in_the_next_weeks(account):
    logistics = make.team(name="Logistics")
    product = history(account, [100] * 60)
    run()
    assert not ForecastNotice.objects.exists()
    ProductWeek.objects.update(units=200)
    forecasts.touched(account, LAST)
    run()
    notice = ForecastNotice.objects.get()
    assert (notice.account, notice.team, notice.made_on, notice.by) == (account, logistics, NIGHT, None)
    assert list(notice.lines.values_list("product", "week", "before", "after")) == [
        (product.pk, ahead(n + 1), D(100), D(200)) for n in range(8)
    ]
    assert Entry.objects.get(model="kpis.forecastnotice").verb == "made"
    forecasts.touched(account, LAST - timedelta(weeks=1))
    run()
    assert ForecastNotice.objects.count() == 1


def test_small_changes_are_no_news(account):
    history(account, [100] * 60)
    few = history(account, [4] * 60)
    run()
    ProductWeek.objects.update(units=F("units") * 2)
    ProductWeek.objects.exclude(product=few).update(units=120)
    forecasts.touched(account, LAST)
    run()
    assert not ForecastNotice.objects.exists()


def test_as_many_statements_for_one_account_as_for_three(django_assert_max_num_queries):
    def statements():
        with django_assert_max_num_queries(60) as found:
            run()
        return [q["sql"].split()[0] for q in found.captured_queries if not q["sql"].startswith("COPY")]

    history(make.account(), [10] * 60)
    run()
    forecasts.touched(ForecastSeries.objects.get().account, LAST)
    one = statements()
    for _ in range(2):
        history(make.account(), [10] * 60)
    for row in ForecastSeries.objects.all():
        forecasts.touched(row.account, LAST - timedelta(weeks=3))
    assert statements() == one
