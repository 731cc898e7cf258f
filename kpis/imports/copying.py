"""COPY from columns: frames are written as CSV by the columnar engine, some thousand rows at a time."""

import io
from collections.abc import Sequence
from contextlib import closing

import polars as pl
from django.db import connection

from kpis.imports.ahead import ahead

ROWS = 25_000


def execute(sql: str, params=()) -> int:
    """Run one statement; returns how many rows it concerned."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.rowcount


def copy_in(table: str, frame: pl.DataFrame, order: Sequence[str] = ()) -> None:
    """Copy a frame into a table whose columns have the names of the frame's; null is written as nothing, unquoted.

    With an `order`, rows go in sorted by these columns; they are gathered piece by piece, never all at once.
    """
    columns = ", ".join(f'"{name}"' for name in frame.columns)
    sql = f"COPY {table} ({columns}) FROM STDIN (FORMAT csv)"
    pieces = _ordered(frame, order) if order else frame.iter_slices(ROWS)
    with (
        closing(ahead(_written(piece) for piece in pieces)) as texts,
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(sql) as copy,
    ):
        for text in texts:
            copy.write(text)


def _written(piece):
    buffer = io.BytesIO()
    piece.with_columns(map(_day_texts, piece.select(pl.selectors.date()))).write_csv(buffer, include_header=False)
    return buffer.getbuffer()


def _day_texts(days):
    """Days as text, each written once: there are few among many rows."""
    different = days.unique().drop_nulls()
    return days.replace_strict(different, different.cast(pl.String), default=None, return_dtype=pl.String)


def _ordered(frame, order):
    rows = frame.select(pl.arg_sort_by(order)).to_series()
    for start in range(0, frame.height, ROWS):
        yield frame[rows.slice(start, ROWS)]
