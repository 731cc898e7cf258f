"""The files that brought the facts: one sell-through file per account and week, and our own systems' weekly files.

Each is stored as an import would have stored it, in our own columns, so that every fact can be followed to its line.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from io import BytesIO

from django.db import connection

from kpis.imports import store
from kpis.imports.toml import mapping_text
from kpis.models import Feed, ImportBatch
from plans.demo import stories

OWN = {
    "orders": ("erp-orders", "Orders from our ERP", 0),
    "invoices": ("erp-invoices", "Invoices from our ERP", 0),
    "open_items": ("finance-open-items", "Receivables from finance", 0),
    "shipments": ("erp-shipments", "Shipments from our ERP", 0),
}
COLUMNS = {
    "sell_through": "account,store,product,week,units,value,stock,receipts,returns,currency",
    "orders": "account,order_number,line_number,product,ordered_on,requested_on,promised_on,shipped_on,received_on,"
    "ordered,confirmed,shipped,received,rejected,cancelled,price,currency",
    "invoices": "account,document,product,occurrence,invoiced_on,quantity,price,value,currency,is_credit",
    "open_items": "account,document,issued_on,due_on,paid_on,amount,paid,currency",
    "shipments": "account,number,order_number,carrier,shipped_on,promised_on,delivered_on,units,freight,expedite,"
    "handling,penalties,returns,currency",
}
CALLED = {"DE": "Abverkauf", "AT": "Abverkauf", "CN": "动销数据"}


@dataclass
class Delivery:
    """One file: of which feed, about which week, its lines, and what they add up to."""

    feed: str
    week: int
    lines: list = field(default_factory=list)
    units: Decimal | None = None
    value: Decimal = Decimal(0)

    def add(self, cells, units, value):
        self.lines.append(",".join(["" if cell is None else str(cell) for cell in cells]))
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


def build(cast, accounts, days, deliveries):
    """Insert the feeds and a batch for each file, and store it; returns batch ids by (feed code, week index)."""
    feeds = {feed.code: feed for feed in Feed.objects.bulk_create(_feeds(cast, accounts))}
    mappings = {kind: mapping_text(f"default_{kind}") for kind in COLUMNS}
    chosen = [deliveries[key] for key in sorted(deliveries, key=lambda key: (key[1], key[0]))]
    made = [_batch(feeds[d.feed], d, days, mappings[feeds[d.feed].kind]) for d in chosen]
    rows = ImportBatch.objects.bulk_create(made, batch_size=500)
    with connection.cursor() as cursor:  # the column fills itself with the time of the insert
        cursor.execute("UPDATE kpis_importbatch SET received_at = finished_at - interval '40 seconds'")
    return {(d.feed, d.week): row.pk for d, row in zip(chosen, rows, strict=True)}


def _feeds(cast, accounts):
    for kind, (code, name, weekday) in OWN.items():
        yield Feed(code=code, name=name, kind=kind, weekday=weekday, grace_days=1)
    for client in cast.trading:
        if client.reports:
            yield Feed(
                code=code_of(client),
                name=f"{client.name} {CALLED.get(client.country, 'sell-through')}",
                kind="sell_through",
                account=accounts[client.code],
                weekday=client.weekday,
                grace_days=1,
            )


def _batch(feed, delivery, days, mapping):
    text = "\n".join([COLUMNS[feed.kind], *delivery.lines, ""])
    stored = store.keep(BytesIO(text.encode()), feed.kind, mapping)
    monday = days.weeks[delivery.week]
    year, week, _day = monday.isocalendar()
    return ImportBatch(
        feed=feed,
        kind=feed.kind,
        file_name=f"{feed.code}_{year}-W{week:02d}.csv",
        stored_name=stored.name,
        size=stored.size,
        content=stored.content,
        state=ImportBatch.State.APPLIED,
        rows=len(delivery.lines),
        accepted=len(delivery.lines),
        units=delivery.units,
        value=delivery.value,
        attempt=1,
        finished_at=days.instant(monday + timedelta(days=7 + feed.weekday)),
    )


def arrived(client, days, index):
    """Whether the account's file about that week is here."""
    return client.reports and stories.reported(client.story, days.age(index))
