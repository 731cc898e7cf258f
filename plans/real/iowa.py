"""The State of Iowa's wholesale invoices to stores, by chain."""

from datetime import date
from decimal import Decimal

from django.db.models import Sum

from accounts.models import Store
from kpis.models import InvoiceLine
from plans.real import plain, steps
from plans.real.cases import Case

TITLE = "Iowa liquor sales"
MAPPING = "iowa"
NIGHT = date(2015, 12, 6)


def check(folder):
    """The file, the night of the Sunday after its last week, the file again."""
    path = steps.need(folder, "iowa_liquor", "Iowa_Liquor_Sales_10k.csv")
    lines = list(plain.iowa(path))
    said = steps.give("invoices", path, MAPPING)
    yield Case("rows, rejected said", (10_000, 0), (said["rows"], said["rejected"]))
    yield from _facts(lines)
    yield from _night(lines)
    yield from steps.the_same_again("invoices", [path], MAPPING)
    yield from steps.the_same_night(NIGHT)


def _facts(lines):
    stored = InvoiceLine.objects.all()
    yield Case("lines", 10_000, stored.count())
    yield Case("value", Decimal("1261614.62"), _sum("value"))
    yield Case("bottles", Decimal(95_739), _sum("quantity"))
    yield Case("stores", 1_244, Store.objects.count())
    yield Case("value of Diageo", Decimal("232483.30"), _sum("value", product__brand__startswith="Diageo"))
    yield Case("value of Jim Beam", Decimal("95411.78"), _sum("value", product__brand__startswith="Jim Beam"))
    yield Case("value of stores of Hy-Vee", Decimal("482197.99"), _sum("value", store__name__istartswith="Hy-Vee"))
    yield Case("value of account HY-VEE", Decimal("482197.99"), _sum("value", account__code="HY-VEE"))
    for name, field in (("account", "account__code"), ("store", "store__code"), ("vendor", "product__brand")):
        yield Case(f"value by {name}", plain.total(lines, "value", name), steps.totals(stored, "value", field))


def _sum(amount, **which):
    return InvoiceLine.objects.filter(**which).aggregate(total=Sum(amount))["total"]


def _night(lines):
    yield from steps.nightly(NIGHT)
    value, bottles = (plain.total(lines, amount, "account", "week") for amount in ("value", "units"))
    yield Case("sell-in by chain and week", value, steps.weekly("sell_in_value"))
    yield Case("bottles by chain and week", bottles, steps.weekly("sell_in_units"))
    yield Case("sell-in in all", Decimal("1261614.62"), sum(steps.weekly("sell_in_value").values()))
    yield Case("measure sell_in", plain.over(value), steps.measured("sell_in"))
    yield Case("measure sell_in_units", plain.over(bottles), steps.measured("sell_in_units"))
    yield Case("measures there", ["sell_in", "sell_in_units"], steps.measures_there())
    yield Case("open alerts: nothing to compare with", [], steps.alerts())
