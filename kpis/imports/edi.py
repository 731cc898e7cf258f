"""An EDIFACT or X12 file to a table of text: what the process of `unfolding` does with one. No Django here."""

import re

from kpis.imports import edifact_layouts as edifact
from kpis.imports import x12_layouts as x12
from kpis.imports.envelopes import messages
from kpis.imports.refused import Refused, other_messages
from kpis.imports.rows import Table
from kpis.imports.segments import Text

LAYOUTS = {
    layout.message: layout
    for layout in (
        *(edifact.SLSRPT, edifact.INVRPT, edifact.ORDRSP, edifact.DESADV, edifact.INVOIC),
        *(x12.ACTIVITY, x12.ACKNOWLEDGMENT, x12.SHIP_NOTICE, x12.INVOICE),
    )
}
# The characters an EDIFACT file says it has; Latin 1 where it says none, or only those that all of them have.
ISO8859 = {"C": 1, "D": 2, "E": 5, "F": 7, "G": 3, "H": 4, "I": 6, "J": 8, "K": 9, "L": 15}
CHARSETS = {f"UNO{letter}": f"iso8859-{number}" for letter, number in ISO8859.items()}
CHARSETS |= {"UNOW": "utf-8", "UNOY": "utf-8", "UNOX": "iso2022_jp_2"}
SYNTAX = re.compile(rb"UNB[^\w](\w{4})")
BEGINNING = 1024
MOST_KINDS = 20


def write(asked: dict, out) -> None:
    """The line items of the wanted messages as a table into a file. Raises Refused."""
    layout = LAYOUTS.get(asked["message"])
    encoding = asked["encoding"] or _encoding(asked["path"])
    table = Table(out, asked["family"], layout.columns if layout else {})
    found = {}
    with open(asked["path"], encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        for message in messages(Text(file, encoding), asked["family"]):
            found[message.type] = found.get(message.type, 0) + 1
            if len(found) > MOST_KINDS:
                raise Refused("message_kinds", most=MOST_KINDS)
            if layout is not None and message.type == layout.message:
                table.write(layout.read(message.reference, message.segments))
            for _segment in message.segments:
                pass
    if layout is None or layout.message not in found:
        told = {name: f"{name[:20]} × {count}" for name, count in found.items()}
        raise other_messages(asked["message"], told, LAYOUTS)
    del found[layout.message]
    table.close(found)


def _encoding(path):
    with open(path, "rb") as file:
        said = SYNTAX.search(file.read(BEGINNING))
    return CHARSETS.get(said[1].decode("ascii", "replace"), "iso8859-1") if said else "iso8859-1"
