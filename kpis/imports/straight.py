"""A large file stored while it is still being read: reading, checking and storing go side by side.

It goes this way as long as nothing about it is in doubt. At the first fault, unknown code, key that comes twice or
account that another import holds, all is rolled back, and the file is taken up from its start, where that is told.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import NamedTuple

import polars as pl
from django.db import transaction

from kpis.imports import brought, store, weeks
from kpis.imports.ahead import ahead
from kpis.imports.apply import Outcome
from kpis.imports.beside import SumsBeside, product_weeks
from kpis.imports.check import checking
from kpis.imports.kept import Kept, gathered
from kpis.imports.load import Known, resolve
from kpis.imports.mapping import Mapping
from kpis.imports.merge import Merge, stored_columns, try_lock
from kpis.imports.progress import Progress
from kpis.imports.result import Result, Sums, added, no_faults, sums
from kpis.imports.tables import TABLES
from kpis.models import ImportBatch

# Smaller files are quick anyway; of larger ones, what tells that a key comes twice would need much memory.
LEAST, MOST = 4_000_000, 200_000_000
ROWS = 200_000


class Doubt(Exception):
    """Something has to be known of the whole file before any of it can be stored."""


def may_go(batch: ImportBatch, mapping: Mapping) -> bool:
    """Whether a file may be stored while it is read: of facts whose rows stand for themselves, of a size that pays."""
    whole = mapping.sums or mapping.unassigned or mapping.updates or batch.corrects_id
    table = TABLES.get(batch.kind)
    return bool(table and table.partitioned and not whole and LEAST <= batch.size <= MOST)


def stored(batch: ImportBatch, mapping: Mapping, progress: Progress, beside: SumsBeside) -> tuple[Result, Outcome]:
    """Read, check and store a file in the caller's transaction, which a Doubt has to roll back. Raises UnusableFile.

    What can be summed at once is summed `beside`, for when the transaction is committed.
    """
    folder = store.folder_of(batch.stored_name)
    with brought.writing(folder) as kept_rows:
        return _stored(batch, mapping, progress, folder, kept_rows, beside)


def _stored(batch, mapping, progress, folder, kept_rows, beside):
    with checking(folder / store.DATA, mapping, folder, progress) as (check, rows):
        straight = Straight(batch, mapping, check.fields.assumed, kept_rows, beside)
        with closing(ahead(_gathered(rows))) as checked, closing(ahead(map(straight.part, checked))) as parts:
            for part in parts:
                if not check.is_clean:
                    raise Doubt
                straight.add(part)
        if not straight.keys:  # a file without rows
            raise Doubt
        if straight.is_summed:
            beside.rest(straight.merge.days.fresh)
        kept = Kept(mapping.kind)
        kept.append(part.rows.clear())
        result = check.finish(kept)
    if result.rejected or straight.has_doubles:
        raise Doubt
    straight.merge.finish()
    result.totals = straight.totals
    transaction.on_commit(partial(beside.keep, batch.pk))
    return result, Outcome({}, straight.merge.counts, straight.merge.weeks)


def _gathered(frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Frames of ROWS or some more, but for the first ones, which nobody should wait for."""
    yield from islice(frames, 1)
    yield from islice(gathered(frames, ROWS // 4), 1)
    yield from gathered(frames, ROWS)


class Ready(NamedTuple):
    """What is reckoned of rows before they are stored: the stored columns, hashes of their keys, sums, weeks.

    `products` has the sums that can be written beside them.
    """

    frame: pl.DataFrame
    keys: pl.Series
    sums: Sums
    told: pl.DataFrame
    products: pl.DataFrame | None


class Part(NamedTuple):
    """Some rows of a file; `ready` unless the database has to be asked for something that they name."""

    rows: pl.DataFrame
    ready: Ready | None


class Straight:
    """Facts on their way from the check into their table: `add` them part by part. Raises Doubt."""

    def __init__(
        self,
        batch: ImportBatch,
        mapping: Mapping,
        assumed: frozenset[str],
        kept_rows: brought.Writing,
        beside: SumsBeside,
    ):
        self.by, self.mapping, self.assumed = batch.by, replace(mapping, create=()), assumed
        self.kept_rows = None if batch.dry_run else kept_rows
        self.beside = beside
        self.is_summed = mapping.kind.name == "sell_through" and not batch.dry_run
        self.merge = Merge(mapping.kind, batch.pk, assumed, comes_sorted=True)
        self.found = Result(mapping.kind, Kept(mapping.kind), no_faults())
        self.known = Known()
        self.totals = (None, None)
        self.locked: set[int] = set()
        self.keys: list[pl.Series] = []

    def part(self, rows: pl.DataFrame) -> Part:
        """Make rows ready while those before them are being stored, by another thread, that has no database."""
        return Part(rows, self._made_ready(rows) if self.known.covers(rows) else None)

    def add(self, part: Part) -> None:
        """Store rows, all of whose accounts, stores and products have to be there."""
        frame, keys, totals, told, products = part.ready or self._made_ready(part.rows)
        new = set(frame.get_column("account_id").unique()) - self.locked
        if new and not try_lock(self.mapping.kind.name, sorted(self.locked | new)):
            raise Doubt
        self.locked |= new
        self.totals = added(self.totals, totals)
        if self.keys:
            self._sum(products)
        self.merge.add(frame, told)
        if not self.keys and self.is_summed:  # whether a file tells of new weeks is seen by its first rows
            self.is_summed = not told.join(self.merge.days.fresh, on=weeks.KEY, how="anti").height
            self._sum(products)
        self.keys.append(keys)

    def _sum(self, products):
        if self.is_summed and products is not None:
            self.beside.add(products)

    def _made_ready(self, rows):
        loaded = resolve(rows, self.found, self.mapping, by=self.by, source="", known=self.known)
        if loaded.bad:
            raise Doubt
        frame = stored_columns(loaded.frame, self.mapping.kind).sort(self.merge.table.key)
        if self.kept_rows:
            self.kept_rows.add(frame.drop(self.assumed, strict=False))
        keys = frame.select(self.merge.table.key).hash_rows(seed=0)
        return Ready(frame, keys, sums(rows, self.mapping.kind), self.merge.told(frame), self._products(frame))

    def _products(self, frame):
        if not self.is_summed:
            return None
        own = [(pk, currency) for _code, pk, currency in self.known.accounts]
        known = pl.DataFrame(own, schema={"account_id": pl.Int64, "currency": pl.String}, orient="row")
        said = frame.select("account_id", pl.col("currency").cast(pl.String)).unique()
        if said.join(known, on=known.columns, how="anti").height:  # rates are looked up later
            self.is_summed = False
            self.beside.drop()
            return None
        return product_weeks(frame)

    @property
    def has_doubles(self) -> bool:
        """Whether a key came twice, or, once in many million files, seems to."""
        keys = pl.concat(self.keys)
        return keys.n_unique() < keys.len()
