"""An account that sells one product steadily, and what befalls it: for tests of stock-outs and replenishment."""

from datetime import timedelta

from django.db import connection

from kpis import night as steps
from kpis.models import SellThrough, StockOut, Touched
from kpis.stockouts.night import stockouts
from tests import make
from tests.kpis import facts
from tests.kpis.facts import DAY, WEEK, weeks_back

SOLD = 20


def steady(account=None, weeks=range(4, 16), units=SOLD, of=None, stock=100, store=None):
    """Twenty units a week with stock, sixteen to five weeks back by default; returns (account, product)."""
    account = account or make.account()
    of = of or facts.product()
    sold(account, of, weeks, units, stock, store)
    return account, of


def empty(account, of, weeks, units=0, stock=0, store=None):
    """Weeks, counted back, in which nothing was left."""
    sold(account, of, weeks, units, stock, store)


def sold(account, of, weeks, units, stock, store):
    """Rows of sell-through of one store, their partitions, and what an import would have marked as touched."""
    store, batch = store or account.stores.first() or make.store(account), facts.batch()
    mondays = [weeks_back(back) for back in weeks]
    with connection.cursor() as cursor:
        for month in {monday.replace(day=1) for monday in mondays}:
            cursor.execute("SELECT kam_make_partition('kpis_sellthrough', %s)", [month])
    told = {"units": units, "stock": stock, "value": units * 5, "currency": account.currency, "batch": batch}
    rows = [SellThrough(week=week, store=store, product=of, account=account, **told) for week in mondays]
    SellThrough.objects.bulk_create(rows)
    touched = [Touched(account=account, week=week) for week in mondays]
    Touched.objects.bulk_create(touched, ignore_conflicts=True)


def ordered(account, of, back, units, *, came=None, notice=21, days=0, **kw):
    """An order line for the Thursday of a week, counted back, of which `came` units came `days` late."""
    requested = weeks_back(back) + timedelta(days=3)
    fields = {"requested_on": requested, "ordered_on": requested - timedelta(days=notice), "ordered": units}
    if came is not None:
        arrived = requested + timedelta(days=days)
        fields |= {"shipped": came, "received": came, "received_on": arrived, "shipped_on": arrived - timedelta(days=2)}
    return facts.ordered(account, product=of, **fields | kw)


def judge(day=DAY):
    """The night as far as stock-outs, and what stands after it by first week."""
    night = facts.night(day)
    steps.rollups(night)
    stockouts(night)
    return list(StockOut.objects.standing().order_by("first_week", "pk"))


def found(account, product=None, **fields):
    """A stock-out as if the night had found it: one week, four of five units lost."""
    of = {"account": account, "product": product or facts.product(), "first_week": WEEK, "last_week": WEEK, "weeks": 1}
    what = {"kind": "empty", "standing": "open", "as_of": DAY, "expected": 5, "sold": 1, "lost_units": 4}
    why = {"currency": account.currency, "found": "short", "cause": "short"}
    return StockOut.objects.create(**of | what | why | fields)


__all__ = ["DAY", "SOLD", "WEEK", "empty", "found", "judge", "ordered", "steady", "weeks_back"]
