"""Messages on their way through the one pipeline: found by number, checked, stored, answered for by segment."""

import csv
import io
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kam.errors import Conflict
from kam.models.token import SCOPES
from kam.roles import Role
from kam.services import issue_token
from kpis.imports import amazon
from kpis.imports.check import check_file
from kpis.imports.edi import LAYOUTS
from kpis.imports.errors import MappingError, UnusableFile
from kpis.imports.ready import ready_mapping
from kpis.imports.report import report
from kpis.imports.services import process, receive
from kpis.imports.toml import FOLDER, MESSAGES, mapping_text, parse_mapping
from kpis.models import ImportBatch, InvoiceLine, OrderLine, SellThrough, Shipment, StockLevel
from kpis.services import undo_import
from tests import make
from tests.clients import Api
from tests.kpis import edi, facts
from tests.kpis.files import SELL_THROUGH, complaints, take, write

pytestmark = pytest.mark.django_db
WEEK = date(2026, 11, 9)


@pytest.fixture
def account():
    return make.account(code="K-1")


def invoice(*lines, head="BGM+380+R-1+9"):
    return edi.edifact(edi.message("INVOIC", head, "DTM+137:20261116:102", "CUX+2:EUR:4", *lines))


LINES = (
    *("LIN+1++4006381333931:SRV", "QTY+47:3:PCE", "MOA+203:30", "PRI+AAA:10"),
    *("LIN+2++A-2:SA", "QTY+47:1", "MOA+203:5"),
)


def ready(name, content, account, kind):
    """A file handed in for a feed of the account, with one of our mappings."""
    feed = facts.feed(account, kind=kind, mapping=name)
    return take(content, mapping_text(name), kind=kind, feed=feed)


def products(*codes, **kw):
    return [facts.product(code=code, **kw) for code in codes]


def test_an_invoice_is_stored_by_gtin_and_by_our_number(account):
    ball, bat = facts.product(gtin="04006381333931"), facts.product(code="A-2")
    batch = ready("edifact_invoic", invoice(*LINES), account, "invoices")
    assert (batch.state, batch.rows, batch.units, batch.value) == ("applied", 2, 4, 35)
    stored = InvoiceLine.objects.order_by("value").values_list("product", "document", "quantity", "value", "price")
    assert list(stored) == [
        (bat.pk, "R-1", Decimal(1), Decimal(5), None),
        (ball.pk, "R-1", Decimal(3), Decimal(30), Decimal(10)),
    ]


def test_a_credit_note_is_one(account):
    products("A-2")
    ready("edifact_invoic", invoice(*LINES[4:], head="BGM+381+G-1+9"), account, "invoices")
    assert InvoiceLine.objects.values_list("is_credit", "quantity", "value").get() == (True, -1, -5)


@pytest.mark.parametrize(("stored", "asked"), [("4006381333931", "04006381333931"), ("036000291452", "0036000291452")])
def test_a_gtin_is_found_however_many_zeros_stand_before_it(account, stored, asked):
    ball = facts.product(gtin=stored)
    ready("edifact_invoic", invoice(f"LIN+1++{asked}:EN", "QTY+47:1", "MOA+203:5"), account, "invoices")
    assert InvoiceLine.objects.get().product == ball


def test_a_gtin_that_two_products_have_is_a_fault(account):
    products("P-1", "P-2", gtin="4006381333931")
    products("A-2")
    batch = ready("edifact_invoic", invoice(*LINES), account, "invoices")
    assert list(batch.errors.values_list("line", "code", "value")) == [(1, "shared_gtin", "4006381333931")]


def test_a_fault_names_segment_and_element(account):
    bad = [line.replace("QTY+47:3", "QTY+47:3x") for line in LINES]
    batch = ready("edifact_invoic", invoice(*bad), account, "invoices")
    (first, second) = batch.errors.order_by("line")
    assert (first.line, first.column, first.value, first.params) == (
        *(1, "quantity", "3x"),
        {"at": "segment", "position": 6, "element": "QTY 6060"},
    )
    assert (second.line, second.column, second.code, second.params) == (
        *(2, "product", "unknown_product"),
        {"at": "segment", "position": 10},
    )
    said = [row[-1] for row in csv.reader(io.StringIO("".join(report(batch))))][1:]
    assert said == [
        "“3x” is not a number. Segment 6, QTY 6060.",
        "There is no product “A-2”. Segment 10.",
    ]


