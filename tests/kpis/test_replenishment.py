"""What an account should order: each part of the formula, full cases, what is missing, what is late; store by store."""

from datetime import timedelta
from decimal import Decimal as D
from math import ceil, sqrt

import pytest
from django.urls import reverse

from kam.roles import Role
from kpis import night as steps
from kpis.models import ForecastWeek, Product, Replenishment
from kpis.replenishment import stores
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


# By store


def two_stores(user=None, **kw):
    """Beside the store of `selling`, which sells twenty units a week, one that sells five; both have stock."""
    account, of = selling(user, **kw)
    first, second = account.stores.get(), make.store(account, name="Kiel")
    steady(account, weeks=range(12), units=5, of=of, stock=40, store=second)
    return account, of, first, second


def test_each_store_has_its_share_of_the_account(client):
    """25 units a week, shared 20 : 5; the second store sells the same each week, so it needs no safety stock."""
    _account, _of, first, second = two_stores(tier="A")
    (row,) = advise()
    big, small = stores.needs([row])
    deviation = sqrt(12 * (0 + 4 + 4) / 3 / 11)
    assert (big.pk, big.weekly, big.on_hand, big.on_order, row.weekly) == (first.pk, 20, 30, 0, 25)
    assert float(big.deviation) == pytest.approx(deviation, abs=0.001)
    assert float(big.safety_stock) == pytest.approx(2.054 * deviation * sqrt((14 + 8.7) / 7), abs=0.01)
    assert float(big.up_to) == pytest.approx(20 * (14 + 8.7) / 7 + float(big.safety_stock), abs=0.01)
    assert (big.advised, big.urgency, big.cover) == (ceil(big.up_to - 30), "now", D("1.5"))
    assert (small.pk, small.weekly, small.safety_stock) == (second.pk, 5, 0)
    assert (small.reorder_point, small.up_to) == (10, D("16.214"))
    assert (small.advised, small.urgency, small.cover) == (0, "enough", 8)


def test_the_agreed_forecast_is_shared_by_what_stores_sell():
    account, of, *_both = two_stores()
    for ahead in range(1, 5):
        ForecastWeek.objects.create(account=account, product=of, week=weeks_back(-ahead), agreed=50)
    (row,) = advise()
    assert [need.weekly for need in stores.needs([row])] == [40, 10]


def test_weeks_without_stock_do_not_lower_the_share_of_a_store():
    account, of, _first, second = two_stores()
    empty(account, of, (12,), units=0, store=second)
    (row,) = advise()
    assert sorted(need.weekly for need in stores.needs([row])) == [5, 20]


def test_what_is_ordered_for_a_store_is_on_its_way_there():
    account, of, first, second = two_stores()
    ordered(account, of, -1, 70, notice=14, store=first)
    ordered(account, of, -1, 9, notice=14, rejected=2, store=second)
    ordered(account, of, -1, 11, notice=14)
    ordered(account, of, 12, 300, notice=14, store=first)
    (row,) = advise()
    found = stores.needs([row])
    assert sorted((need.pk, need.on_order, need.shared) for need in found) == [
        (first.pk, D("78.8"), D("8.8")), (second.pk, D("9.2"), D("2.2")),
    ]  # fmt: skip
    assert stores.balance(found).unnamed == 11 == row.on_order - 77


def test_a_single_store_needs_what_its_account_needs():
    account, of = selling(tier="A")
    ordered(account, of, -1, 17, notice=14)
    (row,) = advise()
    (need,) = stores.needs([row])
    for name in ("weekly", "on_hand", "on_order", "safety_stock", "reorder_point", "up_to", "advised", "urgency"):
        assert getattr(need, name) == getattr(row, name), name


def test_a_store_is_ordered_for_in_full_cases():
    two_stores()
    Product.objects.update(case_size=12)
    (row,) = advise()
    big = stores.needs([row])[0]
    assert big.advised % 12 == 0
    assert big.advised >= big.up_to - big.on_hand > big.advised - 12


