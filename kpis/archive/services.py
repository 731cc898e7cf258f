"""A month into a file and out of it, each in one transaction under the lock that imports of its kind take.

The file is on the disk before the partition goes, and its name says what it holds, so that a process that is killed
leaves the month where it was, or where it should be, and perhaps a file that nobody names; `sweep` takes these away.
"""

import json
import secrets
import time
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection, transaction

from kam.leases import take_turns
from kpis import partitions, summing
from kpis.archive import rows
from kpis.imports.copying import copy_in, execute
from kpis.imports.merge import lock_kind
from kpis.imports.tables import TABLES, Table
from kpis.models import ArchivedMonth

SCHEMA = 1
PATIENCE = "10s"
STRAY = timedelta(days=7)
WAITING = """
SELECT EXISTS (SELECT FROM kpis_touched t WHERE t.night IS NULL AND t.week >= %s AND t.week < %s)
"""


class Refused(Exception):
    """A month cannot be moved; the message is a sentence for whoever tries."""


def folder() -> Path:
    """Where the files lie: among the uploaded files, so that every backup has them."""
    return Path(settings.MEDIA_ROOT) / "archive"


def cold(today: date, months: int) -> list[tuple[str, date]]:
    """Kind and month of every partition all of whose days are more than so many months ago, the oldest first."""
    count = today.year * 12 + today.month - 1 - months
    before = date(count // 12, count % 12 + 1, 1)
    partitioned = [(kind, table) for kind, table in TABLES.items() if table.partitioned]
    return [(kind, month) for kind, table in partitioned for month in partitions.there(table.name) if month < before]


@transaction.atomic
def archive(kind: str, month: date) -> ArchivedMonth | None:
    """Write a month into a file, read that back, and drop the partition. None where there is nothing, or no row, of it.

    Raises Refused where weeks of the month wait for a night, where the file does not hold what the table holds, and
    where somebody reads the table for too long.
    """
    table = TABLES[kind]
    lock_kind(kind)
    if month not in partitions.there(table.name):
        return None
    _refuse_waiting(kind, month)
    moved = _write(table, month)
    if moved is None:
        return None
    take_turns(summing.TURN)  # whoever sums weeks must not find them gone
    _refuse_waiting(kind, month)
    _drop(table, month, moved.rows)
    moved.save()
    return moved


def _refuse_waiting(kind, month):
    if kind != "sell_through":
        return
    with connection.cursor() as cursor:
        cursor.execute(WAITING, partitions.months(month, 1))
        if cursor.fetchone()[0]:
            raise Refused(f"{kind} {month:%Y-%m}: weeks of it changed and wait for a night; run the night first.")


def _write(table, month):
    """The file of a month with what is known of it, proven; None where the month is empty."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = f".{table.name}-{month:%Y-%m}.{secrets.token_hex(4)}"
    text, fresh = place / f"{mark}.csv", place / f"{mark}.parquet"
    columns = rows.columns_of(table)
    try:
        told = rows.written(table, month, columns, text)
        if not told.rows:
            return None
        rows.to_parquet(text, fresh, columns)
        if rows.read_back(fresh) != told:
            raise Refused(f"{table.name} {month:%Y-%m}: the file does not hold what the table holds; nothing is moved.")
        moved = _record(table, month, columns, told, fresh)
        fresh.rename(place / moved.file)
        rows.keep_names(place)
    finally:
        text.unlink(missing_ok=True)
        fresh.unlink(missing_ok=True)
    (place / moved.file).with_suffix(".json").write_text(json.dumps(manifest(moved), indent=1) + "\n")
    return moved


def _record(table, month, columns, told, path):
    seal = rows.sha256(path)
    return ArchivedMonth(
        table=table.name,
        month=month,
        file=f"{table.name}-{month:%Y-%m}-{told.digest[:12]}.parquet",
        rows=told.rows,
        columns=columns,
        digest=told.digest,
        sha256=seal,
        size=path.stat().st_size,
        **rows.sums(path),
    )


def manifest(moved: ArchivedMonth) -> dict:
    """What lies beside a file, for whoever has only the file."""
    names = ("table", "rows", "columns", "digest", "sha256", "size")
    sums = {name: None if getattr(moved, name) is None else str(getattr(moved, name)) for name in ("units", "value")}
    return {"schema": SCHEMA, "month": f"{moved.month:%Y-%m}"} | {n: getattr(moved, n) for n in names} | sums


def _drop(table: Table, month, expected):
    """Take the partition out, look once more, and drop it; whoever reads the table is waited for a short while only."""
    part = f"{table.name}_{month:%Y%m}"
    execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
    try:
        execute(f"ALTER TABLE {table.name} DETACH PARTITION {part}")
    except OperationalError as error:
        raise Refused(f"{part} is in use for more than {PATIENCE}; try again later.") from error
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {part}")
        if cursor.fetchone()[0] != expected:
            raise Refused(f"{part} changed while it was written; try again later.")
    execute(f"DROP TABLE {part}")


@transaction.atomic
def restore(kind: str, month: date) -> ArchivedMonth:
    """Bring a month back from its file, equal to what it was. Raises Refused where that cannot be, and changes nothing.

    The file stays for a week, so that a backup that is being made still finds it.
    """
    table = TABLES[kind]
    lock_kind(kind)
    moved = ArchivedMonth.objects.select_for_update().filter(table=table.name, month=month).first()
    if moved is None:
        raise Refused(f"{kind} {month:%Y-%m} is not archived.")
    path = _intact(moved)
    now = {tuple(column) for column in rows.columns_of(table)}
    if gone := [name for name, *rest in moved.columns if (name, *rest) not in now]:
        raise Refused(f"{path.name} was written by another KAM: the table has no such column as {', '.join(gone)} now.")
    moved.delete()
    execute("SELECT kam_make_partition(%s, %s)", [table.name, month])
    for piece in rows.pieces(path):
        copy_in(table.name, piece)
    if rows.written(table, month, moved.columns) != rows.Written(moved.rows, moved.digest):
        raise Refused(f"{path.name} did not come back as it was; nothing is changed.")
    return moved


def _intact(moved):
    path = folder() / moved.file
    if not path.is_file() or rows.sha256(path) != moved.sha256:
        raise Refused(f"{path} is gone or is not what was written: take it from a backup.")
    return path


def damaged() -> list[str]:
    """A sentence for each archived month whose file is not what was written."""
    found = []
    for moved in ArchivedMonth.objects.all():
        try:
            _intact(moved)
        except Refused as problem:
            found.append(str(problem))
    return found


def sweep(now: float | None = None) -> int:
    """Remove files that no archived month names and that are older than a week; returns how many."""
    named = set(ArchivedMonth.objects.values_list("file", flat=True))
    named |= {name.removesuffix(".parquet") + ".json" for name in named}
    oldest = (now or time.time()) - STRAY.total_seconds()
    stray = [file for file in folder().glob("*") if file.name not in named and file.stat().st_mtime < oldest]
    for file in stray:
        file.unlink(missing_ok=True)
    return len(stray)