def test_the_corrected_report_is_handed_in_again_as_a_table(account):
    products("A-2")
    facts.product(gtin="4006381333931")
    batch = ready("edifact_invoic", invoice(*(line.replace("47:3", "47:3x") for line in LINES)), account, "invoices")
    lines = list(csv.reader(io.StringIO("".join(report(batch)).lstrip("\ufeff"))))
    out = io.StringIO()
    csv.writer(out).writerows([cell.replace("3x", "3") for cell in row[:-3]] for row in lines)
    again = take(out.getvalue(), mapping_text("edifact_invoic"), kind="invoices", feed=batch.feed)
    assert (again.state, again.rows, InvoiceLine.objects.get().quantity) == ("applied", 1, 3)


def test_messages_of_other_kinds_are_counted_as_ignored(account):
    products("A-2")
    one = edi.message("INVOIC", "BGM+380+R-1", "DTM+137:20261116:102", *LINES[4:])
    batch = ready("edifact_invoic", edi.edifact(edi.message("ORDERS", "BGM+220+1"), one), account, "invoices")
    assert (batch.state, batch.rows, batch.accepted, batch.ignored) == (
        *("applied", 2, 1),
        {"ORDERS": 1},
    )


@pytest.mark.parametrize(
    ("content", "mapping", "sentence"),
    [
        (invoice(), "default_invoices", "The file holds INVOIC × 1, and the mapping is for a table."),
        (invoice(), "edifact_slsrpt", "The file holds no SLSRPT, which the mapping is for. It holds: INVOIC × 1."),
        (invoice().replace("UNT+5", "UNT+6"), "edifact_invoic", "Segment 6: UNT says “6”, but there are 5."),
        (
            invoice(),
            "edifact_invoic",
            "The file holds messages of the kind that is wanted, but none",
        ),
        ("{}", "amazon_sales", "This is JSON, but no Amazon vendor report: it has no reportSpecification."),
    ],
)
def test_a_refusal_is_a_sentence(tmp_path, content, mapping, sentence):
    mapping = parse_mapping(mapping_text(mapping), mapping).with_constants(account="K-1")
    with pytest.raises(UnusableFile) as caught:
        check_file(write(tmp_path, content), mapping)
    assert str(caught.value).startswith(sentence)


def test_the_documentation_names_every_column_and_every_mapping():
    text = (FOLDER.parents[1] / "docs" / "imports.md").read_text("utf-8")
    columns = {name for layout in LAYOUTS.values() for name in layout.columns}
    columns |= set(amazon.HEADER) | {name for found in amazon.REPORTS.values() for name in found.sums}
    mappings = {path.stem for path in FOLDER.glob("*.toml") if load(path).format.message}
    assert len(mappings) == 17
    assert {name for name in columns | mappings | set(MESSAGES) if f"`{name}`" not in text} == set()


def load(path):
    return parse_mapping(path.read_text("utf-8"), path.stem)


@pytest.mark.parametrize(
    ("kind", "content", "mapping"),
    [
        ("invoices", invoice(*LINES), "edifact_invoic"),
        ("invoices", edi.edifact(edi.message("ORDERS"), edi.message("INVOIC")), "edifact_invoic"),
        ("orders", edi.edifact(edi.message("DESADV"), una="UNA:+.? '"), "edifact_desadv"),
        ("shipments", edi.edifact(edi.message("DESADV")), "edifact_desadv_shipments"),
        ("sell_through", edi.x12(edi.transaction("852")), "x12_852"),
        ("stock", edi.x12(edi.transaction("852")), "x12_852_stock"),
        ("stock", edi.report("GET_VENDOR_INVENTORY_REPORT", "inventoryByAsin"), "amazon_inventory"),
        ("account_forecast", edi.report("GET_VENDOR_FORECASTING_REPORT", "forecastByAsin"), "amazon_forecast"),
        ("orders", invoice(*LINES), None),
        ("invoices", "{}", None),
        ("invoices", "account,document\nUNH+1+INVOIC:D,1\n", None),
    ],
)
def test_the_mapping_for_a_message_needs_no_choice(kind, content, mapping):
    file = io.BytesIO(content.encode())
    assert (ready_mapping(kind, file), file.tell()) == (mapping, 0)


