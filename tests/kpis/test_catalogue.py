"""Products and categories: lists, what became of a product, forms, removal with undo."""

from datetime import timedelta

import pytest
from django.urls import reverse

from kam.models import Entry
from kam.roles import Role
from kpis import calc, queries
from kpis.models import Category, Product, ProductWeek
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst():
    return make.user(Role.ANALYST)


@pytest.fixture
def ball():
    return make.product(code="P-1", name="Ball", brand="Own", category=Category.objects.create(code="C", name="Balls"))


def sold(account, product, weeks_ago, units, stock=None):
    last = calc.last_complete_week(queries.last_night_day())
    week = last - timedelta(weeks=weeks_ago)
    return ProductWeek.objects.create(account=account, product=product, week=week, units=units, stock=stock)


def test_the_list_is_filtered_sorted_and_exported(client_of, analyst, ball):
    make.product(code="P-2", name="Bag", brand="Other")
    client = client_of(analyst)
    rows = [r.code for r in client.get(reverse("kpis:product-list"), {"sort": "-name"}).context["rows"]]
    assert rows == ["P-1", "P-2"]
    answer = client.get(reverse("kpis:product-list"), {"category": ball.category_id, "format": "csv"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines == ["Product,Number,Brand,Category,GTIN", "Ball,P-1,Own,Balls,"]


def test_a_product_shows_what_the_accounts_one_sees_sold_of_it(client_of, analyst, ball):
    mine, foreign = make.account(name="Mine", team=make.team(analyst)), make.account()
    sold(mine, ball, 0, 10, stock=40)
    sold(mine, ball, 1, 30)
    sold(mine, ball, 9, 5)
    sold(foreign, ball, 0, 99)
    context = client_of(analyst).get(ball.get_absolute_url()).context
    assert [(r["name"], r["sold"], r["stock"], r["cover"]) for r in context["accounts"]] == [("Mine", 40, 40, 2)]
    assert [units for _week, units in context["weeks"]] == [10, 30, 5]
    assert [v for v in context["chart"]["series"][0]["data"] if v is not None] == [5.0, 30.0, 10.0]


def test_those_who_read_no_figures_see_the_product_alone(client_of, ball):
    context = client_of(make.user(Role.FIELD)).get(ball.get_absolute_url()).context
    assert ("accounts" in context, context["may_edit"]) == (False, False)


@pytest.mark.parametrize("accounts", [1, 3])
def test_a_product_costs_the_same_with_more_accounts(client_of, analyst, ball, accounts, django_assert_num_queries):
    team = make.team(analyst)
    for _n in range(accounts):
        sold(make.account(team=team), ball, 0, 1)
    client = client_of(analyst)
    client.get(ball.get_absolute_url())
    with django_assert_num_queries(10):
        assert len(client.get(ball.get_absolute_url()).context["accounts"]) == accounts


def test_a_product_is_added_and_changed_with_an_entry_each(client_of, analyst, ball):
    client = client_of(analyst)
    client.post(reverse("kpis:product-create"), {"code": "P-9", "name": "Shoe", "category": ball.category_id})
    shoe = Product.objects.get(code="P-9")
    client.post(reverse("kpis:product-update", args=[shoe.pk]), {"code": "P-9", "name": "Boot", "version": 1})
    shoe.refresh_from_db()
    assert (shoe.name, shoe.version) == ("Boot", 2)
    told = Entry.objects.filter(model="kpis.product", object_id=str(shoe.pk)).order_by("pk")
    assert [(e.verb, e.actor) for e in told] == [("created", analyst), ("changed", analyst)]


def test_a_number_that_is_taken_is_said_at_the_field(client_of, analyst, ball):
    answer = client_of(analyst).post(reverse("kpis:product-create"), {"code": "P-1", "name": "x"})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["code"])


def test_a_category_that_products_have_stays(client_of, analyst, ball):
    client = client_of(analyst)
    answer = client.post(reverse("kpis:category-remove", args=[ball.category_id]), follow=True)
    assert [m.level_tag for m in answer.context["messages"]] == ["error"]
    assert Category.objects.count() == 1


def test_an_empty_category_goes_and_comes_back(client_of, analyst):
    category = Category.objects.create(code="X", name="Old")
    client = client_of(analyst)
    page = client.post(reverse("kpis:category-remove", args=[category.pk]), follow=True)
    assert Category.objects.count() == 0
    *_earlier, message = page.context["messages"]
    client.post(message.extra_tags.removeprefix("undo:"))
    assert Category.objects.get().name == "Old"
