"""From a stored fact back to the line of the file that brought it."""

from dataclasses import dataclass

import polars as pl

from kpis.imports import store
from kpis.imports.check import check_file
from kpis.imports.corrections import corrected
from kpis.imports.errors import UnusableFile
from kpis.imports.reader import LINE, LINES, open_source
from kpis.imports.services import fixes_of, mapping_of
from kpis.models import (
    AccountForecast,
    AccountMargin,
    ImportBatch,
    InvoiceLine,
    OpenItem,
    OrderLine,
    PriceObservation,
    SellThrough,
    ServiceFact,
    Shipment,
    StockLevel,
)

# A larger file is not read while somebody waits for a page.
MOST_BYTES = 20_000_000
KEYS = {
    SellThrough: lambda fact: {"store": fact.store.code, "product": fact.product.code, "week": fact.week},
    OrderLine: lambda fact: {"order_number": fact.order_number, "line_number": fact.line_number},
    InvoiceLine: lambda fact: {
        "document": fact.document,
        "product": fact.product.code,
        "occurrence": fact.occurrence,
    },
    OpenItem: lambda fact: {"document": fact.document},
    StockLevel: lambda fact: {"store": fact.store.code, "product": fact.product.code, "day": fact.day},
    Shipment: lambda fact: {"number": fact.number},
    ServiceFact: lambda fact: {"metric": fact.metric, "week": fact.week},
    PriceObservation: lambda fact: {
        "product": fact.product.code,
        "observed_on": fact.observed_on,
        "place": fact.place,
    },
    AccountForecast: lambda fact: {"product": fact.product.code, "week": fact.week, "made_on": fact.made_on},
    AccountMargin: lambda fact: {"product": fact.product.code, "week": fact.week},
}


@dataclass(frozen=True)
class Line:
    """One line of a file: its number, and (column, text) as they stand there."""

    number: int
    cells: tuple[tuple[str, str], ...]


def line_of(fact) -> Line | None:
    """The line that a fact, a row of one of the tables of KEYS, was read from.

    None where its file is not kept, is larger than `MOST_BYTES`, or does not have the fact under its key.
    """
    batch = fact.batch
    if batch is None or batch.size > MOST_BYTES or store.data_of(batch.stored_name) is None:
        return None
    try:
        return _line(batch, {"account": fact.account.code} | KEYS[type(fact)](fact))
    except UnusableFile:
        return None


def _line(batch: ImportBatch, key):
    folder, mapping = store.folder_of(batch.stored_name), mapping_of(batch)
    fixes = fixes_of(batch, mapping)
    for rows in check_file(folder / store.DATA, mapping, folder, fixes=fixes).kept:
        same = [pl.col(name).cast(pl.String) == str(value) for name, value in key.items() if name in rows.columns]
        for found in rows.filter(*same).get_column(LINE):
            number = found & LINES
            return Line(number, _cells(folder / store.DATA, mapping.format, fixes, number))
    return None


def _cells(path, form, fixes, number):
    """What stands on that line, by the file's own headers."""
    with open_source(path, form) as source:
        for frame in corrected(source, fixes):
            for row in frame.filter(pl.col(LINE) == number).iter_rows():
                cells = ["" if cell is None else cell for cell in row[: source.width]]
                return tuple(zip(source.headers, cells, strict=True))
    return ()
