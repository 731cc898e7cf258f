"""The report of a rejected file: every bad row as it stood in the file, with its line, column and reason."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

import polars as pl
from django.utils.translation import gettext as _

from kam.downloads import csv_line
from kpis.imports import store
from kpis.imports.corrections import corrected
from kpis.imports.reader import LINE, open_source
from kpis.imports.result import reason_of
from kpis.imports.services import fixes_of, mapping_of
from kpis.imports.sniff import SAMPLE
from kpis.imports.workbook import is_folded, is_kept_for
from kpis.models import ImportBatch


def report(batch: ImportBatch) -> Iterator[str]:
    """The lines of a CSV file: the columns of the file, then line, column and reason, once for each fault."""
    return (csv_line(cells, keep_numbers=True) for cells in table(batch))


def table(batch: ImportBatch) -> Iterator[list]:
    """The same as rows of cells; the header comes first."""
    path = store.folder_of(batch.stored_name) / store.DATA
    mapping = mapping_of(batch)
    fixes = fixes_of(batch, mapping)
    with open_source(path, mapping.format) as source:
        source.keeps_ragged = True
        names = source.headers
        yield [*names, _("line"), _("column"), _("reason")]
        rows = _bad_rows(source, fixes, set(batch.errors.values_list("line", flat=True)))
        for line, errors in groupby(_stored(batch), attrgetter("line")):
            cells = next((cells for at, cells in rows if at == line), [])
            cells = [*cells, *[""] * (len(names) - len(cells))]
            yield from ([*cells, line, error.column, reason_of(error)] for error in errors)


def faults(batch: ImportBatch) -> Iterator[list]:
    """Line, column, value and reason of each fault: what can be said where the rows cannot be shown."""
    return ([error.line, error.column, error.value, reason_of(error)] for error in _stored(batch))


def _stored(batch):
    return batch.errors.order_by("line", "pk").iterator(chunk_size=2000)


def has_rows(batch: ImportBatch) -> bool:
    """Whether the rows can be shown: the file is there and is a text, or was made one, which is not done here."""
    path = store.data_of(batch.stored_name)
    if path is None:
        return False
    with path.open("rb") as file:
        return not is_folded(file.read(SAMPLE)) or is_kept_for(path)


def _bad_rows(source, fixes, lines):
    """(line, cells) of the wanted rows, in the order of the file, ragged ones among them."""
    wanted = pl.Series(sorted(lines), dtype=pl.UInt32).implode()
    for frame in corrected(source, fixes):
        rows = [(row[-1], row[:-1]) for row in frame.filter(pl.col(LINE).is_in(wanted)).iter_rows()]
        rows += [(line, cells) for line, _width, cells in source.ragged]
        source.ragged.clear()
        yield from sorted(rows, key=lambda row: row[0])
