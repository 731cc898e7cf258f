"""The rows of one month as text, as a Parquet file, and as text again: what does not come back equal is not archived.

Text is CSV without header in the order of the key, as PostgreSQL and the columnar engine both write it. Its SHA-256 is
the proof: of what lay in the table, of what lies in the file, and of what lies in the table when it is brought back.
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
from django.db import connection

from kpis.imports.tables import Table
from kpis.partitions import months

PIECE = 100_000
COLUMNS = """
SELECT column_name, data_type, numeric_precision, numeric_scale FROM information_schema.columns
WHERE table_schema = current_schema AND table_name = %s ORDER BY ordinal_position
"""


@dataclass(frozen=True)
class Written:
    """A text that was written: how many rows, and the SHA-256 of all of them."""

    rows: int
    digest: str


def columns_of(table: Table) -> list[list]:
    """The columns of a table: name, type, digits and places."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [table.name])
        return [list(row) for row in cursor.fetchall()]


def schema_of(columns: list[list]) -> dict[str, pl.DataType]:
    """The same columns as the columnar engine calls them. Raises KeyError for a type that no fact has."""
    plain = {"bigint": pl.Int64(), "integer": pl.Int32(), "date": pl.Date(), "character varying": pl.String()}
    return {
        name: pl.Decimal(digits, places) if kind == "numeric" else plain[kind] for name, kind, digits, places in columns
    }


def written(table: Table, month: date, columns: list[list], path: Path | None = None) -> Written:
    """Read a month in the order of its key, into a file where one is named."""
    names = ", ".join(name for name, *_ in columns)
    _month, after = months(month, 1)
    sql = f"""
        COPY (SELECT {names} FROM {table.name} WHERE {table.day} >= '{month}' AND {table.day} < '{after}'
            ORDER BY {", ".join(table.key)}) TO STDOUT (FORMAT csv)
    """
    digest, rows = hashlib.sha256(), 0
    with open(path or os.devnull, "wb") as out, connection.cursor() as cursor, cursor.copy(sql) as copy:
        for row in copy:
            digest.update(row)
            out.write(row)
            rows += 1
    return Written(rows, digest.hexdigest())


def to_parquet(text: Path, path: Path, columns: list[list]) -> None:
    """Write the rows of a text into a Parquet file whose content is on the disk when this returns."""
    lines = pl.scan_csv(text, has_header=False, schema=schema_of(columns))
    lines.sink_parquet(path, compression="zstd", row_group_size=PIECE)
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def keep_names(folder: Path) -> None:
    """Have the disk know the names of a folder as they are now."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def pieces(path: Path) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file, some at a time, in their order."""
    start = 0
    while (piece := pl.scan_parquet(path).slice(start, PIECE).collect()).height:
        yield piece
        start += piece.height


def read_back(path: Path) -> Written:
    """The rows of a Parquet file as the text they were."""
    digest, rows = hashlib.sha256(), 0
    for piece in pieces(path):
        digest.update(piece.write_csv(include_header=False).encode())
        rows += piece.height
    return Written(rows, digest.hexdigest())


def sums(path: Path) -> dict:
    """Units and value of all rows, where the file has such columns; they tell people what a file holds."""
    lines = pl.scan_parquet(path)
    names = lines.collect_schema().names()
    found = {"units": next((name for name in ("units", "on_hand") if name in names), None), "value": "value"}
    total = lines.select(pl.col(column).sum().alias(name) for name, column in found.items() if column).collect()
    return total.row(0, named=True)


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