def test_a_file_handed_in_without_a_mapping(account):
    products("A-2")
    feed = facts.feed(account, kind="invoices")
    file = io.BytesIO(invoice(*LINES[4:]).encode())
    batch = process(batch_id=receive(kind="invoices", file=file, file_name="x", by=None, feed=feed).pk)
    assert (batch.state, batch.mapping, batch.rows) == ("applied", "edifact_invoic", 1)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[file]\nmessage = "PRICAT"', "file.message"),
        ('sums = ["product"]', "sums"),
        ('sums = ["amount"]', "sums"),
        ("updates = true", "updates"),
        ("[assumed]\namount = 1", "assumed.amount"),
        ("[assumed]\nunits = 1", "units"),
    ],
)
def test_a_mapping_that_cannot_be(text, key):
    mapping = (
        SELL_THROUGH.replace("[columns]", f"{text}\n[columns]") if text.startswith("[") else f"{text}\n{SELL_THROUGH}"
    )
    with pytest.raises(MappingError) as caught:
        parse_mapping(mapping, "own")
    assert caught.value.key == key


# Answers to orders: only what they say changes, and only in lines that are there.


@pytest.fixture
def order(account):
    (ball,) = products("P-1")
    common = {"account": account, "product": ball, "ordered_on": date(2026, 11, 2), "currency": "USD"}
    for number in ("1", "2"):
        OrderLine.objects.create(order_number="PO-1", line_number=number, ordered=10, price=2, **common)
    return OrderLine.objects.filter(order_number="PO-1").order_by("line_number")


def response(*lines):
    return edi.edifact(edi.message("ORDRSP", "BGM+231+A-1+4", "DTM+137:20261116:102", "RFF+ON:PO-1", *lines))


def test_a_confirmation_changes_only_what_is_confirmed(account, order):
    batch = ready("edifact_ordrsp", response("LIN+1+3", "QTY+113:8", "DTM+67:20261124:102"), account, "orders")
    assert (batch.state, batch.changes) == ("applied", {"new": 0, "changed": 1, "unchanged": 0})
    values = order.values_list("ordered", "confirmed", "promised_on", "price", "currency", "ordered_on", "shipped")
    assert list(values) == [
        (10, 8, date(2026, 11, 24), 2, "USD", date(2026, 11, 2), None),
        (10, None, None, 2, "USD", date(2026, 11, 2), None),
    ]
    again = ready("edifact_ordrsp", response("LIN+1+3", "QTY+113:8", "DTM+67:20261124:102"), account, "orders")
    assert again.changes == {"new": 0, "changed": 0, "unchanged": 1}


def test_a_line_that_is_not_there_is_a_fault(account, order):
    batch = ready("edifact_ordrsp", response("LIN+1+5", "QTY+21:10", "LIN+3+5", "QTY+21:4"), account, "orders")
    faults = list(batch.errors.values_list("line", "column", "value", "code"))
    assert (batch.state, faults) == ("rejected", [(2, "line_number", "PO-1 / 3", "unknown_line")])
    assert order.filter(confirmed=None).count() == 2


def test_a_line_of_another_product_is_a_fault_and_a_number_nobody_knows_is_none(account, order):
    products("P-2")
    lines = ("LIN+1+5+P-2:SA", "QTY+21:10", "LIN+2+5+theirs:IN", "QTY+21:10")
    batch = ready("edifact_ordrsp", response(*lines), account, "orders")
    faults = list(batch.errors.values_list("line", "value", "code"))
    assert faults == [(1, "PO-1 / 1", "other_product")]


def test_the_line_of_another_account_is_none(order):
    batch = ready("edifact_ordrsp", response("LIN+1+5", "QTY+21:10"), make.account(code="K-2"), "orders")
    assert [error.code for error in batch.errors.all()] == ["unknown_line"]


NOTICE = edi.x12(
    edi.transaction(
        "856",
        *("BSN*00*S-1*20261116", "HL*1**S", "DTM*011*20261117", "DTM*017*20261119", "HL*2*1*O", "PRF*PO-1"),
        *("HL*3*2*P", "HL*4*3*I", "LIN*1*VP*P-1", "SN1**6*EA", "HL*5*2*P", "HL*6*5*I", "LIN*1*VP*P-1", "SN1**4*EA"),
    )
)


def test_what_is_shipped_in_several_parcels_is_added_up(account, order):
    batch = ready("x12_856", NOTICE, account, "orders")
    assert (batch.state, batch.rows, batch.changes["changed"]) == ("applied", 2, 1)
    assert order.values_list("shipped", "shipped_on").first() == (10, date(2026, 11, 17))


def advice(number, units, day="20261117", line=1):
    head = (f"BGM+351+{number}+9", "DTM+137:20261116:102", f"DTM+11:{day}:102")
    return edi.message("DESADV", *head, "CPS+1", f"LIN+{line}++P-1:SA", f"QTY+12:{units}", f"RFF+ON:PO-1:{line}")


