"""Tables with a column for each week: what stands below the headers of one week becomes a row of its own.

A row made so has a number that says both where it stands: the line, and behind `SHIFT` bits which of the weeks.
"""

from collections.abc import Iterator
from datetime import date

import polars as pl

from kpis.imports import cells
from kpis.imports.derive import Names, helper
from kpis.imports.errors import UnusableFile
from kpis.imports.headers import bare, day_beside, week_beside
from kpis.imports.kinds import Kind, Type
from kpis.imports.mapping import Mapping, Unfold
from kpis.imports.reader import LINE, LINES, ROWS, column

SHIFT = LINES.bit_length()


class Wide:
    """The columns of one file that name weeks or days, and the field that stands below each.

    Raises UnusableFile where none does, two are of the same week and field, or a field has no column at all.
    """

    def __init__(self, mapping: Mapping, names: Names):
        self.unfold, self.marks = mapping.unfold, mapping.marks
        self.headers = names.source.names
        self.found = dated(self.headers, mapping.unfold, mapping.kind)
        self._refuse(names)
        self.dates: dict[date, dict[str, int]] = {}
        for position, (day, field) in self.found.items():
            self.dates.setdefault(day, {})[field] = position
        names.used.update(self.found)

    def _refuse(self, names):
        if not self.found:
            raise UnusableFile("no_weeks", found=names.named())
        said = list(self.found.values())
        if twice := [self.headers[at] for at, pair in self.found.items() if said.count(pair) > 1]:
            raise UnusableFile("weeks_twice", columns=twice)
        there = {field for _day, field in said}
        if missing := [word or field for field, word in self.unfold.cells if field not in there]:
            raise names.missing(missing)

    def rows(self, text: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The rows of a batch, one for each week with a filled cell, so many at a time that they stay small."""
        dated_columns = {column(position) for position in self.found}
        kept = [pl.col(name) for name in text.columns if name not in (LINE, *dated_columns)]
        for part in text.iter_slices(max(ROWS // len(self.found), 1)):
            filled = {name: cells.words(part.get_column(name), self.marks).is_not_null() for name in dated_columns}
            yield pl.concat([self._of_week(part, kept, filled, number) for number in range(len(self.dates))])

    def _of_week(self, part, kept, filled, number):
        day, columns = list(self.dates.items())[number]
        there = pl.any_horizontal(filled[column(position)] for position in columns.values())
        below = [
            (pl.col(column(columns[name])) if name in columns else pl.lit(None, pl.String)).alias(helper(name))
            for name, _word in self.unfold.cells
        ]
        return part.filter(there).select(
            *kept,
            pl.col(LINE).cast(pl.UInt64) + ((number + 1) << SHIFT),
            pl.lit(day.isoformat()).alias(helper(self.unfold.into)),
            *below,
        )

    def told(self, errors: pl.DataFrame) -> pl.DataFrame:
        """The same faults, with the header of the file for those of the cells and of the weeks."""
        headers = {}
        for number, columns in enumerate(self.dates.values(), 1):
            first = self.headers[min(columns.values())]
            headers |= {f"{number} {name}": first for name in self.unfold.fields}
            headers |= {f"{number} {name}": self.headers[position] for name, position in columns.items()}
        key = pl.concat_str(pl.col("row") // (LINES + 1), pl.lit(" "), pl.col("column"))
        header = key.replace_strict(headers, default=pl.col("column"), return_dtype=pl.String)
        return errors.with_columns(header.alias("column"))


def dated(headers: tuple[str, ...], unfold: Unfold, kind: Kind) -> dict[int, tuple[date, str]]:
    """The date that each header names and the field below it, by its position from 0; others are left out."""
    is_week = kind.field(unfold.into).type is Type.WEEK
    fields = {bare(word): name for name, word in unfold.cells}
    found = {}
    for position, header in enumerate(headers):
        text = _taken(header, unfold.like)
        day, rest = week_beside(text, unfold.year) if is_week else day_beside(text)
        if day and bare(rest) in fields:
            found[position] = (day, fields[bare(rest)])
    return found


def _taken(header, like):
    """The part of a header that names the date: what the pattern finds, or all of it."""
    if like is None:
        return header
    found = like.search(header)
    return "" if found is None else found[1 if like.groups else 0] or ""
