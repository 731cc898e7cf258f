"""What an account should order: each part of the formula, full cases, what is missing, what is late."""

from datetime import timedelta
from decimal import Decimal as D
from math import ceil, sqrt

import pytest
from django.urls import reverse

from kam.roles import Role
from kpis import night as steps
from kpis.models import ForecastWeek, Product, Replenishment
from kpis.replenishment.night import quantile, replenishment
from tests import make
from tests.kpis import facts
from tests.kpis.stockouts import DAY, WEEK, empty, ordered, steady, weeks_back

pytestmark = pytest.mark.django_db


def advise(day=DAY):
    night = facts.night(day)
    steps.rollups(night)
    replenishment(night)
    return list(Replenishment.objects.order_by("pk"))


def selling(user=None, *, stock=30, units=(20, 22, 18), **kw):
    """Twelve weeks of about twenty units; orders every week that take fourteen days."""
    account, of = make.account(*([user] if user else []), **kw), facts.product()
    for at, unit in enumerate(units):
        steady(account, weeks=range(at, 12, len(units)), units=unit, of=of, stock=stock)
    for back in range(3, 25):
        ordered(account, of, back, 20, came=20, notice=14)
    return account, of


def test_the_quantile_of_a_service_level():
    assert [quantile(level) for level in (0.5, 0.9, 0.95, 0.98)] == [0, 1.282, 1.645, 2.054]


def test_each_part_of_the_formula():
    selling(tier="A")
    (row,) = advise()
    deviation = sqrt(12 * (0 + 4 + 4) / 3 / 11)
    assert (row.basis, row.weekly, row.lead_days, row.service_level, row.on_hand) == ("mean", 20, 14, D("0.980"), 30)
    assert row.review_days == D("8.7")
    assert float(row.deviation) == pytest.approx(deviation, abs=0.001)
    assert float(row.safety_stock) == pytest.approx(2.054 * deviation * sqrt((14 + 182 / 21) / 7), abs=0.02)
    assert float(row.reorder_point) == pytest.approx(40 + float(row.safety_stock), abs=0.01)
    assert float(row.up_to) == pytest.approx(20 * (14 + 8.7) / 7 + float(row.safety_stock), abs=0.3)
    assert (row.advised, row.urgency) == (ceil(row.up_to - 30), "now")
    assert (row.cover, row.week, row.late, row.missing) == (D("1.5"), WEEK, False, "")


def test_what_is_on_its_way_counts_and_what_died_does_not():
    account, of = selling()
    ordered(account, of, -1, 50, notice=14)
    ordered(account, of, 1, 10, notice=14, rejected=4)
    ordered(account, of, 12, 300, notice=14)
    assert advise()[0].on_order == 56


@pytest.mark.parametrize(("stock", "urgency"), [(0, "now"), (60, "soon"), (500, "enough")])
def test_how_urgent_it_is(stock, urgency):
    account, of = selling(stock=100)
    empty(account, of, (-1,), units=20, stock=stock)
    (row,) = advise(DAY + timedelta(days=7))
    assert (row.urgency, row.advised > 0) == (urgency, urgency != "enough")


def test_what_is_ordered_and_not_there_while_next_to_nothing_is_left_is_said():
    account, of = selling(stock=100)
    empty(account, of, (-1,), units=20)
    ordered(account, of, -1, 90, notice=14)
    (row,) = advise(DAY + timedelta(days=7))
    assert (row.urgency, row.on_hand, row.on_order) == ("coming", 0, 90)


def test_it_is_ordered_in_full_cases():
    selling()
    Product.objects.update(case_size=12)
    (row,) = advise()
    assert (row.case_size, row.advised % 12) == (12, 0)
    assert row.advised >= row.up_to - row.on_hand > row.advised - 12


def test_the_agreed_forecast_comes_first_where_it_knows_four_weeks():
    account, of = selling()
    for ahead in range(1, 5):
        ForecastWeek.objects.create(account=account, product=of, week=weeks_back(-ahead), agreed=35)
    (row,) = advise()
    assert (row.basis, row.weekly) == ("forecast", 35)
    ForecastWeek.objects.first().delete()
    assert [(r.basis, r.weekly) for r in advise()] == [("mean", 20)]


def test_weeks_without_stock_do_not_lower_what_is_expected():
    account, of = selling()
    empty(account, of, (12,), units=1)
    assert advise()[0].weekly == 20


def test_what_is_missing_is_said_and_nothing_is_advised():
    account, of = make.account(), facts.product()
    steady(account, of=of, weeks=range(12))
    assert [(r.missing, r.advised, r.urgency) for r in advise()] == [("lead_time", None, "unknown")]
    ordered(account, of, 3, 20, came=20)
    assert [(r.missing, r.urgency) for r in advise()] == [("", "soon")]
    young = facts.product()
    steady(account, of=young, weeks=range(3))
    assert [(r.product, r.missing) for r in advise()] == [(of, ""), (young, "sales")]


def test_overdue_news_keeps_the_advice_and_marks_it():
    account, of = selling()
    (row,) = advise()
    facts.feed(account, weekday=0, grace_days=0)
    empty(account, of, (-2,), units=20)
    (late,) = advise(DAY + timedelta(days=14))
    assert (late.late, late.advised, late.as_of) == (True, row.advised, row.as_of)
    empty(account, of, (-1,), units=20)
    (again,) = advise(DAY + timedelta(days=14))
    assert (again.late, again.as_of) == (False, DAY + timedelta(days=14))


def test_what_the_account_does_not_list_any_more_is_not_advised():
    account, of = selling()
    advise()
    steady(account, weeks=range(-4, 0))
    assert of not in [row.product for row in advise(DAY + timedelta(days=28))]


def test_the_list_and_the_api(client):
    user = make.user(Role.ACCOUNT_MANAGER)
    account, of = selling(user)
    Product.objects.update(case_size=6)
    (row,) = advise()
    client.force_login(user)
    text = client.get(reverse("kpis:replenishment-list"), {"urgency": "now"}).content.decode()
    for word in (of.name, account.name, "× 6", "Mean of recent weeks"):
        assert word in text, word
    assert client.get("/api/v1/replenishment/").json()["results"][0]["advised"] == str(row.advised)


def test_the_list_asks_as_much_for_three_rows_as_for_one(client, django_assert_max_num_queries):
    user, counts = make.user(Role.ACCOUNT_MANAGER), []
    for n in (1, 2):
        for _ in range(n):
            selling(user)
        advise()
        client.force_login(user)
        with django_assert_max_num_queries(12) as asked:
            client.get(reverse("kpis:replenishment-list"))
        counts.append(len(asked))
    assert counts[0] == counts[1]