def shipped(order):
    return order.values_list("shipped", "shipped_on").first()


def despatched(account, *advices):
    return ready("edifact_desadv", edi.edifact(*advices), account, "orders")


def test_what_several_advices_ship_of_a_line_adds_up_in_one_file_and_in_several(account, order):
    batch = despatched(account, advice("D-1", 3), advice("D-2", 2, "20261119"))
    assert (batch.rows, batch.changes) == (2, {"new": 0, "changed": 1, "unchanged": 0})
    assert shipped(order) == (5, date(2026, 11, 19))
    despatched(account, advice("D-3", 4, "20261118"))
    assert shipped(order) == (9, date(2026, 11, 19))


def test_an_advice_that_comes_again_changes_nothing_and_a_corrected_one_counts_in_its_place(account, order):
    despatched(account, advice("D-1", 3), advice("D-2", 2))
    again = despatched(account, advice("D-2", 2), advice("D-9", 1, line=2))
    assert again.changes == {"new": 0, "changed": 1, "unchanged": 1}
    assert shipped(order)[0] == 5
    despatched(account, advice("D-2", 4))
    assert shipped(order)[0] == 7
    despatched(account, advice("D-2", 0))
    assert shipped(order)[0] == 3


def test_an_advice_that_is_undone_counts_no_more(account, order):
    first = despatched(account, advice("D-1", 3))
    second = despatched(account, advice("D-2", 2))
    with pytest.raises(Conflict):
        undo_import(first, by=None)
    undo_import(second, by=None)
    assert shipped(order)[0] == 3
    undo_import(first, by=None)
    assert shipped(order) == (None, None)
    despatched(account, advice("D-2", 2), advice("D-4", 1))
    assert shipped(order)[0] == 3


def test_the_same_advice_twice_in_a_file_adds_up_its_parcels(account, order):
    despatched(account, advice("D-1", 3), advice("D-1", 4))
    assert (shipped(order)[0], order.first().despatch) == (7, {"D-1": ["7.000", "2026-11-17"]})


@given(st.permutations([("D-1", 3), ("D-2", 2), ("D-3", 4), ("D-2", 2)]), st.sets(st.integers(1, 3)))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_neither_order_nor_splitting_of_advices_changes_what_is_shipped(account, order, advices, cuts):
    order.update(despatch={}, shipped=None, shipped_on=None)
    bounds = [0, *sorted(cuts), len(advices)]
    for start, end in pairwise(bounds):
        part = dict(advices[start:end])  # a message is once in a file
        despatched(account, *(advice(number, units) for number, units in part.items()))
    assert shipped(order) == (9, date(2026, 11, 17))


def test_a_table_of_order_lines_may_say_the_advice_of_each_part(account):
    facts.product(code="P-1")
    mapping = mapping_text("default_orders")
    head = "account,order_number,line_number,product,ordered_on,ordered,despatch,shipped\n"
    lines = "K-1,PO-7,1,P-1,2026-11-02,10,D-1,4\nK-1,PO-7,1,P-1,2026-11-02,10,D-2,5\n"
    assert take(head + lines, mapping, kind="orders").changes["new"] == 1
    line = OrderLine.objects.get(order_number="PO-7")
    assert (line.ordered, line.shipped, sorted(line.despatch)) == (10, 9, ["D-1", "D-2"])
    plain = "K-1,PO-7,1,P-1,2026-11-02,10,,8\n"  # says itself what was shipped, until the next advice
    assert take(head + plain, mapping, kind="orders").changes["changed"] == 1
    line.refresh_from_db()
    assert (line.shipped, sorted(line.despatch)) == (8, ["D-1", "D-2"])
    assert (
        take(head.replace(",shipped", ",note") + lines.splitlines(True)[0], mapping, kind="orders").state == "applied"
    )
    take(head + "K-1,PO-7,1,P-1,2026-11-02,10,D-3,1\n", mapping, kind="orders")
    line.refresh_from_db()
    assert line.shipped == 10


def test_an_advice_says_what_was_shipped():
    text = mapping_text("edifact_desadv").replace('shipped = "quantity"', "")
    with pytest.raises(MappingError) as refused:
        parse_mapping(text, "despatches")
    assert refused.value.key == "columns.shipped"


