"""Finds out how a file is written where the mapping does not say, and refuses what is no text at all."""

import codecs
import csv
from collections import Counter

from kpis.imports.errors import UnusableFile

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
DELIMITERS = (",", ";", "\t", "|", "^", ":", "~")
COMPRESSED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd", b"7z\xbc\xaf", b"Rar!")
PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<head")
SAMPLE = 1 << 16
NO_TEXT = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}


def refuse_other(start: bytes) -> None:
    """Raises UnusableFile for a compressed file, a picture, a web page or a PDF, told by its first bytes."""
    if start.startswith(COMPRESSED):
        raise UnusableFile("compressed")
    if start.startswith(PICTURES):
        raise UnusableFile("picture")
    if start.startswith(b"%PDF-"):
        raise UnusableFile("document")
    if start.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(MARKUP):
        raise UnusableFile("markup")


def is_text_encoding(name: str) -> bool:
    """Whether this is an encoding of text; codecs that unpack or decode something else (`zip`, `hex`) are none."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return found._is_text_encoding and found.name not in NO_TEXT


def encoding_by_bytes(start: bytes) -> str | None:
    """The encoding that a byte order mark, or the pattern of NUL bytes of UTF-16 without one, gives away."""
    for bom, encoding in BOMS:
        if start.startswith(bom):
            return encoding
    return _utf16_without_bom(start)


def _utf16_without_bom(start):
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if odd > len(start) * 0.4 and not even:
        return "utf-16-le"
    if even > len(start) * 0.4 and not odd:
        return "utf-16-be"
    return None


def is_utf8(path) -> bool:
    """Whether the whole file decodes as UTF-8; reads it in pieces."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open(path, "rb") as file:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(sample: str, quote: str | None, names=(), skip: int = 0) -> str | None:
    """The delimiter of a sample of text: the one whose header holds most of the expected names, else the steadiest.

    None when no candidate splits the lines at all.
    """
    lines = sample.splitlines()[skip : skip + 60]
    scores = {candidate: _score(lines, candidate, quote, names) for candidate in DELIMITERS}
    best = max(scores, key=scores.get)
    return best if scores[best][1] else None


def _score(lines, delimiter, quote, names):
    """(expected names found in the first line, share of lines as wide as most, width): larger is better."""
    options = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, **options) if row]
    except csv.Error:
        return (0, 0, 0)
    if not rows:
        return (0, 0, 0)
    found = len({cell.strip().casefold() for cell in rows[0]} & {str(name).casefold() for name in names})
    width, times = Counter(map(len, rows)).most_common(1)[0]
    return (found, round(times / len(rows), 2), width) if width > 1 else (0, 0, 0)
