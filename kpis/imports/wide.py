"""Tables with a column for each week: every filled cell below such a header becomes a row of its own.

A row made of a cell has a number that says both where it stands: the line, and behind `SHIFT` bits the column.
"""

from collections.abc import Iterator

import polars as pl

from kpis.imports import cells
from kpis.imports.derive import Names, helper
from kpis.imports.errors import UnusableFile
from kpis.imports.headers import day_in, week_in
from kpis.imports.kinds import Kind, Type
from kpis.imports.mapping import Mapping, Unfold
from kpis.imports.reader import LINE, LINES, ROWS, column

SHIFT = LINES.bit_length()


class Wide:
    """The columns of one file that name weeks or days. Raises UnusableFile where none does, or two name the same."""

    def __init__(self, mapping: Mapping, names: Names):
        self.unfold, self.marks = mapping.unfold, mapping.marks
        self.headers = names.source.names
        self.dates = dated(self.headers, mapping.unfold, mapping.kind)
        if not self.dates:
            raise UnusableFile("no_weeks", found=names.named())
        if len(set(self.dates.values())) < len(self.dates):
            raise UnusableFile("weeks_twice", columns=[self.headers[at] for at in _repeated(self.dates)])
        names.used.update(self.dates)

    def rows(self, text: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The rows of a batch, one for each filled cell, so many at a time that they stay small."""
        columns = [column(position) for position in self.dates]
        said = {column(position): date.isoformat() for position, date in self.dates.items()}
        place = {column(position): (position + 1) << SHIFT for position in self.dates}
        kept = [name for name in text.columns if name not in said]
        into, value = helper(self.unfold.into), helper(self.unfold.cells)
        for part in text.iter_slices(max(ROWS // len(columns), 1)):
            long = part.unpivot(columns, index=kept, variable_name=into, value_name=value)
            long = long.filter(cells.words(long.get_column(value), self.marks).is_not_null())
            yield long.with_columns(
                pl.col(LINE).cast(pl.UInt64) + pl.col(into).replace_strict(place, return_dtype=pl.UInt64),
                pl.col(into).replace_strict(said, return_dtype=pl.String),
            )

    def told(self, errors: pl.DataFrame) -> pl.DataFrame:
        """The same faults, with the header of the file for those of the cells and of the weeks."""
        ours = pl.col("column").is_in([self.unfold.into, self.unfold.cells])
        headers = {position + 1: self.headers[position] for position in self.dates}
        header = (pl.col("row") // (LINES + 1)).replace_strict(headers, default=None, return_dtype=pl.String)
        return errors.with_columns(
            pl.when(ours).then(header.fill_null(pl.col("column"))).otherwise("column").alias("column")
        )


def dated(headers: tuple[str, ...], unfold: Unfold, kind: Kind) -> dict[int, object]:
    """The date that each header names, by its position from 0; headers that name none are left out."""
    field = kind.field(unfold.into)
    found = {}
    for position, header in enumerate(headers):
        text = _taken(header, unfold.like)
        date = week_in(text, unfold.year) if field.type is Type.WEEK else day_in(text)
        if date:
            found[position] = date
    return found


def _taken(header, like):
    """The part of a header that names the date: what the pattern finds, or all of it."""
    if like is None:
        return header
    found = like.search(header)
    return "" if found is None else found[1 if like.groups else 0] or ""


def _repeated(dates):
    seen = list(dates.values())
    return [position for position, date in dates.items() if seen.count(date) > 1]
