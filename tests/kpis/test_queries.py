"""What pages read of measures, held against plain arithmetic over their values."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from accounts.models import Team
from kam.measures import all_measures
from kam.roles import Role
from kpis import queries
from kpis.models import MeasureValue
from kpis.queries import Figure
from tests import make
from tests.kpis import facts
from tests.kpis.facts import WEEK, weeks_back

pytestmark = pytest.mark.django_db
CODES = ("sell_in", "otif", "backlog", "weeks_of_supply")  # an amount and a rate over weeks, and of the last week


@pytest.fixture
def company():
    """A manager, a director who sees everything, and five accounts in two currencies, three of them the manager's."""
    manager, director = make.user(Role.ACCOUNT_MANAGER), make.user(Role.DIRECTOR)
    make.team(director, scope=Team.Scope.EVERYTHING)
    dice = Random(7)
    for n in range(5):
        account = make.account(*([manager] if n < 3 else []), currency=("EUR", "EUR", "GBP")[n % 3])
        for code in CODES:
            for back in range(20):
                if dice.random() < 0.7:
                    over, under = (dice.choice([None, 0, 3, 8]) for _ in range(2))
                    facts.value(account, code, weeks_back(back), over, under, late=dice.random() < 0.3)
    return manager, director


def known(values):
    return [v for v in values if v.numerator is not None and v.denominator is not None]


def summed(measure, values):
    """The figure of several weeks; nothing is known of a sum without summands."""
    told = known(values)
    over, under = (sum(getattr(v, side) for v in told) if told else None for side in ("numerator", "denominator"))
    newest = max((v.week for v in told), default=None)
    return Figure(measure, over, under, newest, any(v.late for v in values))


def newest(measure, values):
    """The figure of the last week; whether news is late says the last row, though nothing may be known of it."""
    told = max(known(values), key=lambda v: v.week, default=None)
    late = max(values, key=lambda v: v.week).late
    return Figure(measure, told and told.numerator, told and told.denominator, told and told.week, late)


@pytest.mark.parametrize("weeks", [1, 4, 13])
def test_figures_of_accounts_are_sums_over_the_period_and_of_a_level_the_last_one(company, weeks):
    manager, measures = company[0], all_measures()
    rows = defaultdict(list)
    for value in MeasureValue.objects.filter(account__memberships__user=manager):
        measure = measures[value.measure]
        if value.week > WEEK - timedelta(weeks=8 if measure.snapshot else weeks):
            rows[value.account_id, value.measure].append(value)
    expected = {
        (account, code): (newest if measures[code].snapshot else summed)(measures[code], values)
        for (account, code), values in rows.items()
    }
    everything = {value.account for value in MeasureValue.objects.select_related("account")}
    assert queries.figures(manager, everything, CODES, WEEK, weeks) == expected


@pytest.mark.parametrize("who", [0, 1])
@pytest.mark.parametrize("spans", [[(0, 3)], [(0, 5), (3, 9), (14, 17)]])
def test_a_portfolio_adds_up_what_the_reader_sees_and_money_in_one_currency(company, who, spans):
    user, measures = company[who], all_measures()
    rows = defaultdict(list)
    for value in MeasureValue.objects.select_related("account"):
        is_seen = who == 1 or value.account.memberships.filter(user=user).exists()
        counts = measures[value.measure].unit != "money" or value.account.currency == "EUR"
        if is_seen and counts and any(weeks_back(end) <= value.week <= weeks_back(begin) for begin, end in spans):
            rows[value.measure, value.week].append(value)
    found = queries.portfolio(user, "EUR", CODES, [(weeks_back(end), weeks_back(begin)) for begin, end in spans])
    assert {(code, week): point for code, points in found.items() for week, point in points.items()} == {
        (code, week): alone(measures[code], week, values) for (code, week), values in rows.items()
    }
    assert all(list(points) == sorted(points) for points in found.values())


@pytest.mark.parametrize("who", [0, 1])
def test_an_account_is_added_up_with_what_the_reader_sees_below_it(company, who):
    user, measures = company[who], all_measures()
    head = make.account(company[0])
    below = [make.account(parent=head, currency=currency) for currency in ("EUR", "EUR", "GBP")]
    for n, account in enumerate((head, *below), start=1):
        facts.value(account, "backlog", numerator=10**n)
        facts.value(account, "otif", numerator=10**n, denominator=10**5)
    found = queries.series(user, head, CODES, weeks_back(2), WEEK)
    assert found["backlog"] == {WEEK: Figure(measures["backlog"], Decimal(1110), Decimal(3), WEEK, False)}
    assert found["otif"] == {WEEK: Figure(measures["otif"], Decimal(11110), Decimal(4 * 10**5), WEEK, False)}
    assert queries.series(make.user(Role.ACCOUNT_MANAGER), head, CODES, weeks_back(2), WEEK) == {c: {} for c in CODES}


def alone(measure, week, values):
    found = summed(measure, values)
    return Figure(measure, found.numerator, found.denominator, found.week and week, found.late)
