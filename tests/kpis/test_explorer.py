"""The sell-through explorer: what it shows, held against plain arithmetic over the facts."""

import csv
import io
import re
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from kam.models import StepRun
from kam.roles import Role
from kpis import calc, catalogue, night
from kpis.models import ArchivedMonth, Category, CategoryWeek, ProductWeek, SellThrough, Touched
from kpis.partitions import make_ahead
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back

pytestmark = pytest.mark.django_db
PAGE = "/kpis/sell-through/"
YEAR = timedelta(days=364)


@pytest.fixture
def mia():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def site(client, mia):
    """A signed-in browser of an account manager, on the day after a night of `DAY`."""
    StepRun.objects.create(date=DAY, step="measures", state="done")
    client.force_login(mia)
    return client


def category(name):
    return Category.objects.create(code=name[:3].upper(), name=name)


def rollups():
    return night.rollups(facts.night(DAY))


def rows(answer):
    assert answer.status_code == 200
    return answer.context["table"].rows


def seen(answer, *names):
    """(name, figures) of the rows that are shown."""
    return [(row.place.name, *(getattr(row.line, name) for name in names)) for row in rows(answer)]


def lines(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


# Figures


def plus(values):
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def net(fact):
    return fact.units - (fact.returns or 0)


def expected(found, weeks):
    """Total, stock, stock cover, sell-through rate and change of facts, computed fact by fact."""
    by_week = defaultdict(list)
    for fact in found:
        by_week[fact.week].append(fact)
    sold = {week: plus(map(net, rows)) for week, rows in by_week.items()}
    kept = {week: plus(row.stock for row in rows) for week, rows in by_week.items()}
    came = {week: plus(row.receipts for row in rows) for week, rows in by_week.items()}
    ratios = [calc.sell_through(sold.get(w), None, kept.get(w - timedelta(days=7)), came.get(w)) for w in weeks]
    last = max((week for week in weeks if kept.get(week) is not None), default=None)
    basis = [sold.get(last - timedelta(days=7 * n)) for n in range(4)] if last else []
    both = [week for week in weeks if sold.get(week) is not None and sold.get(week - YEAR) is not None]
    before = plus(sold[week - YEAR] for week in both)
    return (
        plus(sold.get(week) for week in weeks),
        kept.get(last),
        calc.weeks_of_supply(kept[last], basis).value if last else None,
        calc.summed(ratios).value,
        (plus(sold[week] for week in both) - before) / abs(before) if before else None,
    )


def made_up(dice, mia):
    """Two accounts with stores, four products of two categories and one without; a year and a half with gaps."""
    accounts = [make.account(mia, name=name) for name in ("Nordmart", "Suedmart")]
    sorts = [category("Running"), category("Football"), None]
    products = [facts.product(category=dice.choice(sorts)) for _ in range(4)]
    stores = [make.store(account) for account in accounts for _ in range(2)]
    batch = facts.batch()
    for month in range(20):
        make_ahead(WEEK - timedelta(days=28 * month))
    found = [
        SellThrough(
            week=weeks_back(n), store=store, product=product, account=store.account, currency="EUR", batch=batch,
            units=dice.randint(0, 30), value=dice.randint(0, 900), returns=dice.choice([None, 0, 2]),
            stock=dice.choice([None, 0, 5, 40]), receipts=dice.choice([None, 0, 12]),
        )
        for n in (*range(18), *range(50, 68)) for store in stores for product in products if dice.random() < 0.6
    ]  # fmt: skip
    SellThrough.objects.bulk_create(found)
    for account, week in {(fact.account, fact.week) for fact in found}:
        facts.touched(account, week)
    rollups()
    return found


KEYS = {
    "account": lambda fact: fact.account_id,
    "category": lambda fact: fact.product.category_id or 0,
    "product": lambda fact: fact.product_id,
    "store": lambda fact: fact.store_id,
}


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_of_every_level_is_that_of_the_facts(site, mia, seed):
    found = made_up(Random(seed), mia)
    account, product = found[0].account, found[0].product
    weeks = [weeks_back(n) for n in range(12)]
    own = [fact for fact in found if fact.account == account]
    of_product = [fact for fact in own if fact.product == product]
    for query, level, inside in (
        ("", "account", found),
        (f"?account={account.pk}&by=category", "category", own),
        (f"?account={account.pk}&by=product", "product", own),
        (f"?account={account.pk}&product={product.pk}&by=store", "store", of_product),
        ("?by=category", "category", found),
        (f"?product={product.pk}", "account", [fact for fact in found if fact.product == product]),
    ):
        groups = defaultdict(list)
        for fact in inside:
            groups[KEYS[level](fact)].append(fact)
        answer = site.get(PAGE + query)
        shown = {row.place.keys[-1]: row.line for row in rows(answer)}
        told = {key: group for key, group in groups.items() if any(fact.week in weeks for fact in group)}
        assert set(shown) == set(told), query
        for key, line in [*shown.items(), (None, answer.context["table"].total)]:
            figures = line.amount, line.stock, line.supply, line.rate, line.change
            exact = expected(groups[key] if key is not None else inside, weeks)
            assert [f if f is None else round(f, 9) for f in figures] == [
                f if f is None else round(f, 9) for f in exact
            ], (query, key)


@pytest.mark.parametrize("sort", ["total", "-total", "stock", "-supply", "rate", "-change", "name", "-name"])
def test_pages_go_through_all_rows_in_order_and_back(site, mia, sort, monkeypatch):
    monkeypatch.setattr("kpis.explorer.table.PAGE", 2)
    dice = Random(sort)
    for n in range(5):
        account = make.account(mia, name=f"Mart {n}")
        for week in (WEEK, weeks_back(1), weeks_back(52)):
            if dice.random() < 0.8:
                facts.sold(account, week, dice.randint(1, 5), stock=dice.choice([None, 3, 9]), receipts=4)
    rollups()
    whole = lines(site.get(PAGE, {"sort": sort, "format": "csv", "column": "total"}))[1:]
    at, ahead, back = f"?sort={sort}", [], []
    while at:
        answer = site.get(PAGE + at.removeprefix(PAGE))
        ahead += [name for (name,) in seen(answer)]
        at, last = answer.context["page"].next_url, answer
    at = last.context["page"].previous_url
    while at:
        answer = site.get(at)
        back = [name for (name,) in seen(answer)] + back
        at = answer.context["page"].previous_url
    assert ahead == [line[0] for line in whole]
    assert back == ahead[: len(back)]


def test_a_damaged_address_shows_what_is_usual(site, mia):
    facts.sold(make.account(mia))
    rollups()
    for query in ("by=x", "show=x", "weeks=x", "week=x", "sort=x", "open=x", "open=9.9.9.9", "column=x", "account=0"):
        assert site.get(f"{PAGE}?{query}").status_code == 200
    assert site.get(f"{PAGE}?after=x").status_code == 400


def test_rows_open_where_they_stand(site, mia):
    account, running = make.account(mia, name="Nordmart"), category("Running")
    shoe, store = facts.product(name="Shoe", category=running), make.store(account, name="Hamburg")
    facts.sold(account, units=7, of=shoe, store=store, stock=3)
    rollups()
    paths = [f"{account.pk}", f"{account.pk}.{running.pk}", f"{account.pk}.{running.pk}.{shoe.pk}"]
    answer = site.get(PAGE, {"open": paths})
    assert seen(answer, "amount") == [(name, 7) for name in ("Nordmart", "Running", "Shoe", "Hamburg")]
    assert [row.depth for row in rows(answer)] == [0, 1, 2, 3]
    assert 'aria-expanded="true"' in answer.content.decode()


def test_what_lies_open_is_cut_with_a_way_to_all_of_it(site, mia, monkeypatch):
    monkeypatch.setattr("kpis.explorer.table.OPENED_PAGE", 1)
    account = make.account(mia)
    for name in ("Running", "Football"):
        facts.sold(account, of=facts.product(category=category(name)))
    rollups()
    answer = site.get(PAGE, {"open": account.pk})
    assert [row.hidden for row in rows(answer)] == [0, 1]
    assert f"account={account.pk}&amp;by=category" in answer.content.decode()
    assert len(lines(site.get(PAGE, {"open": account.pk, "format": "csv"}))) == 4


def test_opening_stock_in_out_and_closing_stock_stand_below_each_other(site, mia):
    account = make.account(mia, name="Nordmart")
    ball, store = facts.product(), make.store(account)
    for back, units, receipts, stock in ((1, 5, 8, 20), (0, 6, 4, 18)):
        facts.sold(account, weeks_back(back), units, of=ball, store=store, receipts=receipts, stock=stock)
    rollups()
    answer = site.get(PAGE, {"show": "flow", "weeks": "4", "format": "csv", "column": "weeks"})
    head, *body = lines(answer)
    assert head == ["Account", "Number", "Goods", "W44/2026", "W45/2026", "W46/2026", "W47/2026", "Late"]
    assert [line[2:-1] for line in body] == [
        ["Opening", "", "", "", "20.000"],
        ["In", "", "", "8.000", "4.000"],
        ["Out", "", "", "5.000", "6.000"],
        ["Closing", "", "", "20.000", "18.000"],
    ]
    assert "Closing" in site.get(PAGE, {"show": "flow"}).content.decode()


def test_a_week_without_news_is_no_week_without_sales(site, mia):
    account = make.account(mia)
    facts.sold(account, weeks_back(1), 4, stock=0)
    rollups()
    page = site.get(PAGE, {"weeks": "4"}).content.decode()
    assert (page.count("k-num k-heat-none"), page.count("k-num k-heat-out")) == (6, 2)
    assert site.get(PAGE).context["reported"] == {"last": 0, "any": 1}


def test_stores_say_which_of_their_months_are_archived(site, mia):
    account = make.account(mia)
    ball = facts.product(category=category("Running"))
    facts.sold(account, of=ball)
    rollups()
    for month in (date(2025, 10, 1), date(2026, 10, 1), date(2024, 10, 1)):
        ArchivedMonth.objects.create(table="kpis_sellthrough", month=month, rows=1, columns=[], size=1)
    said = lambda **query: site.get(PAGE, {"account": account.pk, "weeks": "12", **query}).context["archived"]  # noqa: E731
    opened = {"by": "product", "open": ball.pk}
    months = "Figures by store lack archived months: October 2025, October 2026."
    text = f"{months} Sums by account, category and product have them."
    assert said(**opened) == said(by="store", product=ball.pk) == text
    assert (said(), said(by="product"), said(by="category", open=ball.category_id)) == ("", "", "")
    assert text in site.get(PAGE, {"account": account.pk, **opened}).content.decode()


def test_the_menu_of_columns_says_which_are_shown(site, mia):
    def shown(**query):
        return [column.name for column, is_shown in site.get(PAGE, query).context["columns"] if is_shown]

    assert shown() == ["weeks", "total", "change", "stock", "supply", "rate"]
    assert shown(column=["rank", "weeks"]) == ["weeks", "rank"]


# What is late


def is_late(account, *weeks, measure="sell_through_units"):
    for week in weeks:
        facts.value(account, measure, week, numerator=1, late=True)


def cell(answer, account, back):
    """The markup of the cell of an account and week."""
    row = answer.content.decode().split(f'id="row-{account.pk}"')[1].split("</tr>")[0]
    return re.findall(r"<td.*?</td>", row)[-1 - back - len(answer.context["drawn"].figures)]


def test_weeks_of_which_news_is_late_are_grey_with_the_day_they_are_known_to(site, mia):
    late, whole = make.account(mia, name="Late"), make.account(mia, name="Whole")
    for account in (late, whole):
        for back in range(1, 4):
            facts.sold(account, weeks_back(back), 5, stock=0)
    facts.sold(whole, WEEK, 5)
    is_late(late, WEEK, weeks_back(1))
    rollups()
    answer = site.get(PAGE, {"weeks": "4"})
    assert {row.place.name: row.late for row in rows(answer)} == {"Late": {WEEK, weeks_back(1)}, "Whole": set()}
    assert [("k-late" in cell(answer, late, back), "k-heat-out" in cell(answer, late, back)) for back in range(3)] == [
        (False, False), (True, False), (False, True),
    ]  # fmt: skip
    assert 'aria-label="late"' in cell(answer, late, 0)
    assert "n/a" in cell(answer, late, 0)
    assert "k-late" not in "".join(cell(answer, whole, back) for back in range(4))
    page = answer.content.decode()
    assert "as of 8 Nov" in page
    assert "news of one account is late" in page


def test_what_lies_below_a_late_account_and_the_sum_are_late_too(site, mia):
    late, whole = make.account(mia, name="Late"), make.account(mia, name="Whole")
    for account in (late, whole):
        facts.sold(account, of=facts.product(category=category(account.name)))
    is_late(late, WEEK)
    rollups()
    answer = site.get(PAGE, {"open": [late.pk, whole.pk]})
    assert [(row.place.name, bool(row.late)) for row in rows(answer)] == [
        ("Late", True), ("Late", True), ("Whole", False), ("Whole", False),
    ]  # fmt: skip
    assert answer.context["table"].news.of(None) == {WEEK}
    inside = site.get(PAGE, {"account": late.pk, "by": "category"})
    assert [bool(row.late) for row in rows(inside)] == [True]
    assert [bool(row.late) for row in rows(site.get(PAGE, {"account": whole.pk, "by": "category"}))] == [False]


def test_sell_in_is_late_with_the_invoices(site, mia):
    account = make.account(mia)
    facts.invoiced(account, value=100)
    facts.sold(account)
    is_late(account, WEEK, measure="sell_in_units")
    rollups()
    assert [[bool(row.late) for row in rows(site.get(PAGE, {"show": show}))] for show in ("units", "sell_in")] == [
        [False], [True],
    ]  # fmt: skip


def test_a_download_names_the_late_weeks(site, mia):
    account = make.account(mia)
    facts.sold(account)
    is_late(account, WEEK, weeks_back(1), weeks_back(40))
    rollups()
    head, line = lines(site.get(PAGE, {"format": "csv"}))
    assert (head[-1], line[-1]) == ("Late", "W46/2026, W47/2026")


def test_nobody_learns_that_news_of_a_foreign_account_is_late(site, mia):
    facts.sold(make.account(mia))
    is_late(make.account(), WEEK)
    rollups()
    assert site.get(PAGE).context["table"].news.late == {}


# Ranking


def test_accounts_are_ranked_by_what_they_bought_among_those_the_reader_sees(site, mia):
    for name, amount in (("A", 300), ("B", 100), ("C", 600)):
        facts.invoiced(make.account(mia, name=name), value=amount)
    facts.invoiced(make.account(name="Foreign"), value=9000)
    rollups()
    answer = site.get(PAGE, {"show": "sell_in", "column": ["rank", "share", "total"], "format": "csv"})
    head, *body = lines(answer)
    assert head == ["Account", "Number", "Currency", "Total", "Rank", "Share, %", "Late"]
    assert [(line[0], line[3], line[4], line[5][:4]) for line in body] == [
        ("C", "600.00", "1", "60.0"), ("A", "300.00", "2", "30.0"), ("B", "100.00", "3", "10.0"),
    ]  # fmt: skip
    assert "Foreign" not in site.get(PAGE, {"show": "sell_in"}).content.decode()


def test_money_of_another_currency_is_shown_and_not_added_up(site, mia):
    for name, currency, amount in (("A", "EUR", 3000), ("B", "EUR", 1000), ("C", "GBP", 5000)):
        facts.invoiced(make.account(mia, name=name, currency=currency), value=amount)
    rollups()
    answer = site.get(PAGE, {"show": "sell_in"})
    assert seen(answer, "amount", "total") == [("A", 3000, 3000), ("B", 1000, 1000), ("C", 5000, None)]
    assert [row.place.rank for row in rows(answer)] == [1, 2, None]
    assert answer.context["table"].total.total == 4000


# Access


def test_nobody_learns_of_what_they_do_not_see(site, mia):
    own, foreign = make.account(mia, name="Own"), make.account(name="Foreign")
    ball = facts.product()
    for account in (own, foreign):
        facts.sold(account, units=5, of=ball, store=make.store(account, name=f"Store of {account.name}"))
    rollups()
    for query in ("", "?by=category", f"?account={foreign.pk}&by=product", f"?open={foreign.pk}&open={foreign.pk}.0"):
        answer = site.get(PAGE + query)
        assert "Foreign" not in answer.content.decode()
        assert answer.context["table"].total.amount == 5
    whole = lines(site.get(PAGE, {"format": "csv", "open": [f"{foreign.pk}", f"{foreign.pk}.0"]}))
    assert [line[0] for line in whole[1:]] == ["Own"]


# Cost


OPENED = "open={account}&open={account}.{category}&open={account}.{category}.{product}"


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("", 9),
        (OPENED, 10),
        ("show=value&sort=-supply", 10),
        (f"show=value&category={{category}}&{OPENED}", 12),
        (f"show=value&product={{product}}&{OPENED}", 12),
        ("account={account}&by=product", 10),
        ("account={account}&category={category}&product={product}&by=store&show=flow", 11),
        (f"account={{account}}&category={{category}}&product={{product}}&{OPENED}", 12),
        ("by=category&category={category}", 10),
    ],
)
@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.DIRECTOR])
def test_a_page_costs_the_same_for_one_and_three_rows(client, role, query, most, django_assert_num_queries):
    """However much is opened and named: at most twelve queries."""
    reader, running = make.user(role), category("Running")
    team = make.team(reader)
    StepRun.objects.create(date=DAY, step="measures", state="done")
    client.force_login(reader)
    for n in (1, 3):
        for _ in range(n):
            account, product = make.account(reader, team=team), facts.product(category=running)
            for _ in range(n):
                facts.sold(account, of=product, store=make.store(account))
        rollups()
        named = {"account": account.pk, "category": running.pk, "product": product.pk}
        url = f"{PAGE}?{query.format(**named)}"
        client.get(url)
        with django_assert_num_queries(most):
            assert rows(client.get(url))


# Sums by category


def test_a_product_that_moves_takes_its_weeks_along(mia):
    account, running, football = make.account(mia), category("Running"), category("Football")
    ball = facts.product(category=running)
    facts.sold(account, units=5, of=ball, returns=1, value=50)
    rollups()
    assert CategoryWeek.objects.values_list("category", "units", "returns", "value").get() == (running.pk, 5, 1, 50)
    assert ProductWeek.objects.get().returns == 1
    catalogue.change_product(ball, by=mia, version=ball.version, category=football)
    assert Touched.objects.filter(night=None, account=account, week=WEEK).exists()
    rollups()
    assert CategoryWeek.objects.values_list("category", "units").get() == (football.pk, 5)
