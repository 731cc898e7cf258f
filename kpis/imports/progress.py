"""How far the reading of a file is, for whoever looks; and whether it was called off, for whoever reads it."""

import logging

import psycopg
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from kpis.models import ImportBatch

logger = logging.getLogger(__name__)
State, Phase = ImportBatch.State, ImportBatch.Phase


class Overtaken(Exception):
    """The batch is no longer ours: it was cancelled, or somebody else took it up after our lease was over."""


class Progress:
    """Where the reader of a batch is. `tell` is called by a thread of its own, so that a long statement is told of too.

    Once the batch is cancelled, the statement that the reader runs is stopped, and the next `at` raises Overtaken.
    """

    def __init__(self, batch: ImportBatch, lease):
        self.batch, self.lease = batch, lease
        self.phase, self.rows, self.total = "", 0, None
        self.is_lost = False
        self.reader = connection.connection

    def begin(self, phase: str, total: int | None = None) -> None:
        """Go over to a phase. Raises Overtaken."""
        self.phase, self.total = phase, self.total if total is None else total
        self.at(self.rows)

    def at(self, rows: int) -> None:
        """So many rows are read. Raises Overtaken."""
        self.rows = rows
        if self.is_lost:
            raise Overtaken

    def tell(self) -> None:
        """Renew the lease and say how far it is; once the batch is no longer ours, stop what is being done for it."""
        said = {"phase": self.phase, "rows_read": self.rows, "rows_total": self.total}
        if not self.is_lost and not mine(self.batch).update(lease_until=timezone.now() + self.lease, **said):
            gone = Q(state=State.CANCELLED) | ~Q(attempt=self.batch.attempt)
            self.is_lost = ImportBatch.objects.filter(gone, pk=self.batch.pk).exists()
        if self.is_lost:
            self._stop()

    def _stop(self):
        """Stop the statement that runs; asked again and again, as between two statements there is none."""
        try:
            self.reader.cancel_safe()
        except (psycopg.Error, OSError) as error:
            logger.warning("a statement for a cancelled file could not be stopped: %s", error)


def mine(batch: ImportBatch):
    """The batch, as long as it is read and nobody else has taken it up."""
    return ImportBatch.objects.filter(pk=batch.pk, state=State.READING, attempt=batch.attempt)
