"""Which of our mappings reads an EDI file or a report, told by what it begins with, so that nobody needs to choose."""

import re
from functools import cache
from typing import BinaryIO

from kpis.imports.families import EDIFACT, JSON, X12, family_of
from kpis.imports.sniff import SAMPLE
from kpis.imports.toml import FOLDER, MESSAGES, parse_mapping

TYPES = {
    EDIFACT: re.compile(rb"UNH(.).{1,40}?\1([A-Z]{6})\W", re.DOTALL),
    X12: re.compile(rb"\WST([^\w\s])(\d{3})\1"),
    JSON: re.compile(rb'"report(T)ype"\s*:\s*"(\w+)"'),
}


def ready_mapping(kind: str, file: BinaryIO) -> str | None:
    """The mapping for a kind and the first message of a file that is wanted for it; None for all other files."""
    if not file.seekable():
        return None
    start = file.read(SAMPLE)
    file.seek(0)
    found = TYPES[family].finditer(start) if (family := family_of(start)) in TYPES else ()
    names = (_ready().get((kind, match[2].decode("ascii", "replace"))) for match in found)
    return next((name for name in names if name), None)


@cache
def _ready():
    """The names of our mappings for messages, by kind and message."""
    mappings = (parse_mapping(path.read_text("utf-8"), path.stem) for path in sorted(FOLDER.glob("*.toml")))
    return {(m.kind.name, m.format.message): m.name for m in mappings if m.format.message in MESSAGES}
