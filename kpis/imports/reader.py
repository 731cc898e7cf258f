"""A delimited file, a sheet of a workbook or the items of a message to columns of text, in batches, with their lines.

The columnar reader takes pieces of a megabyte that end at a line break. It is believed only where the number of
line breaks and of delimiters proves that every row has every column and no row spans lines; from the first piece where
that fails, a row-by-row reader goes on, which survives quoted line breaks, stray quotes and ragged rows.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import polars as pl

from kpis.imports import decode, sniff, workbook
from kpis.imports.errors import UnusableFile
from kpis.imports.headers import folded, named
from kpis.imports.mapping import Format
from kpis.imports.sheet_cells import BREAK, CELL
from kpis.imports.workbook import Writing

PIECE = 1 << 20
ROWS = 50_000
LONGEST_FIELD = 1_000_000
STANDINS = "\x1f\x1e\x1d\x1c\x02\x03"
LINE = "line"
# The part of a row's number that is its line; above it may stand the column that it was made of, see `wide`.
LINES = (1 << 32) - 1


@dataclass(frozen=True)
class Message:
    """What is told of an EDI file or a report: where its columns stand in it, how many messages were ignored."""

    family: str
    columns: dict[str, str]
    ignored: dict[str, int]


@dataclass
class Source:
    """An opened file: UTF-8 bytes from `body` on, cut by one-character `mark`s into `width` columns named `names`.

    `ragged` collects (line, width, cells) of rows of another width, the cells only with `keeps_ragged`; `notes` are
    codes and parameters of what is worth knowing, such as what the mapping left open. `line_break` stands for line
    breaks inside cells where there is no quote to hold them. `message` is there where the rows are line items of one,
    `sheet` (see `workbook.ask`) where they are those of one. `bare`: first lines of frames without anything to strip.
    """

    file: BinaryIO
    encoding: str
    delimiter: str
    quote: str | None
    mark: str
    row_end: str = ""
    names: tuple[str, ...] = ()
    width: int = 0
    body: int = 0
    first_line: int = 1
    notes: list[tuple[str, dict]] = field(default_factory=list)
    ragged: list[tuple[int, int, list[str]]] = field(default_factory=list)
    keeps_ragged: bool = False
    line_break: str = ""
    message: Message | None = None
    sheet: dict | None = None
    bare: set[int] = field(default_factory=set)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    @property
    def schema(self) -> dict[str, type[pl.String]]:
        """The columns of its frames, all of them text."""
        return {column(position): pl.String for position in range(self.width)}

    @property
    def headers(self) -> tuple[str, ...]:
        """What stands above the columns, or their numbers where there is no header."""
        return self.names or tuple(str(position + 1) for position in range(self.width))

    def shown(self, position: int) -> str:
        """The name of a column by its position from 0, cut to what is kept, or its number where there is no header."""
        return self.names[position][:200] if self.names else str(position + 1)


def column(position: int) -> str:
    """The name of a column of the frames, by its position from 0."""
    return f"c{position}"


def open_source(path: Path, form: Format, names=(), writing: Writing | None = None, most: int | None = None) -> Source:
    """Open a file as the format says, finding out what it leaves open; `names` are the headers hoped for.

    Workbooks, EDI and JSON are known by their first bytes; numbers and dates of a workbook become text as `writing`
    says, of a sheet at `most` so many rows. Raises UnusableFile when the file is missing, empty, none of these, wrongly
    encoded, broken, or ends before its header.
    """
    start = decode.beginning(path)
    if workbook.is_folded(start):
        file, facts = workbook.open_text(path, form, names, writing or Writing(), most)
        opened = _open_message if "columns" in facts else _open_sheet
        return _closing(file, lambda: opened(file, facts, form))
    encoding, guessed = decode.encoding(path, form, start)
    file = decode.as_utf8(path, encoding)
    return _closing(file, lambda: _open(file, encoding, guessed, form, names))


def _closing(file, opening):
    """What `opening` makes of a file, which is closed where it cannot."""
    try:
        return opening()
    except BaseException:
        file.close()
        raise


def _open_sheet(file, facts, form):
    source = Source(file, "utf-8", CELL, None, CELL, notes=list(_notes(facts)), line_break=BREAK, sheet=facts)
    _read_header(source, form)
    return source


def _notes(facts):
    if facts["others"]:
        yield "sheet_chosen", {"sheet": facts["sheet"], "others": facts["others"]}
    if facts["hidden"]:
        yield "sheets_hidden", {"hidden": facts["hidden"]}
    if facts["merged"]:
        yield "cells_merged", {"area": facts["merged"]}


def _open_message(file, facts, _form):
    """The table of line items, which are counted from 1."""
    source = Source(file, "utf-8", CELL, None, CELL, line_break=BREAK, message=Message(**facts))
    _read_header(source, Format())
    source.first_line = 1
    return source


def _open(file, encoding, guessed, form, names):
    sample = _sample(file)
    skip = max(form.header - 1, 0)
    delimiter = form.delimiter or sniff.delimiter_of(sample, form.quote, names, skip) or ","
    if form.delimiter is None:
        guessed["delimiter"] = visible(delimiter)
    notes = [(f"guessed_{what}", {what: found}) for what, found in guessed.items()]
    source = Source(file, encoding, delimiter, form.quote, _mark(sample, delimiter), form.row_end, notes=notes)
    _read_header(source, form)
    return source


def _sample(file):
    """The beginning as text; what is no UTF-8 in it is left to the reading itself to complain of."""
    start = file.tell()
    sample = file.read(sniff.SAMPLE)
    file.seek(start)
    return sample.decode("utf-8", "replace")


def _mark(sample, delimiter):
    """One character that stands in for a delimiter of several."""
    if len(delimiter) == 1:
        return delimiter
    return next(mark for mark in STANDINS if mark not in sample)


def visible(delimiter: str) -> str:
    """A delimiter as people call it."""
    return {"\t": "TAB"}.get(delimiter, delimiter)


def _read_header(source, form):
    """Skip to the header and read it, or the width of the first row where there is none."""
    header, start = form.header, source.file.tell()
    lines = _Lines(source)
    rows = _rows(source, lines)
    above = deque(islice(lines, max(header - 1, 0)), maxlen=form.header_lines - 1)
    if lines.line < header - 1:
        raise UnusableFile("no_header", line=header)
    first = next(rows, None)
    while first == [] and not header:
        first = next(rows, None)
    if not first:
        raise _without_header(first, header)
    source.width = len(first)
    if header:
        upper = [next(_rows(source, [line]), []) for line in above]
        source.names = folded(tuple(tuple(_name(source, name) for name in line) for line in (*upper, first)))
        source.body, source.first_line = lines.position, lines.line + 1
    else:
        source.body, source.first_line = start, 1
    source.file.seek(source.body)


def _without_header(first, header):
    if not header:
        return UnusableFile("empty")
    return UnusableFile("no_header" if first is None else "blank_header", line=header)


def _name(source, name):
    return named(name.replace(source.line_break, "\n") if source.line_break else name)


class _Lines:
    """The physical lines of a source, decoded; knows the line last given, and where the next begins."""

    def __init__(self, source, line=0):
        self.source = source
        self.line = line
        self.position = source.file.tell()

    def __iter__(self):
        return self

    def __next__(self):
        raw = self.source.file.readline()
        if not raw:
            raise StopIteration
        self.line += 1
        self.position += len(raw)
        return self.clean(raw)

    def clean(self, raw):
        text = _decode(raw, self.line, self.source)
        if self.source.row_end:
            text = _without_end(text, self.source.row_end)
        return text if len(self.source.delimiter) == 1 else text.replace(self.source.delimiter, self.source.mark)

    def skip(self):
        return next(self, None) is not None


def _without_end(text, row_end):
    bare = text.rstrip("\r\n")
    return bare.removesuffix(row_end) + text[len(bare) :]


def _decode(raw, line, source):
    """UTF-8 without NUL; `line` is the line in which `raw` begins. Raises UnusableFile."""
    if (nul := raw.find(b"\0")) >= 0:
        raise UnusableFile("binary", line=line + raw.count(b"\n", 0, nul), encoding=source.encoding)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as problem:
        bad = line + raw.count(b"\n", 0, problem.start)
        raise UnusableFile("encoding", line=bad, encoding=source.encoding) from problem


def _rows(source, lines):
    options = {"quotechar": source.quote} if source.quote else {"quoting": csv.QUOTE_NONE}
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(lines, delimiter=source.mark, **options)


def batches(source: Source) -> Iterator[pl.DataFrame]:
    """Frames of text columns c0, c1, … and `line`, the physical line (from 1) in which the row begins.

    Rows of another width are left out and stand in `source.ragged`. Raises UnusableFile.
    """
    source.file.seek(source.body)
    line = source.first_line
    while piece := _piece(source.file):
        start = source.file.tell() - len(piece)
        frame = _columnar(source, piece, line)
        if frame is None:
            source.file.seek(start)
            yield from _row_by_row(source, line)
            return
        line += frame.height
        yield frame


def first_rows(source: Source, most: int) -> list[tuple[int, list[str]]]:
    """(physical line, cells) of the first rows that are not blank, of any width. Raises UnusableFile."""
    source.file.seek(source.body)
    rows = _numbered(source, _Lines(source, source.first_line - 1))
    return [(line, [_as_it_stands(source, cell) for cell in row]) for line, row in islice(rows, most)]


def _as_it_stands(source, cell):
    cell = cell.replace(source.mark, source.delimiter) if len(source.delimiter) > 1 else cell
    return cell.replace(source.line_break, "\n") if source.line_break else cell


def _piece(file):
    """The next megabyte, up to the end of a line."""
    piece = file.read(PIECE)
    return piece + file.readline() if len(piece) == PIECE else piece


def _columnar(source, piece, line):
    """The rows of a piece, or None where it cannot be proven that they were cut as they should be."""
    if not piece.isascii() or b"\0" in piece:
        _decode(piece, line, source)
    piece = _prepared(source, piece)
    mark = source.mark.encode()
    marks = {"separator": source.mark, "quote_char": source.quote}
    try:
        frame = pl.read_csv(piece, has_header=False, schema=source.schema, **marks)
    except pl.exceptions.PolarsError:
        return None
    if frame.height != piece.count(b"\n") + (not piece.endswith(b"\n")):
        return None
    quoted = bool(source.quote) and source.quote.encode() in piece
    if piece.count(mark) - (_inside(frame, source.mark) if quoted else 0) != frame.height * (source.width - 1):
        return None
    if source.width == 1 and frame.get_column(column(0)).null_count():
        return None
    broken = bool(source.line_break) and source.line_break.encode() in piece
    frame = _restored(source, frame) if quoted or broken else frame
    if not (broken or source.keeps_ragged) and decode.is_bare(piece, source.mark):
        source.bare.add(line)
    return frame.with_columns(pl.int_range(line, line + frame.height, dtype=pl.UInt32).alias(LINE))


def _prepared(source, piece):
    """The piece with one-character delimiters and without row ends."""
    if source.row_end:
        end = source.row_end.encode()
        piece = piece.replace(end + b"\r\n", b"\n").replace(end + b"\n", b"\n").removesuffix(end)
    if len(source.delimiter) > 1:
        piece = piece.replace(source.delimiter.encode(), source.mark.encode())
    return piece


def _inside(frame, mark):
    """How many delimiters stand inside cells."""
    return sum(frame.select(pl.all().str.count_matches(mark, literal=True).sum()).fill_null(0).row(0))


def _restored(source, frame):
    """The frame with what stood in its cells before characters stood in for it."""
    if len(source.delimiter) > 1:
        frame = frame.with_columns(pl.all().str.replace_all(source.mark, source.delimiter, literal=True))
    if source.line_break:
        frame = frame.with_columns(pl.all().str.replace_all(source.line_break, "\n", literal=True))
    return frame


def _row_by_row(source, line):
    lines = _Lines(source, line - 1)
    rows = _numbered(source, lines)
    while some := list(islice(rows, ROWS)):
        good = [row for row in some if len(row[1]) == source.width]
        ragged = ((line, len(row), row) for line, row in some if len(row) != source.width)
        source.ragged.extend((line, width, row if source.keeps_ragged else []) for line, width, row in ragged)
        yield _frame(source, good)


def _numbered(source, lines):
    """(first physical line, cells) of every row that is not blank; a quote left open to the end is refused."""
    rows = _rows(source, lines)
    size = _size(source.file)
    while True:
        first = lines.line + 1
        try:
            row = next(rows, None)
        except csv.Error as problem:
            raise UnusableFile("long_field", line=first) from problem
        if row is None:
            return
        if lines.line > first and lines.position == size:
            _refuse_open_quote(source, first, lines)
        if row:
            yield first, row


def _size(file):
    here = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(here)
    return size


def _refuse_open_quote(source, first, lines):
    """Read the last row again, strictly: only so does an unclosed quote show."""
    source.file.seek(source.body)
    again = _Lines(source, source.first_line - 1)
    while again.line < first - 1:
        again.skip()
    strict = csv.reader(again, delimiter=source.mark, quotechar=source.quote, strict=True)
    try:
        next(strict)
    except csv.Error as problem:
        if "unexpected end" in str(problem):
            raise UnusableFile("unclosed_quote", line=first) from problem
    source.file.seek(lines.position)


def _frame(source, rows):
    frame = _restored(source, pl.DataFrame([row for _, row in rows], schema=source.schema, orient="row"))
    return frame.with_columns(pl.Series(LINE, [line for line, _ in rows], dtype=pl.UInt32))
