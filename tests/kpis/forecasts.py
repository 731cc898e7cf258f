"""History and forecasts for tests: a product's weeks as sums, as the night would have made them."""

from datetime import date, timedelta
from itertools import count

from kpis.models import (
    AccountWeek,
    ForecastEvent,
    ForecastOverride,
    ForecastWeek,
    ProductWeek,
    SupplyCap,
    Touched,
)
from tests import make
from tests.kpis.facts import WEEK

LAST = WEEK  # the last complete week; NIGHT is its Sunday
NIGHT = WEEK + timedelta(days=6)
NEXT = WEEK + timedelta(weeks=1)
_numbers = count(1)


def ahead(weeks):
    return LAST + timedelta(weeks=weeks)


def history(account, units, *, product=None, last=LAST, stock=None, reported=True):
    """A product that sold `units`, week by week to `last`; None is a week without a line. Returns the product."""
    product = product or make.product()
    weeks = [last - timedelta(weeks=n) for n in reversed(range(len(units)))]
    shelves = stock or [None] * len(units)
    ProductWeek.objects.bulk_create(
        ProductWeek(account=account, product=product, week=week, units=sold, stock=left)
        for week, sold, left in zip(weeks, units, shelves, strict=True)
        if sold is not None
    )
    if reported:
        AccountWeek.objects.bulk_create(
            [AccountWeek(account=account, week=week, currency="EUR", units=1) for week in weeks], ignore_conflicts=True
        )
    return product


def touched(account, week, night=NIGHT):
    return Touched.objects.create(account=account, week=week, night=night)


def week_of(account, product=None, week=NEXT, **kw):
    """A row of the forecast: a baseline of 100 that is agreed."""
    fields = {"baseline": 100, "low": 80, "high": 120, "naive": 90, "planned": 100, "agreed": 100} | kw
    return ForecastWeek.objects.create(account=account, product=product or make.product(), week=week, **fields)


def event(account, **kw):
    fields = {"kind": "promotion", "name": f"Event {next(_numbers)}", "starts": NEXT, "ends": NEXT + timedelta(days=6)}
    fields |= {} if "units" in kw else {"uplift": "0.5"}
    return ForecastEvent.objects.create(account=account, **fields | kw)


def override(account, product, week=NEXT, units=150, **kw):
    fields = {"reason": "They told us so.", "author": kw.pop("author", None) or make.user()} | kw
    return ForecastOverride.objects.create(account=account, product=product, week=week, units=units, **fields)


def cap(product=None, **kw):
    """Nine units there are of a product next week."""
    fields = {"starts": NEXT, "ends": NEXT, "units": 9, "reason": "Fire."} | kw
    return SupplyCap.objects.create(product=product or make.product(), **fields)


def day(text):
    return date.fromisoformat(text)
