"""A US grocer's sell-through of 2017, store by product by week, and its duty to report it."""

from datetime import date
from decimal import Decimal

from django.db.models import Sum

from accounts.models import Store
from kpis.models import Product, ProductWeek, SellThrough
from plans.real import agreements, plain, plain_terms, steps
from plans.real.agreements import Agreed, Clause
from plans.real.cases import Case, each

TITLE = "The Complete Journey"
MAPPING = "complete_journey"
NIGHT = date(2017, 12, 31)
GROCER = "COMPLETE-JOURNEY"
REPORTS = Clause("6.1", "data_reporting", "they_owe", {"weekday": 1, "fee_per_week": "500.00"})
BUYS = Clause("5.1", "minimum_purchase", "they_owe", {"amount": "100000.00", "penalty_rate": "0.0200"})
AGREED = Agreed(GROCER, date(2017, 1, 1), NIGHT, "USD", (REPORTS, BUYS))

# By Sunday 31 December the file of the week of the 18th was due; there are no invoices to judge the minimum by.
FOUND = [
    (GROCER, "6.1", date(2017, 1, 1), "met", Decimal(13), Decimal(13), None),
    (GROCER, "6.1", date(2017, 4, 1), "met", Decimal(13), Decimal(13), None),
    (GROCER, "6.1", date(2017, 7, 1), "met", Decimal(13), Decimal(13), None),
    (GROCER, "6.1", date(2017, 10, 1), "met", Decimal(12), Decimal(12), None),
]
MEASURES = ["sell_through", "sell_through_rate", "sell_through_units"]


def check(folder):
    """Products and sell-through, the night of the year's last day, the files again."""
    path = steps.need(folder, "complete_journey", "sellthrough_store_product_week.csv")
    products = steps.need(folder, "complete_journey", "products.csv")
    cells = list(plain.journey(path))
    yield Case("products said", 1_472, steps.give("products", products, "complete_journey_products")["accepted"])
    said = steps.give("sell_through", path, MAPPING)
    yield Case("rows, units said", (90_572, 162_079), (said["rows"], said["units"]))
    yield Case("value said", 264_037.22, said["value"])
    agreements.put_in_force([AGREED])
    yield from _facts(cells)
    yield from _night(cells)
    yield from steps.the_same_again("sell_through", [path], MAPPING)
    yield from steps.the_same_again("products", [products], "complete_journey_products")
    yield from steps.the_same_night(NIGHT)


def _facts(cells):
    stored = SellThrough.objects.all()
    yield Case("cells", 90_572, stored.count())
    yield Case("units", Decimal(162_079), stored.aggregate(total=Sum("units"))["total"])
    yield Case("value", Decimal("264037.22"), stored.aggregate(total=Sum("value"))["total"])
    yield Case("stores", 320, Store.objects.filter(account__code=GROCER).count())
    yield Case("products", 1_472, Product.objects.count())
    yield Case("value by store", plain.total(cells, "value", "store"), steps.totals(stored, "value", "store__code"))


def _night(cells):
    yield from steps.nightly(NIGHT)
    units, value = (plain.total(cells, amount, "account", "week") for amount in ("units", "value"))
    yield Case("value by week", value, steps.weekly("value"))
    yield Case("units by week", units, steps.weekly("units"))
    yield Case("value in all", Decimal("264037.22"), sum(steps.weekly("value").values()))
    by_product = plain.total(cells, "units", "product", "week")
    yield Case("units by product and week", by_product, steps.totals(_weeks(), "units", "product__code", "week"))
    yield Case("measure sell_through", plain.over(value), steps.measured("sell_through"))
    yield Case("measure sell_through_units", plain.over(units), steps.measured("sell_through_units"))
    yield Case("measure sell_through_rate: no stock", plain.over(units, None), steps.measured("sell_through_rate"))
    yield Case("measures there", MEASURES, steps.measures_there())
    yield from _terms(cells)


def _weeks():
    return ProductWeek.objects.filter(account__code=GROCER)


def _terms(cells):
    here = {(cell.account, cell.week) for cell in cells}
    second = plain_terms.judge_all([AGREED._replace(clauses=(REPORTS,))], [], NIGHT, here)
    yield from each("finding", FOUND, steps.findings(), 3)
    yield Case("findings computed once more", [finding.row for finding in second], steps.findings())
    yield Case("figures behind the findings", {f.key: f.figures for f in second}, steps.figures(*plain_terms.FIGURES))
    yield Case("open alerts: everything was reported", [], steps.alerts())
