"""The EDIFACT messages that are read, as EANCOM and its directories D.93A to D.10A write them. No Django here."""

from kpis.imports.layouts import Layout, Row, Value
from kpis.imports.taking import (
    day,
    edifact,
    negative,
    number,
    period_end,
    period_start,
    price,
    product,
    week,
)

GTIN, OF_BUYER, OF_SUPPLIER = {"EN", "SRV", "UP", "UA"}, {"BP", "IN"}, {"MF", "MP", "SA", "VN"}
CREDITS = {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"}
ACCEPTED, REFUSED = {"5", "29"}, {"2", "7", "27"}


def _items():
    """The numbers an item goes by: of LIN one, of PIA up to five."""
    for column, kinds in (("gtin", GTIN), ("buyer_item", OF_BUYER), ("supplier_item", OF_SUPPLIER), ("item", None)):
        yield Value(column, "LIN", _number_of(kinds, range(3, 4)), "LIN 7140")
        yield Value(column, "PIA", _number_of(kinds, range(2, 7)), "PIA 7140")


def _number_of(kinds, elements):
    def take(segment):
        found = (at for at in elements if kinds is None or segment.get(at, 2) in kinds)
        return next((text for at in found if (text := segment.get(at))), "")

    return take


DOCUMENT = (
    edifact("document", "BGM 2.1"),
    edifact("document_code", "BGM 1.1"),
    edifact("document_date", "DTM+3|137 1.2", day),
)
PARTIES = (
    edifact("buyer", "NAD+BY 2.1"),
    edifact("seller", "NAD+SE|SU 2.1"),
    edifact("ship_to", "NAD+DP|ST 2.1"),
    edifact("bill_to", "NAD+BT|IV 2.1"),
)
LINE = (edifact("line_number", "LIN 1.1"), *_items(), edifact("description", "IMD+A|B|C|F 3.4"))
ORDER = (
    edifact("order_number", "RFF+ON 1.2"),
    edifact("order_line", "RFF+ON 1.3"),
    edifact("order_line", "RFF+LI 1.2"),
    edifact("order_date", "DTM+171 1.2", day),
)
MONEY = (
    edifact("currency", "CUX+1|2 1.2"),
    edifact("price", "PRI+AAA 1.2", price),
    edifact("?price", "PRI+CAL|INV 1.2", price),
)
UNIT = edifact("unit", "QTY 1.3")


def _invoiced(row: Row) -> None:
    row.setdefault("value", product(row.get("quantity", ""), row.get("price", "")))
    if row.get("document_code") in CREDITS:
        row.update({name: negative(row[name]) for name in ("quantity", "value") if name in row})


INVOIC = Layout(
    "INVOIC",
    (
        *DOCUMENT,
        *PARTIES,
        *ORDER,
        *LINE,
        edifact("quantity", "QTY+47 1.2", number),
        edifact("?quantity", "QTY+12 1.2", number),
        UNIT,
        *MONEY,
        edifact("value", "MOA+203 1.2", number),
        edifact("?value", "MOA+66 1.2", number),
    ),
    levels={"LIN": 1},
    stop=("UNS",),
    finish=_invoiced,
)


def _confirmed(row: Row) -> None:
    action = row.get("action") or row.get("function", "")
    if action in REFUSED:
        row["confirmed"] = "0"
    elif action in ACCEPTED and "ordered" in row:
        row.setdefault("confirmed", row["ordered"])


ORDRSP = Layout(
    "ORDRSP",
    (
        *DOCUMENT,
        Value("function", "BGM", lambda segment: segment.get(3), "BGM 1225"),
        *PARTIES,
        *ORDER,
        *LINE,
        edifact("action", "LIN 2.1"),
        edifact("ordered", "QTY+21 1.2", number),
        edifact("confirmed", "QTY+113 1.2", number),
        edifact("?confirmed", "QTY+12 1.2", number),
        UNIT,
        edifact("promised_on", "DTM+17|67|69 1.2", day),
        *MONEY,
    ),
    levels={"LIN": 1},
    stop=("UNS",),
    finish=_confirmed,
)

DESADV = Layout(
    "DESADV",
    (
        *DOCUMENT,
        *PARTIES,
        *ORDER,
        edifact("shipped_on", "DTM+11 1.2", day),
        edifact("expected_on", "DTM+17 1.2", day),
        *LINE,
        edifact("quantity", "QTY+12 1.2", number),
        UNIT,
    ),
    levels={"CPS": 1, "LIN": 2},
    rows=2,
    stop=("CNT",),
)

SLSRPT = Layout(
    "SLSRPT",
    (
        *DOCUMENT,
        edifact("reporter", "NAD+BY|FR|GY|SE 2.1"),
        edifact("supplier", "NAD+SU 2.1"),
        edifact("store", "LOC 2.1"),
        edifact("period_start", "DTM+356 1.2", period_start),
        edifact("period_start", "DTM+90|194 1.2", day),
        edifact("period_end", "DTM+356 1.2", period_end),
        edifact("period_end", "DTM+91|206 1.2", day),
        *LINE,
        edifact("sold", "QTY+153 1.2", number),
        edifact("returned", "QTY+61|77 1.2", number),
        edifact("stock", "QTY+17|145 1.2", number),
        UNIT,
        *MONEY,
        edifact("value", "MOA+203 1.2", number),
    ),
    levels={"LOC": 1, "LIN": 2},
    rows=2,
    stop=("UNS", "CNT"),
    finish=week,
    computed=("week",),
)


INVRPT = Layout(
    "INVRPT",
    (
        *DOCUMENT,
        edifact("reporter", "NAD+BY|FR|GY|SE 2.1"),
        edifact("supplier", "NAD+SU 2.1"),
        edifact("stock_date", "DTM+91|179|206|366 1.2", day),
        *LINE,
        edifact("quantity_code", "QTY 1.1"),
        edifact("quantity", "QTY 1.2", number),
        UNIT,
        edifact("store", "LOC 2.1"),
        edifact("store", "NAD+WH 2.1"),
    ),
    levels={"LIN": 1, "QTY": 2},
    rows=2,
    stop=("UNS", "CNT"),
)