def test_a_ship_notice_is_also_a_shipment(account):
    ready("x12_856_shipments", NOTICE, account, "shipments")
    values = Shipment.objects.values_list("number", "order_number", "shipped_on", "promised_on", "units")
    assert list(values) == [("S-1", "PO-1", date(2026, 11, 17), date(2026, 11, 19), 10)]


def test_a_despatch_advice_is_both(account, order):
    lines = ("CPS+1", "LIN+1++P-1:SA", "QTY+12:7", "RFF+ON:PO-1:2")
    head = ("BGM+351+D-1+9", "DTM+137:20261116:102", "DTM+11:20261117:102")
    content = edi.edifact(edi.message("DESADV", *head, *lines))
    ready("edifact_desadv", content, account, "orders")
    ready("edifact_desadv_shipments", content, account, "shipments")
    assert order.values_list("shipped", flat=True).last() == Shipment.objects.get().units == 7


def test_an_acknowledgment_confirms(account, order):
    lines = (
        "BAK*00*AC*PO-1*20261102",
        "PO1*1*10*EA*2**VN*P-1",
        "ACK*IQ*6",
        "ACK*IB*2",
        "PO1*2*10*EA*2**VN*P-1",
        "ACK*IR",
    )
    ready("x12_855", edi.x12(edi.transaction("855", *lines)), account, "orders")
    assert list(order.values_list("confirmed", flat=True)) == [8, 0]


# Sales and stock.


def test_sales_and_stock_of_a_week_come_in_any_order(account):
    make.store(account, code="DC1")
    facts.product(gtin="036000291452")
    lines = ("XQ*H*20261108*20261114", "N1*ST*DC*92*DC1", "LIN**UP*036000291452")
    sold = edi.x12(edi.transaction("852", *lines, "ZA*QS*7*EA", "ZA*QA*9*EA"))
    assert ready("x12_852", sold, account, "sell_through").state == "applied"
    assert ready("x12_852_stock", sold, account, "stock").state == "applied"
    assert SellThrough.objects.values_list("week", "units", "stock").get() == (WEEK, 7, 9)
    assert StockLevel.objects.values_list("day", "on_hand").get() == (date(2026, 11, 14), 9)


def test_a_sales_report(account):
    make.store(account, code="5456789000024")
    facts.product(gtin="5412345000105")
    place = ("LOC+162+5456789000024::9", "DTM+356:2026110920261115:718")
    item = ("LIN+1++5412345000105:SRV", "MOA+203:21", "QTY+153:14")
    content = edi.edifact(edi.message("SLSRPT", "BGM+73E::9+1+9", "CUX+2:EUR:10", *place, *item))
    assert ready("edifact_slsrpt", content, account, "sell_through").state == "applied"
    assert SellThrough.objects.values_list("week", "units", "value").get() == (WEEK, 14, 21)


def test_a_day_does_not_pass_for_a_week(account):
    place = ("LOC+162+5456789000024::9", "DTM+356:2026110920261109:718")
    content = edi.edifact(edi.message("SLSRPT", "BGM+73E::9+1+9", *place, "LIN+1++5412345000105:SRV", "QTY+153:14"))
    batch = ready("edifact_slsrpt", content, account, "sell_through")
    assert ("week", "2026-11-09/2026-11-09", "date") in batch.errors.values_list("column", "value", "code")


def test_stock_on_hand_and_nothing_else(account):
    make.store(account, code="DC1")
    facts.product(gtin="5412345100102")
    lines = ("LIN+1++5412345100102:EN", "QTY+145:300", "LOC+18+DC1", "QTY+124:5", "LOC+18+DC1")
    content = edi.edifact(edi.message("INVRPT", "BGM+35+1+9", "DTM+366:20261115:102", *lines))
    batch = ready("edifact_invrpt", content, account, "stock")
    assert (batch.state, batch.rows, batch.ignored) == ("applied", 2, {"not stock on hand": 1})
    assert StockLevel.objects.values_list("day", "on_hand").get() == (date(2026, 11, 15), 300)