def test_a_warehouse_that_sells_nothing_needs_nothing_and_its_stock_counts_for_the_stores():
    account, of, *_both = two_stores()
    steady(account, weeks=range(12), units=0, of=of, stock=13, store=make.store(account, kind="warehouse"))
    ordered(account, of, -1, 4, notice=14)
    (row,) = advise()
    *shops, warehouse = found = stores.needs([row])
    assert (warehouse.is_warehouse, warehouse.advised, warehouse.on_hand) == (True, None, 13)
    assert [(shop.weekly, shop.on_order) for shop in shops] == [(20, D("13.6")), (5, D("3.4"))]
    assert shops[0].advised == ceil(shops[0].up_to - 30 - D("13.6"))
    balance = stores.balance(found)
    assert (balance.advised, balance.on_hand, balance.kept, balance.unnamed) == (shops[0].advised, 70, 13, 4)


def test_what_is_missing_is_said_store_by_store():
    account, of, *_both = two_stores()
    steady(account, weeks=range(3), units=4, of=of, store=make.store(account))
    steady(account, weeks=range(8), units=4, of=of, stock=None, store=make.store(account))
    steady(account, weeks=range(5, 12), units=4, of=of, store=make.store(account))
    (row,) = advise()
    assert sorted((need.missing, need.urgency, need.advised is None) for need in stores.needs([row])) == [
        ("", "enough", False), ("", "now", False), ("sales", "unknown", True), ("stock", "unknown", True),
    ]  # fmt: skip


def test_the_page_shows_every_store_and_what_is_left_to_order(client):
    user = make.user(Role.ACCOUNT_MANAGER)
    account, of, *_both = two_stores(user)
    (row,) = advise()
    client.force_login(user)
    answer = client.get(row.get_absolute_url())
    assert [need.name for need in answer.context["table"].rows] == [need.name for need in stores.needs([row])]
    text = answer.content.decode()
    for word in (of.name, account.name, "Kiel", "Ordered for no store", "Mean of recent weeks"):
        assert word in text, word
    listed = client.get(reverse("kpis:replenishment-list")).content.decode()
    assert row.get_absolute_url() in listed


def test_the_buyer_gets_one_product_or_all_of_the_account_by_store(client):
    user = make.user(Role.ACCOUNT_MANAGER)
    account, of, first, second = two_stores(user)
    other = facts.product()
    steady(account, weeks=range(12), units=3, of=other, store=second)
    selling(user)
    one, two, _foreign = advise()
    client.force_login(user)

    def told(**query):
        text = client.get(one.get_absolute_url(), {"format": "csv", **query}).streaming_content
        head, *body = b"".join(text).decode("utf-8-sig").splitlines()
        assert head.startswith("Product,Number,GTIN,Store,Store number,")
        return [(line.split(",")[1], line.split(",")[4]) for line in body]

    assert sorted(told()) == sorted([(of.code, first.code), (of.code, second.code)])
    assert sorted(told(of="account")) == sorted([*told(), (other.code, second.code)])
    assert two.product == other


def test_the_api_tells_stores_of_visible_advice_alone(client):
    user = make.user(Role.ACCOUNT_MANAGER)
    two_stores(user)
    two_stores()
    own, foreign = advise()
    client.force_login(user)
    found = client.get(f"/api/v1/replenishment/{own.pk}/stores/").json()
    assert [(need["store"], D(need["advised"])) for need in found] == [
        (need.pk, need.advised) for need in stores.needs([own])
    ]
    for url in (f"/api/v1/replenishment/{foreign.pk}/stores/", foreign.get_absolute_url()):
        assert client.get(url).status_code == 404


def test_stores_cost_the_same_for_one_and_three(client, django_assert_max_num_queries):
    user, counts = make.user(Role.ACCOUNT_MANAGER), []
    account, of = selling(user)
    for _ in range(2):
        (row,) = advise()
        client.force_login(user)
        for url in (row.get_absolute_url(), f"/api/v1/replenishment/{row.pk}/stores/"):
            client.get(url)
            with django_assert_max_num_queries(9) as asked:
                client.get(url)
            counts.append(len(asked))
        for _store in range(2):
            steady(account, weeks=range(12), of=of, store=make.store(account))
    assert counts[:2] == counts[2:]
