"""The first rows of a file as a mapping understands them, by the very check that the whole file will go through."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import polars as pl

from kpis.imports.check import Check
from kpis.imports.errors import UnusableFile
from kpis.imports.look import Look
from kpis.imports.mapping import Mapping
from kpis.imports.reader import LINE, LINES, Source, column
from kpis.imports.result import reason

SHOWN = 6


@dataclass(frozen=True)
class Cell:
    """What a row says of a field: its value, or the text that is none, and why."""

    value: object
    fault: str = ""


@dataclass
class Preview:
    """What the first rows come to: `rows` are (line, cells by field), `faults` (how many, the first reason) by column.

    `problem` is why the file as a whole cannot be read so; `missing` are columns of the mapping that it does not have.
    """

    fields: tuple[str, ...] = ()
    rows: list[tuple[int, list[Cell]]] = field(default_factory=list)
    faults: dict[str, tuple[int, str]] = field(default_factory=dict)
    read: int = 0
    problem: str = ""


def preview(mapping: Mapping, look: Look) -> Preview:
    """Check the first rows of a file by a mapping, which need not be whole."""
    given = tuple(name for name in mapping.kind.names if name in mapping.given)
    lacks_account = mapping.kind.field("account") and "account" not in mapping.given
    try:
        check, rows, text = _checked(replace(mapping, unassigned=True) if lacks_account else mapping, look)
    except UnusableFile as problem:
        return Preview(given, problem=str(problem))
    errors = pl.concat(check.errors)
    found = Preview(given, faults=_by_column(check.places.told(errors)), read=text.height)
    found.rows = list(_rows(check, rows, text, errors, given))
    return found


def _checked(mapping, look):
    text, names, width = _text(mapping, look)
    source = Source(io.BytesIO(), look.encoding, look.delimiter, '"', "", names=names, width=width)
    check = Check(mapping, source, [])
    return check, pl.concat(check.accepted([text])), text


def _text(mapping, look):
    """The rows below the header, without those of another width, and the header."""
    header = mapping.format.header
    names = look.header(header, mapping.format.header_lines)
    below = [(line, cells) for line, cells in look.rows if line > header]
    width = len(names) or max((len(cells) for _line, cells in below), default=0)
    rows = [(*cells, line) for line, cells in below if len(cells) == width]
    schema = {column(at): pl.String for at in range(width)} | {LINE: pl.UInt32}
    return pl.DataFrame(rows, schema=schema, orient="row"), names, width


def _by_column(errors):
    """(how many rows, the first reason) by column."""
    found = {}
    for name, value, code, params in errors.select("column", "value", "code", "params").iter_rows():
        count, first = found.get(name, (0, ""))
        found[name] = (count + 1, first or reason(code, params, name, value))
    return found


def _rows(check, fine, text, errors, given) -> Iterator[tuple[int, list[Cell]]]:
    """The first rows: those that are fine by their values, the others by what stands there, and why it is none."""
    fine = fine.with_columns(pl.selectors.categorical().cast(pl.String))
    rows = {row[LINE]: row for row in fine.iter_rows(named=True)}
    wrong = {}
    for row, name, value, code, params in errors.select("row", "column", "value", "code", "params").iter_rows():
        wrong.setdefault(row, {})[name] = (value, reason(code, params, name, value))
    shown = {name: check.names.shown(at) for name, at in check.fields.columns.items()}
    stands = {row[-1]: row for row in text.iter_rows()}
    for number in sorted({*rows, *wrong}, key=lambda row: (row & LINES, row))[:SHOWN]:
        faults = wrong.get(number, {})
        yield (
            number & LINES,
            [_cell(check, name, rows.get(number), stands[number & LINES], faults, shown) for name in given],
        )


def _cell(check, name, row, stands, faults, shown):
    value, why = faults.get(shown.get(name, name), (None, ""))
    if row is not None or why:
        return Cell(row.get(name) if row else value, why)
    at = check.fields.columns.get(name, "")
    return Cell(stands[int(at[1:])] if at.startswith("c") and at[1:].isdecimal() else "")
