"""Takes a stored file back: what it brought goes, what it restated is as it was known before.

Only the last word on a fact can be taken back: a batch whose rows another one restated waits until that
one is undone.
"""

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kam.errors import Conflict
from kpis import rollups
from kpis.archive.away import as_said, away
from kpis.calc import sunday
from kpis.imports.copying import execute
from kpis.imports.merge import lock
from kpis.imports.tables import TABLES, Table
from kpis.models import ImportBatch, Restatement


def can_be_undone(batch: ImportBatch) -> bool:
    """Whether a batch stored facts and it is known where; master data is changed row by row, and stays."""
    return batch.state == ImportBatch.State.APPLIED and batch.kind in TABLES and batch.weeks.exists()


def restated_by(batch: ImportBatch) -> list[int]:
    """The batches that restated rows of this one, and have to be undone before it."""
    later = Restatement.objects.filter(before_batch=batch).order_by("batch_id")
    return list(later.values_list("batch_id", flat=True).distinct())


def undo(batch: ImportBatch) -> dict[str, int]:
    """Remove and restore in the caller's transaction; returns how many rows of each.

    The weeks of the batch are touched, so that they are summed again. Raises Conflict where `restated_by` has
    batches, and where a month of it is archived.
    """
    table = TABLES[batch.kind]
    lock(batch.kind, sorted(set(batch.weeks.order_by().values_list("account_id", flat=True))))
    if gone := table.partitioned and away(table.name, _days(batch)):
        raise Conflict(
            _("Months of the import are archived: `manage.py archive --restore %(months)s` brings them back.")
            % {"months": as_said(gone)}
        )
    if later := restated_by(batch):
        numbers = ", ".join(map(str, later))
        raise Conflict(
            ngettext(
                "Import %(numbers)s restated rows of this one: undo it first.",
                "Imports %(numbers)s restated rows of this one: undo them first, the latest first.",
                len(later),
            )
            % {"numbers": numbers}
        )
    restored = execute(_restore(table, _columns(table)), [batch.pk])
    removed = execute(*_remove(table, batch))
    Restatement.objects.filter(batch=batch).delete()
    rollups.touch("SELECT account_id, week FROM kpis_batchweek WHERE batch_id = %s", [batch.pk])
    return {"removed": removed, "restored": restored}


def _days(batch):
    """The first and the last day of every week that a batch was about, as of one both months may hold rows."""
    weeks = batch.weeks.order_by().values_list("week", flat=True).distinct()
    return [day for week in weeks for day in (week, sunday(week))]


def _columns(table):
    """The stored columns of a table, without its key and what the database computes."""
    sql = """
        SELECT column_name FROM information_schema.columns
        WHERE table_schema = current_schema AND table_name = %s AND is_generated = 'NEVER' AND is_identity = 'NO'
        ORDER BY ordinal_position
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [table.name])
        return [name for (name,) in cursor.fetchall() if name not in table.key]


def _restore(table: Table, columns):
    values = ", ".join(f"{name} = b.{name}" for name in columns)
    same = " AND ".join(f"t.{name} = b.{name}" for name in table.key)
    pruned = f" AND t.{table.day} BETWEEN r.week AND r.week + 6" if table.partitioned else ""
    return f"""
        UPDATE {table.name} t SET {values}
        FROM kpis_restatement r, jsonb_populate_record(NULL::{table.name}, r.before) b
        WHERE r.batch_id = %s AND {same}{pruned}
    """


def _remove(table: Table, batch):
    """The statement that takes away what only this batch brought, found by the accounts and weeks it was about."""
    day = table.day
    sql = f"""
        DELETE FROM {table.name} t USING kpis_batchweek w
        WHERE w.batch_id = %(batch)s AND t.batch_id = %(batch)s AND t.account_id = w.account_id
            AND t.{day} BETWEEN w.week AND w.week + 6 AND t.{day} BETWEEN %(first)s AND %(last)s
    """
    found = batch.weeks.order_by("week").values_list("week", flat=True)
    first, last = found.first(), found.last()
    return sql, {"batch": batch.pk, "first": first, "last": last and sunday(last)}
