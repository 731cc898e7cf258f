"""Every EDI file and every Amazon report of the real data, the broken ones too: what it holds, or why it is refused."""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from kpis.imports.check import check_file
from kpis.imports.errors import UnusableFile
from kpis.imports.toml import mapping_text, parse_mapping
from kpis.models import AccountForecast, AccountMargin, InvoiceLine, OrderLine, SellThrough, StockLevel
from tests import make
from tests.kpis import edi, facts
from tests.kpis.files import complaints, data, take, write

MAPPINGS = {"INVOIC": "edifact_invoic", "ORDRSP": "edifact_ordrsp", "ORDERS": "edifact_ordrsp"}
MAPPINGS |= {"810": "x12_810", "855": "x12_855", "856": "x12_856", "850": "x12_855", "820": "x12_810"}

# rows, units, value of what is read; faults as (line, column, code); code and parameters of what is refused
READ = {
    "staedi/INVOIC-invoic_d93a_una.edi": (3, D(5), D("777.40")),
    "staedi/INVOIC-invoic_d97b.edi": (2, D(1040), D("1612.58")),
    "staedi/INVOIC-invoic_d97b_una.edi": (2, D(1040), D("1612.58")),
    "staedi/INVOIC-wrapped_invoic_d97b.edi": (2, D(1040), D("1612.58")),
    "pydifact/INVOIC-invoice1.edi": (1, D(-54), D("-1960.29")),
    "pydifact/INVOIC-invoice_with_colon_at_end.edi": (1, D(-54), D("-1960.29")),
    "staedi/810-simple810.edi": (9, D(357), D("4405.38")),
    "staedi/810-invoice810_po850_dual.edi": (10, D(357), D("4405.38")),
}
NO_LINE = [(line, "line_number", "required") for line in range(1, 6)]
FAULTY = {
    "staedi/INVOIC-invoic_d97b_bad.edi": [(1, "quantity", "number"), (1, "price", "number")],
    "EdiEngine/856-856.Crossdock.OK.edi": NO_LINE,
}


def holds(wanted, found, times=1):
    return "no_message", {"wanted": wanted, "found": [f"{found} × {times}"]}


def count(tag, segment, said, found):
    return "edi_count", {"tag": tag, "segment": segment, "said": said, "found": found}


def reference(segment, said, found, tag="UNZ", first="UNB"):
    return "edi_reference", {"tag": tag, "segment": segment, "said": said, "first": first, "found": found}


REFUSED = {
    "EDI.Net/820-x12.820.issue140.edi": holds("810", "820"),
    "EDI.Net/850-x12.850.issue135.edi": holds("855", "850", 2),
    "EDI.Net/850-x12.Issue172.edi": ("edi_isa", {"segment": 1}),
    "EDI.Net/INVOIC-edifact.Issue188.edi": count("UNT", 5, "1", 3),
    "EDI.Net/INVOIC-edifact.Issue203.edi": count("UNT", 104, "13", 102),
    "EDI.Net/ORDRSP-edifact.ORDRSP-formatted.edi": count("UNT", 32, "17", 30),
    "EDI.Net/ORDRSP-edifact.ORDRSP.edi": count("UNT", 33, "17", 31),
    "EdiEngine/850-850.Composite.SLN.OK.edi": holds("855", "850"),
    "EdiEngine/850-850.OK.edi": holds("855", "850"),
    "EdiEngine/850-850.SyntaxNotes.ERR.edi": holds("855", "850"),
    "OBOE/850-5-850.x12": holds("855", "850"),
    "OBOE/ORDERS-orders": reference(32, "00000916", "00000000000916"),
    "OBOE/ORDERS-orders.escape": count("UNT", 17, "27", 16),
    "OBOE/ORDERS-orders.missingMandatoryElements": reference(32, "00000916", "00000000000916"),
    "OBOE/ORDERS-orders.missingMandatorySegments": count("UNT", 28, "30", 27),
    "OBOE/ORDERS-orders.newdelimiters": ("edi_marks", {"segment": 1}),
    "OBOE/ORDERS-orders.withbadunbsegment": ("edi_tag", {"segment": 2, "tag": ""}),
    "OBOE/ORDERS-orders.withcompositechanged": reference(32, "00000916", "00000000000916"),
    "gozer/850-po850.txt": count("SE", 23, "33", 21),
    "gozer/856-asn856.txt": reference(35, "000000049", "000003438", "IEA", "ISA"),
    "pydifact/ORDERS-huge_file2.edi": count("UNT", 109_621, "16", 109_619),
    "pydifact/ORDERS-order.edi": ("edi_ends", {"wanted": "UNZ", "segment": 18}),
    "pydifact/ORDERS-order2.edi": ("edi_ends", {"wanted": "UNZ", "segment": 12}),
    "pydifact/ORDERS-wikipedia_de.edi": reference(12, "1234567", "1"),
    "staedi/855-multi-tx-transaction-type.edi": ("no_items", {}),
    "staedi/ORDERS-orders-with-group.edi": count("UNT", 20, "21", 18),
}
# Stored below, as its lines must be there before.
ANSWERS = {"OBOE/855-lfTestCase.edi"}


