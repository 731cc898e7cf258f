"""The same sums once more, from the files, with nothing but the csv module: no code of the house is used."""

import csv
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

CENT = Decimal("0.01")
LITRE = Decimal("0.001")


def cents(number):
    return number.quantize(CENT, ROUND_HALF_UP)


def monday(day):
    return day - timedelta(days=day.isoweekday() - 1)


def total(lines, amount, *by):
    """Sums of a field of named tuples by one other, or by several as tuples."""
    found = defaultdict(Decimal)
    for line in lines:
        values = tuple(getattr(line, name) for name in by)
        found[values[0] if len(by) == 1 else values] += getattr(line, amount)
    return dict(found)


def over(sums, denominator=1):
    """{key: (sum, denominator)}: how a measure that is an amount is stored."""
    return {key: (value, denominator) for key, value in sums.items()}


class Sale(NamedTuple):
    """A line of an invoice, or a weekly cell of what was sold."""

    account: str
    document: str
    day: date
    week: date
    units: Decimal
    value: Decimal
    credit: bool = False
    store: str = ""
    product: str = ""
    vendor: str = ""


def read(path, **options):
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, **options)


def repeated(paths):
    """How many rows of the files are the same as an earlier one in every column."""
    rows = [tuple(row.values()) for path in paths for row in read(path)]
    return len(rows) - len(set(rows))


def uci(paths):
    """Invoice lines of the UK wholesaler; who has no number is UNASSIGNED-UCI."""
    days = {}
    for path in paths:
        for row in read(path):
            text = row["InvoiceDate"][:10]
            day = days[text] = days.get(text) or date.fromisoformat(text)
            units = Decimal(row["Quantity"])
            yield Sale(
                row["CustomerID"].split(".")[0] or "UNASSIGNED-UCI",
                row["InvoiceNo"],
                day,
                monday(day),
                units,
                cents(units * Decimal(row["UnitPrice"])),
                row["InvoiceNo"].startswith("C"),
                product=row["StockCode"],
            )


def journey(path):
    """Cells of the US grocer; week 1 is the one that ends on 1 January 2017."""
    for row in read(path):
        week = date(2016, 12, 26) + timedelta(days=7 * (int(row["week"]) - 1))
        yield Sale(
            "COMPLETE-JOURNEY",
            "",
            week,
            week,
            Decimal(row["units"]),
            Decimal(row["sales_value"]),
            store=row["store_id"],
            product=row["product_id"],
        )


CHAINS = (
    "HY-VEE",
    "WAL-MART",
    "SAM'S CLUB",
    "CASEY'S",
    "KUM & GO",
    "KWIK SHOP",
    "KWIK STAR",
    "QUIK TRIP",
    "SMOKIN' JOE'S",
    "CENTRAL CITY",
    "DAHL'S",
    "CVS",
    "WALGREENS",
)


def chain_of(store_name):
    """The chain is how the store's name begins; for those we do not know, its first word."""
    name = store_name.strip().upper()
    return next((chain for chain in CHAINS if name.startswith(chain)), name.split(" ")[0])


def iowa(path):
    """Invoice lines of the State of Iowa, by chain."""
    for row in read(path, delimiter=";"):
        day = datetime.strptime(row["Date"], "%m/%d/%Y").date()
        yield Sale(
            chain_of(row["Store Name"]),
            row["Invoice/Item Number"],
            day,
            monday(day),
            Decimal(row["Bottles Sold"]),
            Decimal(row["Sale (Dollars)"].strip("$")),
            store=row["Store Number"],
            vendor=row["Vendor Name"],
        )


def beam(path):
    """One brand in Iowa by week; a week that begins on Sunday goes to the ISO week that has that Sunday."""
    for row in read(path):
        day = date.fromisoformat(row["weekStarting"])
        litres = Decimal(row["sum_sale_liters"]).quantize(LITRE, ROUND_HALF_UP)
        value = cents(Decimal(row["sum_sale_dollars"]))
        yield Sale("STATE-OF-IOWA", "", day, monday(day), litres, value, product=row["item"])


class Order(NamedTuple):
    """A line of a purchase order."""

    account: str
    ordered_on: date
    requested_on: date
    week: date
    ordered: Decimal
    received: Decimal
    rejected: Decimal
    price: Decimal

    @property
    def value(self):
        return self.ordered * self.price

    @property
    def in_full(self):
        return min(self.received, self.ordered)

    @property
    def missing(self):
        return self.ordered - self.in_full

    @property
    def missing_value(self):
        return self.missing * self.price


def adventureworks(folder):
    """Lines of purchase orders; vendor and day of the order stand in the header's file."""
    heads = {row[0]: (row[4], date.fromisoformat(row[6][:10])) for row in _tabs(folder / "AW_PurchaseOrderHeader.csv")}
    for row in _tabs(folder / "AW_PurchaseOrderDetail.csv"):
        vendor, ordered_on = heads[row[0]]
        due = date.fromisoformat(row[2][:10])
        ordered, received, rejected = Decimal(row[3]), Decimal(row[7]), Decimal(row[8])
        yield Order(vendor, ordered_on, due, monday(due), ordered, received, rejected, Decimal(row[5]))


def _tabs(path):
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def last_week(day):
    """The Monday of the last week that is over at the end of a day."""
    week = monday(day)
    return week if day == week + timedelta(days=6) else week - timedelta(days=7)
