"""Rows that are stored already as the file says them, found without staging them.

What a file restates is mostly what was there: it is read back and compared here, which takes a third of the time that
staging and joining it takes. Rows come in one text, because a message for each would take longer than all the rest.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import polars as pl
from django.db import connection

from kpis.imports.tables import Table

ROWS = 100_000
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

    def differing(self, frame: pl.DataFrame, said: list[str]) -> Iterator[pl.DataFrame]:
        """Rows that are new, or differ in a column that the file says; of the last ones, `rest` tells."""
        on = [*self.table.key, *said]
        with connection.cursor() as cursor:
            for piece, text in _read(cursor, self.table, frame, on):
                self.waiting.append(self.beside.submit(_differing, piece, text, on))
                if len(self.waiting) > WAITING:
                    yield self.waiting.popleft().result()

    def rest(self) -> Iterator[pl.DataFrame]:
        """What else differs of all the rows."""
        while self.waiting:
            yield self.waiting.popleft().result()


def _differing(piece, text, on):
    if text is None:
        return piece
    stored = _columns(text, {name: piece.schema[name] for name in on})
    return piece.join(stored, on=on, how="anti", nulls_equal=True)


def _read(cursor, table, frame, names):
    """Pieces of the frame, each with what is stored of it as a text, or None where that is much more than the piece."""
    for days in _ranges(frame, table.day):
        of_days = frame.filter(pl.col(table.day).is_between(*days))
        for stores in _ranges(of_days, "store_id"):
            piece = of_days.filter(pl.col("store_id").is_between(*stores))
            yield piece, _stored(cursor, table, piece, names)


def _ranges(frame, name):
    """(first, last) values of a column, cut so that between them lie about ROWS rows, or one value."""
    counts = frame.group_by(name).len().sort(name)
    part = ((pl.col("len").cum_sum() - 1) // ROWS).alias("part")
    ranges = counts.group_by(part, maintain_order=True).agg(first=pl.col(name).first(), last=pl.col(name).last())
    return ranges.select("first", "last").rows()


def _stored(cursor, table, piece, names):
    """What is stored between a piece's first and last days and stores: empty where nothing is, None for far more."""
    accounts = piece.get_column("account_id").unique().to_list()
    days, stores = piece.get_column(table.day), piece.get_column("store_id")
    among = f"""
        FROM {table.name} WHERE account_id = ANY(%s) AND {table.day} BETWEEN %s AND %s AND store_id BETWEEN %s AND %s
    """
    params = [accounts, days.min(), days.max(), stores.min(), stores.max()]
    most = MOST_READ * piece.height
    cells = ", ',', ".join(f"{table.day} - {EPOCH}" if name == table.day else name for name in names)
    sql = f"""
        SELECT count(*), string_agg(concat({cells}), E'\\n')
        FROM (SELECT {", ".join(names)} {among} LIMIT %s) t
    """
    cursor.execute(sql, [*params, most + 1])
    rows, text = cursor.fetchone()
    return None if rows > most else text or ""


def _columns(text, schema):
    """The rows of a text of days, numbers and short words as columns of these types."""
    read = {pl.Date: pl.Int32, pl.Categorical: pl.String}
    raw = {name: read.get(kind.base_type(), kind) for name, kind in schema.items()}
    if not text:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(text.encode(), has_header=False, schema=raw).cast(schema)
