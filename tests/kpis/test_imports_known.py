"""The known answers of the real data, by account, against sums made with nothing but the csv module."""

import csv
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP
from decimal import Decimal as D

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Sum

from accounts.models import Account, Store
from kpis.models import ImportBatch, InvoiceLine, OrderLine, Product, SellThrough, Touched
from tests.kpis.files import data

pytestmark = pytest.mark.django_db
CENT = D("0.01")


def rows(path, **options):
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, **options)


def load(kind, mapping, *paths):
    for path in paths:
        call_command("import_file", kind, str(path), mapping=mapping)
    batches = ImportBatch.objects.filter(state="applied")
    return batches.aggregate(rows=Sum("rows"), accepted=Sum("accepted"), units=Sum("units"), value=Sum("value"))


def by_account(lines, amount):
    return dict(lines.values_list("account__code").annotate(t=Sum(amount)).order_by())


def cents(number):
    return number.quantize(CENT, ROUND_HALF_UP)


@pytest.fixture
def uci():
    return sorted(data("uci_online_retail").glob("*.csv"))


def test_uci(uci):
    assert load("invoices", "uci", *uci) == {
        "rows": 142_083,
        "accepted": 142_083,
        "units": D(1_281_055),
        "value": D("2490287.01"),
    }
    lines = InvoiceLine.objects.all()
    nobody = lines.filter(account__kind=Account.Kind.UNASSIGNED)
    assert nobody.aggregate(n=Count("pk"), t=Sum("value")) == {"n": 45_136, "t": D("444097.85")}
    known = lines.exclude(account__kind=Account.Kind.UNASSIGNED)
    assert known.aggregate(t=Sum("value"), n=Count("account", distinct=True)) == {"t": D("2046189.16"), "n": 2_189}
    credit = lines.filter(is_credit=True).aggregate(n=Count("pk"), t=Sum("value"))
    assert credit == {"n": 2_603, "t": D("-266094.94")}
    assert lines.filter(is_credit=False, quantity__lt=0).count() == 348
    assert lines.values("document").distinct().count() == 6_877
    assert by_account(lines, "value") == _uci_by_customer(uci)
    charges = Product.objects.filter(category__code="CHARGES").values_list("code", flat=True)
    assert sorted(charges) == ["AMAZONFEE", "BANK CHARGES", "C2", "D", "DOT", "M", "POST", "S", "m"]
    times = Counter(tuple(row.values()) for path in uci for row in rows(path))
    assert (sum(n - 1 for n in times.values()), lines.count()) == (1_284, sum(times.values()))


def _uci_by_customer(paths):
    totals = defaultdict(D)
    for path in paths:
        for row in rows(path):
            customer = row["CustomerID"].removesuffix(".0") or "UNASSIGNED-UCI"
            totals[customer] += int(row["Quantity"]) * D(row["UnitPrice"])
    return {customer: cents(total) for customer, total in totals.items()}


def test_complete_journey():
    path = data("complete_journey", "sellthrough_store_product_week.csv")
    found = load("sell_through", "complete_journey", path)
    assert found == {"rows": 90_572, "accepted": 90_572, "units": D(162_079), "value": D("264037.22")}
    assert (Store.objects.count(), Product.objects.count()) == (320, 1_472)
    assert SellThrough.objects.aggregate(u=Sum("units"), v=Sum("value")) == {"u": D(162_079), "v": D("264037.22")}
    stored = SellThrough.objects.values_list("week").annotate(u=Sum("units"), v=Sum("value")).order_by()
    assert {week: (units, value) for week, units, value in stored} == _journey_by_week(path)
    assert Touched.objects.filter(night=None).count() == 53


def _journey_by_week(path):
    totals = defaultdict(lambda: (D(0), D(0)))
    for row in rows(path):
        week = date(2016, 12, 26) + timedelta(weeks=int(row["week"]) - 1)
        units, value = totals[week]
        totals[week] = units + D(row["units"]), value + D(row["sales_value"])
    return dict(totals)