def test_what_is_assumed_counts_for_new_rows_only(account):
    make.store(account, code="A1PA6795UKMFR9")
    products("B1")
    entry = {"asin": "B1", "startDate": "2026-11-08", "endDate": "2026-11-14"}
    stock = edi.report(
        "GET_VENDOR_INVENTORY_REPORT",
        "inventoryByAsin",
        entry | {"sellableOnHandInventoryUnits": 90, "netReceivedInventoryUnits": 20},
    )
    sales = edi.report("GET_VENDOR_SALES_REPORT", "salesByAsin", entry | {"shippedUnits": 5})
    names = ("units", "stock", "receipts")
    ready("amazon_inventory_weeks", stock, account, "sell_through")
    assert SellThrough.objects.values_list(*names).get() == (0, 90, 20)
    ready("amazon_sales", sales, account, "sell_through")
    assert SellThrough.objects.values_list(*names).get() == (5, 90, 20)
    ready("amazon_inventory_weeks", stock.replace("90", "91"), account, "sell_through")
    assert SellThrough.objects.values_list(*names).get() == (5, 91, 20)


def test_rows_are_added_up_and_of_the_rest_the_last_counts(tmp_path):
    mapping = SELL_THROUGH + '[constants]\ncurrency = "EUR"\n'
    text = "account,store,product,week,units,value,stock\n" + "".join(
        f"A,S,{product},2026-11-16,{units},{value},{stock}\n"
        for product, units, value, stock in [("P", 1, "", 5), ("Q", 2, "", 1), ("P", 3, "", 6), ("P", 4, "2.5", "")]
    )
    result = check_file(write(tmp_path, text), parse_mapping('sums = ["units", "value"]\n' + mapping, "own"))
    found = result.frame.select("line", "product", "units", "value", "stock").rows()
    assert found == [(2, "P", 8, Decimal("2.50"), 6), (3, "Q", 2, None, 1)]
    assert (result.rows, result.accepted, complaints(result)) == (4, 4, [])


# The three ways in.


def test_a_report_over_the_page(client):
    manager = make.user(Role.ACCOUNT_MANAGER)
    client.force_login(manager)
    account = make.account(manager)
    feed = facts.feed(account, kind="sell_through", mapping="amazon_sales")
    make.store(account, code="A1PA6795UKMFR9")
    products("B1")
    entry = {"asin": "B1", "startDate": "2026-11-08", "endDate": "2026-11-14", "shippedUnits": 5}
    content = edi.report("GET_VENDOR_SALES_REPORT", "salesByAsin", entry)
    file = SimpleUploadedFile("whatever.xlsx", content.encode())
    client.post("/kpis/imports/new/", {"kind": "sell_through", "file": file, "feed": feed.code})
    assert process(batch_id=ImportBatch.objects.latest("pk").pk).state == "applied"
    assert SellThrough.objects.get().units == 5


def test_the_page_shows_the_place_of_a_fault(client):
    manager = make.user(Role.ACCOUNT_MANAGER)
    client.force_login(manager)
    batch = ready("edifact_invoic", invoice(*LINES[4:]), make.account(manager), "invoices")
    page = client.get(f"/kpis/imports/{batch.pk}/").content.decode()
    assert "There is no product “A-2”. Segment 6." in page


def test_an_x12_file_over_the_api():
    robot = make.user(Role.API_CLIENT)
    account = make.account(team=make.team(robot))
    _token, text = issue_token(user=robot, name="t", scopes=SCOPES, days=1, by=None)
    api = Api()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    products("A-1")
    content = edi.x12(edi.transaction("810", "BIG*20261116*R-1", "IT1**2*EA*5**VN*A-1", "IT1**x*EA*5**VN*A-1"))
    feed = facts.feed(account, kind="invoices", mapping="x12_810")

    def hand_in(content):
        file = SimpleUploadedFile("a.csv", content.encode())
        given = {"kind": "invoices", "feed": feed.pk, "file": file}
        batch = api.post("/api/v1/batches/", given, format="multipart").json()["id"]
        return f"/api/v1/batches/{batch}/", process(batch_id=batch).state

    url, state = hand_in(content)
    faults = api.get(f"{url}errors/").json()["results"]
    assert (state, [(fault["line"], fault["column"], fault["reason"]) for fault in faults]) == (
        "rejected",
        [
            (2, "quantity", "“x” is not a number. Segment 6, IT102."),
            (2, "value", "A value is required here. Segment 6."),
        ],
    )
    url, state = hand_in(content.replace("*x*", "*3*"))
    assert (state, api.get(url).json()["value"]) == ("applied", "25.00")


def test_an_edifact_file_over_the_command(tmp_path, account, capsys):
    products("A-2")
    facts.feed(account, code="edi", kind="invoices", mapping="edifact_invoic")
    call_command("import_file", "invoices", str(write(tmp_path, invoice(*LINES[4:]), "b.txt")), feed="edi")
    assert (capsys.readouterr().err, InvoiceLine.objects.get().value) == ("", 5)
