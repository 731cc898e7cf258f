from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from accounts.models import Alert
from accounts.wording import sentence
from kam.templatetags.formats import NBSP
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back

pytestmark = pytest.mark.django_db
D = Decimal


def raised(code=None):
    rows = Alert.objects.unresolved().order_by("code", "fingerprint")
    return [(a.code, a.severity, a.at_stake, a.currency) for a in rows if code in (None, a.code)]


def season(account, *, now, before, last_year, before_last_year, price=2):
    """Twelve weeks of this year and last: four judged ones, eight before."""
    for back in range(12):
        units = now if back < 4 else before
        past = last_year if back < 4 else before_last_year
        facts.account_week(account, weeks_back(back), units=units, value=units * price)
        facts.account_week(account, weeks_back(back + 52), units=past, value=past * price)


def test_sell_through_behind_season_is_raised_with_the_money_that_is_missing():
    account = make.account(currency="EUR")
    season(account, now=80, before=110, last_year=100, before_last_year=100)
    facts.run()
    # expected 4 × 100 × 1.1 = 440 units, 120 are missing at € 2
    assert raised() == [("sell_through_behind", "warning", D(240), "EUR")]
    with translation.override("en"):
        assert sentence(Alert.objects.get()).startswith("Sell-through is 27.3")


@pytest.mark.parametrize(("now", "codes"), [(93, 1), (94, 0), (110, 0), (150, 0)])
def test_sell_through_within_the_tolerance_is_quiet(now, codes):
    season(make.account(), now=now, before=110, last_year=100, before_last_year=100)
    facts.run()
    assert len(raised()) == codes


def test_a_gap_of_twice_the_tolerance_is_critical():
    season(make.account(), now=70, before=100, last_year=100, before_last_year=100)
    facts.run()
    assert raised() == [("sell_through_behind", "critical", D(240), "EUR")]


def test_without_last_year_there_is_no_season_to_be_behind():
    account = make.account()
    for back in range(12):
        facts.account_week(account, weeks_back(back), units=1 if back < 4 else 100)
    facts.run()
    assert raised() == []


def test_an_unreported_week_is_not_a_week_without_sales():
    account = make.account()
    season(account, now=100, before=100, last_year=100, before_last_year=100)
    account.weeks.filter(week=weeks_back(1)).update(units=None)
    account.weeks.filter(week=WEEK).delete()
    facts.run()
    assert raised() == []


def test_past_due_orders():
    account = make.account()
    facts.ordered(account, requested_on=DAY - timedelta(days=10), ordered=10, price=5)
    facts.ordered(account, requested_on=DAY - timedelta(days=2), ordered=10, shipped=4, shipped_on=DAY, price=5)
    facts.ordered(account, requested_on=DAY, ordered=10, price=5)
    facts.ordered(account, requested_on=WEEK, ordered=10, cancelled=10, price=5)
    facts.run()
    alert = Alert.objects.get()
    assert raised() == [("past_due_backlog", "warning", D(80), "EUR")]
    assert (alert.params["lines"], alert.params["oldest"]) == (2, {"day": "2026-11-13"})
    assert alert.shown_to == "kpi"


@pytest.mark.parametrize(("days", "severity"), [(7, "notice"), (8, "warning"), (21, "warning"), (22, "critical")])
def test_the_age_of_the_oldest_line_decides_how_grave_it_is(days, severity):
    facts.ordered(make.account(), ordered_on=weeks_back(9), requested_on=DAY - timedelta(days=days))
    facts.run()
    assert raised("past_due_backlog") == [("past_due_backlog", severity, D(50), "EUR")]


