"""What bringing one unit to an account costs: the measure, the list, and the split by product group."""

import re
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.urls import reverse

from kam.roles import Role
from kpis.models import Category, MeasureValue
from kpis.supply_cost.queries import Cost, by_account, by_group
from kpis.views.supply_cost import drawn_change
from tests import make
from tests.kpis import facts
from tests.kpis.facts import WEEK, weeks_back

pytestmark = pytest.mark.django_db


def sent(account, units=10, day=WEEK, **kw):
    row = facts.shipped(account, shipped_on=day, units=units, **kw)
    facts.touched(account, day - timedelta(days=day.weekday()))
    return row


def measured(account):
    facts.run()
    rows = MeasureValue.objects.filter(account=account, measure="supply_cost").order_by("week")
    return [(row.week, row.numerator, row.denominator) for row in rows]


def test_every_part_of_the_cost_counts_in_the_week_of_arrival():
    account = make.account()
    parts = {"freight": 10, "expedite": 4, "handling": 3, "penalties": 2, "returns": 1}
    sent(account, day=weeks_back(1) + timedelta(days=4), delivered_on=WEEK, **parts)
    sent(account, units=30, freight=5)
    assert measured(account) == [(WEEK, 25, 40)]


def test_unknown_cost_other_money_and_what_has_not_arrived_do_not_count():
    account = make.account()
    sent(account, freight=10)
    sent(account)
    sent(account, freight=99, currency="USD")
    sent(account, freight=99, delivered_on=WEEK + timedelta(days=8))
    assert measured(account) == [(WEEK, 10, 10)]


def test_a_period_is_compared_with_the_one_before():
    account = make.account()
    sent(account, freight=12)
    sent(account, freight=10, day=weeks_back(4))
    cost = by_account([account.pk], WEEK, 4)[account.pk]
    assert (cost.each(), cost.each("freight"), cost.each("handling"), cost.total) == (D("1.2"), D("1.2"), 0, 12)
    assert cost.change == 20


def test_cost_is_shared_among_the_groups_of_an_order_by_units():
    account = make.account()
    balls, shoes = (Category.objects.create(code=c, name=c) for c in ("Balls", "Shoes"))
    facts.ordered(account, order_number="O1", line_number="1", ordered=30, product=facts.product(category=balls))
    facts.ordered(account, order_number="O1", line_number="2", ordered=10, product=facts.product(category=shoes))
    sent(account, units=40, freight=20, order_number="O1")
    sent(account, units=5, freight=10)
    found = by_group(account.pk, WEEK, 4)
    assert {name: (cost.units, cost.total) for name, cost in found.items()} == {
        "Balls": (30, 15),
        "Shoes": (10, 5),
        None: (5, 10),
    }


def test_the_list_compares_accounts_and_splits_one(client, django_assert_max_num_queries):
    user, counts = make.user(Role.ACCOUNT_MANAGER), []
    for n in (1, 2):
        for _ in range(n):
            account = make.account(user)
            sent(account, freight=7 + n, day=weeks_back(2))
        facts.run()
        client.force_login(user)
        client.get(reverse("kpis:supply-cost"))
        with django_assert_max_num_queries(12) as asked:
            text = client.get(reverse("kpis:supply-cost"), {"groups": account.pk}).content.decode()
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert text.count("<tr data-row>") == 3
    assert "€\u00a00.90" in text
    assert "without a group" in text


def test_nobody_splits_what_they_do_not_see(client):
    other = make.account()
    sent(other, freight=7, day=weeks_back(2))
    facts.run()
    client.force_login(make.user(Role.ACCOUNT_MANAGER))
    assert other.name not in client.get(reverse("kpis:supply-cost"), {"groups": other.pk}).content.decode()


@pytest.mark.parametrize(
    ("now", "level"), [("1.01", []), ("0.99", []), ("1.5", ["k-delta-bad"]), ("0.5", ["k-delta-good"])]
)
def test_only_a_change_that_is_more_than_prices_move_anyway_is_judged(now, level):
    cost = Cost(D(10), {"freight": D(now)}, Cost(D(10), {"freight": D(1)}))
    assert re.findall("k-delta-[a-z]+", drawn_change(cost)) == level
