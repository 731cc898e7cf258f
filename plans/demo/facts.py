"""From what happened to rows of the fact tables, each with the batch of the file that brought it."""

from collections import Counter
from decimal import Decimal

from django.db import connection

from kam.rounding import cents
from plans.demo import feeds, orders, sales, shipments, stories, tables
from plans.demo.days import WEEKS

RETAIL = Decimal("1.90")
# Shoppers bring back what they bought online: one in so many pieces, by category.
BROUGHT_BACK = {"RUN": 5, "TRL": 6, "FTB": 9, "TRN": 7, "RAC": 12, "CYC": 7, "WIN": 6, "BAG": 15}


class Facts:
    """All that happened, account by account, before it is stored."""

    def __init__(self, cast, stores, articles, days, seed):
        self.cast, self.stores, self.days, self.seed = cast, stores, days, seed
        self.flows = {c.code: sales.simulate(c, stores[c.code], articles, days, seed) for c in cast.trading}
        self.worth = {client.code: self._worth(client) for client in cast.trading}
        self.lines, self.invoiced, self.items = {}, {}, {}
        for client in self.cast.customers:
            self._trade(client)
        for client in self.cast.trading:
            if client.sells_with_us:
                self.items[client.code] = orders.commissions(client, self.flows[client.code], days, seed)
        self.deliveries = feeds.Deliveries()

    def _worth(self, client):
        """What a shopper pays for one of each of the account's articles, without tax."""
        return {a.code: cents(a.net_price(client.currency) * RETAIL) for a in self.flows[client.code].articles}

    def _trade(self, client):
        lines = orders.order_lines(client, self.flows[client.code], self.days, self.seed)
        rows = orders.invoices(lines, self.days)
        rows += orders.credits(client, rows, self.seed)
        rows.sort(key=lambda row: (row.day, row.document, row.article.number))
        if client.story == stories.NEXT_TIER:
            correction, self.tier = orders.missing_to_tier(client, rows, self.days)
            rows.append(correction)
        self.lines[client.code], self.invoiced[client.code] = lines, rows
        self.items[client.code] = orders.open_items(client, rows, self.days, self.seed)

    def invoiced_between(self, code, start, end):
        """Net invoiced value of an account in a period, credits included."""
        return sum((row.value for row in self.invoiced[code] if start <= row.day <= end), Decimal(0))

    def sold_between(self, client, start, end):
        """What shoppers paid in the weeks that begin in a period."""
        weeks, units = self.days.weeks, Counter()
        for week, _store, article, sold, *_rest in self.flows[client.code].lines:
            if start <= weeks[week] <= end:
                units[article.code] += sold
        return sum((self.worth[client.code][code] * sold for code, sold in units.items()), Decimal(0))

    def store(self, accounts, products):
        """Write everything; returns rows by table."""
        made = {
            "kpis_sellthrough": self._sell_through(accounts, products),
            "kpis_orderline": self._orders(accounts, products),
            "kpis_invoiceline": self._invoices(accounts, products),
            "kpis_openitem": self._items(accounts),
            "kpis_shipment": self._shipments(accounts),
        }
        batches = feeds.build(self.cast, accounts, self.days, self.deliveries)
        tables.make_partitions(self.days.months)
        for table, (columns, rows) in made.items():
            tables.copy(table, [*columns, "batch_id"], [(*row, batches[key]) for row, key in rows])
        feeds.tell_weeks()
        feeds.spoil(self.cast, self.deliveries, self.days)
        _touch_until(self.days.yesterday)
        return {table: len(rows) for table, (_columns, rows) in made.items()}

    def _delivered(self, feed, week, cells, units, value):
        """Write a line of a file; returns the key of the file."""
        self.deliveries[feed, week].add(cells, units, value)
        return feed, week

    def _delivered_by_us(self, kind, day, cells, units, value):
        return self._delivered(feeds.OWN[kind][0], self.days.index(day), cells, units, value)

    def _sell_through(self, accounts, products):
        columns = ("week", "store_id", "product_id", "account_id", "units", "value", "stock", "receipts", "returns")
        rows = []
        for client in self.cast.trading:
            feed, account = feeds.code_of(client), accounts[client.code].pk
            arrived = {index for index in range(WEEKS) if feeds.arrived(client, self.days, index)}
            place, lines = {store.pk: n for n, store in enumerate(self.stores[client.code])}, Counter()
            for index, store, article, units, stock, receipts in self.flows[client.code].lines:
                line = lines[index, store.pk]
                lines[index, store.pk] += 1
                told = not stories.lost(client.story, self.days.age(index), place[store.pk], line)
                if index not in arrived or not told:
                    continue
                value = units * self.worth[client.code][article.code]
                back = units // BROUGHT_BACK[article.category] if client.kind == "webshop" else None
                week, told = self.days.weeks[index], (units, value, stock, receipts, back)
                cells = (client.code, store.code, article.code, week, *told, client.currency)
                key = self._delivered(feed, index, cells, units, value)
                rows.append(((week, store.pk, products[article.code], account, *told, client.currency), key))
        rows.sort(key=lambda row: row[0][:3])
        return (*columns, "currency"), rows

    def _orders(self, accounts, products):
        columns = (
            *("account_id", "order_number", "line_number", "product_id", "ordered_on", "requested_on", "promised_on"),
            *("shipped_on", "received_on", "ordered", "confirmed", "shipped", "received", "rejected", "cancelled"),
            *("price", "currency"),
        )
        rows = []
        for client in self.cast.customers:
            for line in self.lines[client.code]:
                said, value = _order(line), line.ordered * line.price
                cells = (client.code, *said[:2], line.article.code, *said[2:])
                row = (accounts[client.code].pk, *said[:2], products[line.article.code], *said[2:])
                rows.append((row, self._delivered_by_us("orders", line.touched_on, cells, line.ordered, value)))
        return columns, rows

    def _invoices(self, accounts, products):
        columns = (
            *("account_id", "document", "product_id", "occurrence", "invoiced_on", "quantity", "price", "value"),
            *("currency", "is_credit"),
        )
        rows = []
        for client in self.cast.customers:
            account, seen = accounts[client.code].pk, Counter()
            for line in self.invoiced[client.code]:
                key = line.document, line.article.code
                seen[key] += 1
                said = (seen[key], line.day, line.units, line.price, line.value, client.currency)
                cells = (client.code, *key, *said, "yes" if line.is_credit else "no")
                batch = self._delivered_by_us("invoices", line.day, cells, line.units, line.value)
                rows.append(((account, line.document, products[line.article.code], *said, line.is_credit), batch))
        return columns, rows

    def _shipments(self, accounts):
        columns = (
            *("account_id", "number", "order_number", "carrier", "shipped_on", "promised_on", "delivered_on", "units"),
            *("freight", "expedite", "handling", "penalties", "returns", "currency"),
        )
        rows = []
        for client in self.cast.customers:
            for sent in shipments.consignments(client, self.lines[client.code], self.seed):
                said = (sent.number, sent.order, sent.carrier, sent.shipped_on, sent.promised_on, sent.delivered_on)
                said = (*said, sent.units, *sent.costs, client.currency)
                key = self._delivered_by_us("shipments", sent.told_on, (client.code, *said), sent.units, sent.costs[0])
                rows.append(((accounts[client.code].pk, *said), key))
        return columns, rows

    def _items(self, accounts):
        columns = ("account_id", "document", "issued_on", "due_on", "paid_on", "amount", "paid", "currency")
        rows = []
        for client in self.cast.trading:
            account = accounts[client.code].pk
            for item in self.items[client.code]:
                paid = item.amount if item.paid_on else Decimal("0.00")
                said = (item.document, item.issued_on, item.due_on, item.paid_on, item.amount, paid, client.currency)
                day, cells = item.paid_on or item.issued_on, (client.code, *said)
                rows.append(((account, *said), self._delivered_by_us("open_items", day, cells, None, item.amount)))
        return columns, rows


def _order(line):
    """The cells of an order line but for account and product, which stands third."""
    shipped = line.shipped if line.shipped_on else None
    return (
        *(line.order, line.line, line.ordered_on, line.requested_on, line.requested_on),
        *(line.shipped_on, line.received_on, line.ordered, line.ordered, shipped),
        shipped if line.received_on else None,
        0 if line.received_on else None,
        line.ordered - line.shipped if line.shipped_on else 0,
        *(line.price, line.client.currency),
    )


TOUCH = """
INSERT INTO kpis_touched (account_id, week)
SELECT account_id, week FROM (
    SELECT account_id, week FROM kpis_sellthrough
    UNION SELECT account_id, date_trunc('week', invoiced_on)::date FROM kpis_invoiceline
    UNION SELECT account_id, date_trunc('week', requested_on)::date FROM kpis_orderline
    UNION SELECT account_id, date_trunc('week', issued_on)::date FROM kpis_openitem
) changed
WHERE week <= %s
ORDER BY 1, 2
"""


def _touch_until(day):
    """The first night computes the whole history."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCH, [day])
