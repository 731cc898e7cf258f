"""The report of a rejected file: every bad row as it stood in the file, with its line, column and reason."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

import polars as pl
from django.utils.translation import gettext as _

from kpis.imports import store
from kpis.imports.reader import LINE, batches, open_source
from kpis.imports.result import reason
from kpis.imports.services import mapping_of
from kpis.models import ImportBatch

DANGEROUS = re.compile(r"^[\s\x00-\x20\u00a0\u200b-\u200f\ufeff]*[=+\-@|\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]")
NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)*$")


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula; numbers stay as they are."""
    return f"'{text}" if DANGEROUS.match(text) and not NUMBER.match(text) else text


def report(batch: ImportBatch) -> Iterator[str]:
    """The lines of a CSV file: the columns of the file, then line, column and reason, once for each fault."""
    path = store.folder_of(batch.stored_name) / store.DATA
    with open_source(path, mapping_of(batch).format) as source:
        source.keeps_ragged = True
        names = [*source.names] or [str(number + 1) for number in range(source.width)]
        yield _line([*names, _("line"), _("column"), _("reason")])
        rows = _bad_rows(source, set(batch.errors.values_list("line", flat=True)))
        found = batch.errors.order_by("line", "pk").iterator(chunk_size=2000)
        for line, errors in groupby(found, attrgetter("line")):
            cells = next((cells for at, cells in rows if at == line), [])
            cells = [*cells, *[""] * (len(names) - len(cells))]
            for error in errors:
                why = reason(error.code, error.params, error.column, error.value)
                yield _line([*cells, line, error.column, why])


def _bad_rows(source, lines):
    """(line, cells) of the wanted rows, in the order of the file, ragged ones among them."""
    wanted = pl.Series(sorted(lines), dtype=pl.UInt32).implode()
    for frame in batches(source):
        rows = [(row[-1], row[:-1]) for row in frame.filter(pl.col(LINE).is_in(wanted)).iter_rows()]
        rows += [(line, cells) for line, _width, cells in source.ragged]
        source.ragged.clear()
        yield from sorted(rows, key=lambda row: row[0])


def _line(cells):
    out = io.StringIO()
    csv.writer(out).writerow(neutral("" if cell is None else str(cell)) for cell in cells)
    return out.getvalue()
