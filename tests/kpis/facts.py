"""Facts for tests of the KPI floor: one function per noun, keyword defaults."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from django.db import connection

from kam.night import Night
from kpis import night as steps
from kpis.models import (
    AccountForecast,
    AccountMargin,
    AccountWeek,
    BatchWeek,
    ExchangeRate,
    Feed,
    ImportBatch,
    InvoiceLine,
    MeasureValue,
    OpenItem,
    OrderLine,
    PriceObservation,
    Product,
    SellThrough,
    ServiceFact,
    Shipment,
    StockLevel,
    Target,
    Touched,
)
from tests import make

_numbers = count(1)
WEEK = date(2026, 11, 16)
DAY = date(2026, 11, 23)


def weeks_back(number, week=WEEK):
    return week - timedelta(weeks=number)


def product(**kw):
    n = next(_numbers)
    return Product.objects.create(**{"code": f"P{n}", "name": f"Product {n}"} | kw)


def feed(account=None, **kw):
    fields = {"code": f"feed-{next(_numbers)}", "name": "Weekly file", "kind": "sell_through", "weekday": 1}
    return Feed.objects.create(account=account, **fields | kw)


def batch(feed=None, **kw):
    n = next(_numbers)
    fields = {"kind": "sell_through", "file_name": f"{n}.csv", "content": f"{n:064}", "state": "applied"}
    received_at = kw.pop("received_at", None)
    row = ImportBatch.objects.create(feed=feed, **fields | kw)
    if received_at:
        ImportBatch.objects.filter(pk=row.pk).update(received_at=received_at)
        row.refresh_from_db()
    return row


def told(feed, week=WEEK, *, units=100, stores=(), at=None, account=None, **kw):
    """A file of a feed that told of one week, on the Monday after it unless `at` says otherwise."""
    row = batch(feed, kind=feed.kind, received_at=at or datetime.combine(week + timedelta(days=7), time(9), UTC))
    fields = {"rows": 1, "new": 1, "units": units, "units_moved": units, "stores": len(stores)}
    fields["store_ids"] = [store.pk for store in stores] or None
    BatchWeek.objects.create(batch=row, account=account or feed.account, week=week, **fields | kw)
    return row


def sold(account, week=WEEK, units=10, *, store=None, of=None, touch=True, **kw):
    """One row of sell-through, its partition and what the import would have marked as touched."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kam_make_partition('kpis_sellthrough', %s)", [week])
    store = store or account.stores.first() or make.store(account)
    fields = {"currency": account.currency, "batch_id": kw.pop("batch_id", 0) or batch().pk}
    row = SellThrough.objects.create(
        week=week, store=store, product=of or product(), account=account, units=units, **fields | kw
    )
    if touch:
        touched(account, week)
    return row


def touched(account, week=WEEK, night=None):
    return Touched.objects.get_or_create(account=account, week=week, night=night)[0]


def invoiced(account, day=WEEK, value=100, *, of=None, touch=True, **kw):
    n = next(_numbers)
    fields = {"document": f"R{n}", "quantity": 1, "currency": account.currency}
    row = InvoiceLine.objects.create(
        account=account, product=of or product(), invoiced_on=day, value=value, **fields | kw
    )
    if touch:
        touched(account, day - timedelta(days=day.weekday()))
    return row


def ordered(account, **kw):
    n = next(_numbers)
    fields = {"order_number": f"O{n}", "line_number": "1", "ordered_on": weeks_back(1), "requested_on": WEEK}
    fields |= {"ordered": 10, "price": 5, "currency": account.currency}
    kw.setdefault("product", None)
    kw["product"] = kw["product"] or product()
    return OrderLine.objects.create(account=account, **fields | kw)


def item(account, **kw):
    fields = {"document": f"D{next(_numbers)}", "issued_on": weeks_back(4), "due_on": weeks_back(1), "amount": 100}
    return OpenItem.objects.create(account=account, **{"currency": account.currency} | fields | kw)


def stocked(account, day=DAY, **kw):
    with connection.cursor() as cursor:
        cursor.execute("SELECT kam_make_partition('kpis_stocklevel', %s)", [day])
    kw.setdefault("store", None)
    kw["store"] = kw["store"] or account.stores.first() or make.store(account)
    fields = {"on_hand": 5, "currency": account.currency, "product": kw.pop("product", None) or product()}
    return StockLevel.objects.create(day=day, account=account, batch=batch(), **fields | kw)


def shipped(account, **kw):
    fields = {"number": f"L{next(_numbers)}", "shipped_on": weeks_back(1), "units": 10, "currency": account.currency}
    return Shipment.objects.create(account=account, **fields | kw)


def served(account, **kw):
    fields = {"metric": "late_shipment", "week": weeks_back(next(_numbers)), "numerator": 1, "denominator": 50}
    return ServiceFact.objects.create(account=account, **fields | kw)


def priced(account, **kw):
    fields = {"product": kw.pop("product", None) or product(), "observed_on": WEEK, "place": "web", "price": 9}
    return PriceObservation.objects.create(account=account, **{"currency": account.currency} | fields | kw)


def told_us(account, **kw):
    """What the account itself expects of a product next week."""
    fields = {"product": kw.pop("product", None) or product(), "week": WEEK + timedelta(weeks=1), "made_on": WEEK}
    return AccountForecast.objects.create(account=account, **{"units": 100} | fields | kw)


def earned(account, **kw):
    """What the account says it earned on a product."""
    fields = {"product": kw.pop("product", None) or product(), "week": WEEK, "margin": "0.1234"}
    return AccountMargin.objects.create(account=account, **fields | kw)


def exchange(account=None, **kw):
    day = weeks_back(next(_numbers))
    return ExchangeRate.objects.create(**{"currency": "GBP", "day": day, "per_euro": "0.86"} | kw)


def account_week(account, week=WEEK, **kw):
    return AccountWeek.objects.create(account=account, week=week, currency=account.currency, **kw)


def value(account, measure="sell_in", week=WEEK, numerator=1, denominator=1, **kw):
    return MeasureValue.objects.create(
        account=account,
        measure=measure,
        week=week,
        numerator=numerator,
        denominator=denominator,
        **{"as_of": DAY} | kw,
    )


def target(account, measure="sell_in", value=1000, **kw):
    return Target.objects.create(account=account, measure=measure, value=value, **{"year": 2026} | kw)


def night(day=DAY, shard=0, shards=1):
    return Night(day, shard, shards)


def run(day=DAY, shards=1):
    """The steps of the KPI floor for a date, as the engine would run them; returns the nights by step."""
    nights = {"feeds": night(day)}
    steps.feeds(nights["feeds"])
    for step in (steps.rollups, steps.measures, steps.alerts):
        for shard in range(shards):
            step(nights.setdefault((step.__name__, shard), night(day, shard, shards)))
    return nights
