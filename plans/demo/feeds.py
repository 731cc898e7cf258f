"""The files that brought the facts: one sell-through file per account and week, and our own systems' weekly files."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256

from django.db import connection

from kpis.models import Feed, ImportBatch
from plans.demo import stories
from plans.demo.accounts import TRADING

OWN = {
    "orders": ("erp-orders", "Orders from our ERP", 0),
    "invoices": ("erp-invoices", "Invoices from our ERP", 0),
    "open_items": ("finance-open-items", "Receivables from finance", 0),
}


@dataclass
class Delivery:
    """One file: of which feed, about which week, and what it held."""

    feed: str
    week: int
    rows: int = 0
    units: Decimal | None = None
    value: Decimal = Decimal(0)

    def count(self, units, value):
        self.rows += 1
        self.value += value
        if units is not None:
            self.units = (self.units or 0) + units


class Deliveries(dict):
    """Files by (feed code, week index), made when the first row asks for one."""

    def __missing__(self, key):
        self[key] = Delivery(*key)
        return self[key]


def code_of(client):
    return f"sell-through-{client.code.lower()}"


def build(accounts, days, deliveries):
    """Insert the feeds and a batch for each file; returns batch ids by (feed code, week index)."""
    feeds = {feed.code: feed for feed in Feed.objects.bulk_create(_feeds(accounts))}
    chosen = [deliveries[key] for key in sorted(deliveries, key=lambda key: (key[1], key[0]))]
    rows = ImportBatch.objects.bulk_create([_batch(feeds[d.feed], d, days) for d in chosen], batch_size=500)
    with connection.cursor() as cursor:  # the column fills itself with the time of the insert
        cursor.execute("UPDATE kpis_importbatch SET received_at = finished_at - interval '40 seconds'")
    return {(d.feed, d.week): row.pk for d, row in zip(chosen, rows, strict=True)}


def _feeds(accounts):
    for kind, (code, name, weekday) in OWN.items():
        yield Feed(code=code, name=name, kind=kind, weekday=weekday, grace_days=1)
    for client in TRADING:
        if client.reports:
            yield Feed(
                code=code_of(client),
                name=f"{client.name} sell-through",
                kind="sell_through",
                account=accounts[client.code],
                weekday=client.weekday,
                grace_days=1,
            )


def _batch(feed, delivery, days):
    monday = days.weeks[delivery.week]
    year, week, _day = monday.isocalendar()
    return ImportBatch(
        feed=feed,
        kind=feed.kind,
        file_name=f"{feed.code}_{year}-W{week:02d}.csv",
        size=delivery.rows * 52,
        content=sha256(f"{feed.code} {monday}".encode()).hexdigest(),
        state=ImportBatch.State.APPLIED,
        rows=delivery.rows,
        accepted=delivery.rows,
        units=delivery.units,
        value=delivery.value,
        attempt=1,
        finished_at=days.instant(monday + timedelta(days=7 + feed.weekday)),
    )


def arrived(client, days, index):
    """Whether the account's file about that week is here."""
    return client.reports and stories.reported(client.code, days.age(index))