def test_overdue_receivables_with_due_credits_deducted():
    account = make.account()
    facts.item(account, amount=300, due_on=DAY - timedelta(days=40), issued_on=weeks_back(12))
    facts.item(account, amount=200, paid=50, due_on=DAY - timedelta(days=70), issued_on=weeks_back(14))
    facts.item(account, amount=-30, due_on=DAY - timedelta(days=5))
    facts.item(account, amount=999, due_on=DAY)
    facts.item(account, amount=999, paid=999, paid_on=DAY)
    facts.run()
    alert = Alert.objects.get()
    assert raised() == [("receivables_overdue", "critical", D(420), "EUR")]
    assert (alert.params["documents"], alert.params["days"], alert.shown_to) == (2, 70, "finance")
    assert alert.params["old"] == {"money": "150.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("old", "documents", "text"),
    [
        ("150.00", 2, "€ 420.00 are overdue in 2 documents, the oldest for 70 days; € 150.00 for more than 60."),
        ("0", 2, "€ 420.00 are overdue in 2 documents, the oldest for 70 days."),
        ("0.00", 1, "€ 420.00 are overdue in 1 document, for 70 days."),
    ],
)
def test_long_overdue_money_is_named_where_there_is_any(old, documents, text):
    amount = {"money": "420.00", "currency": "EUR"}
    params = {"amount": amount, "documents": documents, "days": 70, "old": amount | {"money": old}}
    alert = Alert(code="receivables_overdue", params=params)
    assert sentence(alert).replace(NBSP, " ") == text


def test_a_payment_after_the_date_of_the_night_is_not_known_yet():
    account = make.account()
    facts.item(account, amount=100, paid=100, paid_on=DAY + timedelta(days=1))
    facts.run(DAY)
    assert raised() == [("receivables_overdue", "notice", D(100), "EUR")]
    facts.run(DAY + timedelta(days=1))
    assert raised() == []


def supply(account, stock, weekly=20):
    for back in range(4):
        facts.account_week(account, weeks_back(back), units=weekly, value=weekly * 3, stock=stock)


@pytest.mark.parametrize(
    ("stock", "found"),
    [
        (39, [("supply_low", "warning", D(3), "EUR")]),
        (40, []),
        (240, []),
        (300, [("supply_high", "notice", D(180), "EUR")]),
    ],
)
def test_supply_too_low_or_too_high(stock, found):
    supply(make.account(), stock)
    facts.run()
    assert raised() == found


def test_no_sales_no_weeks_of_supply_no_alert():
    supply(make.account(), 500, weekly=0)
    facts.run()
    assert raised() == []


def test_a_product_without_stock_that_sold_before_is_a_stockout():
    account, ball, shoe = make.account(), facts.product(name="Ball"), facts.product()
    for back in range(1, 5):
        facts.sold(account, weeks_back(back), units=10, value=30, stock=50, of=ball)
        facts.sold(account, weeks_back(back), units=10, value=30, stock=50, of=shoe)
    facts.sold(account, units=1, value=3, stock=0, of=ball)
    facts.sold(account, units=10, value=30, stock=50, of=shoe)
    facts.run()
    assert raised("stockout") == [("stockout", "warning", D(30), "EUR")]
    assert Alert.objects.get(code="stockout").params["product"] == "Ball"


@pytest.mark.parametrize(("stock", "before"), [(None, 10), (0, 0)])
def test_unknown_stock_or_no_sales_before_is_no_stockout(stock, before):
    account, ball = make.account(), facts.product()
    facts.sold(account, weeks_back(1), units=before, stock=50, of=ball)
    facts.sold(account, units=0, stock=stock, of=ball)
    facts.run()
    assert raised("stockout") == []


def test_a_late_feed_raises_its_own_alert_and_neither_raises_nor_resolves_others():
    account = make.account()
    facts.feed(account, weekday=0)
    supply(account, 39)
    for back in range(4):
        facts.sold(account, weeks_back(back), touch=False)
    facts.run(DAY)
    assert [code for code, *_rest in raised()] == ["supply_low"]
    facts.run(DAY + timedelta(weeks=1))
    assert [code for code, *_rest in raised()] == ["feed_late", "supply_low"]
    account.weeks.update(stock=60)
    facts.run(DAY + timedelta(weeks=1))
    assert [code for code, *_rest in raised()] == ["feed_late", "supply_low"]
    facts.sold(account, DAY, units=1, stock=60)
    facts.run(DAY + timedelta(weeks=1))
    assert raised("supply_low") == []


def test_what_is_over_resolves_itself_and_an_acknowledged_alert_stays_so_while_it_is_seen():
    account = make.account()
    line = facts.ordered(account)
    facts.run(DAY)
    Alert.objects.update(state="acknowledged")
    facts.run(DAY + timedelta(days=1))
    assert Alert.objects.get().state == "acknowledged"
    type(line).objects.update(shipped=10, shipped_on=DAY)
    facts.run(DAY + timedelta(days=2))
    assert Alert.objects.get().state == "resolved"
