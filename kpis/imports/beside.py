"""Sums by product of a large file's new weeks, written while its facts are: by a thread with a connection of its own.

What the file tells of weeks nobody told of before is all there is to sum, so that nothing has to be read back. The sums
are committed once the facts are; with any doubt they are dropped, and the weeks are summed as all others are.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, Full, Queue
from threading import Event, Thread

import polars as pl
from django.db import DatabaseError, connection, transaction

from kam.leases import try_turn
from kpis import rollups, summing
from kpis.imports import weeks
from kpis.imports.copying import copy_in, execute

logger = logging.getLogger(__name__)

TABLE = "kpis_productweek"
KEY = [*weeks.KEY, "product_id"]
AMOUNTS = ("units", "value", "returns", "receipts", "stock")
# Written together, at least; held at most, where weeks come mixed.
AT_ONCE, MOST_HELD = 20_000, 300_000
WAITING = 4
PAUSE = 0.05
# Whoever holds rows that are in the way is not waited for: the facts wait for this thread.
PATIENCE = "SELECT set_config('lock_timeout', '500ms', true), set_config('synchronous_commit', 'off', true)"
END = None


class _Dropped(Exception):
    """Rolls the sums back."""


def product_weeks(rows: pl.DataFrame) -> pl.DataFrame:
    """Facts of sell-through in their account's own currency, summed by account, week and product as a night does."""
    said = [name for name in AMOUNTS if name in rows.columns]
    empty = (pl.col("stock") <= 0).sum() if "stock" in said else pl.lit(0)
    counts = {"stores": pl.len().cast(pl.Int64), "empty_stores": empty.cast(pl.Int64)}
    return rows.group_by(KEY).agg(*map(_sum, said), **counts)


def _sum(name):
    """A sum of nothing is nothing, as for a database."""
    return pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)


def _together(parts):
    """One row for each account, week and product of what `product_weeks` says of parts."""
    amounts = [_sum(name) for name in parts.columns if name in AMOUNTS]
    return parts.group_by(KEY).agg(*amounts, pl.col("stores", "empty_stores").sum())


@contextmanager
def sums_beside() -> Iterator["SumsBeside"]:
    """Sums that are dropped with the end of the block, unless `keep` was called."""
    sums = SumsBeside()
    try:
        yield sums
        sums.end()
    finally:
        sums.leave()


class SumsBeside:
    """Sums on their way into their table: `add` what parts of a file say, `rest`, and `keep` once it is committed."""

    def __init__(self):
        self.work: Queue = Queue(maxsize=WAITING)
        self.thread: Thread | None = None
        self.is_over = Event()
        self.batch: int | None = None
        self.held: pl.DataFrame | None = None
        self.written = pl.DataFrame(schema={"account_id": pl.Int64, "week": pl.Date})
        self.categories: dict[int, int | None] = {}

    def add(self, sums: pl.DataFrame) -> None:
        """Take what `product_weeks` says of a part."""
        if self.thread is None:
            self.thread = Thread(target=self._work, daemon=True)
            self.thread.start()
        self._hand(partial(self._take, sums))

    def rest(self, fresh: pl.DataFrame) -> None:
        """There are no more parts; `fresh` has the accounts and weeks that held nothing before."""
        if self.thread:
            self._hand(partial(self._finish, fresh))

    def drop(self) -> None:
        """None of the sums is kept: something about them is in doubt."""
        self.is_over.set()

    def keep(self, batch: int) -> None:
        """The facts are committed, as told by this batch."""
        self.batch = batch

    def end(self) -> None:
        """Wait until the sums are committed, if they are to be kept."""
        if self.thread and self.batch is not None:
            self._hand(END)
            self.thread.join()

    def leave(self) -> None:
        """Drop what is not committed, and wait until it is gone."""
        self.drop()
        if self.thread:
            self.thread.join()

    def _hand(self, work):
        while not self.is_over.is_set():
            with suppress(Full):
                self.work.put(work, timeout=PAUSE)
                return

    def _handed(self):
        while not self.is_over.is_set():
            with suppress(Empty):
                if (work := self.work.get(timeout=PAUSE)) is END:
                    return
                yield work
        raise _Dropped

    def _work(self):
        try:
            self._make()
        except _Dropped:
            logger.debug("sums beside a file were dropped")
        except DatabaseError as error:
            logger.info("sums beside a file were dropped: %s", error)
        except Exception:
            logger.exception("sums beside a file failed")
        finally:
            self.is_over.set()
            connection.close()

    @transaction.atomic
    def _make(self):
        if not try_turn(summing.TURN, together=True):
            raise _Dropped
        execute(PATIENCE)
        for work in self._handed():
            work()
        if self.written.height:
            summing.finish(self.written.rows(), self.batch)

    def _take(self, sums):
        """Hold sums until a part comes that has nothing more of their weeks; of those that run there are none yet."""
        sums = sums.filter(pl.col("week") + pl.duration(days=6) <= summing.last_day())
        here = sums.select(weeks.KEY).unique()
        if here.join(self.written, on=weeks.KEY, how="semi").height:
            raise _Dropped
        self.held = sums if self.held is None else pl.concat([self.held, sums])
        complete = self.held.join(here, on=weeks.KEY, how="anti")
        if complete.height >= AT_ONCE:
            self.held = self.held.join(here, on=weeks.KEY, how="semi")
            self._write(complete)
        elif self.held.height > MOST_HELD:
            raise _Dropped

    def _finish(self, fresh):
        if self.held.height:
            self._write(self.held)
        has_old = self.written.join(fresh, on=weeks.KEY, how="anti").height
        if has_old or summing.categories_of(self.categories, held=True) != self.categories:
            raise _Dropped

    def _write(self, sums):
        sums = _together(sums).sort(KEY)
        pairs = sums.select(weeks.KEY).unique(maintain_order=True)
        if rollups.has_sums(pairs.rows()):  # of facts that were taken back
            raise _Dropped
        self.categories |= summing.categories_of(set(sums.get_column("product_id").unique()) - self.categories.keys())
        copy_in(TABLE, sums)
        rollups.by_category(pairs.rows())
        self.written = pl.concat([self.written, pairs])