def test_the_tables_name_every_file():
    folder = data("edi")
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != "LICENSE"}
    named = [*READ, *FAULTY, *REFUSED, *ANSWERS]
    assert (files, max(Counter(named).values())) == (set(named), 1)


def checked(name):
    path = data("edi", *name.split("/"))
    mapping = MAPPINGS[path.name.partition("-")[0]]
    return check_file(path, parse_mapping(mapping_text(mapping), mapping).with_constants(account="K-1"))


@pytest.mark.parametrize("name", READ)
def test_what_is_read(name):
    result = checked(name)
    ignored = {kind: number for kind, number in result.ignored.items() if number}
    assert (result.rows, result.units, result.value, complaints(result)) == (*READ[name], [])
    assert ignored == ({"850": 1} if "dual" in name else {})


@pytest.mark.parametrize("name", FAULTY)
def test_what_has_faults(name):
    assert [(line, column, code) for line, column, _value, code in complaints(checked(name))] == FAULTY[name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    with pytest.raises(UnusableFile) as caught:
        checked(name)
    assert (caught.value.code, caught.value.params) == REFUSED[name]
    assert str(caught.value) != caught.value.code


def ready(name, path, account, kind):
    return take(path.read_bytes(), mapping_text(name), kind=kind, feed=facts.feed(account, kind=kind))


@pytest.mark.django_db
def test_an_invoice_is_stored_to_the_cent():
    account = make.account(code="K-1", currency="USD")
    for code in "23456789":
        facts.product(gtin=f"00284{'00' + code * 5}")
    batch = ready("x12_810", data("edi", "staedi", "810-simple810.edi"), account, "invoices")
    assert (batch.state, batch.value) == ("applied", D("4405.38"))
    lines = InvoiceLine.objects.order_by("invoiced_on").values_list("document", "invoiced_on", "currency").distinct()
    assert list(lines) == [("00001", date(1997, 12, 11), "USD"), ("00001", date(1997, 12, 15), "USD")]


def order_lines(account, *lines):
    common = {"account": account, "product": facts.product(), "ordered_on": date(2001, 10, 1), "currency": "USD"}
    for order, line, units in lines:
        OrderLine.objects.create(order_number=order, line_number=line, ordered=units, **common)


@pytest.mark.django_db
def test_an_acknowledgment_is_stored():
    """The file first refuses each of four orders, and then accepts it: the last word counts for none, both are told."""
    account = make.account(code="K-1")
    refused = [(f"217104{n}", "1", 1) for n in (1, 3, 4, 5)] + [("2171045", "2", 1)]
    both = [("2166756", "1", 1), *((f"216675{n}", "1", 3) for n in (3, 4, 5))]
    order_lines(account, *refused, *both)
    batch = ready("x12_855", data("edi", "OBOE", "855-lfTestCase.edi"), account, "orders")
    assert (batch.state, batch.rows, batch.changes) == ("applied", 13, {"new": 0, "changed": 9, "unchanged": 0})
    confirmed = dict(OrderLine.objects.values_list("order_number", "confirmed").exclude(line_number="2"))
    assert confirmed == {order: 0 for order, *_ in refused} | {order: units for order, _line, units in both}


# Amazon: the schemas are JSON but no reports; their examples are.

REPORTS = {
    "vendorSalesReport": ("GET_VENDOR_SALES_REPORT", [4, 1, 2]),
    "vendorInventoryReport": ("GET_VENDOR_INVENTORY_REPORT", [4]),
    "vendorForecastingReport": ("GET_VENDOR_FORECASTING_REPORT", [27]),
    "vendorNetPureProductMarginReport": ("GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT", [4]),
}
AMAZON = "amazon_spapi_vendor"


def examples(path):
    return json.loads(path.read_text("utf-8"))["examples"]


def test_no_schema_passes_for_a_report():
    mapping = parse_mapping(mapping_text("amazon_sales"), "amazon_sales").with_constants(account="K-1")
    files = [path for path in data(AMAZON).rglob("*.*") if path.is_file()]
    found = Counter()
    for path in files:
        with pytest.raises(UnusableFile) as caught:
            check_file(path, mapping)
        found[path.suffix, caught.value.code] += 1
    assert found == {(".json", "json_unknown"): 15, (".graphql", "missing_columns"): 3}


def test_every_example_is_read_or_is_a_report_of_another_kind(tmp_path):
    for path in sorted(data(AMAZON, "schemas", "reports").glob("*.json")):
        wanted, lengths = REPORTS.get(path.stem, ("GET_VENDOR_SALES_REPORT", None))
        for at, example in enumerate(examples(path)):
            content = json.dumps(example, indent=at)
            if lengths is None:
                with pytest.raises(edi.amazon.Refused) as caught:
                    edi.rows(tmp_path, content, wanted)
                assert caught.value.code in ("no_message", "json_unknown")
            else:
                assert len(edi.rows(tmp_path, content, wanted)) == lengths[at]


def test_sales_of_items_are_those_of_the_whole(tmp_path):
    for example in examples(data(AMAZON, "schemas", "reports", "vendorSalesReport.json")):
        result = _amazon(tmp_path, "amazon_sales", example)
        whole = example["salesAggregate"]
        assert result.units == sum(week["shippedUnits"] for week in whole)
        assert result.value == sum(D(str(week["shippedRevenue"]["amount"])) for week in whole)
        assert set(result.frame["week"]) <= {date(2021, 6, 7), date(2021, 6, 14)}


def _amazon(folder, mapping, example):
    mapping = parse_mapping(mapping_text(mapping), mapping).with_constants(account="K-1")
    return check_file(write(folder, json.dumps(example)), mapping)


def test_forecast_and_margin_are_read_as_they_stand(tmp_path):
    names = ("forecast_generation_date", "start_date", "mean_forecast_units", "p90_forecast_units")
    (forecast,) = examples(data(AMAZON, "schemas", "reports", "vendorForecastingReport.json"))
    found = edi.rows(tmp_path, json.dumps(forecast), "GET_VENDOR_FORECASTING_REPORT")
    assert {row[names[2]] for row in found} == {"3.1"}
    assert [found[-1][name] for name in names] == ["2021-06-06", "2021-12-05", "3.1", "300.7"]
    (margin,) = examples(data(AMAZON, "schemas", "reports", "vendorNetPureProductMarginReport.json"))
    found = edi.rows(tmp_path, json.dumps(margin), "GET_VENDOR_NET_PURE_PRODUCT_MARGIN_REPORT")
    assert {(row["week"], row["net_pure_product_margin"]) for row in found} == {
        ("2021-06-07", "0.1234"),
        ("2021-06-14", "0.1234"),
    }


@pytest.mark.django_db
def test_a_forecast_is_stored(tmp_path):
    """Of the half year from Sunday 6 June on, each week by the Monday in it."""
    account = make.account(code="K-1")
    product = facts.product(code="B123456789")
    (content,) = examples(data(AMAZON, "schemas", "reports", "vendorForecastingReport.json"))
    path = write(tmp_path, json.dumps(content))
    batch = ready("amazon_forecast", path, account, "account_forecast")
    assert (batch.state, batch.units) == ("applied", 27 * D("3.1"))
    stored = AccountForecast.objects.order_by("week").values_list("account", "product", "made_on", "units", "high")
    assert set(stored) == {(account.pk, product.pk, date(2021, 6, 6), D("3.1"), D("300.7"))}
    weeks = AccountForecast.objects.order_by("week").values_list("week", flat=True)
    assert list(weeks) == [date(2021, 6, 7) + timedelta(weeks=n) for n in range(27)]


@pytest.mark.django_db
def test_margins_are_stored(tmp_path):
    account = make.account(code="K-1")
    for asin in ("B123456789", "B987654321"):
        facts.product(code=asin)
    (content,) = examples(data(AMAZON, "schemas", "reports", "vendorNetPureProductMarginReport.json"))
    batch = ready("amazon_margins", write(tmp_path, json.dumps(content)), account, "margins")
    assert (batch.state, batch.rows) == ("applied", 4)
    stored = AccountMargin.objects.order_by("week", "product__code").values_list("week", "product__code", "margin")
    weeks, items = (date(2021, 6, 7), date(2021, 6, 14)), ("B123456789", "B987654321")
    assert list(stored) == [(week, item, D("0.1234")) for week in weeks for item in items]


@pytest.mark.django_db
def test_sales_and_stock_are_stored(tmp_path):
    account = make.account(code="K-1")
    make.store(account, code="ATVPDKIKX0DER")
    for asin in ("B123456789", "B987654321"):
        facts.product(code=asin)
    folder = data(AMAZON, "schemas", "reports")
    sales, stock = (examples(folder / f"vendor{kind}Report.json")[0] for kind in ("Sales", "Inventory"))
    for name, content, kind in (
        ("amazon_sales", sales, "sell_through"),
        ("amazon_inventory_weeks", stock, "sell_through"),
        ("amazon_inventory", stock, "stock"),
    ):
        path = write(tmp_path, json.dumps(content))
        assert ready(name, path, account, kind).state == "applied"
    stored = SellThrough.objects.order_by("week", "product__code").values_list("units", "value", "stock", "receipts")
    assert list(stored) == [(5, 150, 5490, 278), (5, 50, 590, 78), (0, 0, 90, 728), (0, 0, 900, 7228)]
    stored = StockLevel.objects.order_by("day", "product__code").values_list("day", "on_hand", "unsellable", "value")
    assert list(stored)[::3] == [
        (date(2021, 6, 12), 6371, 881, D("45469.49")),
        (date(2021, 6, 19), 2711, 1811, D("23469.49")),
    ]
