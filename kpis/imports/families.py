"""Which files are no table of text, told by how they begin and never by their name. No Django here."""

import re

LOCAL = b"PK\x03\x04"
OLDER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BOM = b"\xef\xbb\xbf"
WORKBOOK, EDIFACT, X12, JSON = "workbook", "edifact", "x12", "json"
BEGINNINGS = (
    (EDIFACT, re.compile(rb"UNA.{6}\s*UN[BH]|UNB([^\w\s])[A-Z]{4}(?!\1)[^\w\s]|UNH\+\w", re.DOTALL)),
    (X12, re.compile(rb"ISA([^\w ])..\1", re.DOTALL)),
    (JSON, re.compile(rb'\{\s*["}]|\[\s*[{\]]')),
)


def family_of(start: bytes) -> str | None:
    """The family of a file by its first bytes: a workbook or another archive, EDIFACT, X12, JSON; None for text."""
    if start.startswith((LOCAL, OLDER)):
        return WORKBOOK
    start = start.removeprefix(BOM).lstrip()
    return next((family for family, begins in BEGINNINGS if begins.match(start)), None)
