"""Rows that are stored already as the file says them, found without staging them.

What a file restates is mostly what was there: it is compared here, with the file that told of it last or with what is
read back, which takes a third of the time that staging and joining it takes. What is read back comes in one text,
because a message for each row would take longer than all the rest.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

import polars as pl
from django.db import connection

from kpis.imports import brought
from kpis.imports.tables import Table

ROWS = 150_000
WAITING = 2
# Where a file has fewer of the rows that lie between its own, looking each of them up is quicker than reading all.
MOST_READ = 4
EPOCH = "date '1970-01-01'"


class Comparison:
    """Which rows of a file differ from what is stored: some are compared while the next are read back.

    The caller holds the lock of the accounts. Rows that are many but far between are left for the join.
    """

    def __init__(self, table: Table):
        self.table = table
        self.beside = ThreadPoolExecutor(1)
        self.waiting: deque = deque()

    def differing(self, frame: pl.DataFrame, said: list[str], place: Path | None) -> Iterator[pl.DataFrame]:
        """Rows that are new, or differ in a column that the file says; of the last ones, `rest` tells.

        With a `place` they are compared with what lies there, see `brought`.
        """
        for piece in _pieces(frame, self.table.day):
            between = _between(piece, self.table.day)
            schema = {name: piece.schema[name] for name in (*self.table.key, *said)}
            stored = partial(brought.rows, place, between, schema) if place else self._read(piece, between, schema)
            self.waiting.append(self.beside.submit(_differing, piece, stored, self.table.key))
            if len(self.waiting) > WAITING:
                yield self.waiting.popleft().result()

    def rest(self) -> Iterator[pl.DataFrame]:
        """What else differs of all the rows."""
        while self.waiting:
            yield self.waiting.popleft().result()

    def _read(self, piece, between, schema):
        """What makes a frame of what is stored, or None where that is much more than the piece."""
        accounts = piece.get_column("account_id").unique().to_list()
        text = _stored(self.table, accounts, between, schema, MOST_READ * piece.height)
        return None if text is None else partial(_columns, text, schema)


def _differing(piece, stored, key):
    """Rows of a piece that are not stored; all of them where nobody can tell."""
    try:
        return piece if stored is None else _others(piece, stored(), key)
    except (OSError, pl.exceptions.PolarsError):  # the other file is forgotten meanwhile, or damaged
        return piece


def _others(piece, stored, key):
    """Rows of a piece that are not among the stored ones; quicker where both have the same rows in the same order."""
    beside = _beside(piece, stored, key)
    if beside is None:
        return piece.join(stored, on=stored.columns, how="anti", nulls_equal=True)
    said = [name for name in stored.columns if name not in key]
    return piece.filter(pl.any_horizontal(piece[name].ne_missing(beside[name]) for name in said))


def _beside(piece, stored, key):
    """The stored rows from the piece's first on, if they have the keys of all its rows."""
    starts = stored.select(pl.all_horizontal(pl.col(name) == piece[name][0] for name in key).arg_true()).to_series()
    beside = stored.slice(starts[0], piece.height) if starts.len() else stored.clear()
    return beside if beside.select(key).equals(piece.select(key)) else None


def _pieces(frame, day):
    for days in _ranges(frame, day):
        of_days = frame.filter(pl.col(day).is_between(*days))
        for stores in _ranges(of_days, "store_id"):
            yield of_days.filter(pl.col("store_id").is_between(*stores))


def _between(piece, day):
    """The first and the last of a piece's days and stores."""
    return {name: (piece[name].min(), piece[name].max()) for name in (day, "store_id")}


def _ranges(frame, name):
    """(first, last) values of a column, cut so that between them lie about ROWS rows, or one value."""
    counts = frame.group_by(name).len().sort(name)
    part = ((pl.col("len").cum_sum() - 1) // ROWS).alias("part")
    ranges = counts.group_by(part, maintain_order=True).agg(first=pl.col(name).first(), last=pl.col(name).last())
    return ranges.select("first", "last").rows()


def _stored(table, accounts, between, schema, most):
    """What is stored of accounts between some ends: an empty text where nothing is, None for more rows than `most`."""
    within = " AND ".join(f"{name} BETWEEN %s AND %s" for name in between)
    cells = ", ',', ".join(f"{table.day} - {EPOCH}" if name == table.day else name for name in schema)
    sql = f"""
        SELECT count(*), string_agg(concat({cells}), E'\\n')
        FROM (SELECT {", ".join(schema)} FROM {table.name} WHERE account_id = ANY(%s) AND {within} LIMIT %s) t
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [accounts, *chain.from_iterable(between.values()), most + 1])
        rows, text = cursor.fetchone()
    return None if rows > most else text or ""


def _columns(text, schema):
    """The rows of a text of days, numbers and short words as columns of these types."""
    read = {pl.Date: pl.Int32, pl.Categorical: pl.String}
    raw = {name: read.get(kind.base_type(), kind) for name, kind in schema.items()}
    if not text:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(text.encode(), has_header=False, schema=raw).cast(schema)
