"""Corrected rows of a report put in the place of the bad ones, in the file as it was handed in: lines stay lines."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from kam.downloads import neutral
from kpis.imports.errors import UnusableFile
from kpis.imports.mapping import Format
from kpis.imports.reader import LINE, Source, batches, column, open_source
from kpis.imports.workbook import Writing

# What the report says behind the cells of a row: line, column and reason.
SAID = 3
NAME = "corrections-{}"
REPORT = Format(header=1)


def of(folder: Path) -> list[Path]:
    """The corrections that lie beside a file, the latest last."""
    found = (path for path in folder.iterdir() if is_correction(path.name))
    return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))


def is_correction(name: str) -> bool:
    """Whether a file beside another holds its corrected rows."""
    return re.fullmatch(NAME.format(r"\d+"), name) is not None


class Corrections:
    """Corrected rows by line, as a report has them; a line that stands there once for each fault is put together.

    With `alone` only the lines of the last report are read, as the good rows of their file are stored already.
    """

    def __init__(self, paths: list[Path], writing: Writing, *, alone: bool = False):
        self.rows: dict[int, list[list[str]]] = {}
        self.alone = alone
        self.last: set[int] = set()
        for path in paths:
            found = _rows(path, writing)
            self.rows |= found
            self.last = set(found)

    def batches(self, source: Source) -> Iterator[pl.DataFrame]:
        """The batches of a file with the corrected rows in it. Raises UnusableFile where they are not of this file."""
        source.keeps_ragged = True
        wanted = self.last if self.alone else self.rows
        lines = pl.Series(sorted(wanted), dtype=pl.UInt32).implode()
        found = set()
        for frame in batches(source):
            bad = frame.filter(pl.col(LINE).is_in(lines))
            rows = [self._corrected(source, row) for row in bad.iter_rows()]
            rows += [self._corrected(source, (*cells, line)) for line, _width, cells in self._ragged(source)]
            found.update(row[-1] for row in rows)
            fixed = pl.DataFrame(rows, schema=frame.schema, orient="row")
            yield fixed if self.alone else pl.concat([frame.filter(~pl.col(LINE).is_in(lines)), fixed]).sort(LINE)
        if self.alone:
            source.ragged.clear()
        if missing := set(wanted) - found:
            raise UnusableFile("corrections_line", line=min(missing))

    def _ragged(self, source):
        """Rows of another width that are corrected; they are none any more."""
        ours = [row for row in source.ragged if row[0] in self.rows]
        source.ragged[:] = [row for row in source.ragged if row[0] not in self.rows]
        return ours

    def _corrected(self, source, row):
        """A row with every cell that differs from what stood there; of a row of another width, all that was typed."""
        *stood, line = row
        stood += [""] * (source.width - len(stood))
        cells = stood[: source.width]
        for typed in self.rows[line]:
            if len(typed) != source.width:
                raise UnusableFile("corrections_shape", expected=source.width + SAID, found=len(typed) + SAID)
            cells = [_typed(*three) for three in zip(stood, typed, cells, strict=False)]
        return (*cells, line)


def corrected(source: Source, fixes: Corrections | None) -> Iterator[pl.DataFrame]:
    """The batches of a file, with its corrected rows where there are any. Raises UnusableFile."""
    return fixes.batches(source) if fixes else batches(source)


def _typed(stood, typed, now):
    """What somebody made of a cell, else what it is now; the report writes formulas so that they are none."""
    return now if typed == neutral(stood or "", keep_numbers=True) else typed


def _rows(path, writing):
    """The rows of a corrected report by line."""
    rows = {}
    with open_source(path, REPORT, (), writing) as source:
        if source.width <= SAID:
            raise UnusableFile("corrections_shape", expected=SAID + 1, found=source.width)
        at = column(source.width - SAID)
        for frame in batches(source):
            names = [column(position) for position in range(source.width - SAID)]
            for line, *cells in frame.select(at, *names).iter_rows():
                if not (line or "").strip().isdecimal():
                    raise UnusableFile("corrections_number", value=line or "")
                rows.setdefault(int(line), []).append([cell or "" for cell in cells])
    return rows
