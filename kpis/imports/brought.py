"""The rows of a large file as they were stored, kept beside it: the next file is compared with them.

Whoever sends a file again sends mostly what was there. What a batch told of an account and week stands, row for row,
until another batch tells of the same, or one is undone there; so long it need not be read back from the database.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

import polars as pl
from django.db import connection

from kpis.imports.store import BROUGHT, folder_of
from kpis.imports.tables import Table
from kpis.imports.weeks import KEY
from kpis.models import ImportBatch

FILE, ALL = "{:06}.parquet", "*.parquet"
GROUP = 20_000
Placed = tuple[Path | None, pl.DataFrame]
# Rows of weeks are written under the lock of their account, so that they are numbered in the order of the batches.
LAST = """
SELECT p.account_id, p.week, b.stored_name
FROM unnest(%(accounts)s::bigint[], %(weeks)s::date[]) AS p (account_id, week), LATERAL (
    SELECT (array_agg(w.batch_id ORDER BY w.id DESC))[1] AS batch_id, bool_or(b.state = %(undone)s) AS has_undone
    FROM kpis_batchweek w JOIN kpis_importbatch b ON b.id = w.batch_id
    WHERE w.account_id = p.account_id AND w.week = p.week AND b.kind = %(kind)s
        AND b.state IN (%(applied)s, %(undone)s)
) told JOIN kpis_importbatch b ON b.id = told.batch_id
WHERE NOT told.has_undone
"""


@contextmanager
def writing(folder: Path) -> Iterator["Writing"]:
    """Keep rows in the folder of a file while they are stored; nothing is left of them where that fails."""
    try:
        with ThreadPoolExecutor(1) as beside:
            kept = Writing(folder / BROUGHT, beside)
            yield kept
        if kept.has_failed:  # a full disk, say: the file is stored all the same
            forget(folder)
    except BaseException:
        forget(folder)
        raise


def forget(folder: Path) -> None:
    """Keep none of the rows of a file."""
    rmtree(folder / BROUGHT, ignore_errors=True)


class Writing:
    """Rows on their way to the disk, a file for each part: `add` them."""

    def __init__(self, place: Path, beside: ThreadPoolExecutor):
        self.place, self.beside = place, beside
        self.parts: list = []

    def add(self, frame: pl.DataFrame) -> None:
        """Keep some more rows, cut to what the file says."""
        self.place.mkdir(exist_ok=True)
        path = self.place / FILE.format(len(self.parts))
        self.parts.append(self.beside.submit(_write, frame, path))

    @property
    def has_failed(self) -> bool:
        """Whether something could not be written; waits until all is."""
        return any(part.exception() for part in self.parts)


def _write(frame, path):
    texts = pl.selectors.categorical().cast(pl.String)
    frame.with_columns(texts).write_parquet(path, compression="lz4", row_group_size=GROUP)


class Standing:
    """Which file told of each account and week last, as far as what it told is still what is stored.

    The caller holds the lock of the accounts.
    """

    def __init__(self, kind: str, table: Table):
        self.kind, self.table = kind, table
        self.seen = pl.DataFrame(schema={"account_id": pl.Int64, "week": pl.Date, "name": pl.String})
        self.places: dict[str, Path | None] = {}

    def parted(self, frame: pl.DataFrame, told: pl.DataFrame, said: list[str]) -> Iterator[Placed]:
        """Rows by the folder of what was told last of their accounts and weeks; None unless it has the columns `said`.

        `told` has the accounts and weeks of the rows.
        """
        pairs = told.select(KEY).unique()
        self._look_up(pairs.join(self.seen, on=KEY, how="anti").sort(KEY))
        pairs = pairs.join(self.seen, on=KEY)
        names = pairs.get_column("name").unique()
        if names.len() > 1:
            week = pl.col(self.table.day).dt.truncate("1w").alias("week")
            of_rows = frame.select("account_id", week).join(pairs, on=KEY, maintain_order="left").get_column("name")
        for name in names:
            yield self._place(name, said), frame.filter(of_rows.eq_missing(name)) if names.len() > 1 else frame

    def _look_up(self, pairs):
        if not pairs.height:
            return
        state = ImportBatch.State
        given = {"kind": self.kind, "applied": state.APPLIED, "undone": state.UNDONE}
        given |= {"accounts": pairs["account_id"].to_list(), "weeks": pairs["week"].to_list()}
        with connection.cursor() as cursor:
            cursor.execute(LAST, given)
            found = pl.DataFrame(cursor.fetchall(), schema=self.seen.schema, orient="row")
        self.seen = pl.concat([self.seen, pairs.join(found, on=KEY, how="left")])

    def _place(self, name, said):
        if name is not None and name not in self.places:
            place = folder_of(name) / BROUGHT
            self.places[name] = place if set(said) <= _columns(place) else None
        return self.places.get(name)


def _columns(place):
    try:
        return set(pl.read_parquet_schema(place / FILE.format(0)))
    except (OSError, pl.exceptions.PolarsError):  # small files keep none, and old ones are forgotten
        return set()


def rows(place: Path, between: dict[str, tuple], schema: dict) -> pl.DataFrame:
    """What was told, cut to columns of these types, where each column of `between` lies from its first to its last."""
    within = [pl.col(name).is_between(*ends) for name, ends in between.items()]
    return pl.scan_parquet(place / ALL).filter(within).select(schema.keys()).collect().cast(schema)