def test_complete_journey_products():
    load("products", "complete_journey_products", data("complete_journey", "products.csv"))
    load("sell_through", "complete_journey", data("complete_journey", "sellthrough_store_product_week.csv"))
    assert Product.objects.count() == 1_472
    assert ImportBatch.objects.first().created == {"accounts": 1, "stores": 320}


def test_iowa():
    path = data("iowa_liquor", "Iowa_Liquor_Sales_10k.csv")
    found = load("invoices", "iowa", path)
    assert found == {"rows": 10_000, "accepted": 10_000, "units": D(95_739), "value": D("1261614.62")}
    assert Store.objects.count() == 1_244
    assert _total(product__brand__startswith="Diageo") == D("232483.30")
    assert _total(product__brand__startswith="Jim Beam") == D("95411.78")
    assert _total(store__name__istartswith="Hy-Vee") == _total(account__code="HY-VEE") == D("482197.99")
    totals = defaultdict(D)
    for row in rows(path, delimiter=";"):
        totals[row["Store Number"]] += D(row["Sale (Dollars)"].removeprefix("$"))
    stored = InvoiceLine.objects.values_list("store__code").annotate(t=Sum("value")).order_by()
    assert dict(stored) == totals


def _total(**which):
    return InvoiceLine.objects.filter(**which).aggregate(t=Sum("value"))["t"]


def test_iowa_one_brand_by_week():
    path = data("iowa_liquor", "brand_Jim Beam_iowa_liquor_sales_brand.csv")
    found = load("sell_through", "iowa_jim_beam", path)
    assert (found["rows"], found["accepted"], found["value"]) == (70_639, 70_639, D("20532132.26"))
    totals = defaultdict(D)
    for row in rows(path):
        day = date.fromisoformat(row["weekStarting"])
        totals[day - timedelta(days=day.weekday()), row["item"]] += cents(D(row["sum_sale_dollars"]))
    stored = SellThrough.objects.values_list("week", "product__code").annotate(v=Sum("value")).order_by()
    assert {(week, item): value for week, item, value in stored} == totals


def test_adventureworks():
    path = data("adventureworks", "AW_PurchaseOrderDetail.csv")
    found = load("orders", "adventureworks", path)
    assert (found["rows"], found["accepted"]) == (8_845, 8_845)
    lines = OrderLine.objects.all()
    assert lines.filter(received__lt=F("ordered")).count() == 380
    assert lines.filter(rejected__gt=0).count() == 563
    stored = by_account(lines.annotate(worth=F("ordered") * F("price")), "worth")
    assert stored == _adventureworks_by_vendor(path)
    assert found["value"] == cents(sum(stored.values()))


def _adventureworks_by_vendor(path):
    with path.with_name("AW_PurchaseOrderHeader.csv").open(encoding="utf-8") as file:
        vendors = {row[0]: row[4] for row in csv.reader(file, delimiter="\t")}
    totals = defaultdict(D)
    with path.open(encoding="utf-8") as file:
        for row in csv.reader(file, delimiter="\t"):
            totals[vendors[row[0]]] += D(row[6])
    return totals


def test_adventureworks_masters():
    load("accounts", "adventureworks_accounts", data("adventureworks", "AW_Store.csv"))
    load("products", "adventureworks_products", data("adventureworks", "AW_Product.csv"))
    assert (Account.objects.count(), Product.objects.count()) == (701, 504)
    assert Account.objects.get(code="292").name == "Next-Door Bike Store"


def test_the_same_file_again_changes_nothing():
    path = data("iowa_liquor", "Iowa_Liquor_Sales_10k.csv")
    first = load("invoices", "iowa", path)
    assert load("invoices", "iowa", path) == first
    batch = ImportBatch.objects.get(state="duplicate")
    assert (batch.duplicate_of.state, batch.value) == ("applied", D("1261614.62"))
