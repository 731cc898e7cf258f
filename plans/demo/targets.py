"""What each account shall reach, this year and last."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from kpis.models import Target
from plans.demo import stories

RATES = {"otif": "0.96", "weeks_of_supply": "7.5", "overdue_share": "0.05", "sell_through_rate": "0.14"}
GROWTH = {stories.HEALTHY: "0.03", stories.DRIFTING: "0.12", stories.PLAN_RETURNED: "0.00"}
YOUNG = 90


@dataclass(frozen=True)
class Year:
    """What an account bought and sold in a calendar year; `is_over` is False where part of it is an estimate."""

    sell_in: Decimal
    sell_through: Decimal
    is_over: bool = True


def of_year(facts, client, year):
    """The account's year in figures; one that is running is projected, or as the last one while it is young."""
    start, end, yesterday = date(year, 1, 1), date(year, 12, 31), facts.days.yesterday
    known = (min(end, yesterday) - start).days + 1
    if known < YOUNG:
        return replace(of_year(facts, client, year - 1), is_over=False)
    whole = Decimal((end - start).days + 1) / known
    sell_in = Decimal(0) if client.sells_with_us else facts.invoiced_between(client.code, start, end)
    sell_through = facts.sold_between(client, start, end) if client.reports else Decimal(0)
    return Year(sell_in * whole, sell_through * whole, end <= yesterday)


def growth(client):
    """What we want on top of last year, as a share."""
    return Decimal(GROWTH.get(client.story, "0.05"))


def rounded(value):
    """A figure people would put into a plan."""
    return round(value, -4) if value >= 1_000_000 else round(value, -3)


def build(accounts, facts):
    """Targets for money from last year's figures, for rates the same everywhere."""
    this = facts.days.year
    rows = []
    for client in facts.cast.trading:
        last = of_year(facts, client, this - 1)
        for year, factor in ((this, 1 + growth(client)), (this - 1, Decimal("0.98"))):
            rows += [
                Target(account=accounts[client.code], measure=m, year=year, value=v)
                for m, v in _of(client, last, factor)
            ]
    Target.objects.bulk_create(rows)


def _of(client, last, factor):
    if last.sell_in:
        yield "sell_in", rounded(last.sell_in * factor)
    if client.reports:
        yield "sell_through", rounded(last.sell_through * factor)
        yield "weeks_of_supply", Decimal(RATES["weeks_of_supply"])
        yield "sell_through_rate", Decimal(RATES["sell_through_rate"])
    if not client.sells_with_us:
        yield "otif", Decimal(RATES["otif"])
    yield "overdue_share", Decimal(RATES["overdue_share"])
