"""The X12 transaction sets that are read, as retailers write 3040 to 5010. No Django here."""

from collections.abc import Iterable, Iterator

from kpis.imports.layouts import Layout, Row, Value, activity_items, merged, shipped_items
from kpis.imports.segments import Segment
from kpis.imports.taking import day, negative, per, product, week, x12

GTIN, OF_BUYER, OF_SUPPLIER = (
    {"EN", "EO", "UA", "UK", "UP"},
    {"BP", "CB", "IN", "SK"},
    {"MF", "MG", "VA", "VC", "VN", "VP"},
)
OF_ORDER = {"PL"}
BASES = {"HP": "100", "TP": "1000"}
CREDITS = {"CN", "CR"}
REJECTED = {"ID", "IR", "R1", "R2", "R3", "R4"}
ALL_ACCEPTED, ALL_REJECTED = {"AD", "AP", "AT"}, {"RD", "RJ"}


def _items(tag: str, first: int) -> Iterator[Value]:
    """The numbers an item goes by: pairs of qualifier and number from an element on."""
    for column, kinds in (("gtin", GTIN), ("buyer_item", OF_BUYER), ("supplier_item", OF_SUPPLIER), ("item", None)):
        yield Value(column, tag, _number_of(kinds, first), f"{tag}{first + 1:02}")
    yield Value("order_line", tag, _number_of(OF_ORDER, first), f"{tag}{first + 1:02}")


def _number_of(kinds, first):
    def take(segment):
        pairs = ((segment.get(at), segment.get(at + 1)) for at in range(first, len(segment), 2))
        return next((text for kind, text in pairs if text and (kind in kinds if kinds else kind not in OF_ORDER)), "")

    return take


def _price(text, segment):
    basis = BASES.get(segment.get(5))
    return per(text, basis) if basis else text


PARTIES = (
    x12("buyer", "N104 BY"),
    x12("seller", "N104 RE|SE|SF|SU|VN"),
    x12("ship_to", "N104 ST"),
    x12("bill_to", "N104 BT"),
)
DESCRIPTION = x12("description", "PID05 F")


def _invoiced(row: Row) -> None:
    row["value"] = product(row.get("quantity", ""), row.get("price", ""))
    if row.get("document_code") in CREDITS:
        row.update({name: negative(row[name]) for name in ("quantity", "value") if name in row})


INVOICE = Layout(
    "810",
    (
        x12("document", "BIG02"),
        x12("document_code", "BIG07"),
        x12("document_date", "BIG01", day),
        *PARTIES,
        x12("order_number", "BIG04"),
        x12("order_date", "BIG03", day),
        x12("currency", "CUR02"),
        x12("line_number", "IT101"),
        *_items("IT1", 6),
        DESCRIPTION,
        x12("quantity", "IT102"),
        x12("unit", "IT103"),
        x12("price", "IT104", _price),
    ),
    levels={"IT1": 1},
    stop=("TDS",),
    finish=_invoiced,
    computed=("value",),
)


def _acknowledged(layout: Layout, header: Row, segments: Iterable[Segment]) -> Iterator[Row]:
    """One row for each answer (ACK) to a line, and one for a line without any."""
    line, answers = None, []
    for segment in segments:
        if segment.tag == "PO1":
            yield from _answers(header, line, answers)
            line, answers = {"position": str(segment.number)}, []
        if segment.tag == "ACK" and line is not None:
            answers.append({"position": str(segment.number)})
        layout.note(segment, next((group for group in (*answers[-1:], line) if group is not None), header))
    yield from _answers(header, line, answers)


def _answers(header, line, answers):
    if line is not None:
        yield from (merged((header, line, answer)) for answer in answers or [{}])


def _confirmed(row: Row) -> None:
    """What is confirmed: the quantity of the answer, else the ordered one where it was accepted."""
    status, whole = row.get("status"), row.get("document_code", "")
    if status in REJECTED or (not status and whole in ALL_REJECTED):
        row["confirmed"] = "0"
    elif "ordered" in row and (status or whole in ALL_ACCEPTED):
        row.setdefault("confirmed", row["ordered"])


ACKNOWLEDGMENT = Layout(
    "855",
    (
        x12("document_code", "BAK02"),
        x12("document_date", "BAK09", day),
        *PARTIES,
        x12("order_number", "BAK03"),
        x12("order_date", "BAK04", day),
        x12("currency", "CUR02"),
        x12("line_number", "PO101"),
        *_items("PO1", 6),
        DESCRIPTION,
        x12("ordered", "PO102"),
        x12("unit", "PO103"),
        x12("price", "PO104", _price),
        x12("status", "ACK01"),
        x12("confirmed", "ACK02"),
        x12("promised_on", "ACK05", day),
    ),
    special=_acknowledged,
    finish=_confirmed,
)

SHIP_NOTICE = Layout(
    "856",
    (
        x12("document", "BSN02"),
        x12("document_code", "BSN01"),
        x12("document_date", "BSN03", day),
        *PARTIES,
        x12("order_number", "PRF01"),
        x12("order_date", "PRF04", day),
        x12("shipped_on", "DTM02 011", day),
        x12("expected_on", "DTM02 017", day),
        x12("line_number", "LIN01"),
        x12("line_number", "SN101"),
        *_items("LIN", 2),
        DESCRIPTION,
        x12("quantity", "SN102"),
        x12("unit", "SN103"),
    ),
    special=shipped_items,
)

ACTIVITY = Layout(
    "852",
    (
        x12("document_date", "XQ02", day),
        x12("period_start", "XQ02", day),
        x12("period_end", "XQ03", day),
        *PARTIES,
        x12("store", "N104 ST|WH"),
        x12("currency", "CUR02"),
        x12("line_number", "LIN01"),
        *_items("LIN", 2),
        DESCRIPTION,
    ),
    special=activity_items,
    finish=week,
    computed=("sold", "stock", "received", "returned", "on_order", "in_transit", "week"),
)
