"""The archive that a workbook is: refused by what it really holds, before anybody parses it.

Its headers may lie, so every entry is inflated and counted, and nothing is kept. It runs in the process of `sheet`,
which knows no Django.
"""

import stat
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from kpis.imports.families import LOCAL
from kpis.imports.refused import Refused

MOST_ENTRIES = 2_000
MOST_BYTES = 200 << 20
MOST_RATIO = 100
RATIO_FROM = 10 << 20
MOST_DIRECTORY = 1 << 20
END, END_SIZE, LONGEST_COMMENT = b"PK\x05\x06", 22, 0xFFFF
LOCAL_SIZE = 30
ARCHIVES = (LOCAL, b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd", b"7z\xbc\xaf", b"Rar!")
DOCTYPES = tuple(w.encode(code) for w in ("<!DOCTYPE", "<!ENTITY") for code in ("ascii", "utf-16-le", "utf-16-be"))
PIECE = 1 << 16
GROWN = 1 << 20
OVERLAP = 32
ENCRYPTED = 0x1


@dataclass
class Contents:
    """What was found: names of all entries, and of those that hold cells with errors."""

    names: set[str] = field(default_factory=set)
    with_errors: set[str] = field(default_factory=set)
    inflated: int = 0


def inspect(path: Path) -> Contents:
    """Inflate every entry and look at it. Raises Refused for a bomb and for what has no place in a workbook."""
    size = path.stat().st_size
    found = Contents()
    with path.open("rb") as file:
        for entry in _entries(file, size):
            _refuse_entry(entry)
            found.names.add(entry.filename)
            _look_into(file, entry, size, found)
    return found


def _entries(file, size):
    """The entries of the directory, whose own size is looked at before it is read."""
    tail_size = min(size, END_SIZE + LONGEST_COMMENT)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < END_SIZE:
        raise Refused("broken_workbook")
    number, directory = (int.from_bytes(tail[at + a : at + b], "little") for a, b in ((10, 12), (12, 16)))
    if number > MOST_ENTRIES or directory > MOST_DIRECTORY:
        raise Refused("archive_entries", most=MOST_ENTRIES)
    try:
        entries = zipfile.ZipFile(file).infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        raise Refused("broken_workbook") from problem
    if len(entries) > MOST_ENTRIES:
        raise Refused("archive_entries", most=MOST_ENTRIES)
    return entries


def _refuse_entry(entry):
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
        raise Refused("archive_path", name=entry.filename[:100])
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused("archive_link", name=entry.filename[:100])
    if entry.flag_bits & ENCRYPTED:
        raise Refused("encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refused("broken_workbook")


def _look_into(file, entry, size, found):
    tail = b""
    for number, piece in enumerate(_inflated(file, entry)):
        found.inflated += len(piece)
        _refuse_bomb(found.inflated, size)
        if not number and piece.startswith(ARCHIVES):
            raise Refused("archive_nested", name=entry.filename[:100])
        text = tail + piece
        if b"!" in text and any(word in text for word in DOCTYPES):
            raise Refused("archive_entity", name=entry.filename[:100])
        if b'"e"' in text or b"'e'" in text:
            found.with_errors.add(entry.filename)
        tail = text[-OVERLAP:]


def _refuse_bomb(inflated, size):
    if inflated > MOST_BYTES:
        raise Refused("archive_size", most=MOST_BYTES >> 20)
    if inflated > RATIO_FROM and inflated > size * MOST_RATIO:
        raise Refused("archive_ratio", most=MOST_RATIO)


def _inflated(file, entry):
    """What an entry holds, piece by piece, whatever size its headers declare."""
    file.seek(entry.header_offset)
    head = file.read(LOCAL_SIZE)
    if not head.startswith(LOCAL) or len(head) < LOCAL_SIZE:
        raise Refused("broken_workbook")
    file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    raw = _raw(file, entry.compress_size)
    return raw if entry.compress_type == zipfile.ZIP_STORED else _deflated(raw)


def _raw(file, left):
    while left > 0 and (piece := file.read(min(PIECE, left))):
        left -= len(piece)
        yield piece


def _deflated(raw):
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in raw:
            while piece and not engine.eof:
                if grown := engine.decompress(piece, GROWN):
                    yield grown
                piece = engine.unconsumed_tail
        if rest := engine.flush():
            yield rest
    except zlib.error as problem:
        raise Refused("broken_workbook") from problem
