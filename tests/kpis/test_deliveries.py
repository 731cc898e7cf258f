"""Backlog and deliveries: what the pages show, held against plain arithmetic over the order lines."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from accounts.models import Team
from kam.models import StepRun
from kam.night import Night
from kam.roles import Role
from kpis import calc
from kpis import night as steps
from kpis.models import MeasureValue, OrderLine
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back

pytestmark = pytest.mark.django_db
PAGE, LINES = "/kpis/deliveries/", "/kpis/order-lines/"


@pytest.fixture
def mia():
    return make.user(Role.ACCOUNT_MANAGER)


@pytest.fixture
def site(client, mia):
    """A signed-in browser of an account manager, on the day after a night of `DAY`."""
    StepRun.objects.create(date=DAY, step="measures", state="done")
    client.force_login(mia)
    return client


def measured():
    night = Night(DAY, 0, 1)
    steps.rollups(night)
    steps.measures(night)


def made_up(dice, account):
    """Sixty order lines of six weeks: early, on the day, late, short, cut, not shipped, without a day."""
    products = [facts.product() for _ in range(3)]
    for _ in range(60):
        asked_for = weeks_back(dice.randrange(6)) + timedelta(days=dice.randrange(7))
        received = min(asked_for + timedelta(days=dice.choice([-1, 0, 0, 0, 1, 2, 5, 9, 20])), DAY)
        came = dice.choice([None, 0, 7, 10, 10, 12])
        facts.ordered(
            account, product=dice.choice(products), ordered_on=asked_for - timedelta(days=14), requested_on=asked_for,
            promised_on=dice.choice([None, asked_for, asked_for + timedelta(days=7)]), price=dice.choice([2, 5]),
            received_on=received if came else None, received=came, shipped=came, shipped_on=received if came else None,
            cancelled=dice.choice([None, 0, 3]), confirmed=dice.choice([None, 8, 10, 11]),
        )  # fmt: skip
    for week in range(6):
        facts.invoiced(account, weeks_back(week), value=100, of=products[0])


def plain(line):
    """What one line adds to each rate: (over, under)."""
    came, gone = line.received or Decimal(0), line.shipped or Decimal(0)
    found = calc.delivery(line.ordered, came, line.requested_on, line.received_on)
    return {
        "otif": (found.otif, found.ordered),
        "on_time": (found.on_time, found.ordered),
        "in_full": (found.in_full, found.ordered),
        "fill_rate": (min(gone, line.ordered), line.ordered),
        "confirmation_rate": (line.confirmed or 0, line.ordered if line.confirmed is not None else 0),
    }


@pytest.mark.parametrize("seed", range(3))
def test_rates_of_account_and_product_are_those_of_the_lines(site, mia, seed):
    account = make.account(mia)
    made_up(Random(seed), account)
    measured()
    lines = [line for line in OrderLine.objects.all() if line.requested_on <= calc.sunday(WEEK)]
    answer = site.get(PAGE, {"account": account.pk, "weeks": "13"})
    (row,) = answer.context["rows"]
    for code in ("otif", "on_time", "in_full", "fill_rate", "confirmation_rate"):
        over, under = (sum(part) for part in zip(*(plain(line)[code] for line in lines), strict=True))
        assert round(row.figures[code].shown, 6) == round(100 * over / under, 6), code
    booked = sum(line.ordered * line.price for line in lines if line.ordered_on >= weeks_back(12))
    assert row.figures["book_to_bill"].value == booked / 600
    for product in answer.context["products"]:
        own = [line for line in lines if line.product_id == product["product"]]
        otif, asked = (sum(plain(line)["otif"][side] for line in own) for side in (0, 1))
        assert (product["asked"], round(product["otif_rate"], 6)) == (asked, round(100 * otif / asked, 6))


@pytest.mark.parametrize("due", ["requested", "promised"])
def test_what_is_open_stands_in_the_week_it_was_asked_for_or_promised(site, mia, due):
    account = make.account(mia)
    made_up(Random(due), account)
    measured()
    waiting = site.get(PAGE, {"due": due}).context["waiting"]
    left, worth = Counter(), Counter()
    for line in OrderLine.objects.all():
        units = calc.open_units(line.ordered, line.shipped, line.cancelled, None, DAY)
        day = getattr(line, f"{due}_on")
        if units and line.ordered_on <= DAY:
            left[day and calc.monday(day)] += units
            worth[day and calc.monday(day)] += units * line.price
    assert {week: found[:2] for week, found in waiting.items()} == {week: (left[week], worth[week]) for week in left}


def test_lines_in_another_currency_are_worth_what_they_are_in_the_accounts_own_or_nothing_without_a_rate(site, mia):
    account, product = make.account(mia, currency="EUR"), facts.product()
    facts.exchange(currency="USD", day=weeks_back(1), per_euro="1.25")
    for currency, back in (("EUR", 1), ("USD", 1), ("USD", 3), ("GBP", 1)):  # a rate of dollars is known from week 1 on
        facts.ordered(account, product=product, currency=currency, ordered_on=weeks_back(back), ordered=10, price=5)
    facts.invoiced(account, weeks_back(1), value=45)
    measured()
    for query in ({}, {"account": account.pk}):
        answer = site.get(PAGE, query)
        assert answer.context["waiting"] == {WEEK: (40, 90, 4)}
        assert answer.context["rows"][0].figures["backlog"].value == 90
    assert [(row["asked"], row["open"], row["worth"]) for row in answer.context["products"]] == [(40, 40, 90)]
    assert answer.context["rows"][0].figures["book_to_bill"].value == 2


def mixed(dice, account):
    """Eighty lines of which much is not known, or is not as it should be."""
    for _ in range(80):
        asked_for = dice.choice([None, weeks_back(dice.randrange(-2, 16)) + timedelta(days=dice.randrange(7))])
        came_on = (asked_for or WEEK) + timedelta(days=dice.randrange(-3, 20))
        facts.ordered(
            account, requested_on=asked_for, ordered_on=weeks_back(dice.randrange(-2, 18)),
            promised_on=dice.choice([None, asked_for]), price=dice.choice([None, 2, 5]),
            currency=dice.choice([account.currency, account.currency, "USD", "CHF"]),
            cancelled=dice.choice([None, 0, 3, 10]), confirmed=dice.choice([None, 8]),
            shipped=dice.choice([None, None, 0, 4, 10]), shipped_on=dice.choice([None, weeks_back(1)]),
            received=dice.choice([None, 0, 4, 10]), received_on=dice.choice([None, weeks_back(2), came_on]),
        )  # fmt: skip


@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.DIRECTOR])
@pytest.mark.parametrize("due", ["requested", "promised"])
def test_of_the_lines_that_the_reader_sees_all_that_is_known_counts(client, role, due):
    reader, dice = make.user(role), Random(due)
    if role == Role.DIRECTOR:
        make.team(reader, scope=Team.Scope.EVERYTHING)
    facts.exchange(currency="USD", day=weeks_back(9), per_euro="1.25")
    accounts = [make.account(*owner, currency=currency) for *owner, currency in (
        (reader, "EUR"), (reader, "EUR"), (reader, "GBP"), ("EUR",), ("GBP",))]  # fmt: skip
    for account in accounts:
        mixed(dice, account)
        facts.value(account, "backlog", numerator=1)
    seen = accounts if role == Role.DIRECTOR else accounts[:3]
    waiting, late = {}, Counter()
    for line in OrderLine.objects.filter(account__in=seen).select_related("account"):
        day, days = getattr(line, f"{due}_on"), line.received and line.received_on and line.requested_on
        if days and weeks_back(12) <= line.requested_on <= calc.sunday(WEEK):
            late[(line.received_on - line.requested_on).days] += 1
        if line.account.currency == "EUR" and line.settled_on is None and line.ordered_on <= DAY:
            left = max(max(line.ordered - (line.cancelled or 0), 0) - first(line.shipped, line.received), 0)
            rate = {"EUR": Decimal(1), "USD": Decimal("0.8") if line.ordered_on >= weeks_back(9) else 0, "CHF": 0}
            units, value, count = waiting.get(day and calc.monday(day), (0, 0, 0))
            worth = left * (line.price or 0) * rate[line.currency]
            waiting[day and calc.monday(day)] = units + left, value + worth, count + 1
    StepRun.objects.create(date=DAY, step="measures", state="done")
    client.force_login(reader)
    shown = client.get(PAGE, {"due": due}).context
    assert shown["waiting"] == {week: sums for week, sums in waiting.items() if sums[0]}
    assert [count for _word, count in shown["late"]] == [
        sum(count for days, count in late.items() if low <= days <= high)
        for low, high in ((-99, -1), (0, 0), (1, 1), (2, 2), (3, 7), (8, 14), (15, 999))
    ]


def first(*values):
    return next((value for value in values if value is not None), 0)


def test_how_late_lines_came(site, mia):
    account = make.account(mia)
    for days in (-2, 0, 0, 1, 2, 3, 7, 8, 14, 15, 40):
        asked_for = weeks_back(9)
        facts.ordered(account, requested_on=asked_for, received_on=asked_for + timedelta(days=days), received=10)
    facts.ordered(account, requested_on=weeks_back(9))
    measured()
    answer = site.get(PAGE)
    assert [count for _word, count in answer.context["late"]] == [1, 2, 1, 1, 2, 2, 2]
    assert (answer.context["came"], answer.context["on_day"]) == (11, 2)


def test_accounts_stand_by_what_is_past_due_and_sort_by_any_measure(site, mia):
    for name, past, otif in (("A", 5, 9), ("B", 50, 5), ("C", 20, 7)):
        account = make.account(mia, name=name)
        facts.value(account, "backlog", numerator=100)
        facts.value(account, "past_due_backlog", numerator=past)
        facts.value(account, "otif", numerator=otif, denominator=10)
    names = lambda query: [row.name for row in site.get(PAGE, query).context["rows"]]  # noqa: E731
    assert names({}) == ["B", "C", "A"]
    assert names({"sort": "-otif"}) == ["A", "C", "B"]
    text = b"".join(site.get(PAGE, {"format": "csv", "column": "otif"}).streaming_content).decode("utf-8-sig")
    assert text.splitlines()[1].startswith("B,")
    assert site.get(PAGE, {"sort": "x", "weeks": "x", "due": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("state", "names"),
    [("open", ["late open", "open"]), ("past_due", ["late open"]), ("late", ["late"]), ("short", ["short"]),
     ("otif", ["good"])],
)  # fmt: skip
def test_order_lines_by_how_they_stand(site, mia, state, names):
    account, week = make.account(mia), timedelta(days=7)
    done = {"requested_on": WEEK, "received": 10, "shipped": 10, "shipped_on": WEEK}
    facts.ordered(account, order_number="good", received_on=WEEK, **done)
    facts.ordered(account, order_number="late", received_on=WEEK + week, **done)
    short = done | {"received": 7, "shipped": 7, "cancelled": 3}
    facts.ordered(account, order_number="short", received_on=WEEK, **short)
    facts.ordered(account, order_number="open", requested_on=DAY + week)
    facts.ordered(account, order_number="late open", requested_on=WEEK)
    rows = site.get(LINES, {"state": state}).context["rows"]
    assert sorted(row.order_number for row in rows) == names


def test_a_line_tells_its_shipments_and_where_it_came_from(site, mia):
    account = make.account(mia)
    line = facts.ordered(account, order_number="PO-1", batch=facts.batch(facts.feed(account), kind="orders"))
    facts.shipped(account, number="L-77", order_number="PO-1")
    facts.shipped(make.account(), number="L-88", order_number="PO-1")
    page = site.get(f"{LINES}{line.pk}/").content.decode()
    assert ("L-77" in page, "L-88" in page, line.batch.file_name in page) == (True, False, True)


@pytest.mark.parametrize(
    ("url", "most"),
    [
        (PAGE, 11),
        (f"{PAGE}?sort=-otif&weeks=52&due=promised&tier=A", 11),
        (f"{PAGE}?account={{0}}", 12),
        (f"{PAGE}?account={{0}}&sort=-otif&weeks=52&due=promised&tier=A", 12),
        (LINES, 8),
        (f"{LINES}{{1}}/", 8),
    ],
)
@pytest.mark.parametrize("role", [Role.ACCOUNT_MANAGER, Role.DIRECTOR])
def test_a_page_costs_the_same_for_one_and_three_rows(client, role, url, most, django_assert_max_num_queries):
    """At most twelve queries, whoever reads and whatever is asked for."""
    reader = make.user(role)
    team = make.team(reader)
    StepRun.objects.create(date=DAY, step="measures", state="done")
    client.force_login(reader)
    counts = []
    for n in (1, 3):
        for _ in range(n):
            account = make.account(reader, team=team, tier="A")
            lines = [facts.ordered(account) for _ in range(n)]
            facts.value(account, "backlog", numerator=1)
            facts.value(account, "past_due_backlog", numerator=1)
        named = url.format(account.pk, lines[0].pk)
        client.get(named)
        with django_assert_max_num_queries(most) as asked:
            assert client.get(named).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_without_anything_open_the_currency_costs_one_query_more(site, mia, django_assert_num_queries):
    facts.value(make.account(mia), "backlog", numerator=1)
    site.get(PAGE)
    with django_assert_num_queries(12):
        assert site.get(PAGE).context["currency"] == "EUR"


def test_only_readers_of_figures_find_deliveries(client):
    ada = make.user(Role.FINANCE)
    account = make.account(team=make.team(ada))
    facts.ordered(account, order_number="PO-secret")
    MeasureValue.objects.create(account=account, measure="backlog", week=WEEK, numerator=1, denominator=1, as_of=DAY)
    client.force_login(ada)
    assert client.get(PAGE).context["rows"] == []
    assert "PO-secret" not in client.get(LINES).content.decode()
