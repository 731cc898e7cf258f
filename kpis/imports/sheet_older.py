"""Cells of an XLS sheet that hold an error, such as #N/A: the reader gives them as empty, so they are looked for here.

An XLS file is a small file system, one of whose files is a list of records. What is not as it should be is passed over:
the reader itself has refused what cannot be read. It runs in the process of `sheet`. No Django here.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WORDS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!",
    0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip
BOOKS = ("workbook", "book")
HEADER, ENTRY, SMALL = 512, 128, 64
SECTORS = {9: 512, 12: 4096}
LAST = 0xFFFFFFFA
BOUND_SHEET, END, FORMULA, BOOL_OR_ERROR = 0x85, 0x0A, 0x06, 0x205
PLACED = 4  # bytes of a sheet's record that say where it begins
IS_ERROR = 2


def errors_of(path: Path, position: int) -> dict[int, list[tuple[int, str]]]:
    """(column, word) of the cells with errors of the sheet in that position, by row; all of them from 0."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        book = _Files(content).named(BOOKS) if len(content) >= HEADER else b""
    sheets = [data for code, data in _records(book, 0) if code == BOUND_SHEET and len(data) >= PLACED]
    if position >= len(sheets):
        return {}
    found: dict[int, list[tuple[int, str]]] = {}
    for code, data in _records(book, struct.unpack_from("<I", sheets[position])[0]):
        if word := _word(code, data):
            row, column = struct.unpack_from("<HH", data)
            found.setdefault(row, []).append((column, word))
    return found


def _word(code, data):
    """The error that a record of a cell holds; None where it holds none."""
    if code == BOOL_OR_ERROR and len(data) >= 8 and data[7]:
        return WORDS.get(data[6])
    if code == FORMULA and len(data) >= 14 and data[12:14] == b"\xff\xff" and data[6] == IS_ERROR:
        return WORDS.get(data[8])
    return None


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """(code, content) of the records from a position on, up to the one that ends them."""
    while at + 4 <= len(book):
        code, size = struct.unpack_from("<HH", book, at)
        if code == END:
            return
        yield code, book[at + 4 : at + 4 + size]
        at += 4 + size


@dataclass
class _Entry:
    name: str
    start: int
    size: int


class _Files:
    """The files in an XLS file, which are chains of sectors; small ones are chains within the file of its root."""

    def __init__(self, content):
        self.content = content
        self.sector = SECTORS.get(struct.unpack_from("<H", content, 30)[0], HEADER)
        directory, self.cutoff, small = (struct.unpack_from("<I", content, at)[0] for at in (48, 56, 60))
        self.table = self._table()
        self.entries = list(_entries(self._chain(directory)))
        self.small_table = _numbers(self._chain(small))

    def named(self, names) -> bytes:
        """The file of one of these names; empty where there is none."""
        entry = next((entry for entry in self.entries if entry.name.casefold() in names), None)
        if entry is None:
            return b""
        if entry.size >= self.cutoff:
            return self._chain(entry.start)[: entry.size]
        root = self._chain(self.entries[0].start)
        places = (place * SMALL for place in _places(self.small_table, entry.start))
        return b"".join(root[place : place + SMALL] for place in places)[: entry.size]

    def _table(self):
        """Which sector follows each: its own sectors stand in the header and in a chain that goes on from there."""
        following, _most, *parts = struct.unpack_from("<111I", self.content, 68)
        most = len(self.content) // self.sector // (self.sector // 4) + 1
        while following < LAST and len(parts) < most:
            *more, following = _numbers(self._sector(following)) or [LAST]
            parts += more
        return _numbers(b"".join(self._sector(part) for part in parts[:most] if part < LAST))

    def _chain(self, start):
        return b"".join(self._sector(place) for place in _places(self.table, start))

    def _sector(self, place):
        at = (place + 1) * self.sector
        return self.content[at : at + self.sector]


def _entries(directory):
    for at in range(0, len(directory) - ENTRY + 1, ENTRY):
        length, start, size = struct.unpack_from("<64xH50xII", directory, at)
        name = directory[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
        yield _Entry(name, start, size)


def _places(table, start):
    """A chain of sectors, which ends where it comes to no sector or has become as long as all of them."""
    for _n in range(len(table)):
        if start >= len(table):
            return
        yield start
        start = table[start]


def _numbers(data):
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
