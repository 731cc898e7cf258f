"""The bytes of a file to UTF-8: which encoding it has, and a copy where it has another."""

import codecs
import tempfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

from kpis.imports import sniff
from kpis.imports.errors import UnusableFile
from kpis.imports.mapping import Format

PIECE = 1 << 20


def beginning(path) -> bytes:
    """The first bytes of a file. Raises UnusableFile when it is missing or empty."""
    try:
        with open(path, "rb") as file:
            start = file.read(sniff.SAMPLE)
    except OSError as problem:
        raise UnusableFile("no_file", path=Path(path).name) from problem
    if not start.strip():
        raise UnusableFile("empty")
    return start


def encoding(path, form: Format, start: bytes) -> tuple[str, dict[str, str]]:
    """The encoding said or found, and what was guessed. Raises UnusableFile."""
    sniff.refuse_other(start)
    sure = sniff.encoding_by_bytes(start)
    if sure:
        return sure, {}
    if form.encoding:
        return _said(path, form.encoding), {}
    found = "utf-8" if sniff.is_utf8(path) else "cp1252"
    return found, {} if found == "utf-8" else {"encoding": found}


def _said(path, encoding):
    if not sniff.is_text_encoding(encoding):
        raise UnusableFile("unknown_encoding", encoding=encoding)
    name = codecs.lookup(encoding).name
    if name in ("cp1252", "iso8859-1", "iso8859-15") and not _is_ascii(path) and sniff.is_utf8(path):
        raise UnusableFile("looks_utf8", encoding=encoding)
    return encoding


def _is_ascii(path):
    with open(path, "rb") as file:
        return all(piece.isascii() for piece in iter(lambda: file.read(1 << 20), b""))


def as_utf8(path, encoding: str) -> BinaryIO:
    """The file itself where it is UTF-8 with usual line breaks, else a rewritten copy that vanishes when closed."""
    file = open(path, "rb")  # noqa: SIM115 (closed by Source.close)
    start = file.read(sniff.SAMPLE)
    file.seek(3 if encoding == "utf-8-sig" else 0)
    old_mac = b"\r" in start and b"\n" not in start and encoding.startswith("utf-8")
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii") and not old_mac:
        return file
    copy = tempfile.TemporaryFile()  # noqa: SIM115 (closed by Source.close)
    try:
        with file:
            _rewrite(file, encoding, copy)
    except UnusableFile:
        copy.close()
        raise
    return copy


def _rewrite(file, encoding, copy):
    """Write the file to a copy as UTF-8, with line feeds where it only has carriage returns."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    only_cr = None
    while True:
        piece = file.read(PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeError as problem:
            before = piece[: getattr(problem, "start", 0)].decode(encoding, "replace")
            raise UnusableFile("encoding", encoding=encoding, line=line + before.count("\n")) from problem
        only_cr = "\r" in text and "\n" not in text if only_cr is None else only_cr
        text = text.replace("\r", "\n") if only_cr else text
        line += text.count("\n")
        copy.write(text.encode())
        if not piece:
            break
    copy.seek(0)


def is_bare(text: bytes, mark: str) -> bool:
    """Whether rows of cells between marks hold no white space and nothing that cannot be printed, line ends aside."""
    if not text.isascii() or b"\x7f" in text:
        return False
    between = text.count(b"\n") + text.count(b"\r\n") + (text.count(mark.encode()) if mark <= " " else 0)
    return np.count_nonzero(np.frombuffer(text, np.uint8) <= ord(" ")) == between


def line_breaks(file: BinaryIO, start: int) -> int:
    """How many lines a file has from a place on, where it is read next: its rows, where none holds a line break."""
    file.seek(start)
    count, last = 0, b"\n"
    while piece := file.read(PIECE):
        count, last = count + piece.count(b"\n"), piece[-1:]
    file.seek(start)
    return count + (last != b"\n")
