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
from kpis.models import Feed, ImportBatch, ImportError
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
ZONES = {"CN": "Asia/Shanghai", "GB": "Europe/London", "IE": "Europe/Dublin"}
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


TELL = """
INSERT INTO kpis_batchweek (batch_id, account_id, week, rows, new, changed, stores, store_ids, units, value,
    units_moved, value_moved)
SELECT batch_id, account_id, week, sum(rows), sum(rows), 0, nullif(count(store), 0),
    array_agg(store) FILTER (WHERE store IS NOT NULL), sum(units), sum(value), sum(units), sum(value)
FROM (
    SELECT batch_id, account_id, week, store_id AS store, count(*) AS rows, sum(units) AS units, sum(value) AS value
    FROM kpis_sellthrough GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT b.id, x.account_id, date_trunc('week', b.finished_at)::date - 7, NULL, count(*), sum(x.ordered),
        sum(x.ordered * x.price)
    FROM kpis_orderline x JOIN kpis_importbatch b ON b.id = x.batch_id GROUP BY 1, 2, 3
    UNION ALL
    SELECT batch_id, account_id, date_trunc('week', invoiced_on)::date, NULL, count(*), sum(quantity), sum(value)
    FROM kpis_invoiceline GROUP BY 1, 2, 3
    UNION ALL
    SELECT b.id, x.account_id, date_trunc('week', b.finished_at)::date - 7, NULL, count(*), NULL, sum(x.amount)
    FROM kpis_openitem x JOIN kpis_importbatch b ON b.id = x.batch_id GROUP BY 1, 2, 3
) told
GROUP BY 1, 2, 3
"""


def tell_weeks():
    """What each file told of each account and week, as an import would have noted it."""
    with connection.cursor() as cursor:
        cursor.execute(TELL)


# Files that were refused before the right one came, by account: how many weeks ago, and what was wrong in which lines.
BLEMISHES = {
    "DE-200": (1, (("product", "unknown_product", "RUN-999", (3, 8, 15)), ("units", "number", "n/a", (21,)))),
    "UK-220": (3, (("week", "date", "31.11.", (2, 3, 4, 5)),)),
    "CN-210": (2, (("product", "unknown_product", "新品-01", (6, 7)), ("product", "unknown_product", "新品-02", (9,)))),
    "DE-250": (4, (("product", "duplicate", "RUN-101", (12,)),)),
}
FIELDS = {"product": 2, "week": 3, "units": 4}


def spoil(cast, deliveries, days):
    """For some accounts: the file as it was refused an hour before, and the good one sent again a day later."""
    codes = {client.code: code_of(client) for client in cast.trading}
    mapping = mapping_text("default_sell_through")
    for code, (age, faults) in BLEMISHES.items():
        good = ImportBatch.objects.filter(feed__code=codes.get(code, ""), state="applied").order_by("-pk")[
            age : age + 1
        ]
        for batch in good:
            _refuse(batch, faults, deliveries[batch.feed.code, len(days.weeks) - 1 - age].lines, mapping)
            _repeat(batch)


def _refuse(good, faults, lines, mapping):
    cells = [line.split(",") for line in lines]
    for column, _code, value, at in faults:
        for line in at:
            if line - 2 < len(cells):
                cells[line - 2][FIELDS[column]] = value
    text = "\n".join([COLUMNS["sell_through"], *map(",".join, cells), ""])
    stored = store.keep(BytesIO(text.encode()), "sell_through", mapping)
    bad = sum(len(at) for _column, _code, _value, at in faults)
    batch = _beside(good, -timedelta(hours=1), state="rejected", content=stored.content, stored_name=stored.name,
                    size=stored.size, accepted=good.rows - bad, rejected=bad)  # fmt: skip
    ImportError.objects.bulk_create(
        ImportError(batch=batch, line=line, column=column, value=value, code=code, params=_params(code, value))
        for column, code, value, at in faults
        for line in at
    )


def _params(code, value):
    return {"formats": "2026-11-23"} if code == "date" else {"first": 2, "key": value} if code == "duplicate" else {}


def _repeat(good):
    _beside(good, timedelta(days=1), state="duplicate", content=good.content, stored_name=good.stored_name,
            size=good.size, accepted=good.accepted, duplicate_of=good)  # fmt: skip


def _beside(good, shift, **fields):
    same = {name: getattr(good, name) for name in ("feed", "kind", "file_name", "rows", "attempt")}
    batch = ImportBatch.objects.create(**same | fields, finished_at=good.finished_at + shift)
    ImportBatch.objects.filter(pk=batch.pk).update(received_at=good.received_at + shift)
    return batch


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
                hour=18,
                time_zone=ZONES.get(client.country, "Europe/Berlin"),
                grace_days=1,
            )


def _batch(feed, delivery, days, mapping):
    text = "\n".join([COLUMNS[feed.kind], *delivery.lines, ""])
    stored = store.keep(BytesIO(text.encode()), feed.kind, mapping)
    monday = days.weeks[delivery.week]
    late = stories.days_after(feed.account.tier, delivery.week) if feed.account else 0
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
        finished_at=days.instant(monday + timedelta(days=7 + feed.weekday + late)),
    )


def arrived(client, days, index):
    """Whether the account's file about that week is here."""
    return client.reports and stories.reported(client.story, days.age(index))
